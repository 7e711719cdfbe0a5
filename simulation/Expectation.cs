using System.Globalization;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation;

/// <summary>What a run is counted by, beside its faults and the requests that were answered.</summary>
public enum Happening
{
    /// <summary>Terms that found a leader.</summary>
    Elections,
    /// <summary>Elections that another member won than the last one.</summary>
    LeaderChanges,
    /// <summary>Logs that were cut because another leader had something else there.</summary>
    Truncations,
    /// <summary>Snapshots that became durable, written or received.</summary>
    SnapshotsWritten,
    /// <summary>Snapshots of another member that replaced a member's state.</summary>
    SnapshotsInstalled,
    /// <summary>Servers that stopped because they could not go on.</summary>
    Failures,
    /// <summary>Sessions that were opened.</summary>
    Sessions,
    /// <summary>Sessions that were closed for silence.</summary>
    Expirations,
    /// <summary>Times that a client went on with its session at another member.</summary>
    SessionMoves,
    /// <summary>Requests whose answer never reached their client.</summary>
    LostReplies,
    /// <summary>Entries that did not have their turn: they were there already, or came behind a gap.</summary>
    Repeats,
    /// <summary>Writes that were refused because their session had gone on elsewhere.</summary>
    MovedWrites,
    /// <summary>Watch events that reached clients.</summary>
    Events,
    /// <summary>Watch events that a setWatches caught up on.</summary>
    CaughtUp,
    /// <summary>Times that it was somebody's turn in a queue.</summary>
    Turns,
    /// <summary>Turns that ended because the holder's fence was reached.</summary>
    Fenced,
    /// <summary>Times that two held what one may hold: beyond the bound on clocks only.</summary>
    Overlaps,
    /// <summary>Acts that a resource let pass.</summary>
    Acts,
    /// <summary>Acts that a resource refused, because it had seen a newer token.</summary>
    Refusals,
    /// <summary>Writes of holders into the tree that took effect under the guard of their turn.</summary>
    GuardedWrites,
    /// <summary>Such writes that reached the log when that turn was over, and did nothing.</summary>
    GuardRefusals,
    /// <summary>Znodes that somebody deleted while others stood in a queue with them.</summary>
    Evictions,
}

/// <summary>
/// How often something must come about in a run. A scenario that does not do its thing shows nothing, however well it ends.
/// </summary>
/// <param name="What">
/// One of <see cref="Names"/>: a happening, a class of fault, or a request that was answered, as in elections, lostWrites, sync.
/// </param>
/// <param name="Least">At least so often.</param>
/// <param name="Most">At most so often.</param>
public sealed record Expectation(string What, long Least, long Most = long.MaxValue)
{
    /// <summary>What can be expected.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Enum.GetValues<Happening>().Select(TextOf.Name), .. Enum.GetValues<FaultClass>().Select(TextOf.Name),
        .. Enum.GetValues<OpCode>().Select(TextOf.Name),
    ];

    /// <summary>As scenarios write it: elections 2 (or more), elections 1..3, expirations none.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{What} ") + (Least, Most) switch
    {
        (_, long.MaxValue) => Least.ToString(CultureInfo.InvariantCulture),
        (0, 0) => "none",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Least}..{Most}"),
    };

    /// <summary>Whether a count is as expected.</summary>
    public bool Holds(long count) => count >= Least && count <= Most;

    internal static Expectation Parse(string what, string count) => count.Split("..") switch
    {
        ["none"] => new(what, 0, 0),
        [var least] => new(what, TextOf.ParseNumber(least)),
        [var least, var most] => new(what, TextOf.ParseNumber(least), TextOf.ParseNumber(most)),
        _ => throw new FormatException($"'{count}' says not how often, as in 2, 1..3 or none"),
    };
}
