using System.Globalization;

namespace Quorate.Kernel.Storage;

/// <summary>
/// The disk requests of one room that have not ended yet, and the first of them that went wrong.
/// </summary>
/// <remarks>
/// Failure is for good: after a failed write or flush nothing may be assumed about the file, and asking again would let a flush succeed
/// that has forgotten the lost write (B8).
/// </remarks>
internal sealed class DiskRequests(DiskTickets tickets, DiskFileKind owner)
{
    private (DiskTicket Ticket, EffectKind Kind, DiskPlace Place, bool HasEnded)[] _open = new (DiskTicket, EffectKind, DiskPlace, bool)[8];
    private int _first, _end;   // of those in use, by ascending tickets; all before the first have ended
    private int _count;

    /// <summary>Whether every request has ended.</summary>
    public bool IsIdle => _count == 0;

    /// <summary>Bytes of the writes that have not ended yet.</summary>
    public long BytesInFlight { get; private set; }

    /// <summary>What went wrong first, in words for an operator; null while nothing has.</summary>
    public string? Failure { get; private set; }

    /// <summary>Writes a copy of <paramref name="bytes"/>.</summary>
    public void Write(Effects effects, DiskFile file, long offset, ReadOnlySpan<byte> bytes) =>
        effects.DiskWrite(Open(EffectKind.DiskWrite, new(file, offset, bytes.Length)), file, offset, bytes);

    /// <summary>Makes earlier writes to a file durable.</summary>
    public void Flush(Effects effects, DiskFile file) => effects.DiskFlush(Open(EffectKind.DiskFlush, new(file, 0, 0)), file);

    /// <summary>Deletes a file.</summary>
    public void Drop(Effects effects, DiskFile file) => effects.DiskDrop(Open(EffectKind.DiskDrop, new(file, 0, 0)), file);

    /// <summary>Takes note of a completion; false when the request was not made here.</summary>
    public bool Completed(DiskTicket ticket, DiskOutcome outcome)
    {
        var at = Find(ticket);
        if (at < 0 || _open[at].HasEnded)
            return false;
        var (_, kind, place, _) = _open[at];
        _open[at].HasEnded = true;
        while (_first < _end && _open[_first].HasEnded)
            _first++;
        _count--;
        BytesInFlight -= place.Length;
#if MUTANTS
        if (Mutant.Is(Mutants.FailuresIgnored))
            return true;
#endif
        // A file that is gone already need not be deleted.
        if (outcome != DiskOutcome.Done && !(kind == EffectKind.DiskDrop && outcome == DiskOutcome.Missing))
            Failure ??= Describe(kind, place, outcome);
        return true;
    }

    /// <summary>What an operator calls a file.</summary>
    public static string NameOf(DiskFile file) => file.Kind switch
    {
        DiskFileKind.Superblock => "the superblock",
        DiskFileKind.TailMark => "the tail mark",
        DiskFileKind.Journal => string.Create(CultureInfo.InvariantCulture, $"journal segment {file.Number}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"snapshot {file.Number}"),
    };

    private static string Describe(EffectKind kind, in DiskPlace place, DiskOutcome outcome)
    {
        var name = NameOf(place.File);
        var request = kind switch
        {
            EffectKind.DiskWrite => string.Create(
                CultureInfo.InvariantCulture, $"writing {place.Length} bytes to {name} at offset {place.Offset}"),
            EffectKind.DiskFlush => $"flushing {name}",
            _ => $"deleting {name}",
        };
        return outcome == DiskOutcome.Full
            ? $"{request} failed: no space is left for it on the device, in the quota or below the limit on file sizes. "
                + "Make room and start the server again."
            : $"{request} failed: the device reported an error. Look at the device and the system's log, then start the server again.";
    }

    private DiskTicket Open(EffectKind kind, DiskPlace place)
    {
        if (_end == _open.Length)
            MakeRoom();
        var ticket = tickets.Next(owner);
        _open[_end++] = (ticket, kind, place, false);
        _count++;
        BytesInFlight += place.Length;
        return ticket;
    }

    /// <summary>Makes room at the end, in place of those that have ended if they are many.</summary>
    private void MakeRoom()
    {
        var open = _open;
        if (2 * _count > open.Length)
            _open = new (DiskTicket, EffectKind, DiskPlace, bool)[2 * open.Length];
        var kept = 0;
        for (var i = _first; i < _end; i++)
            if (!open[i].HasEnded)
                _open[kept++] = open[i];
        (_first, _end) = (0, kept);
    }

    private int Find(DiskTicket ticket)
    {
        var (low, high) = (_first, _end - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_open[middle].Ticket == ticket)
                return middle;
            (low, high) = _open[middle].Ticket.Value < ticket.Value ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }
}
