using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

public class DataFolderReportTests
{
    private static Folder Filled()
    {
        var folder = Folder.Founded().Append(3, "a", "bb").Rest();
        folder.TakeSnapshot(2, "one", new string('x', 300_000));
        return folder.Append(3, "ccc").Rest();
    }

    [Fact]
    public void A_superblock_and_a_tail_mark_are_shown_slot_by_slot()
    {
        var folder = Filled();
        folder.Disk.Flip(DiskFileKind.Superblock, 0, 8);
        var slots = DataFolderReport.Superblock(folder.Disk[DiskFileKind.Superblock]);
        Assert.Equal([BlockCondition.Valid, BlockCondition.Damaged], slots.Select(slot => slot.Condition));
        Assert.Equal((7UL, Folder.Birth, 1U, 2UL), (slots[0].Ensemble, slots[0].Birth, slots[0].Starts, slots[0].Generation));
        Assert.Equal(new(2), Assert.Single(slots[0].Snapshots).Position.Index);

        var marks = DataFolderReport.TailMark(folder.Disk[DiskFileKind.TailMark]);
        Assert.Equal([3UL, 2UL], marks.OrderBy(mark => mark.Slot).Select(mark => mark.Position.Index.Value));
    }

    [Fact]
    public void Every_record_of_a_segment_is_shown_and_a_damaged_one_named_by_its_offset()
    {
        var folder = Filled();
        var file = folder.Disk[DiskFileKind.Journal, 1];
        var report = DataFolderReport.Segment(1, Folder.Birth, file);
        Assert.Equal(BlockCondition.Valid, report.Condition);
        Assert.Equal([(4096L, 1UL), (4168L, 2UL), (4240L, 3UL)],
            report.Records.Select(record => (record.Offset, record.Position.Index.Value)));
        Assert.All(report.Records, record => Assert.Equal(BlockCondition.Valid, record.Condition));
        Assert.Equal("ccc"u8, DataFolderReport.Body(file, report.Records[2]));

        file[4174] ^= 1;
        report = DataFolderReport.Segment(1, Folder.Birth, file);
        Assert.Equal([BlockCondition.Valid, BlockCondition.Damaged, BlockCondition.Valid],
            report.Records.Select(record => record.Condition));
        Assert.Equal((4168L, 72L), (report.Records[1].Offset, report.Records[1].Bytes));
        Assert.Empty(DataFolderReport.Segment(1, Folder.Birth, []).Records);
    }

    [Fact]
    public void A_snapshot_is_shown_chunk_by_chunk()
    {
        var folder = Filled();
        var file = folder.Disk[DiskFileKind.Snapshot, 1];
        var chunks = new List<SnapshotChunkReport>();
        for (long at = 0; at < file.Length; at += chunks[^1].Bytes)
        {
            chunks.Add(DataFolderReport.Chunk(1, at, file.AsSpan((int)at)));
            Assert.Equal(chunks[^1].Bytes, DataFolderReport.ChunkBytes(file.AsSpan((int)at)));
        }
        Assert.Equal([SnapshotChunkKind.Header, SnapshotChunkKind.Content, SnapshotChunkKind.Content, SnapshotChunkKind.Trailer],
            chunks.Select(chunk => chunk.Kind));
        Assert.Equal(new(2), chunks[0].Position.Index);
        file[chunks[1].Offset + 42] ^= 1;
        Assert.Equal(BlockCondition.Damaged, DataFolderReport.Chunk(1, chunks[1].Offset, file.AsSpan((int)chunks[1].Offset)).Condition);
        Assert.Equal(BlockCondition.Blank, DataFolderReport.Chunk(1, 0, []).Condition);
    }
}
