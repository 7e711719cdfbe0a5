namespace Quorate.Kernel.Storage;

/// <summary>
/// The log on disk: entries are appended to memory, and once per batch everything appended goes to the disk with one write and one flush.
/// </summary>
/// <remarks>
/// At most one flush is outstanding. What is appended meanwhile waits and goes with the next one, so batches grow exactly as much as the
/// disk is slow. An index counts as flushed when every request of its batch has ended well, and only as the entry of the term it had then:
/// a flush that was under way when the log was truncated attests what was kept and nothing that has taken the place of the rest.
/// <para>
/// The one write becomes several only where a segment ends. A segment's header is written together with its first records, so opening one
/// costs no flush of its own.
/// </para>
/// <para>
/// Recovery tells a torn tail from damage by witnesses of what had been flushed, and three kinds are left behind. Each record says how
/// far the log had been flushed when it was written, at no cost; but small batches share a sector with the next, which would go with
/// them. Therefore, at most once in <see cref="MarkInterval"/>, a batch brings along a mark in the first page of its segment: one more
/// write under the same flush. And when the journal has been at rest for <see cref="IdleMarkDelay"/>, the tail mark is written and flushed;
/// the delay keeps that flush out of the way of a client that sends its next write when it has the reply to the last. So what rot can
/// turn into a seeming torn tail is what was flushed within one of these spans and two flushes before the crash, no more (A9).
/// </para>
/// </remarks>
internal sealed class Journal
{
    /// <summary>How long the journal must have been at rest before a tail mark is written.</summary>
    public static readonly TimeSpan IdleMarkDelay = TimeSpan.FromMilliseconds(10);

    /// <summary>How old the last mark must be before a batch brings along another.</summary>
    public static readonly TimeSpan MarkInterval = TimeSpan.FromMilliseconds(1);

    private readonly long _segmentBytes;
    private readonly ulong _birth;
    private readonly DiskRequests _batch;
    private readonly DiskRequests _drops;
    private readonly TailMark _mark;
    private readonly Arena _pending = new(initial: 4096, kept: 8 << 20);
    private readonly List<SegmentSpan> _segments = [];
    private readonly List<ulong> _replaced = [];   // segments to delete as soon as nothing is written to them any more

    private LogPosition _last;        // appended
    private LogPosition _written;     // handed to the disk
    private LogPosition _inFlight;    // what the outstanding flush will attest
    private int _inFlightBytes;
    private ulong _nextSegment;
    private bool _segmentIsOpen;
    private bool _overtakes;      // the next segment begins where older ones hold entries that were taken back
    private long _offset;
    private ulong _ridingMarks;   // written to the open segment
    private Instant _nextRidingMark = Instant.Origin;
    private Instant _markAt = Instant.Never;
    private LogIndex _markCeiling = LogIndex.Max;   // a mark above it must be lowered before anything is written (A10)

    /// <summary>A journal that goes on where recovery ended.</summary>
    /// <param name="segmentBytes">A segment that would grow beyond this ends.</param>
    /// <param name="tickets">Where tickets come from.</param>
    /// <param name="birth">The member's birth id.</param>
    /// <param name="start">Where it goes on.</param>
    public Journal(long segmentBytes, DiskTickets tickets, ulong birth, JournalStart start)
    {
        _segmentBytes = segmentBytes;
        _birth = birth;
        Salt = JournalRecord.SaltOf(birth);
        _batch = new(tickets, DiskFileKind.Journal);
        _drops = new(tickets, DiskFileKind.Journal);
        _mark = new(tickets, start.Mark);
        _segments.AddRange(start.Segments);
        _nextSegment = start.NextSegment;
        _last = _written = _inFlight = Flushed = start.Last;
        // A mark above the recovered end belongs to a history that was given up; the entries to come must not seem covered by it.
        if (_mark.Highest > _last.Index)
            _markCeiling = _last.Index;
    }

    /// <summary>The last entry known to be on the disk for good.</summary>
    public LogPosition Flushed { get; private set; }

    /// <summary>The index of the last flushed entry.</summary>
    public LogIndex FlushedIndex => Flushed.Index;

    /// <summary>The term of the last flushed entry.</summary>
    public Term FlushedTerm => Flushed.Term;

    /// <summary>The last entry that a durable tail mark witnesses.</summary>
    public LogPosition Marked => _mark.Durable;

    /// <summary>When the newest batch was handed to the disk.</summary>
    public Instant SubmittedAt { get; private set; }

    /// <summary>How many bytes of segments there are on the disk.</summary>
    public long Bytes
    {
        get
        {
            var bytes = 0L;
            foreach (var segment in _segments)
                bytes += segment.Bytes;
            return bytes;
        }
    }

    /// <summary>What the header checksums of this member's records begin with.</summary>
    public uint Salt { get; }

    /// <summary>A number that no segment has had yet: the next one opened gets it.</summary>
    public ulong NextSegment => _nextSegment;

    /// <summary>Bytes appended and not flushed yet.</summary>
    public long PendingBytes => (long)_pending.Length + _inFlightBytes;

    /// <summary>Whether everything appended is flushed and witnessed, and nothing is under way.</summary>
    public bool Idle => IsAtRest && !_mark.IsBusy && _drops.IsIdle && _replaced.Count == 0 && _mark.Durable == Flushed;

    /// <summary>When <see cref="Submit"/> wants to be called even if nothing happens.</summary>
    public Instant Deadline => Failure is null ? _markAt : Instant.Never;

    /// <summary>Why nothing advances any more, in words for an operator; null while all is well (B8).</summary>
    public string? Failure => _batch.Failure ?? _mark.Failure ?? _drops.Failure;

    private bool IsAtRest => _pending.Length == 0 && _batch.IsIdle;

    /// <summary>Appends an entry. It goes to the disk with the next <see cref="Submit"/> that finds no flush outstanding.</summary>
    /// <param name="index">The index after the last one.</param>
    /// <param name="term">The entry's term.</param>
    /// <param name="time">The leader's time stamp.</param>
    /// <param name="commit">The commit index known now.</param>
    /// <param name="chain">The chain value after the entry.</param>
    /// <param name="body">The entry's body; copied.</param>
    public void Append(LogIndex index, Term term, WallTime time, LogIndex commit, ulong chain, ReadOnlySpan<byte> body)
    {
        var entry = new JournalEntry(index, term, time, commit, chain, body.Length, Crc32C.Of(body), LogIndex.Zero);
        Invariant.Holds(JournalRecord.Continues(entry, _last) && body.Length <= JournalRecord.BodyBytesMax);
        var slice = _pending.Reserve(JournalRecord.SizeOf(body.Length));
        JournalRecord.Write(_pending[slice], entry, body);
        _last = new(index, term, chain);
    }

    /// <summary>Sends what waits to the disk, if no flush is outstanding; called once at the end of each batch of inputs.</summary>
    public void Submit(Instant now, Effects effects)
    {
        if (Failure is not null)
            return;
        DropReplaced(effects);
        if (_mark.Highest > _markCeiling)
        {
            LowerMark(effects);
            return;
        }
        _markCeiling = LogIndex.Max;
        if (_pending.Length > 0 && _batch.IsIdle)
            WritePending(now, effects);
        MarkWhenIdle(now, effects);
    }

    /// <summary>Takes note of a completion of the journal or of its tail mark.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome)
    {
        if (_mark.Completed(ticket, outcome) || _drops.Completed(ticket, outcome))
            return;
        Invariant.Holds(_batch.Completed(ticket, outcome));
        if (!_batch.IsIdle || Failure is not null)
            return;
        Flushed = _inFlight;
        _inFlightBytes = 0;
    }

    /// <summary>Takes back every entry after a position, which is one of this log's: another leader's history goes on from there.</summary>
    /// <remarks>
    /// First the tail mark is lowered and flushed, then a new segment begins that names where it starts; both before the first new entry is
    /// written. Bytes of older segments from there on are then evidence of nothing, so a torn first write of the new history cannot be
    /// taken for damage in the old one (A10). Nor is a second segment begun before the first is flushed: if only the second survived a
    /// crash, it would contradict the old entries, and that the first had never been flushed could not be told.
    /// </remarks>
    public void TruncateAfter(in LogPosition position)
    {
        Invariant.Holds(position.Index <= _last.Index);
        if (position.Index == _last.Index)
            return;
        CutPending(position.Index);
        _last = position;
        if (_written.Index <= position.Index)
            return;
        _written = position;
        _segmentIsOpen = false;
        _overtakes = true;
        if (_inFlight.Index > position.Index)
            _inFlight = position;
        if (Flushed.Index > position.Index)
            Flushed = position;
#if MUTANTS
        if (!Mutant.Is(Mutants.MarkNotLowered))
#endif
        if (_markCeiling > position.Index)
            _markCeiling = position.Index;
    }

    /// <summary>Goes on behind an installed snapshot. What the segments hold is another history now, and they are deleted.</summary>
    /// <remarks>
    /// Only once the superblock that names the snapshot and <see cref="NextSegment"/> as the first segment that counts is durable (B7), and
    /// nothing may have been submitted since it was written.
    /// </remarks>
    public void Restart(in LogPosition position)
    {
        _pending.Clear();
        _last = _written = _inFlight = Flushed = position;
        _segmentIsOpen = false;
        foreach (var segment in _segments)
            _replaced.Add(segment.Number);
        _segments.Clear();
        if (_mark.Highest > position.Index)
            _markCeiling = position.Index;
    }

    /// <summary>
    /// Deletes the segments that hold only entries before <paramref name="index"/>, which a snapshot holds too. Entries from <paramref name="pinned"/> on
    /// stay for somebody who is about to need them, as long as all segments together are not larger than <paramref name="bytes"/>: whoever is
    /// slower than that needs another snapshot, not this disk (B5).
    /// </summary>
    public void DropBelow(LogIndex index, LogIndex pinned, long bytes, Effects effects)
    {
        if (Failure is not null)
            return;
        var count = Droppable(index, pinned, bytes);
        for (var i = 0; i < count; i++)
            _drops.Drop(effects, new(DiskFileKind.Journal, _segments[i].Number));
        _segments.RemoveRange(0, count);
    }

    /// <summary>Whether an entry is flushed and in a segment that is there.</summary>
    public bool Holds(LogIndex index) => TryFind(index, out _, out _);

    /// <summary>Finds the segment that holds a flushed entry, and the index at which a later segment takes over from it.</summary>
    public bool TryFind(LogIndex index, out SegmentSpan segment, out LogIndex ceiling)
    {
        (segment, ceiling) = (default, LogIndex.Max);
        if (index > FlushedIndex)
            return false;
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            segment = _segments[i];
            if (segment.First <= index && index < ceiling)
                return true;
            if (segment.First < ceiling)
                ceiling = segment.First;
        }
        return false;
    }

    /// <summary>
    /// How many of the oldest segments may go. If one may, those before it may as well: the first entry and the bytes of all from a segment on
    /// tell the more against keeping it the older it is. So the newest that may go is looked for, from the end.
    /// </summary>
    private int Droppable(LogIndex index, LogIndex pinned, long bytes)
    {
        var (least, kept) = (LogIndex.Max, 0L);
        for (var i = _segments.Count - 1; i > 0; i--)
        {
            least = _segments[i].First < least ? _segments[i].First : least;
            kept += _segments[i].Bytes;
            if (least <= index && (least <= pinned || kept + _segments[i - 1].Bytes > bytes))
                return i;
        }
        return 0;
    }

    private void WritePending(Instant now, Effects effects)
    {
        _markAt = Instant.Never;
        var start = 0;   // of what goes to the open segment, in the pending bytes
        var at = 0;
        var hasOvertaken = false;
        while (at < _pending.Length)
        {
            var record = _pending[new(at, _pending.Length - at)];
            var entry = JournalRecord.Read(record);
            var size = JournalRecord.SizeOf(entry.BodyLength);
            if (!_segmentIsOpen || IsFullWith(at - start, size))
            {
                if (hasOvertaken)
                    break;
                (hasOvertaken, _overtakes) = (_overtakes, false);
                WriteGroup(start, at, now, effects);
                OpenSegment(now, effects);
                start = at;
            }
            JournalRecord.Seal(record, _nextSegment - 1, Flushed.Index, Salt);
            _written = new(entry.Index, entry.Term, entry.Chain);
            at += size;
        }
        WriteGroup(start, at, now, effects);
        _inFlight = _written;
        SubmittedAt = now;
        _inFlightBytes = at;
        KeepPending(at);
    }

    // A record larger than a segment gets one of its own.
    private bool IsFullWith(int waiting, int size) =>
        _offset + waiting > SegmentHeader.RecordsAt && _offset + waiting + size > _segmentBytes;

    private void WriteGroup(int start, int end, Instant now, Effects effects)
    {
        if (start == end)
            return;
        if (now >= _nextRidingMark)
            WriteRidingMark(now, effects);
        var file = new DiskFile(DiskFileKind.Journal, _nextSegment - 1);
        _batch.Write(effects, file, _offset, _pending[new(start, end - start)]);
#if MUTANTS
        if (!Mutant.Is(Mutants.JournalNotFlushed))
#endif
        _batch.Flush(effects, file);
        _offset += end - start;
        _segments[^1] = _segments[^1] with { Bytes = _offset };
    }

    private void OpenSegment(Instant now, Effects effects)
    {
        var header = new SegmentHeader(_nextSegment++, _birth, _written, Flushed.Index);
        Span<byte> sector = stackalloc byte[SegmentHeader.Bytes];
        header.Write(sector);
        _batch.Write(effects, new(DiskFileKind.Journal, header.Number), 0, sector);
        _segments.Add(new(header.Number, header.Before, SegmentHeader.RecordsAt));
        _segmentIsOpen = true;
        _offset = SegmentHeader.RecordsAt;
        _ridingMarks = 0;
        _nextRidingMark = now + MarkInterval;   // the header says the same
    }

    private void WriteRidingMark(Instant now, Effects effects)
    {
        _nextRidingMark = now + MarkInterval;
        var mark = new TailMarkState(++_ridingMarks, Flushed, _nextSegment - 1);
        Span<byte> slot = stackalloc byte[TailMarkState.SlotBytes];
        mark.Write(slot);
        var at = SegmentHeader.MarksAt + (int)(mark.Sequence & 1) * TailMarkState.SlotBytes;
        _batch.Write(effects, new(DiskFileKind.Journal, mark.Segment), at, slot);
    }

    private void MarkWhenIdle(Instant now, Effects effects)
    {
        if (!IsAtRest || _mark.IsBusy || _mark.Durable == Flushed)
            _markAt = Instant.Never;
        else if (_markAt == Instant.Never)
            _markAt = now + IdleMarkDelay;
        else if (_markAt <= now)
        {
            _markAt = Instant.Never;
            _mark.Write(Flushed, _nextSegment - 1, effects);
        }
    }

    // A write that ends after the file was deleted would bring the file back.
    private void DropReplaced(Effects effects)
    {
        if (!_batch.IsIdle)
            return;
        foreach (var number in _replaced)
            _drops.Drop(effects, new(DiskFileKind.Journal, number));
        _replaced.Clear();
    }

    private void LowerMark(Effects effects)
    {
        _markAt = Instant.Never;
        if (!_mark.IsBusy)
            _mark.Write(Flushed, _nextSegment - 1, effects);
    }

    private void KeepPending(int from)
    {
        var rest = _pending[new(from, _pending.Length - from)];
        if (rest.IsEmpty)
        {
            _pending.Clear();
            return;
        }
        rest.CopyTo(_pending[new(0, rest.Length)]);
        _pending.CutTo(rest.Length);
    }

    private void CutPending(LogIndex last)
    {
        var at = 0;
        while (at < _pending.Length)
        {
            var entry = JournalRecord.Read(_pending[new(at, _pending.Length - at)]);
            if (entry.Index > last)
                break;
            at += JournalRecord.SizeOf(entry.BodyLength);
        }
        _pending.CutTo(at);
    }
}
