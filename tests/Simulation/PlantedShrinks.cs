using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>
/// What a seed shows of a planted bug becomes small enough to be read, and is drawn with the verdict pinned to its place.
/// </summary>
public sealed class PlantedShrinks : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quorate-shrinks-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_reply_before_its_flush_takes_one_crash_and_one_client()
    {
        var (file, page) = (Path.Combine(_folder.FullName, "small.scenario"), Path.Combine(_folder.FullName, "small.html"));
        var (code, output, _) = await MutantTests.Run("shrink", "RepliesBeforeFlush", "20", "1", "150", file, page);
        Assert.True(code == 0, output);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("LogAgreement: Entry ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("LogAgreement: Entry ", lines[^1], StringComparison.Ordinal);

        var cancel = TestContext.Current.CancellationToken;
        var before = Swarm.Expand(20, members: 1);
        var small = ScenarioText.Parse(await File.ReadAllTextAsync(file, cancel));
        Assert.True(before.Faults.Count > 20 && before.Clients.Count > 2);
        Assert.Equal(FaultKind.Crash, Assert.Single(small.Faults).Kind);
        Assert.Single(small.Clients);
        Assert.True(small.Storm < before.Storm);
        Assert.Null(Outcome.Of(small).Violation);   // the kernel as it ships has no such bug

        var drawn = await File.ReadAllTextAsync(page, cancel);
        Assert.Contains("\"judge\":\"LogAgreement\"", drawn, StringComparison.Ordinal);
    }
}
