namespace Quorate.Kernel.Storage;

/// <summary>A snapshot file that is there, and its size.</summary>
internal readonly record struct SnapshotSpan(ulong Number, long Bytes);

/// <summary>Which snapshot files lie in the folder; deletes those that the superblock no longer names.</summary>
/// <param name="tickets">Where tickets come from.</param>
/// <param name="present">The snapshots that are there.</param>
/// <param name="next">A number that no snapshot has had.</param>
internal sealed class SnapshotFiles(DiskTickets tickets, IEnumerable<SnapshotSpan> present, ulong next)
{
    private readonly DiskRequests _disk = new(tickets, DiskFileKind.Snapshot);
    private readonly List<SnapshotSpan> _present = new(present);
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

    /// <summary>Deletes what a durable superblock does not name. A failed deletion costs space only; the next start repeats it.</summary>
    public void KeepOnly(SuperblockState durable, Effects effects)
    {
        for (var i = _present.Count - 1; i >= 0; i--)
        {
            if (durable.Keeps(_present[i].Number))
                continue;
            _disk.Drop(effects, new(DiskFileKind.Snapshot, _present[i].Number));
            _present.RemoveAt(i);
        }
    }

    /// <summary>Takes note of a completion; false when the request was not made here.</summary>
    public bool Completed(DiskTicket ticket, DiskOutcome outcome) => _disk.Completed(ticket, outcome);
}
