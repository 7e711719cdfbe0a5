using System.Globalization;
using System.Runtime.CompilerServices;

namespace Quorate.Simulation;

/// <summary>
/// Runs your own asynchronous code against the real kernel, in virtual time, under faults, and tells which seed breaks it. It only throws,
/// so it works in any test runner.
/// </summary>
/// <example><code>
/// [Fact]
/// public void Only_one_batch_job_runs_at_a_time() => Chaos.Check(seeds: 500, async world =>
/// {
///     var ensemble = world.Ensemble(members: 3);
///     var ledger = world.Resource("ledger");
///     foreach (var name in (string[])["job-1", "job-2", "job-3"])
///         world.Computer(name).Run(async computer =>
///         {
///             await using var client = await computer.Connect(ensemble);
///             await RunBatches(client, ledger, computer.Time);
///         });
///
///     await world.Storm(Faults.All, TimeSpan.FromMinutes(5));
///     await world.Calm(TimeSpan.FromMinutes(1));
///     world.Require(ledger.NeverTwoActors, ledger.KeepsAdvancing);
/// });
/// </code></example>
public static class Chaos
{
    /// <summary>The environment variable that makes every check run one seed alone.</summary>
    public const string SeedVariable = "QUORATE_SEED";

    /// <summary>The first seed of a check, and every so many behind it, runs twice: the second run must be the first.</summary>
    private const ulong TwiceEvery = 16;

    /// <summary>Runs a world in as many ways as there are seeds. With QUORATE_SEED in the environment only that one.</summary>
    /// <param name="seeds">How many seeds, from 1 on.</param>
    /// <param name="world">
    /// Describes the world and what must hold in it. It is run anew for each seed, and must not remember anything from one to the next.
    /// </param>
    /// <param name="name">What the drawing is called; the calling method unless it is said.</param>
    /// <exception cref="ChaosException">A seed was found in which something is broken.</exception>
    public static void Check(int seeds, Func<ChaosWorld, Task> world, [CallerMemberName] string name = "")
    {
        ArgumentNullException.ThrowIfNull(world);
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds, 1);
        var (first, count) = OnlySeed() is { } only ? (only, 1) : (1UL, (ulong)seeds);
        for (var seed = first; seed - first < count; seed++)
            Check(seed, world, name, twice: (seed - first) % TwiceEvery == 0, reads: seed == first);
    }

    /// <summary>Runs the world of one seed.</summary>
    /// <inheritdoc cref="Check(int, Func{ChaosWorld, Task}, string)"/>
    public static void Replay(ulong seed, Func<ChaosWorld, Task> world, [CallerMemberName] string name = "")
    {
        ArgumentNullException.ThrowIfNull(world);
        Check(seed, world, name, twice: true, reads: true);
    }

    /// <summary>Runs the world of a scenario: what goes wrong is written there, and computers that it does not name stay off.</summary>
    /// <param name="scenario">As a failure prints it.</param>
    /// <param name="world">Describes the world.</param>
    /// <param name="name">What the drawing is called; the calling method unless it is said.</param>
    /// <exception cref="FormatException">The text is no scenario; the message names the line.</exception>
    /// <exception cref="ChaosException">Something is broken.</exception>
    public static void Replay(string scenario, Func<ChaosWorld, Task> world, [CallerMemberName] string name = "")
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(world);
        var given = ScenarioText.Parse(scenario);
        var outcome = Watch.Over(() => new ChaosRun(world, given) { ReadsCode = true });
        if (outcome.Violation is not null)
            throw Watch.Aside(() => new ChaosReport(world, name, outcome).Written(shrinks: false));
    }

    private static void Check(ulong seed, Func<ChaosWorld, Task> world, string name, bool twice, bool reads)
    {
        ChaosRun last = null!;
        var outcome = Watch.Over(() => last = new(world, seed, twice) { ReadsCode = reads });
        if (outcome.Violation is not null)
            throw Watch.Aside(() => new ChaosReport(world, name, outcome).Written(shrinks: true));
        if (!twice)
            return;
        var before = last!;
        var again = Watch.Over(() => last = new(world, seed, keepsTurns: true));
        if (again.Digest != outcome.Digest)
            throw ChaosReport.Unlike(seed, before, last);
    }

    private static ulong? OnlySeed() => Environment.GetEnvironmentVariable(SeedVariable) switch
    {
        null or "" => null,
        var text when ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) => seed,
        var text => throw new ArgumentException($"{SeedVariable}={text} names no seed; a seed is a number, as in {SeedVariable}=17."),
    };
}
