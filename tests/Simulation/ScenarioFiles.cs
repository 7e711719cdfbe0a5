using System.Globalization;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>
/// Worlds as files, most of them incidents of others, which say in their first lines whose story they are. Each runs here under its name
/// and must have done its thing: every fault that it announces had an effect, and everything it expects came about.
/// </summary>
public class ScenarioFiles
{
    /// <summary>Local sessions and the read-only mode do not exist here; and no ports are raced for where there are none.</summary>
    private static readonly int[] LeftOut = [15, 19, 65];

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Simulation", "scenarios");

    public static TheoryData<string> All =>
        [.. Directory.EnumerateFiles(Folder, "*.scenario").Select(static file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(All))]
    public void A_scenario_does_its_thing_and_no_judge_objects(string name)
    {
        var outcome = Outcome.Of(ScenarioText.Parse(Text(name)));
        Assert.True(outcome.Violation is null, $"{outcome.Violation}\n{string.Join('\n', outcome.Log.TakeLast(40))}");
        Assert.Empty(outcome.Idle.Select(FaultText.Print));
    }

    [Fact]
    public void Every_incident_of_a_service_has_a_file_or_a_world_of_the_chaos_kit()
    {
        var numbers = Enumerable.Range(1, 75).Except(LeftOut);
        var worlds = typeof(IncidentTests).GetMethods().Where(static method => method.IsDefined(typeof(FactAttribute), false))
            .Select(static method => method.Name[..4].Replace('_', '-'));
        Assert.Equal(
            numbers.Select(static number => string.Create(CultureInfo.InvariantCulture, $"S-{number:00}")),
            Incidents().Select(static name => name[..4]).Concat(worlds).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_incident_begins_by_saying_whose_it_is() =>
        Assert.All(Incidents(), static name => Assert.StartsWith($"# {name[..4]}, ", Text(name), StringComparison.Ordinal));

    private static IEnumerable<string> Incidents() => All.Select(static row => row.Data).Where(static name => name.StartsWith("S-", StringComparison.Ordinal));

    private static string Text(string name) => File.ReadAllText(Path.Combine(Folder, name + ".scenario"));
}
