namespace Quorate.Kernel.Consensus;

/// <summary>What one voter has said in an election.</summary>
internal enum Vote : byte
{
    /// <summary>Nothing yet.</summary>
    Missing,
    /// <summary>Yes.</summary>
    Granted,
    /// <summary>No.</summary>
    Refused,
}

/// <summary>How an election stands.</summary>
internal enum VoteOutcome : byte
{
    /// <summary>The missing votes decide.</summary>
    Pending,
    /// <summary>A majority said yes; the missing votes cannot change it.</summary>
    Won,
    /// <summary>No majority can say yes any more.</summary>
    Lost,
}

/// <summary>
/// Majority arithmetic over the voters of one configuration. No state, no clock, no opinion about roles.
/// </summary>
/// <remarks>
/// An index is committed once a majority holds it: with the voters' match indexes in descending order, that is the one in the middle. Raft
/// thesis §3.6. An empty configuration commits everything and elects anybody, so that a joint quorum whose outgoing half is empty
/// degenerates to the incoming half alone, without a special case anywhere else.
/// </remarks>
internal static class Quorum
{
    /// <summary>The most voters a configuration may have.</summary>
    public const int VotersMax = 32;

    /// <summary>The smallest number of voters such that any two groups of that size share at least one of them.</summary>
    public static int Majority(int voters) => voters / 2 + 1;

    /// <summary>The highest figure that a majority has reached: an index held, a round answered, an instant of being heard.</summary>
    /// <param name="figures">One of each voter, in any order; not modified.</param>
    public static ulong Reached(ReadOnlySpan<ulong> figures)
    {
        Invariant.Holds(figures.Length <= VotersMax);
        if (figures.IsEmpty)
            return ulong.MaxValue;

        Span<ulong> ascending = stackalloc ulong[figures.Length];
        for (var count = 0; count < figures.Length; count++)
        {
            // They are few: a sort for any number of them costs more than all the comparisons.
            var place = count;
            for (; place > 0 && ascending[place - 1] > figures[count]; place--)
                ascending[place] = ascending[place - 1];
            ascending[place] = figures[count];
        }
        return ascending[^Majority(figures.Length)];
    }

    /// <summary>How an election stands.</summary>
    /// <param name="votes">One vote of each voter, in any order.</param>
    public static VoteOutcome Outcome(ReadOnlySpan<Vote> votes)
    {
        Invariant.Holds(votes.Length <= VotersMax);
        if (votes.IsEmpty)
            return VoteOutcome.Won;

        var majority = Majority(votes.Length);
        if (votes.Count(Vote.Granted) >= majority)
            return VoteOutcome.Won;
        return votes.Length - votes.Count(Vote.Refused) >= majority ? VoteOutcome.Pending : VoteOutcome.Lost;
    }
}
