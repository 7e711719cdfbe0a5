using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Quorate.Simulation;
using Quorate.Tests.Foreign;
using Quorate.Tests.Hosts;

namespace Quorate.Tests.Simulations;

/// <summary>quorate simulate as people and batch engines call it: what it prints, what it leaves behind, and what it ends with.</summary>
public sealed partial class CommandTests : IDisposable
{
    private const int Violated = 1, Refused = 2, Terminated = 143;
    private const string NothingBroken = "No property was broken.";

    /// <summary>A world that is in order and cannot do what is expected of it; neither restart nor client are needed for that.</summary>
    private const string Impossible = """
        members 1
        client 1 workload=mixed think=10ms
        warm-up 2s
        storm 2s
        calm 5s
        at 3s restart 1
        expect elections 100
        """;

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--seeds", "--seeds 0")]
    [InlineData("--seeds", "--seeds -1")]
    [InlineData("--seed", "--seed 18446744073709551615 --seeds 2")]
    [InlineData("--minutes", "--minutes -1")]
    [InlineData("--minutes", "--minutes nan")]
    [InlineData("--minutes", "--minutes 1e300")]
    [InlineData("--members", "--members 0")]
    [InlineData("--members", "--members 300")]
    [InlineData("--jobs", "--jobs 0")]
    [InlineData("--shard", "--shard 0/3")]
    [InlineData("--shard", "--seed 100 --shard 2/3")]
    [InlineData("--shard", "--seeds 2 --shard 3/3")]
    [InlineData("--shrink", "--shrink 0")]
    [InlineData("--log", "--log --seeds 2")]
    [InlineData("--save", "--save no/such/folder/x.scenario")]
    [InlineData("--seeds", "--seeds 2 --replay x.scenario")]
    public async Task What_makes_no_sense_is_refused_and_not_taken_for_a_verdict(string option, string line)
    {
        var (code, output, errors) = await Simulate(line.Split(' '));
        Assert.Equal(Refused, code);
        Assert.Contains(option, errors, StringComparison.Ordinal);
        Assert.DoesNotContain(" at Quorate.", errors, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Fact]
    public async Task Shards_run_what_they_say_and_together_every_seed()
    {
        foreach (var (shard, seeds) in ((string, ulong[])[])[("1/2", [5, 7, 9]), ("2/2", [6, 8])])
        {
            var (code, output, errors) = await Simulate("--seed", "5", "--seeds", "5", "--members", "1", "--jobs", "2", "--shard", shard);
            Assert.True(code == 0, output + errors);
            var faults = seeds.Sum(static seed => Outcome.Of(Swarm.Expand(seed, 1)).Faults.Total);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"\n{seeds.Length} seeds, "), output, StringComparison.Ordinal);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $" {faults:N0} faults\n"), output, StringComparison.Ordinal);
            Assert.Equal(NothingBroken, Last(output));
        }
    }

    [Fact]
    public async Task However_little_time_there_is_a_seed_has_run_before_it_is_said_that_nothing_was_broken()
    {
        var (code, output, errors) = await Simulate("--minutes", "0.00001", "--members", "1", "--jobs", "1");
        Assert.True(code == 0, output + errors);
        Assert.Contains("\n1 seeds, ", output, StringComparison.Ordinal);
        Assert.Equal(NothingBroken, Last(output));
    }

    [Fact]
    public async Task A_run_is_saved_replayed_and_drawn()
    {
        var (file, page) = (_folder["storm.scenario"], _folder["storm.html"]);
        var (code, output, errors) = await Simulate("--seed", "5", "--members", "1", "--save", file, "--draw", page);
        Assert.True(code == 0, output + errors);
        Assert.Contains("<html", await File.ReadAllTextAsync(page, Cancel), StringComparison.Ordinal);
        var (again, replayed, _) = await Simulate("--replay", file);
        Assert.Equal(0, again);
        Assert.Equal(Digest().Match(output).Value, Digest().Match(replayed).Value);
        Assert.NotEmpty(Digest().Match(output).Value);
    }

    [Fact]
    public async Task What_breaks_something_is_made_smaller_and_drawn_and_the_last_line_repeats_it()
    {
        var (file, small, page) = (_folder.Write("impossible.scenario", Impossible), _folder["small.scenario"], _folder["small.html"]);
        var (code, output, _) = await Simulate("--replay", file);
        Assert.Equal(Violated, code);
        Assert.Contains("\nExpectations at ", output, StringComparison.Ordinal);
        Assert.Equal($"quorate simulate --replay {file}", Last(output));

        (code, output, _) = await Simulate("--replay", file, "--shrink", "30", "--jobs", "1", "--save", small, "--draw", page);
        Assert.Equal(Violated, code);
        Assert.Equal($"quorate simulate --replay {small}", Last(output));
        Assert.Contains("elections 100", await File.ReadAllTextAsync(page, Cancel), StringComparison.Ordinal);
        var left = ScenarioText.Parse(await File.ReadAllTextAsync(small, Cancel));
        Assert.Empty(left.Faults);
        Assert.Empty(left.Clients);
        Assert.Equal("Expectations", Outcome.Of(left).Violation?.Judge);
    }

    [Fact]
    public async Task A_find_that_cannot_be_saved_is_told_all_the_same()
    {
        var file = _folder.Write("impossible.scenario", Impossible);
        var (code, output, errors) = await Simulate("--replay", file, "--save", Directory.CreateDirectory(_folder["taken"]).FullName);
        Assert.Equal(Violated, code);
        Assert.StartsWith("quorate: ", errors, StringComparison.Ordinal);
        Assert.Equal($"quorate simulate --replay {file}", Last(output));
    }

    [Fact]
    public async Task A_swarm_that_is_interrupted_says_how_far_it_has_come_and_what_goes_on_from_there()
    {
        const ulong First = 7, Count = 1_000_000;
        string[] line = [QuorateProcess.CommandFile(), "simulate", "--seed", "7", "--seeds", "1000000", "--members", "1", "--jobs", "1"];
        var command = new ProcessStartInfo(Tools.Dotnet, line) { RedirectStandardOutput = true };
        using var process = Process.Start(command)!;
        try
        {
            Assert.Equal("Seeds 7 to 1000006, 1 at once", await process.StandardOutput.ReadLineAsync(Cancel));
            using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync(Cancel);
            var output = await process.StandardOutput.ReadToEndAsync(Cancel);
            await process.WaitForExitAsync(Cancel);
            Assert.Equal(Terminated, process.ExitCode);
            Assert.DoesNotContain(NothingBroken, output, StringComparison.Ordinal);
            var done = Number(SeedsDone().Matches(output)[^1]);   // the last; a slow machine tells more
            var last = Last(output);
            Assert.Equal((First + done, Count - done), (Number(SeedInLine().Match(last)), Number(SeedsInLine().Match(last))));
        }
        finally
        {
            process.Kill();
        }
    }

    private static Task<(int Code, string Output, string Errors)> Simulate(params string[] arguments) =>
        QuorateProcess.Run(Cancel, ["simulate", .. arguments]);

    private static string Last(string output) => output.TrimEnd().Split('\n')[^1].TrimEnd('\r');

    private static ulong Number(Match match) => ulong.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("digest +([0-9a-f]+)")]
    private static partial Regex Digest();

    [GeneratedRegex("^([0-9]+) seeds, ", RegexOptions.Multiline)]
    private static partial Regex SeedsDone();

    [GeneratedRegex("--seed ([0-9]+)")]
    private static partial Regex SeedInLine();

    [GeneratedRegex("--seeds ([0-9]+)")]
    private static partial Regex SeedsInLine();
}
