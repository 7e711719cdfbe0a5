using System.Globalization;

namespace Quorate.Kernel.Storage;

/// <summary>How a disk request of a <see cref="JournalReader"/> ended.</summary>
internal enum JournalReading : byte
{
    /// <summary>The request was not made here.</summary>
    NotMine,
    /// <summary>More must be read before anything can be delivered; it has been asked for.</summary>
    GoesOn,
    /// <summary>Entries were delivered: at least one.</summary>
    Delivered,
    /// <summary>What was asked for is no longer there, or not there as it was: ask <see cref="Journal.Holds"/> again.</summary>
    Gone,
    /// <summary>A record is not what was written, or cannot be read; <see cref="JournalReader.Problem"/> says which.</summary>
    Damaged,
}

/// <summary>
/// Reads flushed entries back from the segments of a journal that goes on meanwhile: what a member needs that is behind the ring (B5).
/// </summary>
/// <remarks>
/// One portion at a time, off the way of a write: nothing is kept in memory but the place where the next portion begins. Several readers may
/// read at once. A place counts only as long as the journal says so: between a request and its completion the segment may have been deleted
/// behind a snapshot, or overtaken by one that a truncation began, and so both are looked up again when the bytes are there. Entries are
/// taken up to the last flushed one; what lies behind may be half written.
/// <para>
/// There is no index into a segment. A reader that does not go on where it ended begins at the segment's start and passes over the records
/// before the one it looks for, by their headers: a few dozen reads at most, once for each member that has fallen behind.
/// </para>
/// </remarks>
internal sealed class JournalReader(Journal journal, DiskTickets tickets)
{
    /// <summary>How much is read at once, unless one record is larger.</summary>
    public const int PortionBytes = 1 << 20;

    private DiskTicket _ticket;      // of the read that is under way; default for none
    private ulong _segment;          // where the next record is: 0 for nowhere
    private long _offset;
    private LogPosition _at;         // the position before that record
    private LogIndex _from;
    private LogIndex _through;
    private int _asked;

    /// <summary>Whether a read is under way.</summary>
    public bool IsReading => _ticket != default;

    /// <summary>What is damaged, naming file and offset; null as long as nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Begins to read a portion. One at a time.</summary>
    /// <param name="from">The first entry wanted.</param>
    /// <param name="through">The last one wanted at most.</param>
    /// <param name="effects">Gets the request.</param>
    /// <returns>False, and nothing is read, when the journal does not hold that entry, or not yet for good.</returns>
    public bool Read(LogIndex from, LogIndex through, Effects effects)
    {
        Invariant.Holds(!IsReading && from <= through);
        if (!journal.TryFind(from, out var segment, out _))
            return false;
        (_from, _through) = (from, through);
        if (segment.Number != _segment || _at.Index.Next != from)
            Enter(segment);
        Ask(segment, PortionBytes, effects);
        return true;
    }

    /// <summary>Forgets the read under way; its completion will be nobody's.</summary>
    public void Abandon() => (_ticket, _segment) = (default, 0);

    /// <summary>Takes what was read, and delivers it.</summary>
    public JournalReading Completed(
        DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes, IEntrySink sink, Effects effects)
    {
        if (!IsReading || ticket != _ticket)
            return JournalReading.NotMine;
        _ticket = default;
        // The records before the first one wanted lie in the same segment.
        if (!journal.TryFind(_from, out var segment, out var ceiling) || segment.Number != _segment)
            return Lose(JournalReading.Gone);
        if (outcome != DiskOutcome.Done)
            return Damage("it could not be read");
        var reading = Take(bytes, Least(_through, journal.FlushedIndex, ceiling.Previous), sink, out var needed);
        if (reading != JournalReading.GoesOn)
            return reading;
        if (bytes.Length < _asked || segment.Bytes - _offset < needed)
            return Damage("the file ends before it");
        Ask(segment, Math.Max(PortionBytes, needed), effects);
        return JournalReading.GoesOn;
    }

    private JournalReading Take(ReadOnlySpan<byte> bytes, LogIndex through, IEntrySink sink, out int needed)
    {
        needed = JournalRecord.HeaderBytes;
        var delivered = false;
        while (_at.Index < through && bytes.Length >= JournalRecord.HeaderBytes)
        {
            var isNext = JournalRecord.TryRead(bytes, _segment, journal.Salt, out var entry) && JournalRecord.Continues(entry, _at);
            if (isNext && bytes.Length < JournalRecord.HeaderBytes + entry.BodyLength)
            {
                needed = JournalRecord.HeaderBytes + entry.BodyLength;
                break;
            }
            if (!isNext || entry.Index >= _from && !JournalRecord.IsWhole(bytes, entry))
                return delivered ? JournalReading.Delivered : Damage("it is not what was written");
            if (entry.Index >= _from)
            {
                if (!delivered)
                    sink.Follows(_at);
                delivered = true;
                sink.Entry(entry, JournalRecord.Body(bytes, entry));
            }
            _at = new(entry.Index, entry.Term, entry.Chain);
            var size = Math.Min(JournalRecord.SizeOf(entry.BodyLength), bytes.Length);
            _offset += size;
            bytes = bytes[size..];
        }
        return delivered ? JournalReading.Delivered : JournalReading.GoesOn;
    }

    private static LogIndex Least(LogIndex a, LogIndex b, LogIndex c)
    {
        var least = a < b ? a : b;
        return least < c ? least : c;
    }

    private void Enter(in SegmentSpan segment) =>
        (_segment, _offset, _at) = (segment.Number, SegmentHeader.RecordsAt, segment.Before);

    private void Ask(in SegmentSpan segment, int bytes, Effects effects)
    {
        _asked = (int)Math.Min(bytes, Math.Max(segment.Bytes - _offset, 0));
        _ticket = tickets.Next(DiskTickets.CatchUp);
        effects.DiskRead(_ticket, new(DiskFileKind.Journal, _segment), _offset, _asked);
    }

    private JournalReading Damage(string what)
    {
        Problem = string.Create(
            CultureInfo.InvariantCulture, $"journal segment {_segment}, offset {_offset}: the record of entry {_at.Index.Next} is damaged, {what}.");
        return Lose(JournalReading.Damaged);
    }

    private JournalReading Lose(JournalReading how)
    {
        _segment = 0;
        return how;
    }
}
