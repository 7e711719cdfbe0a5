using BenchmarkDotNet.Attributes;
using Quorate.Simulation;

namespace Quorate.Bench;

/// <summary>Whole simulated worlds with all their judges: what one core makes of a storm, and of an ordinary hour.</summary>
/// <remarks>The verb <c>simulation</c> tells the same in virtual seconds per second, events and bytes, over more than one seed.</remarks>
public class SimulationBench
{
    private ulong _seed;

    [Benchmark]
    public long Storm() => Run(Worlds.Storm(NextSeed()));

    [Benchmark]
    public long OrdinaryHour() => Run(Worlds.Ordinary(NextSeed(), TimeSpan.FromHours(1)));

    private ulong NextSeed() => _seed = _seed % Worlds.Seeds + 1;

    private static long Run(Scenario scenario)
    {
        var outcome = Outcome.Of(scenario);
        return outcome.Violation is null ? outcome.Events : throw new InvalidOperationException(outcome.Violation.ToString());
    }
}
