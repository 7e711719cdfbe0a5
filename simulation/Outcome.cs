using Quorate.Simulation.Judges;

namespace Quorate.Simulation;

/// <summary>How a run ended.</summary>
/// <param name="Scenario">What was run.</param>
/// <param name="Violation">What was found broken; null when nothing was.</param>
/// <param name="Digest">The digest of every input and effect of every server.</param>
/// <param name="Simulated">How much time passed in the world.</param>
/// <param name="Events">How many events happened.</param>
/// <param name="Faults">What went wrong how often.</param>
/// <param name="Log">What members said and faults did, a line each with the time in front.</param>
/// <param name="Idle">The scenario's faults that had no effect.</param>
public sealed record Outcome(
    Scenario Scenario, Violation? Violation, string Digest, TimeSpan Simulated, long Events, FaultCounts Faults, IReadOnlyList<string> Log,
    IReadOnlyList<Fault> Idle)
{
    /// <summary>The proof that damage has destroyed what was committed, so that the core need not come to rest; null without one.</summary>
    public string? Excuse { get; init; }

    /// <summary>Runs a scenario.</summary>
    public static Outcome Of(Scenario scenario) => new World(scenario).Run();
}
