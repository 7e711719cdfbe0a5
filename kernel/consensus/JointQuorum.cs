namespace Quorate.Kernel.Consensus;

/// <summary>
/// Majority arithmetic while two configurations are in force at once: whatever is decided needs a majority of each.
/// </summary>
/// <remarks>
/// A majority of all the voters together would not do. From {1, 2, 3} to {3, 4, 5}: 1, 2 and 3 can still elect a leader by the old rule
/// alone, 3, 4 and 5 by the new one, and either group is a majority of the five. With a majority of each, every decision shares a
/// voter with whatever either configuration decides alone, before and after. Raft thesis §4.3.
/// </remarks>
internal static class JointQuorum
{
    /// <summary>The highest figure that a majority of each configuration has reached.</summary>
    /// <param name="incoming">One of each voter of the new configuration.</param>
    /// <param name="outgoing">One of each voter of the old one; empty when only one is in force.</param>
    public static ulong Reached(ReadOnlySpan<ulong> incoming, ReadOnlySpan<ulong> outgoing) =>
        Math.Min(Quorum.Reached(incoming), Quorum.Reached(outgoing));

    /// <summary>How an election stands: won by both, or lost by one.</summary>
    /// <param name="incoming">One vote of each voter of the new configuration.</param>
    /// <param name="outgoing">One vote of each voter of the old one; empty when only one is in force.</param>
    public static VoteOutcome Outcome(ReadOnlySpan<Vote> incoming, ReadOnlySpan<Vote> outgoing)
    {
        var (byNew, byOld) = (Quorum.Outcome(incoming), Quorum.Outcome(outgoing));
        if (byNew == byOld)
            return byNew;
        return byNew == VoteOutcome.Lost || byOld == VoteOutcome.Lost ? VoteOutcome.Lost : VoteOutcome.Pending;
    }
}
