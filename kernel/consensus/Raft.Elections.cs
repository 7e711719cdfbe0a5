using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>Standing for election and voting.</summary>
/// <remarks>
/// A member that misses its leader first asks whether it would be elected (pre-vote, thesis §9.6): that changes nothing anywhere, so one that
/// cannot hear the others, or that they can do without, disturbs nobody. Only then it begins a term.
/// <para>
/// Who hears a leader votes for nobody else, with two exceptions: the leader itself asked for the election, or the link to the leader has
/// closed. A process that dies takes its connections with it, which is quick evidence; and where it is mistaken, the others refuse.
/// </para>
/// </remarks>
internal sealed partial class Raft
{
    private Term _durableTerm;
    private ServerId _durableVote;
    private bool _owesVote;                          // to VotedFor, as soon as that is durable
    private bool _isCanvassing, _isForced;
    private Vote _preVote, _vote;                    // this member's own
    private Instant _electionAt = Instant.Never;
    private TimeSpan _patience;
    private Instant _leaderHeardAt;
    private bool _leaderLinkIsClosed;

    /// <summary>Whether term or vote have changed since <see cref="HardStateSubmitted"/>.</summary>
    public bool HardStateChanged { get; private set; }

    /// <summary>A superblock with the present term and vote is on its way to the disk.</summary>
    public void HardStateSubmitted() => HardStateChanged = false;

    /// <summary>The superblock with this term and vote is durable in both slots (A3, C4): from now on they count and may be spoken of.</summary>
    public void HardStateDurable(Term term, ServerId votedFor, Moment now, Effects effects)
    {
        if (term < _durableTerm || (term, votedFor) == (_durableTerm, _durableVote))
            return;
        (_durableTerm, _durableVote) = (term, votedFor);
        if (Failure is not null || term != Term || votedFor != VotedFor)
            return;
        if (Role == Role.Candidate)
            AskForVotes(now, effects);
        else if (_owesVote)
            GrantVote(effects);
    }

    /// <summary>The link to another member came up, or closed and with it what was on the way.</summary>
    public void Linked(ServerId peer, bool up, Moment now)
    {
        _linked[peer.Value] = up;
        _noted[peer.Value] = false;
        if (Role == Role.Leader)
            LinkedAsLeader(peer, up, now);
        else if (!up && peer == Leader)
        {
            _leaderLinkIsClosed = true;
            StandSoon(now);
        }
        else if (up && Leader == default && Role == Role.Follower && !_isCanvassing && IsMajorityLinked)
            StandSoon(now);   // the link that was missing for a majority
    }

    /// <summary>Whether this member and those it has a link with are a majority.</summary>
    public bool IsMajorityLinked => Reached(Figure.Linked, own: 1) == 1;

    /// <summary>Whether this member may begin an election: it may be needed as leader, holds what it acknowledged, and knows who takes part.</summary>
    private bool MayStand => MayBeNeeded && IsWhole && !HasMembershipToApply;

    private Ballot OwnBallot(Term term) => new(term, Log.Last, Log.LastTerm, _isForced);

    /// <summary>Nothing is expected of this member for a while: a leader was heard, a vote was given, an election lost.</summary>
    private void Rest(Moment now)
    {
        if (_isAlone)
            return;
        _patience = dice.Between(settings.ElectionTimeout, 2 * settings.ElectionTimeout);
        _electionAt = now.Instant + _patience;
    }

    /// <summary>A random share of a heartbeat lies between two members that see the same at the same time.</summary>
    private void StandSoon(Moment now) =>
        _electionAt = Instant.Earlier(_electionAt, now.Instant + dice.Between(TimeSpan.Zero, settings.Heartbeat));

    private void Stand(Moment now, Effects effects)
    {
        if (Leader != default)
            trace.Note(NoteLevel.Information, 0, $"Lost the leader of term {Term}, member {Leader}.");
        if (Leader != default || Role == Role.Candidate)
            BecomeFollower(Term, default, now);
        else
            Rest(now);
        if (MayBorrow)
            AskToBorrow(effects);
        if (!MayStand || IsDiskStuck(now))
            return;
#if MUTANTS
        if (Mutant.Is(Mutants.AnybodyDisrupts))
        {
            Campaign(now, forced: true);
            return;
        }
#endif
        _isCanvassing = true;
        _isForced = false;
        ForgetVotes();
        _preVote = Vote.Granted;
        Ask(PeerKind.PreVote, OwnBallot(Term.Next), effects);
        CountPreVotes(now);
    }

    private void Campaign(Moment now, bool forced)
    {
        _isCanvassing = false;
        _isForced = forced;
        Role = Role.Candidate;
        OpeningIndex = LogIndex.Max;
        Leader = default;
        ForgetLeader();
        (Term, VotedFor) = (Term.Next, Self);
        HardStateChanged = true;
        _owesVote = false;
        ForgetVotes();
        Rest(now);
        trace.Became(Role, Term, Leader);
    }

    /// <summary>The candidate's own vote is durable. Only now others are asked: a candidate that crashed must not be elected by what it forgot.</summary>
    private void AskForVotes(Moment now, Effects effects)
    {
        _vote = Vote.Granted;
        Ask(PeerKind.Vote, OwnBallot(Term), effects);
        CountVotes(now);
    }

    private void Ask(PeerKind kind, in Ballot ballot, Effects effects)
    {
        Span<byte> body = stackalloc byte[Ballot.Bytes];
        ballot.Write(body);
        foreach (var peer in _peers)
            if (Membership.IsVoter(peer.Id))
                Send(peer.Id, kind, body, effects);
    }

    private void OnPreVote(ServerId from, in PeerMessage message, Moment now, Effects effects)
    {
        var ballot = Ballot.Read(message.Body);
        if (_convalescence.IsMarkLost)
            return;
        var isFree = ballot.Term > Term || (ballot.Term == Term && (VotedFor == default || VotedFor == from));
        var granted = isFree && !HearsLeaderOtherThan(from, now) && IsUpToDate(ballot);
        if (granted && _isCanvassing && Outdoes(from, ballot))
        {
            // Two that stand at the same time would split the votes: the lesser one gives way.
            _isCanvassing = false;
            Rest(now);
        }
        Answer(from, PeerKind.PreVoteAnswer, new BallotAnswer(ballot.Term, granted), effects);
    }

    private void OnPreVoteAnswer(ServerId from, in PeerMessage message, Moment now)
    {
        var answer = BallotAnswer.Read(message.Body);
        if (!_isCanvassing || answer.Term != Term.Next || Known(from, message) is not { } peer)
            return;
        peer.Vote = answer.Granted ? Vote.Granted : Vote.Refused;
        CountPreVotes(now);
    }

    /// <summary>Its own may be enough: while a membership changes in which it is the only voter before and after.</summary>
    private void CountPreVotes(Moment now)
    {
        switch (Outcome(_preVote))
        {
            case VoteOutcome.Won:
                Campaign(now, forced: false);
                break;
            case VoteOutcome.Lost:
                _isCanvassing = false;
                break;
        }
    }

    /// <summary>Whether a request for a vote is looked at: one that is not is refused without entering its term (thesis §4.2.3).</summary>
    private bool IsAskedForVote(ServerId from, in PeerMessage message, Moment now)
    {
        var ballot = Ballot.Read(message.Body);
        return ballot.Term == message.Term && !_convalescence.IsMarkLost
            && (message.Term <= Term || ballot.Forced || !HearsLeaderOtherThan(from, now));
    }

    private void OnVote(ServerId from, in PeerMessage message, Moment now, Effects effects)
    {
        var ballot = Ballot.Read(message.Body);
        var isFree = VotedFor == from || (VotedFor == default && Leader == default);
        if (!isFree || !IsUpToDate(ballot))
        {
            Answer(from, PeerKind.VoteAnswer, new BallotAnswer(Term, Granted: false), effects);
            return;
        }
        if (VotedFor == default)
        {
            VotedFor = from;
            HardStateChanged = true;
        }
        _isCanvassing = false;
        Rest(now);
        _owesVote = true;
        if ((_durableTerm, _durableVote) == (Term, VotedFor))
            GrantVote(effects);
    }

    private void GrantVote(Effects effects)
    {
        _owesVote = false;
        Answer(VotedFor, PeerKind.VoteAnswer, new BallotAnswer(Term, Granted: true), effects);
    }

    private void OnVoteAnswer(ServerId from, in PeerMessage message, Moment now)
    {
        var answer = BallotAnswer.Read(message.Body);
        if (Role != Role.Candidate || answer.Term != Term || Known(from, message) is not { } peer)
            return;
        peer.Vote = answer.Granted ? Vote.Granted : Vote.Refused;
        CountVotes(now);
    }

    private void CountVotes(Moment now)
    {
        switch (Outcome(_vote))
        {
            case VoteOutcome.Won:
                Lead(now);
                break;
            case VoteOutcome.Lost:
                BecomeFollower(Term, default, now);
                StandSoon(now);   // the votes were split, or another one is better: either shows soon
                break;
        }
    }

    private VoteOutcome Outcome(Vote own)
    {
        Span<Vote> incoming = stackalloc Vote[Quorum.VotersMax], outgoing = stackalloc Vote[Quorum.VotersMax];
        return JointQuorum.Outcome(Votes(Membership.Voters, own, incoming), Votes(Membership.Outgoing, own, outgoing));
    }

    private ReadOnlySpan<Vote> Votes(IReadOnlyList<Member> voters, Vote own, Span<Vote> votes)
    {
        for (var i = 0; i < voters.Count; i++)
            votes[i] = IsSelf(voters[i]) ? own : _progress[voters[i].Id.Value]?.Vote ?? Vote.Refused;
        return votes[..voters.Count];
    }

    private void ForgetVotes()
    {
        (_preVote, _vote) = (Vote.Missing, Vote.Missing);
        foreach (var peer in _peers)
            peer.Vote = Vote.Missing;
    }

    /// <summary>Whether there is a leader to be content with. One that asks for votes itself leads no more.</summary>
    private bool HearsLeaderOtherThan(ServerId candidate, Moment now) =>
        Leader != default && Leader != candidate
        && (Role == Role.Leader || (!_leaderLinkIsClosed && now.Instant - _leaderHeardAt < settings.ElectionTimeout));

    /// <summary>The election restriction (thesis §3.6.1): a candidate's log must reach as far as ours.</summary>
    private bool IsUpToDate(in Ballot ballot)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.AnyLogMayLead))
            return true;
#endif
        var own = VotingPosition;
        return ballot.LastTerm > own.Term || (ballot.LastTerm == own.Term && ballot.LastIndex >= own.Index);
    }

    private bool Outdoes(ServerId from, in Ballot ballot) =>
        (ballot.LastTerm, ballot.LastIndex) != (Log.LastTerm, Log.Last) || from.Value > Self.Value;

    /// <summary>A frame of the leader of this term. False when there cannot be one, since this member leads it.</summary>
    private bool Hear(ServerId from, Moment now)
    {
        if (Role == Role.Leader)
            return false;
        if (Role == Role.Candidate || Leader != from)
        {
            BecomeFollower(Term, from, now);
            trace.Note(NoteLevel.Information, 0, $"Follows member {from}, which leads term {Term}.");
        }
        _isCanvassing = false;
        _leaderHeardAt = now.Instant;
        _leaderLinkIsClosed = false;
        _electionAt = now.Instant + _patience;
        return true;
    }
}
