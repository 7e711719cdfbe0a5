using System.Globalization;

namespace Quorate.Kernel.Storage;

/// <summary>How a disk request of a <see cref="JournalReader"/> ended.</summary>
internal enum JournalReading : byte
{
    /// <summary>The request was not made here.</summary>
    NotMine,
    /// <summary>More must be read before there is an entry; it has been asked for.</summary>
    GoesOn,
    /// <summary>There is a portion: one entry at least.</summary>
    Ready,
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
    private LogIndex _from;          // the first entry wanted
    private LogIndex _through;       // the last one that may be delivered
    private int _asked;

    /// <summary>Whether a read is under way.</summary>
    public bool IsReading => _ticket != default;

    /// <summary>The position that the next entry follows; known once <see cref="JournalReading.Ready"/>.</summary>
    public LogPosition Previous => _at;

    /// <summary>What is damaged, naming file and offset; null as long as nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Begins to read a portion. One at a time.</summary>
    /// <param name="from">The first entry wanted.</param>
    /// <param name="effects">Gets the request.</param>
    /// <returns>False, and nothing is read, when the journal does not hold that entry, or not yet for good.</returns>
    public bool Read(LogIndex from, Effects effects)
    {
        Invariant.Holds(!IsReading);
        if (!journal.TryFind(from, out var segment, out _))
            return false;
        _from = from;
        if (segment.Number != _segment || _at.Index.Next != from)
            (_segment, _offset, _at) = (segment.Number, SegmentHeader.RecordsAt, segment.Before);
        Ask(segment, PortionBytes, effects);
        return true;
    }

    /// <summary>Takes what was read; the portion is good until the bytes are gone.</summary>
    public JournalReading Completed(
        DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes, Effects effects, out JournalPortion portion)
    {
        portion = default;
        if (!IsReading || ticket != _ticket)
            return JournalReading.NotMine;
        _ticket = default;
        // The records before the first one wanted lie in the same segment.
        if (!journal.TryFind(_from, out var segment, out var ceiling) || segment.Number != _segment)
            return Lose(JournalReading.Gone);
        if (outcome != DiskOutcome.Done)
            return Damage("it could not be read");
        _through = journal.FlushedIndex < ceiling ? journal.FlushedIndex : ceiling.Previous;
        var read = bytes.Length;
        var look = Look(bytes, out var entry);
        while (look == JournalLook.Whole && entry.Index < _from)
        {
            bytes = bytes[Pass(entry, bytes.Length)..];
            look = Look(bytes, out entry);
        }
        if (look == JournalLook.Whole)
        {
            portion = new(this, bytes);
            return JournalReading.Ready;
        }
        Invariant.Holds(look != JournalLook.Nothing);
        if (look == JournalLook.Damaged)
            return Damage("it is not what was written");
        var needed = JournalRecord.HeaderBytes + entry.BodyLength;
        if (read < _asked || segment.Bytes - _offset < needed)
            return Damage("the file ends before it");
        Ask(segment, Math.Max(PortionBytes, needed), effects);
        return JournalReading.GoesOn;
    }

    /// <summary>Looks at the front of what was read from here on.</summary>
    public JournalLook Look(ReadOnlySpan<byte> bytes, out JournalEntry entry)
    {
        entry = default;
        if (_at.Index >= _through)
            return JournalLook.Nothing;
        if (bytes.Length < JournalRecord.HeaderBytes)
            return JournalLook.Short;
        if (!JournalRecord.TryRead(bytes, _segment, journal.Salt, out entry) || !JournalRecord.Continues(entry, _at))
            return JournalLook.Damaged;
        if (bytes.Length < JournalRecord.HeaderBytes + entry.BodyLength)
            return JournalLook.Short;
        return entry.Index < _from || JournalRecord.IsWhole(bytes, entry) ? JournalLook.Whole : JournalLook.Damaged;
    }

    /// <summary>Goes on behind a record at the front of so many bytes; returns how many of them it takes.</summary>
    public int Pass(in JournalEntry entry, int bytes)
    {
        _at = new(entry.Index, entry.Term, entry.Chain);
        var size = Math.Min(JournalRecord.SizeOf(entry.BodyLength), bytes);
        _offset += size;
        return size;
    }

    private void Ask(in SegmentSpan segment, int bytes, Effects effects)
    {
        _asked = (int)Math.Min(bytes, Math.Max(segment.Bytes - _offset, 0));
        _ticket = tickets.Next(DiskTickets.CatchUp);
        effects.DiskRead(_ticket, new(DiskFileKind.Journal, _segment), _offset, _asked);
    }

    private JournalReading Damage(string what)
    {
        Problem = string.Create(
            CultureInfo.InvariantCulture,
            $"journal segment {_segment}, offset {_offset}: the record of entry {_at.Index.Next} is damaged, {what}.");
        return Lose(JournalReading.Damaged);
    }

    private JournalReading Lose(JournalReading how)
    {
        _segment = 0;
        return how;
    }
}
