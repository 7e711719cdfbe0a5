namespace Quorate.Kernel.Consensus;

/// <summary>
/// Leader only: whose state is the same as this member's and whose is another, and which side has to stop (B4). Members that have applied the
/// same entries must have the same state; where they have not, a memory, a disk or this code is broken, and two of them cannot tell whose.
/// </summary>
/// <remarks>
/// States are compared by digest at one and the same index. A state that is the same at an index was the same at all before it. Without a
/// majority on either side nobody stops: the alarm is raised, and is raised again until the others have spoken.
/// </remarks>
internal sealed class Divergence
{
    private readonly LogIndex[] _same = new LogIndex[byte.MaxValue + 1];    // the newest index at which a member's state was the same
    private readonly LogIndex[] _other = new LogIndex[byte.MaxValue + 1];   // the first since then at which it was another; 0 if there is none
    private Term _term;

    /// <summary>A member's state after an entry has been compared with this leader's.</summary>
    public void Compared(ServerId member, Term term, LogIndex index, bool isSame)
    {
        if (term != _term)
            Begin(term);
        if (isSame)
            (_same[member.Value], _other[member.Value]) = (index, LogIndex.Zero);
        else if (_other[member.Value] == LogIndex.Zero)
            _other[member.Value] = index;
    }

    /// <summary>Who has to stop because a member's state is another than this leader's.</summary>
    public Deviant Judge(ServerId member, ServerId leader, Membership membership)
    {
        var (agree, contradict) = (0, 0);
        foreach (var voter in membership.Voters)
            if (voter.Id == leader || (_other[voter.Id.Value] == LogIndex.Zero && _same[voter.Id.Value] >= _other[member.Value]))
                agree++;
            else if (_other[voter.Id.Value] != LogIndex.Zero)
                contradict++;
        var majority = Quorum.Majority(membership.Voters.Count);
        return contradict >= majority ? Deviant.Leader : agree >= majority ? Deviant.Member : Deviant.Unknown;
    }

    private void Begin(Term term)
    {
        _term = term;
        Array.Clear(_same);
        Array.Clear(_other);
    }
}

/// <summary>Whose state a majority contradicts.</summary>
internal enum Deviant : byte
{
    /// <summary>Not known yet.</summary>
    Unknown,
    /// <summary>The other member's.</summary>
    Member,
    /// <summary>The leader's own.</summary>
    Leader,
}
