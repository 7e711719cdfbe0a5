namespace Quorate.Kernel.Storage;

/// <summary>A segment that is there: its number, the log's position before its first record, and how many bytes of it are in use.</summary>
internal readonly record struct SegmentSpan(ulong Number, LogPosition Before, long Bytes)
{
    /// <summary>The index of the first record.</summary>
    public LogIndex First => Before.Index.Next;
}

/// <summary>Where a journal goes on: what recovery found, or nothing at all.</summary>
/// <param name="Last">The last entry; it has been flushed.</param>
/// <param name="NextSegment">A number that no segment has had.</param>
/// <param name="Segments">The segments that are there, by ascending number.</param>
/// <param name="Mark">The tail mark.</param>
internal sealed record JournalStart(LogPosition Last, ulong NextSegment, IReadOnlyList<SegmentSpan> Segments, TailMarkState Mark)
{
    /// <summary>A journal in an empty folder.</summary>
    public static JournalStart Empty { get; } = new(LogPosition.Start, 1, [], default);
}
