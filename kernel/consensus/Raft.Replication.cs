namespace Quorate.Kernel.Consensus;

/// <summary>Proposing, flushing, committing, applying.</summary>
internal sealed partial class Raft
{
    private const ulong EntriesLeftFree = 8;

    private LogIndex _flushed;

    /// <summary>Entries up to here are needed by nobody but followers that are behind: applied, and on the disk.</summary>
    private LogIndex Droppable => Applied < _flushed ? Applied : _flushed;

    /// <summary>
    /// Whether a proposal of <paramref name="length"/> bytes would be taken: this member leads and means to go on, the ring has room, and not too
    /// much waits for the disks.
    /// </summary>
    public bool HasRoom(int length) => MayOpen(length) && _transferTo == default && LeavesRoomForOthers;

    /// <summary>
    /// Whether a new leader's own first entries would be taken: for them the ring always has room, since <see cref="HasRoom"/> leaves it.
    /// Without them nothing would be committed that could make room.
    /// </summary>
    public bool MayOpen(int length) => Role == Role.Leader && Log.MakeRoom(length, Droppable);

    /// <summary>
    /// What is not committed yet has to fit into every member's ring, wherever that one happens to wrap around, with the first entries of a
    /// leader to come behind it.
    /// </summary>
    private bool LeavesRoomForOthers =>
        Log.BytesAfter(Committed) < Math.Min(limits.UncommittedBytes, limits.LogRingBytes / 2)
        && Log.Last.Value - Committed.Value + EntriesLeftFree < (ulong)limits.LogRingEntries;

    /// <summary>Appends an entry of this leader's term. The caller writes the body into the span and then calls <c>Log.Seal</c>.</summary>
    public Span<byte> Propose(int length, Moment now)
    {
        Invariant.Holds(Role == Role.Leader);
        // Leader time never runs back (design §6.1): it becomes ctime and mtime, and decides nothing about safety.
        var time = now.Wall.Milliseconds > Log.LastTime.Milliseconds ? now.Wall : Log.LastTime;
        return Log.Append(Term, time, length);
    }

    /// <summary>
    /// The disk holds the log up to <paramref name="through"/>, an entry of <paramref name="term"/>. A completion that names an entry which is
    /// no longer the one at that index says nothing. Nor may one attest what came back after it was taken away: that the journal sees to, by
    /// lowering what a flush under way will attest (<see cref="IReplica.Truncating"/>; the ABA race of design §5).
    /// </summary>
    public void Flushed(LogIndex through, Term term)
    {
        if (through <= _flushed || through > Log.Last || Log.TermAt(through) != term)
            return;
        _flushed = through;
        HealMark();
        Commit();
    }

    /// <summary>The server has applied the entries up to an index.</summary>
    public void AppliedThrough(LogIndex index)
    {
        Invariant.Holds(index <= Committed);
        Applied = index;
        ApplyMemberships();
        if (_isAlone)
            Log.DropThrough(index);   // the ring need not keep them for anybody
    }

    private void Commit()
    {
        if (Role != Role.Leader)
            return;
        var committed = _isAlone ? _flushed : new LogIndex(Reached(Figure.Match, own: _flushed.Value));
        // Only an entry of the leader's own term is committed by counting; the ones before it are then with it (thesis §3.6.2).
        if (committed < OpeningIndex || committed <= Committed)
            return;
        _stalledSince = Instant.Never;
        CommitThrough(committed);
    }

    private void CommitThrough(LogIndex index)
    {
        if (index <= Committed)
            return;
        if (trace.SeesCommits)
            for (var next = Committed.Next; next <= index; next = next.Next)
                trace.Committed(next, Log.TermAt(next), Log.ChainAt(next));
        Committed = index;
    }
}
