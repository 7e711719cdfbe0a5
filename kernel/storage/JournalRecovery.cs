namespace Quorate.Kernel.Storage;

/// <summary>
/// Reads the journal after a restart and tells a torn tail, which is cut, from damage, which is not.
/// </summary>
/// <remarks>
/// Entries are delivered as far as records follow each other without a gap: intact, of this member and segment, and chained. Where that
/// ends, the question is whether anything behind had been flushed. Witnesses answer it: each record, each segment header and each mark in
/// a segment says what had been flushed before it was written, and so does the tail mark. If the highest witness covers the entry that is
/// missing, that entry was acknowledged perhaps, and its absence is damage. If not, it belongs to the one batch whose flush had not ended,
/// of which a crash may leave any sectors and lose any others, in any order: it is a torn tail even where intact records of the same batch
/// follow it. To find the witnesses behind a bad record, the rest is searched at every place where a record may begin.
/// <para>
/// A segment that a later one overtakes (its header names an index at or before) says nothing from there on (A10). Nothing before the
/// snapshot is needed, so damage there is passed over. Entries behind the snapshot that do not chain from it are another history, which
/// an installed snapshot has replaced; they go with all their witnesses (B7).
/// </para>
/// <para>
/// Where there is damage, a member of an ensemble must know up to where it may have acknowledged entries (A8): that is where its log would
/// end if the damage were made good. So intact records behind the damage are noted as well, as runs that follow each other without a gap. A
/// gap at or below the highest witness is damage, and the log went on behind it; the first gap above is where the tail is torn.
/// </para>
/// </remarks>
internal sealed class JournalRecovery(ulong birth, IRecoverySink sink)
{
    private enum Mode : byte
    {
        Follow,   // the next record should be at the front of the window
        Search,   // it is not; look for it, and for witnesses
    }

    private readonly uint _salt = JournalRecord.SaltOf(birth);
    private readonly List<SegmentFound> _segments = [];
    private readonly List<(LogIndex First, LogPosition Last)> _runs = [];   // of intact records that could not be delivered
    private readonly List<LogPosition> _positions = [];                     // that anything bears witness of by name

    private bool _delivers;
    private LogPosition _from;
    private LogPosition _known;
    private TailMarkState _mark;
    private bool _markCounts;
    private LogIndex _witnessed;
    private string? _contradiction;

    private SegmentFound? _segment;
    private int _position = -1;
    private Mode _mode;
    private LogPosition _local;              // the record before the front of the window, in Follow
    private (LogIndex Least, LogIndex Flushed) _headless;   // what a segment with a bad header turned out to hold

    private SegmentFound? _stopSegment;      // where the entry after Last should be
    private long _stopOffset;
    private bool _stopIsTorn;                // and something else is

    /// <summary>The last entry delivered, or the snapshot's.</summary>
    public LogPosition Last { get; private set; }

    /// <summary>The highest commit index that any delivered record knew of.</summary>
    public LogIndex Commit { get; private set; }

    /// <summary>Whether what lies behind the snapshot is not its continuation (B7).</summary>
    public bool IsForeign { get; private set; }

    /// <summary>The segments, by ascending number.</summary>
    public IReadOnlyList<SegmentFound> Segments => _segments;

    /// <summary>Adds a segment, in ascending order; returns why it cannot be used at all, if so.</summary>
    public string? Add(ulong number, long length, ReadOnlySpan<byte> preamble)
    {
        var condition = SegmentHeader.Read(preamble, number, out var header);
        if (condition == BlockCondition.Newer)
            return RecoveryText.Newer(DiskRequests.NameOf(new(DiskFileKind.Journal, number)), SealedBlock.VersionOf(preamble));
        if (condition == BlockCondition.Valid && header.Birth != birth)
            return RecoveryText.OtherMember(number, header.Birth, birth);
        _segments.Add(new(number, length, condition, header, SegmentHeader.ReadMark(preamble, number).Position));
        return null;
    }

    /// <summary>Begins after the position of a snapshot, or of nothing.</summary>
    /// <param name="from">What has been delivered already.</param>
    /// <param name="known">What the log is known to contain: the superblock's snapshot pointer.</param>
    /// <param name="firstSegment">Marks of older segments do not count.</param>
    /// <param name="mark">The tail mark; its sequence is 0 when there is none.</param>
    /// <param name="delivers">Whether entries are delivered: not without the snapshot that they follow.</param>
    public void Begin(in LogPosition from, in LogPosition known, ulong firstSegment, in TailMarkState mark, bool delivers)
    {
        _delivers = delivers;
        _from = Last = from;
        _known = known;
        Commit = from.Index;
        _mark = mark;
        _positions.Add(known);
        _markCounts = mark.Sequence > 0 && mark.Segment >= firstSegment && mark.Position.Index > from.Index;
        var (ceiling, flushed) = (LogIndex.Max, LogIndex.Zero);
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            var segment = _segments[i];
            segment.Ceiling = ceiling;
            segment.IsFlushed = flushed.Next >= ceiling;
            if (segment.Marked.Index < ceiling)
            {
                Witness(segment.Marked.Index);
                _positions.Add(segment.Marked);
            }
            if (!segment.HeaderIsValid)
                continue;
            if (segment.Header.Flushed > flushed)
                flushed = segment.Header.Flushed;
            if (segment.First < ceiling)
            {
                ceiling = segment.First;
                _positions.Add(segment.Before);
            }
            if (segment.Number > mark.Segment && segment.First <= mark.Position.Index)
                _markCounts = false;
        }
        if (_markCounts)
            _positions.Add(mark.Position);
    }

    /// <summary>Turns to the next segment that may matter; null when there is none.</summary>
    public SegmentFound? Next()
    {
        while (++_position < _segments.Count && !IsForeign)
        {
            var segment = _segments[_position];
            var isOvertaken = segment.HeaderIsValid && segment.First >= segment.Ceiling;
            if (isOvertaken || segment.Ceiling <= Last.Index.Next)
                continue;
            _segment = segment;
            Enter(segment);
            return segment;
        }
        return null;
    }

    /// <summary>Takes what the window holds of the segment. False: read more; true: the segment is done with.</summary>
    public bool Advance(FileScan scan)
    {
        while (!IsForeign && scan.Failure is null)
        {
            bool? done = _mode == Mode.Follow ? Follow(scan) : Search(scan);
            if (done is { } answer)
            {
                if (answer)
                    Leave(scan);
                return answer;
            }
        }
        if (scan.Failure is { } failure)
            _contradiction ??= failure;
        return true;
    }

    /// <summary>After the last segment: what is missing of what had been flushed, or null.</summary>
    public JournalDamage? Damage()
    {
        var witnessed = _known.Index;
        if (!IsForeign && _witnessed > witnessed)
            witnessed = _witnessed;
        if (!IsForeign && _markCounts && _mark.Position.Index > witnessed)
            witnessed = _mark.Position.Index;
        if (_contradiction is null && witnessed <= Last.Index)
            return null;
        var (segment, offset) = (_stopSegment?.Number ?? 0, _stopOffset);
        var what = _contradiction ?? Missing(witnessed);
        return new(segment, offset, Last, witnessed, MarkAt(witnessed), what);
    }

    private LogPosition? MarkAt(LogIndex witnessed)
    {
        if (_contradiction is not null)
            return null;
        var mark = Last;
        foreach (var (first, last) in _runs)
        {
            if (first > witnessed.Next)
                break;
            if (first <= mark.Index)
                return null;   // two histories, and a damaged header keeps us from telling which of them counts
            mark = last;
        }
        if (mark.Index >= witnessed)
            return mark;
        foreach (var position in _positions)
            if (position.Index == witnessed)
                return position;
        return null;
    }

    /// <summary>A sentence about what was cut from the tail; null when the log ends cleanly.</summary>
    public string? TornTail() => _stopIsTorn && _stopSegment is { } segment
        ? RecoveryText.Torn(segment.Number, _stopOffset, Last.Index)
        : null;

    /// <summary>Where that was cut; null when the log ends cleanly.</summary>
    public JournalTear? Tear => _stopIsTorn && _stopSegment is { } segment ? new(segment.Number, _stopOffset) : null;

    private string Missing(LogIndex witnessed)
    {
        var missing = Last.Index.Next;
        foreach (var segment in _segments)
            if (!segment.HeaderIsValid && segment.First == LogIndex.Max && segment.Number > (_stopSegment?.Number ?? 0))
                return RecoveryText.HeaderDamaged(segment.Number, missing, witnessed);
        return _stopSegment is null
            ? RecoveryText.SegmentMissing(missing, witnessed)
            : RecoveryText.RecordMissing(_stopSegment.Number, _stopOffset, missing, _stopIsTorn, witnessed);
    }

    private void Enter(SegmentFound segment)
    {
        _headless = (LogIndex.Max, segment.Marked.Index);
        _mode = Mode.Search;
        if (!segment.HeaderIsValid)
            return;
        Witness(segment.Header.Flushed);
        var before = segment.Header.Before;
        if (before.Index > Last.Index)
            return;   // a gap; what follows can only bear witness
        if (before.Index == Last.Index && before != Last)
        {
            if (MayBeForeign)
                IsForeign = true;
            else
                _contradiction ??= RecoveryText.Discontinued(segment.Number, segment.First);
            return;
        }
        _mode = Mode.Follow;
        _local = before;
    }

    private bool? Follow(FileScan scan)
    {
        var segment = _segment!;
        var bytes = scan.Bytes;
        if (bytes.Length < JournalRecord.HeaderBytes && !scan.AtEnd)
            return false;
        if (!JournalRecord.TryRead(bytes, segment.Number, _salt, out var entry))
            return Stop(scan, bytes[..Math.Min(bytes.Length, JournalRecord.HeaderBytes)].ContainsAnyExcept((byte)0));
        if (entry.Index >= segment.Ceiling)
            return true;
        var size = JournalRecord.SizeOf(entry.BodyLength);
        if (bytes.Length < size && !scan.AtEnd && scan.Remaining >= JournalRecord.HeaderBytes + entry.BodyLength)
            return false;
        Witness(entry.Flushed);
        if (!JournalRecord.IsWhole(bytes, entry) || !JournalRecord.Continues(entry, _local))
            return IsAnotherHistory(bytes, entry) ? true : Stop(scan, true);
        _local = new(entry.Index, entry.Term, entry.Chain);
        IsForeign |= entry.Index == _from.Index && _local != _from;
        if (entry.Index > Last.Index && !IsForeign)
            Accept(entry, bytes);
        scan.Consume(Math.Min(size, bytes.Length));
        return null;
    }

    private bool? Search(FileScan scan)
    {
        var segment = _segment!;
        var bytes = scan.Bytes;
        var at = 0;
        while (bytes.Length - at >= JournalRecord.HeaderBytes)
        {
            if (JournalRecord.TryRead(bytes[at..], segment.Number, _salt, out var entry) && entry.Index < segment.Ceiling)
            {
                Witness(entry.Flushed);
                NoteHeadless(entry);
                if (entry.Index == Last.Index.Next)
                {
                    scan.Consume(at);
                    bytes = scan.Bytes;
                    at = 0;
                    if (bytes.Length < JournalRecord.SizeOf(entry.BodyLength) && !scan.AtEnd)
                        return false;
                    if (IsAnotherHistory(bytes, entry))
                        return true;
                    if (JournalRecord.IsWhole(bytes, entry) && JournalRecord.Continues(entry, Last))
                    {
                        if (segment is { HeaderIsValid: false } && segment.First == LogIndex.Max)
                            segment.BeginsAfter(Last);
                        _local = Last;
                        _mode = Mode.Follow;
                        return null;
                    }
                }
                if (scan.Remaining >= at + JournalRecord.HeaderBytes + (long)entry.BodyLength
                    && bytes.Length - at < JournalRecord.HeaderBytes + entry.BodyLength)
                {
                    scan.Consume(at);
                    return false;
                }
                at += Note(entry, bytes[at..]);
                _stopIsTorn |= segment == _stopSegment;
            }
            else
                at += JournalRecord.Alignment;
            at = Math.Min(at, bytes.Length);
            var zeros = bytes[at..].IndexOfAnyExcept((byte)0);
            at += (zeros < 0 ? bytes.Length - at : zeros) & -JournalRecord.Alignment;
            _stopIsTorn |= zeros >= 0 && segment == _stopSegment;
        }
        scan.Consume(Math.Min(at, bytes.Length));
        return scan.AtEnd;
    }

    private bool? Stop(FileScan scan, bool isTorn)
    {
        if (_local.Index == Last.Index || _stopSegment is null)
            (_stopSegment, _stopOffset, _stopIsTorn) = (_segment, scan.Offset, isTorn);
        _mode = Mode.Search;
        return null;
    }

    // Takes note of a record that does not follow what was delivered. Returns how much of the window is settled with it.
    private int Note(in JournalEntry entry, ReadOnlySpan<byte> record)
    {
        var position = new LogPosition(entry.Index, entry.Term, entry.Chain);
        if (!JournalRecord.IsWhole(record, entry))
        {
            _positions.Add(position);
            return JournalRecord.Alignment;
        }
        if (_runs.Count > 0 && JournalRecord.Continues(entry, _runs[^1].Last))
            _runs[^1] = (_runs[^1].First, position);
        else if (entry.Index > Last.Index)
            _runs.Add((entry.Index, position));
        return JournalRecord.SizeOf(entry.BodyLength);
    }

    // Records written before the tail of a segment with a bad header show whether that header had been flushed. If they overlap what was
    // already delivered, the segment had overtaken an older one, and which of the two counts cannot be told without the header.
    private void NoteHeadless(in JournalEntry entry)
    {
        if (_segment!.HeaderIsValid)
            return;
        _headless = (entry.Index < _headless.Least ? entry.Index : _headless.Least,
            entry.Flushed > _headless.Flushed ? entry.Flushed : _headless.Flushed);
    }

    private void Leave(FileScan scan)
    {
        if (_mode == Mode.Follow && _local.Index == Last.Index)
            (_stopSegment, _stopOffset, _stopIsTorn) = (_segment, scan.Offset, false);
        var (least, flushed) = _headless;
        if (least <= Last.Index && flushed >= least && _segment!.First == LogIndex.Max)
            _contradiction ??= RecoveryText.HeaderAmbiguous(_segment.Number, least);
    }

    private void Accept(in JournalEntry entry, ReadOnlySpan<byte> bytes)
    {
        Invariant.Holds(JournalRecord.Continues(entry, Last));
        Last = new(entry.Index, entry.Term, entry.Chain);
        if (entry.Commit > Commit)
            Commit = entry.Commit;
        if (_delivers)
            sink.Entry(entry, JournalRecord.Body(bytes, entry));
        Contradict(_markCounts, _mark.Position, "the tail mark");
        Contradict(_known != _from, _known, "the superblock's snapshot pointer");
        (_stopSegment, _stopOffset, _stopIsTorn) = (null, 0, false);
    }

    private void Contradict(bool counts, in LogPosition witness, string who)
    {
        if (counts && witness.Index == Last.Index && witness != Last)
            _contradiction ??= RecoveryText.Contradicted(_segment!.Number, Last.Index, who);
    }

    private bool IsAnotherHistory(ReadOnlySpan<byte> bytes, in JournalEntry entry)
    {
        IsForeign |= MayBeForeign && entry.Index == Last.Index.Next
            && JournalRecord.IsWhole(bytes, entry) && !JournalRecord.Continues(entry, Last);
        return IsForeign;
    }

    private bool MayBeForeign => Last == _from && _from.Index > LogIndex.Zero;

    private void Witness(LogIndex flushed)
    {
        if (flushed > _witnessed)
            _witnessed = flushed;
    }
}
