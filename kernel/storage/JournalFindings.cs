namespace Quorate.Kernel.Storage;

/// <summary>A journal segment as recovery found it.</summary>
internal sealed class SegmentFound(ulong number, long length, BlockCondition condition, SegmentHeader header, LogPosition marked)
{
    public ulong Number => number;
    public long Length => length;
    public SegmentHeader Header => header;
    public LogPosition Marked => marked;
    public bool HeaderIsValid => condition == BlockCondition.Valid;

    /// <summary>The index of the first record; of a segment with a damaged header, of the first that was found to fit.</summary>
    public LogIndex First { get; private set; } = condition == BlockCondition.Valid ? header.First : LogIndex.Max;

    /// <summary>The position before that record.</summary>
    public LogPosition Before { get; private set; } = header.Before;

    /// <summary>A later segment begins here: records at or after this index are evidence of nothing.</summary>
    public LogIndex Ceiling { get; set; } = LogIndex.Max;

    /// <summary>
    /// A later segment was begun when all that counts of this one had been flushed: it need not be flushed before it is read.
    /// </summary>
    public bool IsFlushed { get; set; }

    /// <summary>A record that continues the log is the first of this segment, whose header is damaged.</summary>
    public void BeginsAfter(in LogPosition before) => (First, Before) = (before.Index.Next, before);
}

/// <summary>Where a write that a crash interrupted begins.</summary>
/// <param name="Segment">In which segment.</param>
/// <param name="Offset">Where in its file.</param>
public readonly record struct JournalTear(ulong Segment, long Offset);

/// <summary>Where the log stops although it is known to have gone on.</summary>
/// <param name="Segment">The segment in which the entry should be.</param>
/// <param name="Offset">Where in that file.</param>
/// <param name="LastGood">The last entry that is there, with all before it.</param>
/// <param name="Witnessed">Everything up to here had been flushed.</param>
/// <param name="Mark">Where the log would end if it were whole; null when that cannot be told.</param>
/// <param name="Text">What is wrong, for an operator.</param>
internal sealed record JournalDamage(
    ulong Segment, long Offset, LogPosition LastGood, LogIndex Witnessed, LogPosition? Mark, string Text);
