using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>
/// Raft, one member of an ensemble: who leads, what is in the log, how far it is committed. Pure: frames leave as effects, time is what the
/// caller says, and durability is an input. Nothing counts before the flush that covers it, neither a vote nor an acknowledgement, the
/// leader's own included (design §5, C4).
/// </summary>
/// <remarks>
/// Who takes part is said by <see cref="Membership"/>. In an ensemble of one the quorum is this member alone: it elects itself as soon as its
/// vote is durable, commits what it has flushed, and confirms its own rounds, by the arithmetic that several members use; it says nothing.
/// <para>
/// Pre-vote and check-quorum are always on. There are no leases: a leader that has not asked a quorum does not know that it still leads, so
/// nothing here depends on clocks running alike, and a member that starts need not keep silent first (A15 is about leases).
/// </para>
/// <para>
/// What a batch brings about is said once, by <see cref="Replicate"/> at its end. Only elections do not wait for that. The owner calls, in
/// this order: <see cref="Elapse"/> when time has passed, then what happened (<see cref="Receive"/>, <see cref="Linked"/>,
/// <see cref="Flushed"/>, <see cref="HardStateDurable"/>, …), and writes term and vote whenever <see cref="HardStateChanged"/>.
/// </para>
/// </remarks>
internal sealed partial class Raft(Settings settings, Limits limits, Dice dice, ITrace trace, IReplica replica)
{
    private Convalescence _convalescence;
    private ulong _plea;

    private ServerId Self => settings.Id;

    /// <summary>The recent entries.</summary>
    public EntryLog Log { get; } = new(limits, more: Openings);

    /// <summary>Under which names this member speaks.</summary>
    public PeerIdentity Identity { get; private set; }

    public Role Role { get; private set; }

    /// <summary>The newest term this member knows of.</summary>
    public Term Term { get; private set; }

    /// <summary>Whom it voted for in that term; default for nobody.</summary>
    public ServerId VotedFor { get; private set; }

    /// <summary>Who leads that term, as far as it knows; default for nobody.</summary>
    public ServerId Leader { get; private set; }

    /// <summary>The last entry known to be on a quorum.</summary>
    public LogIndex Committed { get; private set; }

    /// <summary>The last entry that this member has applied; the server says so.</summary>
    public LogIndex Applied { get; private set; }

    /// <summary>Entries in the log that are not applied yet.</summary>
    public int UnappliedCount => (int)(Log.Last.Value - Applied.Value);

    /// <summary>Why this member must stop, in words for an operator; null while all is well (B4).</summary>
    public string? Failure { get; private set; }

    /// <summary>When <see cref="Elapse"/> and <see cref="Replicate"/> want to be called even if nothing happens.</summary>
    public Instant NextDeadline
    {
        get
        {
            if (Failure is not null)
                return Instant.Never;
            return Role != Role.Leader ? _electionAt : _isAlone ? Instant.Never : LeaderDeadline;
        }
    }

    /// <summary>Takes over what recovery found. The log in memory goes on behind what has been applied already.</summary>
    public void Restore(in RaftStart start, Moment now)
    {
        Invariant.Holds(Log.Knows(start.Applied));
        Identity = start.Identity;
        (Term, VotedFor) = (_durableTerm, _durableVote) = (start.Term, start.VotedFor);
        var newest = start.Convalescence.Mark.Term > Log.LastTerm ? start.Convalescence.Mark.Term : Log.LastTerm;
        if (newest > Term)
        {
            // The journal may get to the disk before the superblock that tells of its term. Nothing was said in that term (C4).
            (Term, VotedFor) = (newest, default);
            HardStateChanged = true;
        }
        _flushed = Log.Last;
        Committed = Applied = start.Applied;
        _convalescence = start.Convalescence;
        _plea = _convalescence.IsMarkLost ? dice.Next() | 1 : 0;
        Found(start.Membership, now);
        for (var index = Applied.Next; index <= Log.Last; index = index.Next)
            if (replica.MembershipIn(Log[index].Body) is { } membership)
                Adopt(index, membership, now);
        // Nobody is disturbed by a member that asks early: who hears a leader refuses the pre-vote.
        if (!_isAlone)
            _electionAt = now.Instant + dice.Between(settings.Heartbeat, settings.ElectionTimeout);
    }

    /// <summary>Lets time pass: before anything else that an input brings, so that a leader which was paused learns its age first.</summary>
    public void Elapse(Moment now, Effects effects)
    {
        if (Failure is not null)
            return;
        if (IsSoleVoter)
        {
            // Alone there is nobody to wait for, so the election timeout does not apply, unless a leader that is leaving still leads.
            if (Role == Role.Follower && (Leader == default || now.Instant >= _electionAt) && MayStand)
                Campaign(now, forced: false);
        }
        else if (Role == Role.Leader)
            ElapseAsLeader(now, effects);
        else if (now.Instant >= _electionAt)
            Stand(now, effects);
    }

    /// <summary>Takes a frame of another member, of any kind that is consensus's own.</summary>
    public void Receive(ServerId from, in PeerMessage message, Moment now, Effects effects)
    {
        if (Failure is not null || from == Self || !Admits(from, message))
            return;
        switch (message.Kind)
        {
            case PeerKind.PreVote:
                OnPreVote(from, message, now, effects);
                return;
            case PeerKind.Borrow:
                OnBorrow(from, message, effects);
                return;
            case PeerKind.Vote when !IsAskedForVote(from, message, now):
                Answer(from, PeerKind.VoteAnswer, new BallotAnswer(message.Term, Granted: false), effects);
                return;
            case PeerKind.PreVoteAnswer when BallotAnswer.Read(message.Body).Granted:
                break;   // the one who grants a pre-vote may be in the term that is stood for, which is no reason to follow him there
            default:
                if (message.Term > Term)
                    BecomeFollower(message.Term, default, now);
                break;
        }
        if (message.Term < Term && message.Kind is not (PeerKind.PreVoteAnswer or PeerKind.VoteAnswer or PeerKind.Lent))
            Correct(from, message, effects);
        else
            Take(from, message, now, effects);
    }

    /// <summary>Whether a frame comes from this ensemble; if not that is noted, once for each link.</summary>
    public bool Admits(ServerId from, in PeerMessage message)
    {
        if (message.Sender.Ensemble == Identity.Ensemble)
            return true;
        if (!_noted[from.Value])
            trace.Note(NoteLevel.Warning, 0, $"Member {from} belongs to another ensemble: its frames are dropped. Check its address, its data folder, and that both have the same server lines.");
        _noted[from.Value] = true;
        return false;
    }

    private void Take(ServerId from, in PeerMessage message, Moment now, Effects effects)
    {
        switch (message.Kind)
        {
            case PeerKind.PreVoteAnswer:
                OnPreVoteAnswer(from, message, now);
                break;
            case PeerKind.Vote:
                OnVote(from, message, now, effects);
                break;
            case PeerKind.VoteAnswer:
                OnVoteAnswer(from, message, now);
                break;
            case PeerKind.Append when Hear(from, now):
                OnAppend(message, now);
                break;
            case PeerKind.Heartbeat when Hear(from, now):
                OnHeartbeat(message);
                break;
            case PeerKind.AppendAnswer or PeerKind.HeartbeatAnswer:
                OnAnswer(from, message, now, effects);
                break;
            case PeerKind.TimeoutNow when Hear(from, now):
                OnTimeoutNow(now);
                break;
            case PeerKind.Verdict when Hear(from, now):
                OnVerdict(message);
                break;
            case PeerKind.Lent:
                OnLent(from, message, now, effects);
                break;
        }
    }

    /// <summary>
    /// Who speaks in an older term is told of the newer one. A leader needs that too: without it a member that has come to a newer term by
    /// itself would never follow the leader, and the leader never learn why.
    /// </summary>
    private void Correct(ServerId from, in PeerMessage message, Effects effects)
    {
        if (message.Kind is PeerKind.Append or PeerKind.Heartbeat)
            Answer(from, PeerKind.HeartbeatAnswer, new FollowerAnswer(), effects);
        else if (message.Kind is PeerKind.Vote)
            Answer(from, PeerKind.VoteAnswer, new BallotAnswer(message.Term, Granted: false), effects);
    }

    private void BecomeFollower(Term term, ServerId leader, Moment now)
    {
        if (term > Term)
        {
            (Term, VotedFor) = (term, default);
            HardStateChanged = true;
            _owesVote = false;
        }
        Role = Role.Follower;
        Leader = leader;
        OpeningIndex = LogIndex.Max;
        _isCanvassing = false;
        ForgetGuests(now);
        ForgetLeader();
        ForgetTransfer();
        Rest(now);
        trace.Became(Role, Term, Leader);
    }

    private void Send(ServerId to, PeerKind kind, ReadOnlySpan<byte> body, Effects effects) =>
        effects.Send(to, PeerCodec.Write(effects, kind, Identity, Term, body));

    private void Answer(ServerId to, PeerKind kind, in BallotAnswer answer, Effects effects)
    {
        Span<byte> body = stackalloc byte[BallotAnswer.Bytes];
        answer.Write(body);
        Send(to, kind, body, effects);
    }

    private void Answer(ServerId to, PeerKind kind, in FollowerAnswer answer, Effects effects)
    {
        Span<byte> body = stackalloc byte[FollowerAnswer.Bytes];
        answer.Write(body);
        Send(to, kind, body, effects);
    }
}
