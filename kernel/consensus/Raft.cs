namespace Quorate.Kernel.Consensus;

/// <summary>
/// Raft for one member of an ensemble: who leads, what is in the log, how far it is committed. Durability is an input: nothing counts before
/// the flush that covers it, neither a vote nor an acknowledgement, the leader's own included (design §5, C4).
/// </summary>
/// <remarks>
/// Who takes part is said by <see cref="Membership"/>. In an ensemble of one the quorum is this member alone: it elects itself as soon as its
/// vote is durable, commits what it has flushed, and confirms its own rounds, by the same arithmetic that several members will use.
/// </remarks>
internal sealed partial class Raft(ServerId self, Limits limits)
{
    /// <summary>The recent entries.</summary>
    public EntryLog Log { get; } = new(limits);

    /// <summary>Who takes part.</summary>
    public Membership Membership { get; private set; } = Membership.Empty;

    public Role Role { get; private set; }

    /// <summary>The newest term this member knows of.</summary>
    public Term Term { get; private set; }

    /// <summary>Whom it voted for in that term; default for nobody.</summary>
    public ServerId VotedFor { get; private set; }

    /// <summary>The last entry known to be on a quorum.</summary>
    public LogIndex Committed { get; private set; }

    /// <summary>The last entry that this member has applied; the server says so.</summary>
    public LogIndex Applied { get; private set; }

    /// <summary>Takes over what recovery found. The log in memory goes on behind what has been applied already.</summary>
    public void Restore(Membership membership, Term term, ServerId votedFor)
    {
        Invariant.Holds(Log.LastTerm <= term);
        (Membership, Term, VotedFor) = (membership, term, votedFor);
        _durableTerm = term;
        _flushed = Log.Last;
        Committed = Applied = Log.Base;
    }

    /// <summary>The server has applied the entries up to an index; the ring need not keep them.</summary>
    public void AppliedThrough(LogIndex index)
    {
        Invariant.Holds(index <= Committed);
        Applied = index;
        Log.DropThrough(index);
    }
}
