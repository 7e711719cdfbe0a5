namespace Quorate.Simulation;

/// <summary>
/// A seed was found in which something is broken. The message says what, and how to see it again; it is all that a test runner needs to
/// show.
/// </summary>
public sealed class ChaosException : Exception
{
    internal ChaosException(string verdict, ulong seed, string message, string? scenario = null, string? page = null)
        : base(message) => (Verdict, Seed, Scenario, Page) = (verdict, seed, scenario, page);

    /// <summary>
    /// What was broken, in a word: a requirement's name, StaleMaster for one; Exception for one of your code's; Escape when it left the
    /// simulation.
    /// </summary>
    public string Verdict { get; }

    /// <summary>The seed.</summary>
    public ulong Seed { get; }

    /// <summary>
    /// The smallest scenario found in which the same is broken, as text for
    /// <see cref="Chaos.Replay(string, Func{ChaosWorld, Task}, string)"/>; null when there is none.
    /// </summary>
    public string? Scenario { get; }

    /// <summary>The file with the drawing of that scenario's run; null when it could not be drawn.</summary>
    public string? Page { get; }
}
