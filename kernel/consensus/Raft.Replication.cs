namespace Quorate.Kernel.Consensus;

/// <summary>Proposing, flushing, committing, applying.</summary>
/// <remarks>
/// What was proposed before cannot be committed before an entry of the leader's own term is (thesis §3.6.2). So proposals leave room in the
/// ring: for opening entries, of which every leader that fails leaves one behind, and with others also for the gap of at most one entry by
/// which the same entries may lie worse in a follower's ring. Else a full log could never be committed by anybody.
/// </remarks>
internal sealed partial class Raft
{
    private const int Openings = 256;

    private LogIndex _flushed;

    private int ReservedBytes => Openings * EntryLog.SmallBytes + (_isAlone ? 0 : limits.FrameBytes + limits.IdentityBytes);

    /// <summary>Entries up to here are needed by nobody but followers that are behind: applied, and on the disk.</summary>
    private LogIndex Droppable => Applied < _flushed ? Applied : _flushed;

    /// <summary>
    /// Whether a proposal of <paramref name="length"/> bytes would be taken: this member leads and means to go on, the ring has room, and not too
    /// much waits for the disks.
    /// </summary>
    public bool HasRoom(int length) =>
        Role == Role.Leader && _transferTo == default
        && Log.MakeRoom(length + ReservedBytes, Droppable, Openings)
        && Log.BytesAfter(Committed) < limits.UncommittedBytes;

    /// <summary>Whether the entries that open this leader's term would be taken. If not, what is committed has to be applied first.</summary>
    public bool HasRoomToOpen(int length) => Role == Role.Leader && Log.MakeRoom(length, Droppable);

    /// <summary>Appends an entry of this leader's term. The caller writes the body into the span and then calls <c>Log.Seal</c>.</summary>
    public Span<byte> Propose(int length, Moment now)
    {
        Invariant.Holds(Role == Role.Leader);
        // Leader time never runs back (design §6.1): it becomes ctime and mtime, and decides nothing about safety.
        var time = now.Wall.Milliseconds > Log.LastTime.Milliseconds ? now.Wall : Log.LastTime;
#if MUTANTS
        if (Mutant.Is(Mutants.TimeRunsBack))
            time = now.Wall;
#endif
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
        _unflushedSince = Instant.Never;
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
#if MUTANTS
        if (Mutant.Is(Mutants.LeaderCountsUnflushed))
            committed = new(Reached(Figure.Match, own: Log.Last.Value));
#endif
        // Only an entry of the leader's own term is committed by counting; the ones before it are then with it (thesis §3.6.2).
        if (committed < OpeningIndex || committed <= Committed)
#if MUTANTS
            if (committed <= Committed || !Mutant.Is(Mutants.CommitsOlderTerms))
#endif
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
