namespace Quorate.Kernel.Storage;

/// <summary>What a record of the journal, or a stretch of bytes that is none, is worth beside all others.</summary>
public enum RecordWorth : byte
{
    /// <summary>It is part of the log.</summary>
    Counts,
    /// <summary>A later segment begins at or before it, or an installed snapshot has replaced it: evidence of nothing.</summary>
    Overtaken,
    /// <summary>Behind everything that was ever acknowledged: left by a crash, and cut by the next start.</summary>
    Torn,
    /// <summary>It was part of the log, or hides something that was.</summary>
    Damaged,
}

/// <summary>Judges the parts of a journal by what recovery concluded about the whole. Changes nothing.</summary>
/// <param name="preambles">All segments, by ascending number; their records are not looked at.</param>
/// <param name="firstSegment">The first one that counts, by the superblock.</param>
/// <param name="last">The last entry that recovery could deliver.</param>
/// <param name="tear">Where it found the tail torn, if it did.</param>
public sealed class JournalWorth(
    IReadOnlyList<JournalSegmentReport> preambles, ulong firstSegment, LogIndex last, JournalTear? tear)
{
    /// <summary>What a segment's header is worth. A torn one stands before a first batch that was never acknowledged.</summary>
    public RecordWorth OfHeader(JournalSegmentReport segment)
    {
        if (segment.Number < firstSegment)
            return RecordWorth.Overtaken;
        if (segment.Condition == BlockCondition.Valid)
            return segment.Before.Index.Next >= CeilingOf(segment.Number) ? RecordWorth.Overtaken : RecordWorth.Counts;
        foreach (var record in segment.Records)
            if (record.Condition == BlockCondition.Valid && record.Position.Index <= last)
                return RecordWorth.Damaged;
        return RecordWorth.Torn;
    }

    /// <summary>What each record of a segment is worth.</summary>
    public RecordWorth[] OfRecords(JournalSegmentReport segment)
    {
        var ceiling = segment.Number < firstSegment ? LogIndex.Zero : CeilingOf(segment.Number);
        var worths = new RecordWorth[segment.Records.Count];
        var expected = segment.Condition == BlockCondition.Valid ? segment.Before.Index.Next : LogIndex.Zero;
        for (var i = 0; i < worths.Length; i++)
        {
            var record = segment.Records[i];
            var index = record.Position.Index > LogIndex.Zero ? record.Position.Index : expected;
            worths[i] = index >= ceiling ? RecordWorth.Overtaken
                : IsBehindTear(segment.Number, record.Offset, index) ? RecordWorth.Torn
                : record.Condition == BlockCondition.Valid ? RecordWorth.Counts
                : RecordWorth.Damaged;
            expected = record.Condition == BlockCondition.Valid ? index.Next : index;
        }
        return worths;
    }

    private bool IsBehindTear(ulong segment, long offset, LogIndex index) => tear is { } from && (index > last || index == LogIndex.Zero)
        && (segment > from.Segment || segment == from.Segment && offset >= from.Offset);

    private LogIndex CeilingOf(ulong segment)
    {
        var ceiling = LogIndex.Max;
        foreach (var later in preambles)
            if (later.Number > segment && later.Condition == BlockCondition.Valid && later.Before.Index.Next < ceiling)
                ceiling = later.Before.Index.Next;
        return ceiling;
    }
}
