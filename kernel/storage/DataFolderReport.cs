using System.Buffers.Binary;

namespace Quorate.Kernel.Storage;

/// <summary>One slot of the superblock.</summary>
/// <param name="Slot">0 or 1.</param>
/// <param name="Condition">What it is worth; only a valid one says anything.</param>
/// <param name="Generation">Which writing of the superblock it is; the higher of two counts.</param>
/// <param name="Ensemble">The ensemble's id.</param>
/// <param name="Birth">The id under which the member joined.</param>
/// <param name="Starts">How often the member has been started.</param>
/// <param name="Term">The newest term seen.</param>
/// <param name="VotedFor">Who got the vote in that term; 0 for nobody.</param>
/// <param name="Membership">The configuration, in consensus's encoding.</param>
/// <param name="Snapshots">The snapshots that are kept, newest first.</param>
/// <param name="FirstSegment">Journal segments with lower numbers do not count.</param>
/// <param name="Convalescence">What the member has to hold again after damage.</param>
public sealed record SuperblockSlotReport(
    int Slot, BlockCondition Condition, ulong Generation, ulong Ensemble, ulong Birth, uint Starts, Term Term, ServerId VotedFor,
    ReadOnlyMemory<byte> Membership, IReadOnlyList<SnapshotPointer> Snapshots, ulong FirstSegment,
    Convalescence Convalescence);

/// <summary>One slot of the tail mark.</summary>
/// <param name="Slot">0 or 1.</param>
/// <param name="Condition">What it is worth; only a valid one says anything.</param>
/// <param name="Sequence">The higher of two counts.</param>
/// <param name="Position">Everything up to here had been flushed.</param>
/// <param name="Segment">The segment that was written to last.</param>
public sealed record TailMarkSlotReport(int Slot, BlockCondition Condition, ulong Sequence, LogPosition Position, ulong Segment);

/// <summary>One record of a journal segment, or a stretch of bytes that is none.</summary>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Bytes">How long it is, header and padding included.</param>
/// <param name="Condition">Valid: a whole record that continues the one before it. Damaged: anything else but zeros.</param>
/// <param name="Position">Index, term and chain value.</param>
/// <param name="Time">The leader's time stamp.</param>
/// <param name="BodyBytes">The length of the body.</param>
/// <param name="Commit">The commit index known when it was written.</param>
/// <param name="Flushed">What had been flushed when it was written.</param>
public readonly record struct JournalRecordReport(
    long Offset, long Bytes, BlockCondition Condition, LogPosition Position, WallTime Time, int BodyBytes, LogIndex Commit,
    LogIndex Flushed);

/// <summary>A journal segment.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Condition">What its header is worth.</param>
/// <param name="Birth">The member that wrote it.</param>
/// <param name="Before">The log's position before the first record.</param>
/// <param name="Flushed">What had been flushed when it was opened.</param>
/// <param name="Marked">What its newest mark says had been flushed.</param>
/// <param name="Records">What it holds, in file order; zeros at the end are left out.</param>
public sealed record JournalSegmentReport(
    ulong Number, BlockCondition Condition, ulong Birth, LogPosition Before, LogIndex Flushed, LogIndex Marked,
    IReadOnlyList<JournalRecordReport> Records);

/// <summary>One chunk of a snapshot.</summary>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Bytes">How long it is, its header included; when it is damaged, all that follows.</param>
/// <param name="Condition">What it is worth.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Number">Its place in the file.</param>
/// <param name="Position">Of the header chunk: the last entry the snapshot contains.</param>
public readonly record struct SnapshotChunkReport(
    long Offset, long Bytes, BlockCondition Condition, SnapshotChunkKind Kind, uint Number, LogPosition Position);

/// <summary>
/// Looks at the files of a stopped member, for people and tools. Pure functions over bytes: nothing is judged, repaired or changed.
/// </summary>
public static class DataFolderReport
{
    /// <summary>The format version this program writes, and the newest it reads.</summary>
    public static uint FormatVersion => SealedBlock.Version;

    /// <summary>The two slots of a superblock.</summary>
    public static IReadOnlyList<SuperblockSlotReport> Superblock(ReadOnlySpan<byte> file)
    {
        var slots = new SuperblockSlotReport[2];
        for (var slot = 0; slot < slots.Length; slot++)
        {
            var condition = SuperblockImage.Read(file, slot, out var image);
            var state = image?.State ?? new();
            SnapshotPointer[] snapshots = state.Snapshot.Number == 0 ? [] : [state.Snapshot, .. state.OlderSnapshots];
            slots[slot] = new(slot, condition, image?.Generation ?? 0, state.Ensemble, state.Birth, state.Starts, state.Term,
                state.VotedFor, state.Membership, snapshots, state.FirstSegment, state.Convalescence);
        }
        return slots;
    }

    /// <summary>The two slots of a tail mark.</summary>
    public static IReadOnlyList<TailMarkSlotReport> TailMark(ReadOnlySpan<byte> file)
    {
        var slots = new TailMarkSlotReport[2];
        for (var slot = 0; slot < slots.Length; slot++)
        {
            var condition = TailMarkState.Read(TailMarkState.Slot(file, slot), out var state);
            slots[slot] = new(slot, condition, state.Sequence, state.Position, state.Segment);
        }
        return slots;
    }

    /// <summary>A journal segment and every record in it. Behind a damaged place the next record is searched for.</summary>
    /// <param name="number">The segment's number.</param>
    /// <param name="birth">The member's birth id, from its superblock; without it no record can be verified.</param>
    /// <param name="file">The whole file.</param>
    public static JournalSegmentReport Segment(ulong number, ulong birth, ReadOnlySpan<byte> file)
    {
        var condition = SegmentHeader.Read(file, number, out var header);
        var salt = JournalRecord.SaltOf(birth);
        var records = new List<JournalRecordReport>();
        LogPosition? previous = condition == BlockCondition.Valid ? header.Before : null;
        var end = file.LastIndexOfAnyExcept((byte)0) + 1;
        var at = SegmentHeader.RecordsAt;
        while (at < end)
        {
            if (JournalRecord.TryRead(file[at..], number, salt, out var entry))
            {
                var whole = Math.Min(JournalRecord.SizeOf(entry.BodyLength), file.Length - at);
                var position = new LogPosition(entry.Index, entry.Term, entry.Chain);
                var isValid = JournalRecord.IsWhole(file[at..], entry)
                    && (previous is not { } last || JournalRecord.Continues(entry, last));
                records.Add(new(at, whole, isValid ? BlockCondition.Valid : BlockCondition.Damaged, position, entry.Time,
                    entry.BodyLength, entry.Commit, entry.Flushed));
                previous = position;
                at += whole;
                continue;
            }
            var start = at;
            do
                at += JournalRecord.Alignment;
            while (at < end && !JournalRecord.TryRead(file[at..], number, salt, out _));
            at = Math.Min(at, end);
            records.Add(new(start, at - start, BlockCondition.Damaged, default, default, 0, default, default));
            previous = null;
        }
        var marked = SegmentHeader.ReadMark(file, number).Position.Index;
        return new(number, condition, header.Birth, header.Before, header.Flushed, marked, records);
    }

    /// <summary>The body of a valid record.</summary>
    public static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> file, in JournalRecordReport record) =>
        file.Slice((int)record.Offset + JournalRecord.HeaderBytes, record.BodyBytes);

    /// <summary>One chunk of a snapshot; the next begins <see cref="SnapshotChunkReport.Bytes"/> behind it.</summary>
    /// <param name="number">The snapshot's number.</param>
    /// <param name="offset">Where the chunk begins in the file.</param>
    /// <param name="bytes">The file's bytes from there on: the whole chunk at least.</param>
    public static SnapshotChunkReport Chunk(ulong number, long offset, ReadOnlySpan<byte> bytes)
    {
        var condition = SnapshotChunk.Read(bytes, out var chunk);
        if (condition != BlockCondition.Valid)
            return new(offset, bytes.Length, condition, default, 0, default);
        if (chunk.Snapshot != number || bytes.Length < SnapshotChunk.HeaderBytes + (long)chunk.PayloadBytes)
            return new(offset, bytes.Length, BlockCondition.Damaged, chunk.Kind, chunk.Number, default);
        var payload = bytes.Slice(SnapshotChunk.HeaderBytes, chunk.PayloadBytes);
        var isValid = Crc32C.Of(payload) == chunk.PayloadChecksum;
        var position = isValid && chunk.Kind == SnapshotChunkKind.Header ? new FieldReader(payload).Position() : default;
        return new(offset, SnapshotChunk.HeaderBytes + payload.Length, isValid ? BlockCondition.Valid : BlockCondition.Damaged,
            chunk.Kind, chunk.Number, position);
    }

    /// <summary>What a valid chunk holds, given the bytes that it was read from.</summary>
    public static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> bytes, in SnapshotChunkReport chunk) =>
        bytes[SnapshotChunk.HeaderBytes..(int)chunk.Bytes];

    /// <summary>How many records the payload of a content chunk holds.</summary>
    public static int Records(ReadOnlySpan<byte> payload)
    {
        var records = 0;
        for (; payload.Length >= sizeof(int); records++)
            payload = payload[Math.Min(sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(payload), payload.Length)..];
        return records;
    }

    /// <summary>How much of a snapshot must be read to know how long a chunk is.</summary>
    public static int ChunkHeaderBytes => SnapshotChunk.HeaderBytes;

    /// <summary>How much of a segment must be read to know its header and marks.</summary>
    public static int SegmentPreambleBytes => SegmentHeader.PreambleBytes;

    /// <summary>The length of the chunk whose header begins <paramref name="bytes"/>, header included; 0 when that is no header.</summary>
    public static long ChunkBytes(ReadOnlySpan<byte> bytes) =>
        SnapshotChunk.Read(bytes, out var chunk) == BlockCondition.Valid ? SnapshotChunk.HeaderBytes + (long)chunk.PayloadBytes : 0;
}
