namespace Quorate.Kernel.Consensus;

/// <summary>Appending, acknowledging, committing.</summary>
internal sealed partial class Raft
{
    private LogIndex _flushed;

    /// <summary>
    /// Whether a proposal of <paramref name="length"/> bytes would be taken: this member leads, the ring has room, and not too much waits
    /// for the disk.
    /// </summary>
    public bool HasRoom(int length) => Role == Role.Leader && Log.Fits(length) && Log.BytesAfter(Committed) < limits.UncommittedBytes;

    /// <summary>Appends an entry of this leader's term. The caller writes the body into the span and then calls <c>Log.Seal</c>.</summary>
    public Span<byte> Propose(int length, Moment now)
    {
        Invariant.Holds(Role == Role.Leader);
        // Leader time never runs back (design §6.1): it becomes ctime and mtime, and decides nothing about safety.
        var time = now.Wall.Milliseconds > Log.LastTime.Milliseconds ? now.Wall : Log.LastTime;
        return Log.Append(Term, time, length);
    }

    /// <summary>
    /// The disk holds the log up to <paramref name="through"/>, written in <paramref name="term"/>. A completion that names an entry which is
    /// no longer the one at that index says nothing: the ABA race of a flush that outlives a truncation (design §5).
    /// </summary>
    public void Flushed(LogIndex through, Term term)
    {
        if (through <= _flushed || through > Log.Last || Log[through].Term != term)
            return;
        _flushed = through;
        Commit();
    }

    private void Commit()
    {
        if (Role != Role.Leader)
            return;
        var committed = JointQuorum.Committed(incoming: [_flushed], outgoing: []);
        // Only an entry of the leader's own term is committed by counting; the ones before it are then with it (thesis §3.6.2).
        if (committed >= OpeningIndex && committed > Committed)
            Committed = committed;
    }
}
