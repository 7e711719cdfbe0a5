using System.Globalization;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>
/// The incidents of others as files: each says in its first lines whose story it is, runs here under its name, and must have done its thing:
/// every fault that it announces had an effect, and everything it expects came about.
/// </summary>
public class ScenarioFiles
{
    /// <summary>
    /// What somebody else's trouble became here. Recipes, read-only mode and local sessions are not the simulator's, or do not exist.
    /// </summary>
    private static readonly int[] LeftOut = [15, 19];

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Simulation", "scenarios");

    public static TheoryData<string> All =>
        [.. Directory.EnumerateFiles(Folder, "*.scenario").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(All))]
    public void A_scenario_does_its_thing_and_no_judge_objects(string name)
    {
        var outcome = Outcome.Of(ScenarioText.Parse(File.ReadAllText(Path.Combine(Folder, name + ".scenario"))));
        Assert.True(outcome.Violation is null, $"{outcome.Violation}\n{string.Join('\n', outcome.Log.TakeLast(40))}");
        Assert.Empty(outcome.Idle.Select(FaultText.Print));
    }

    [Fact]
    public void Every_incident_of_a_service_has_a_file()
    {
        var numbers = Enumerable.Range(1, 43).Concat(Enumerable.Range(66, 10)).Except(LeftOut);
        Assert.Equal(numbers.Select(static number => string.Create(CultureInfo.InvariantCulture, $"S-{number:00}")), All.Select(static row => row.Data[..4]).Distinct());
    }

    [Fact]
    public void A_file_begins_by_saying_what_it_shows()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "*.scenario"))
        {
            var name = Path.GetFileName(file);
            Assert.StartsWith($"# {name[..4]}, ", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }
}
