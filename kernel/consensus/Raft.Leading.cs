using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>Leading: what is sent to followers, what their answers mean, and when to give up.</summary>
/// <remarks>
/// A leader that has not heard a quorum for an election timeout steps down (check-quorum), and so does one that hears everybody and still
/// commits nothing for two of them (B12): heartbeats may pass where entries do not. One whose own disk flushes nothing for as long commits
/// with the others' disks, but only until its memory is full of what it must not drop: it hands leadership over before that (S-25, S-34).
/// </remarks>
internal sealed partial class Raft
{
    private readonly List<(LogPosition Previous, LogIndex Last, int EntryBytes, Slice Bytes)> _frames = [];   // of the present batch
    private Instant _heartbeatAt = Instant.Never, _checkAt = Instant.Never, _stalledSince = Instant.Never, _goOnAt = Instant.Never;
    private long _framedBytes;

    /// <summary>The index of the opening entry of this leader's term; nothing is confirmed before it is applied.</summary>
    public LogIndex OpeningIndex { get; private set; } = LogIndex.Max;

    /// <summary>Whether this member leads and has applied its opening entry: from then on it speaks for the ensemble.</summary>
#if MUTANTS
    public bool LeadsFirmly => Role == Role.Leader && (Applied >= OpeningIndex || Mutant.Is(Mutants.SpeaksBeforeOpening));
#else
    public bool LeadsFirmly => Role == Role.Leader && Applied >= OpeningIndex;
#endif

    private TimeSpan StallTimeout => 2 * settings.ElectionTimeout;

    private Instant LeaderDeadline => Instant.Earlier(
        Instant.Earlier(Instant.Earlier(_heartbeatAt, _goOnAt), _transferUntil),
        IsSoleVoter ? Instant.Never : Instant.Earlier(_checkAt, Instant.Earlier(_stalledSince + StallTimeout, DiskJudgedAt)));

    /// <summary>Whatever leadership is being handed over for ends first.</summary>
    private Instant DiskJudgedAt => IsTransferring ? Instant.Never : _unflushedSince + StallTimeout;

    /// <summary>
    /// Says what is to be said, once at the end of each batch and before the journal is written, so that followers write at the same time:
    /// a leader its new entries, due heartbeats and the round under way; a follower how things stand.
    /// </summary>
    public void Replicate(Moment now, Effects effects)
    {
        if (Failure is not null)
            return;
        WatchOwnDisk(now);
        if (Role != Role.Leader)
        {
            AnswerLeader(effects);
            return;
        }
        if (_peers.Count == 0)
            return;
        var beats = now.Instant >= _heartbeatAt;
        if (beats)
            _heartbeatAt = now.Instant + settings.Heartbeat;
        BeginRound(beats);
        _frames.Clear();
        _framedBytes = 0;
        _goOnAt = Instant.Never;
        foreach (var peer in _peers)
        {
            var asks = peer is { State: ProgressState.Probe, IsPaused: false };
            SendEntries(peer, now, effects);
            if ((beats && !asks) || Lacks(peer))
                SendHeartbeat(peer, beats, effects);
        }
        WatchForStall(now);
        CarryTransferOn(now, effects);
        LeaveIfRemoved(now, effects);
    }

    private void Lead(Moment now)
    {
        Role = Role.Leader;
        Leader = Self;
        OpeningIndex = Log.Last.Next;
        _round = _registered;
        _stalledSince = Instant.Never;
        _checkAt = now.Instant + settings.ElectionTimeout;
        _heartbeatAt = now.Instant;
        foreach (var peer in _peers)
            peer.Begin(Log.Last, now.Instant);
        Array.Clear(_borrows);
        trace.Became(Role, Term, Leader);
        if (!_isAlone)
            trace.Note(NoteLevel.Information, 0, $"Leads term {Term} of members {Membership}.");
    }

    private void ElapseAsLeader(Moment now, Effects effects)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.NeverStepsDown))
            _checkAt = _stalledSince = Instant.Never;
        if (Mutant.Is(Mutants.StallTolerated))
            _stalledSince = Instant.Never;
#endif
        if (now.Instant >= _checkAt)
            CheckQuorum(now);
        if (Role == Role.Leader && now.Instant >= _transferUntil)
            GiveTransferUp(now);
        if (Role == Role.Leader && now.Instant >= _stalledSince + StallTimeout)
        {
            StepDown("nothing was committed for two election timeouts although followers answer", now);
            _electionAt += StallTimeout;   // whoever can do better goes first
        }
        if (Role == Role.Leader && now.Instant >= DiskJudgedAt)
            LeaveToBetterDisk(now);
    }

    private void CheckQuorum(Moment now)
    {
        var since = new Instant((long)Reached(Figure.Heard, (ulong)now.Instant.Ticks));
        if (now.Instant - since >= settings.ElectionTimeout)
            StepDown("no majority was heard for an election timeout", now);
        else
            _checkAt = since + settings.ElectionTimeout;
    }

    private void StepDown(string because, Moment now)
    {
        trace.Note(NoteLevel.Information, 0, $"Steps down as leader of term {Term}: {because}.");
        BecomeFollower(Term, default, now);
    }

    private void WatchForStall(Moment now)
    {
        if (Committed == Log.Last)
            _stalledSince = Instant.Never;
        else if (_stalledSince == Instant.Never)
            _stalledSince = now.Instant;
    }

    private void LinkedAsLeader(ServerId id, bool up, Moment now)
    {
        if (!up)
            Dismiss(id, now);
        if (_progress[id.Value] is not { } peer)
            return;
        peer.Told = default;
        peer.ProbeAgain();
        peer.IsPaused = !up;
    }

    private void SendEntries(Progress peer, Moment now, Effects effects)
    {
        while (MaySend(peer))
        {
            if (_framedBytes >= limits.InflightBytes)
            {
                _goOnAt = now.Instant;   // a batch says so much and no more: each follower may be elsewhere
                return;
            }
            if (!Log.Knows(peer.Next.Previous))
            {
                CatchUp(peer);
                return;
            }
            if (peer.State == ProgressState.Journal)
            {
                peer.LeaveJournal();
                continue;
            }
            var (last, bytes, frame) = FrameFrom(peer.Next, effects);
            effects.Send(peer.Id, frame);
            peer.Told = (last < Committed ? last : Committed, _round);
            if (peer.State == ProgressState.Probe)
            {
                peer.IsPaused = true;
                return;
            }
            peer.Inflights.Add(last, bytes);
            peer.Next = last.Next;
        }
    }

    private bool MaySend(Progress peer) => !peer.IsPaused && peer.State switch
    {
        ProgressState.Probe => true,
        ProgressState.Replicate => peer.Next <= Log.Last && !peer.Inflights.IsFull,
        ProgressState.Journal =>
            peer.Agrees && !peer.Inflights.IsFull && peer.Next.Previous.Value - peer.Match.Value <= (ulong)CatchUpEntries(limits),
        _ => false,
    };

    /// <summary>A frame with the entries from an index on. Followers that are equally far share it.</summary>
    private (LogIndex Last, int EntryBytes, Slice Bytes) FrameFrom(LogIndex next, Effects effects)
    {
        var previous = Log.PositionAt(next.Previous);
        foreach (var made in _frames)
            if (made.Previous == previous)
                return (made.Last, made.EntryBytes, made.Bytes);
        var writer = new AppendWriter(effects, PeerKind.Append, Identity, Term, previous, limits.PeerFrameBytes);
        for (var index = next; index <= Log.Last && writer.TryAdd(Log[index]); index = index.Next) ;
        var frame = (writer.Last, writer.EntryBytes, writer.Seal(Committed, _round));
        _framedBytes += frame.EntryBytes;
        _frames.Add((previous, frame.Last, frame.EntryBytes, frame.Item3));
        return frame;
    }

    /// <summary>Whether a follower should be told now that more is committed, or that a round has begun.</summary>
    private bool Lacks(Progress peer) => peer.Told.Commit < HeldCommit(peer) || peer.Told.Round < _round;

    /// <summary>Never beyond what the follower is known to hold: behind that its log may be another one.</summary>
#if MUTANTS
    private LogIndex HeldCommit(Progress peer) => peer.Match < Committed && !Mutant.Is(Mutants.CommitsBeyondMatch) ? peer.Match : Committed;
#else
    private LogIndex HeldCommit(Progress peer) => peer.Match < Committed ? peer.Match : Committed;
#endif

    private void SendHeartbeat(Progress peer, bool isBeat, Effects effects)
    {
        Span<byte> body = stackalloc byte[Heartbeat.Bytes];
        new Heartbeat(HeldCommit(peer), _round, isBeat, HeardPlea(peer)).Write(body);
        Send(peer.Id, PeerKind.Heartbeat, body, effects);
        peer.Told = (HeldCommit(peer), _round);
    }

    private void OnAnswer(ServerId from, in PeerMessage message, Moment now, Effects effects)
    {
        if (Role != Role.Leader || Known(from, message) is not { } peer)
            return;
        var answer = FollowerAnswer.Read(message.Body);
        if (answer.Matched > Log.Last || answer.Received > Log.Last || answer.Round > _round)
            return;   // nothing that this leader could have brought about
        peer.HeardAt = now.Instant;
        Convalesces(peer, answer);
        if (answer.Round > peer.Round)
        {
            peer.Round = answer.Round;
            CountRound();
        }
        if (answer.Applied != LogIndex.Zero)
            replica.PeerState(from, answer.Applied, answer.Digest);
        if ((answer.Flags & AnswerFlags.Contradicts) != 0)
        {
            Judge(peer, answer.Hint, effects);
            return;
        }
        Advance(peer, answer);
        if (message.Kind == PeerKind.HeartbeatAnswer)
            Beat(peer, answer);
    }

    private void Advance(Progress peer, in FollowerAnswer answer)
    {
        if (peer.Matched(answer.Matched))
        {
            if (peer.State is ProgressState.Journal or ProgressState.Snapshot)
                _stalledSince = Instant.Never;   // a voter that catches up is progress too
            Commit();
        }
        if ((answer.Flags & AnswerFlags.Rejected) != 0)
            Rejected(peer, answer);
        else if ((answer.Flags & AnswerFlags.Full) != 0)
        {
            peer.Probe(answer.Received.Next);
            peer.IsPaused = true;   // until the next heartbeat is answered
        }
        else if (peer.State == ProgressState.Probe && answer.Received >= peer.Next.Previous)
        {
            peer.Next = answer.Received.Next;
            peer.Replicate();
        }
        else if (peer.State == ProgressState.Journal && answer.Received >= peer.JournalFrom.Previous)
            peer.Agrees = true;
        else if (peer.State == ProgressState.Snapshot && peer.Match.Next == peer.Next && Log.Knows(peer.Match))
            peer.Replicate();
    }

    private void Rejected(Progress peer, in FollowerAnswer answer)
    {
        if (peer.Probed is { } place ? answer.Rejected != place : peer.State == ProgressState.Snapshot || answer.Rejected <= peer.Match)
            return;
        if (answer.Rejected <= peer.Match)
            peer.Forget();   // it lost what it had acknowledged, and must get it anew
        if (peer.IsNews(answer.Rejected))
            _stalledSince = Instant.Never;   // the search for the place comes to an end, and must not begin anew with the next leader
        peer.Probe(LastUpTo(answer.Hint, peer).Next);
    }

    private void Beat(Progress peer, in FollowerAnswer answer)
    {
        if (peer.State == ProgressState.Probe)
            peer.IsPaused = false;
        else if (peer.State is ProgressState.Replicate or ProgressState.Journal && !peer.IsPaused
            && answer.Received < peer.Next.Previous && answer.Received == peer.ReceivedBefore)
            peer.ProbeAgain();   // a whole heartbeat long nothing of what was sent has arrived: it is lost
        peer.ReceivedBefore = answer.Received;
    }

    /// <summary>The last entry at or before a place whose term is not newer: no later one can be where the logs agree.</summary>
    private LogIndex LastUpTo(in LogPosition hint, Progress peer)
    {
        var index = hint.Index < Log.Last ? hint.Index : Log.Last;
        if (index < Log.Base)
        {
            // Whose entry that was is not in memory any more: it goes back by steps that double.
            var back = peer.StepBack();
            return index.Value > back ? new(index.Value - back) : LogIndex.Zero;
        }
        while (index > LogIndex.Zero && Log.Knows(index) && Log.TermAt(index) > hint.Term)
            index = index.Previous;
        return index;
    }
}
