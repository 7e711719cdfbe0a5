using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>
/// Members that are behind the memory: they get what the journal still has, else a snapshot (B5). Reading is the owner's business.
/// </summary>
internal sealed partial class Raft
{
    /// <summary>
    /// How many entries may be on the way to whoever catches up before more are sent, and how many go in one frame: half of what a ring
    /// holds.
    /// </summary>
    public static int CatchUpEntries(Limits limits) => (limits.LogRingEntries + Openings) / 2;

    /// <summary>
    /// The frame, of at least one entry, is full or there is no more to read: it goes to the follower that waits for it, unless things have
    /// changed.
    /// </summary>
    public void CaughtUp(ServerId to, CatchUpFrame frame, Effects effects)
    {
        Invariant.Holds(frame.Count > 0);
        if (_borrows[to.Value])
        {
            _borrows[to.Value] = false;
            effects.Send(to, frame.Seal(effects, PeerKind.Lent, Identity, Term, Committed, _round));
            return;
        }
        if (Role != Role.Leader || _progress[to.Value] is not { State: ProgressState.Journal, IsPaused: true } peer)
            return;
        if (frame.First > peer.Next || frame.Last < peer.Next)
        {
            peer.ProbeAgain();   // it has come further meanwhile, or not so far
            return;
        }
        effects.Send(to, frame.Seal(effects, PeerKind.Append, Identity, Term, Committed, _round));
        peer.Inflights.Add(frame.Last, frame.EntryBytes);
        peer.Next = frame.Last.Next;
        peer.IsPaused = false;   // more is read as far as the window allows
    }

    /// <summary>A follower has installed the snapshot that holds the log up to an index.</summary>
    public void SnapshotDone(ServerId to, LogIndex index)
    {
        if (Role == Role.Leader && _progress[to.Value] is { State: ProgressState.Snapshot } peer)
            peer.Probe(index.Next);
    }

    /// <summary>The next entry for somebody who answers and is not in step yet; the largest index for all others.</summary>
    public LogIndex CatchesUpFrom(ServerId id, Moment now) =>
        Role == Role.Leader && _progress[id.Value] is { State: ProgressState.Probe or ProgressState.Journal } peer
            && now.Instant - peer.HeardAt < settings.ElectionTimeout ? peer.Next : LogIndex.Max;

    /// <summary>Whether a snapshot is what this member still waits for: meanwhile the journal may have what it lacks.</summary>
    public bool AwaitsSnapshot(ServerId id) => Role == Role.Leader && _progress[id.Value] is { State: ProgressState.Snapshot };

    /// <summary>A portion of a snapshot has arrived: the ensemble makes progress although nothing is committed (B12).</summary>
    public void SnapshotAdvanced() => _stalledSince = Instant.Never;

    /// <summary>Neither journal nor snapshot could be sent; the next answer to a heartbeat begins anew.</summary>
    public void CatchUpFailed(ServerId to)
    {
        if (Role != Role.Leader || _progress[to.Value] is not { State: ProgressState.Journal or ProgressState.Snapshot } peer)
            return;
        peer.Probe(peer.Next);
        peer.IsPaused = true;
    }

    /// <summary>
    /// Whether a snapshot that ends at a place would bring this member further. If the log holds the place already, all up to there is
    /// committed, and no snapshot is needed.
    /// </summary>
    public bool WantsSnapshot(in LogPosition position)
    {
        if (position.Index <= Committed)
            return false;
        if (position.Index > Log.Last || Log.PositionAt(position.Index) != position)
            return true;
        CommitThrough(position.Index);
        return false;
    }

    /// <summary>The state was replaced by a snapshot, which is durable: the log begins anew behind it (A2, B7).</summary>
    public void Installed(in LogPosition position, WallTime time, Membership membership, Moment now)
    {
        Invariant.Holds(position.Index > Committed && position.Term <= Term);
        Log.Reset(position.Index, position.Term, position.Chain, time);
        _flushed = Committed = Applied = position.Index;
        _complaint = AnswerFlags.None;   // of the log that there was
        Found(membership, now);
        HealMark();
        if (Leader == default)
            return;
        _received = position.Index;
        _owesAnswer = true;
    }

    private void CatchUp(Progress peer)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.NoSnapshotSent) || replica.JournalHas(peer.Next))
#else
        if (replica.JournalHas(peer.Next))
#endif
        {
            peer.LeaveToJournal();
            replica.ReadJournal(peer.Id, peer.Next);
        }
        else
        {
            peer.LeaveToSnapshot();
            replica.SendSnapshot(peer.Id);
        }
    }
}
