namespace Quorate.Kernel.Storage;

/// <summary>A snapshot file that is there, and its size.</summary>
internal readonly record struct SnapshotSpan(ulong Number, long Bytes);

/// <summary>
/// Which snapshot files lie in the folder; deletes those that the superblock no longer names, but none while it is being sent.
/// </summary>
/// <param name="tickets">Where tickets come from.</param>
/// <param name="present">The snapshots that are there.</param>
/// <param name="next">A number that no snapshot has had.</param>
internal sealed class SnapshotFiles(DiskTickets tickets, IEnumerable<SnapshotSpan> present, ulong next)
{
    private readonly DiskRequests _disk = new(tickets, DiskFileKind.Snapshot);
    private readonly List<SnapshotSpan> _present = new(present);
    private readonly List<ulong> _pinned = [];     // once for each that reads it
    private readonly List<ulong> _unwanted = [];   // to be deleted when nobody reads them any more
    private ulong _next = next;

    /// <summary>Whether no deletion is under way.</summary>
    public bool Idle => _disk.IsIdle;

    /// <summary>How many bytes of snapshots there are on the disk.</summary>
    public long Bytes
    {
        get
        {
            var bytes = 0L;
            foreach (var snapshot in _present)
                bytes += snapshot.Bytes;
            return bytes;
        }
    }

    /// <summary>The number of a snapshot about to be written.</summary>
    public ulong Begin() => _next++;

    /// <summary>A snapshot is finished.</summary>
    public void Add(ulong number, long bytes) => _present.Add(new(number, bytes));

    /// <summary>How large a snapshot is that is there.</summary>
    public long BytesOf(ulong number) => _present.Find(snapshot => snapshot.Number == number).Bytes;

    /// <summary>Somebody begins to read a snapshot: it stays until <see cref="Unpin"/>.</summary>
    public void Pin(ulong number)
    {
        Invariant.Holds(BytesOf(number) > 0);
        _pinned.Add(number);
    }

    /// <summary>One of those who read a snapshot has done with it.</summary>
    public void Unpin(ulong number, Effects effects)
    {
        Invariant.Holds(_pinned.Remove(number));
        if (_unwanted.Contains(number) && !_pinned.Contains(number))
            Drop(number, effects);
    }

    /// <summary>Deletes what a durable superblock does not name. A failed deletion costs space only; the next start repeats it.</summary>
    public void KeepOnly(SuperblockState durable, Effects effects)
    {
        for (var i = _present.Count - 1; i >= 0; i--)
        {
            var number = _present[i].Number;
            if (durable.Keeps(number))
                continue;
            if (!_pinned.Contains(number))
                Drop(number, effects);
            else if (!_unwanted.Contains(number))
                _unwanted.Add(number);
        }
    }

    /// <summary>Takes note of a completion; false when the request was not made here.</summary>
    public bool Completed(DiskTicket ticket, DiskOutcome outcome) => _disk.Completed(ticket, outcome);

    private void Drop(ulong number, Effects effects)
    {
        _disk.Drop(effects, new(DiskFileKind.Snapshot, number));
        _present.RemoveAll(snapshot => snapshot.Number == number);
        _unwanted.Remove(number);
    }
}
