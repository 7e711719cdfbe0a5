namespace Quorate.Simulation;

/// <summary>
/// What a storm is like: which classes of fault it may have, how far apart they are and how long they last, in milliseconds.
/// </summary>
/// <param name="Classes">Classes that may be there.</param>
/// <param name="Distances">The mean time between two faults of a kind is one of these.</param>
/// <param name="Durations">A fault lasts up to one of these.</param>
internal sealed record Weather(Faults Classes, int[] Distances, int[] Durations)
{
    /// <summary>That of the ordinary swarm, whose sessions are short and whose storms are over soon.</summary>
    public static Weather OfSwarm { get; } = new(Faults.All, [1000, 3000, 8000, 15_000], [20, 400, 400, 2000, 8000]);

    /// <summary>
    /// That of other people's code, whose sessions last ten seconds and whose storms last minutes: rarer, with time to recover in between,
    /// and some longer than any session.
    /// </summary>
    public static Weather Over(Faults classes) => new(classes, [8000, 20_000, 40_000, 80_000], [50, 1000, 5000, 15_000, 45_000]);
}
