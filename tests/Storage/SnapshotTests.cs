using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

public class SnapshotTests
{
    private static readonly string[] Records = [.. Enumerable.Range(0, 3000).Select(i => $"record {i} {new string('x', i % 700)}")];

    [Fact]
    public void A_snapshot_comes_back_record_by_record()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.TakeSnapshot(1, [.. Records, new string('L', 3 << 20), "last"]);
        var next = folder.Restarted();
        Assert.Equal(["header state", .. Records, new string('L', 3 << 20), "last", "trailer sum"], next.Sink.Snapshot);
        Assert.Empty(next.Bodies);
    }

    [Fact]
    public void Any_record_lengths_come_back()
    {
        Gen.Int[0, 300_000].Array[0, 12].Sample(lengths =>
        {
            var folder = Folder.Founded();
            var records = lengths.Select((length, i) => new string((char)('a' + i), length)).ToArray();
            folder.TakeSnapshot(1, records);
            Assert.Equal(["header state", .. records, "trailer sum"], folder.Restarted().Sink.Snapshot);
        }, iter: 20);
    }

    [Fact]
    public void The_content_is_told_to_wait_while_too_much_is_in_flight()
    {
        var writer = new SnapshotWriter(1 << 20, new());
        var effects = new Effects();
        writer.Begin(new(1, default), "state"u8);
        var records = 0;
        while (!writer.IsFull)
        {
            writer.Record(10_000).Fill(1);
            writer.Submit(effects);
            Assert.True(++records < 1000);
        }
        Assert.InRange(records, 100, 140);
        for (var i = 0; i < effects.Count; i++)
            writer.Completed(effects[i].Ticket, DiskOutcome.Done, new());
        Assert.False(writer.IsFull);
    }

    [Fact]
    public void A_snapshot_is_finished_only_when_its_flush_has_ended()
    {
        var folder = Folder.Founded();
        folder.Snapshots.Begin(new(folder.SnapshotFiles.Begin(), default), "state"u8);
        folder.Snapshots.Record(4).Fill(65);
        folder.Snapshots.End("sum"u8);
        folder.Submit();
        while (folder.Disk.Waiting > 0)
        {
            Assert.Equal(SnapshotProgress.Flushing, folder.Snapshots.Progress);
            folder.PerformOne();
        }
        Assert.Equal(SnapshotProgress.Finished, folder.Snapshots.Progress);
    }

    [Theory]
    [InlineData(EffectKind.DiskWrite)]
    [InlineData(EffectKind.DiskFlush)]
    public void B8_a_failed_snapshot_is_abandoned_and_deleted_and_nothing_else_stops(EffectKind kind)
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.Disk.Fate = effect =>
            effect.Kind == kind && effect.Place.File.Kind == DiskFileKind.Snapshot ? DiskOutcome.Full : DiskOutcome.Done;
        var number = folder.SnapshotFiles.Begin();
        folder.Snapshots.Begin(new(number, folder.Journal.Flushed), "state"u8);
        folder.Snapshots.Record(300_000).Fill(65);
        folder.Snapshots.Record(300_000).Fill(65);
        folder.Submit();
        folder.PerformOne();
        folder.Snapshots.Record(300_000).Fill(65);
        folder.Snapshots.End("sum"u8);
        folder.Settle();
        Assert.Equal(SnapshotProgress.Abandoned, folder.Snapshots.Progress);
        Assert.Contains("no space is left", folder.Snapshots.Failure);
        Assert.False(folder.Disk.Has(DiskFileKind.Snapshot, number));
        Assert.True(folder.Snapshots.Idle);
        folder.Disk.Fate = _ => DiskOutcome.Done;
        Assert.Equal(number + 1, folder.TakeSnapshot(1, "again").Number);
        Assert.Null(folder.Journal.Failure);
        Assert.Equal(["header state", "again", "trailer sum"], folder.Restarted().Sink.Snapshot);
    }

    [Fact]
    public void A_half_written_snapshot_is_deleted_at_the_next_start()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.Snapshots.Begin(new(folder.SnapshotFiles.Begin(), folder.Journal.Flushed), "state"u8);
        folder.Snapshots.Record(300_000).Fill(65);
        folder.Snapshots.Record(300_000).Fill(65);
        folder.Settle();
        Assert.True(folder.Disk.Has(DiskFileKind.Snapshot, 1));
        var next = folder.Restarted();
        Assert.False(folder.Disk.Has(DiskFileKind.Snapshot, 1));
        Assert.Equal(["a"], next.Bodies);
        Assert.Equal(2UL, next.SnapshotFiles.Begin());
    }

    [Fact]
    public void As_many_snapshots_are_kept_as_asked_for()
    {
        var folder = Folder.Founded();
        for (var i = 0; i < 6; i++)
        {
            folder.Append(1, "entry" + i).Settle();
            folder.TakeSnapshot(3, "state" + i);
        }
        Assert.Equal([4, 5, 6], folder.Disk.Files.Where(file => file.Kind == DiskFileKind.Snapshot).Select(file => file.Number));
    }

    [Fact]
    public void Every_sector_of_a_lone_snapshot_turned_over_is_refused_by_file_and_offset()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.TakeSnapshot(1, [.. Records[..50], new string('L', 20_000), .. Records[500..520]]);
        folder.Append(1, "b").Rest();
        for (var sector = 0; sector * MemoryDisk.SectorBytes < folder.Disk[DiskFileKind.Snapshot, 1].Length; sector++)
        {
            var next = new Folder(folder.Disk.Copy());
            next.Disk.Flip(DiskFileKind.Snapshot, 1, sector);
            var before = next.Disk.Contents();
            Assert.Equal(RecoveryVerdict.Refused, next.Recover());
            Assert.Contains("snapshot 1, offset ", next.Recovery.Refusal);
            Assert.Equal(before, next.Disk.Contents());
        }
    }

    [Fact]
    public void A_snapshot_cut_at_any_length_is_refused()
    {
        var folder = Folder.Founded();
        folder.TakeSnapshot(1, "one", "two", "three");
        var whole = folder.Disk[DiskFileKind.Snapshot, 1];
        for (var length = 0; length < whole.Length; length++)
        {
            var next = new Folder(folder.Disk.Copy());
            next.Disk[DiskFileKind.Snapshot, 1] = whole[..length];
            Assert.Equal(RecoveryVerdict.Refused, next.Recover());
            Assert.Contains("snapshot 1, offset ", next.Recovery.Refusal);
        }
    }

    [Fact]
    public void A_damaged_snapshot_is_made_good_by_an_older_one_and_the_journal_from_there()
    {
        var folder = Folder.Founded(segmentBytes: 5632);
        for (var i = 1; i <= 20; i++)
            folder.Append(1, "entry" + i).Settle();
        folder.TakeSnapshot(2, "state at 20");
        for (var i = 21; i <= 40; i++)
            folder.Append(1, "entry" + i).Settle();
        folder.TakeSnapshot(2, "state at 40");
        folder.Append(1, "entry41").Rest();
        folder.Disk.Flip(DiskFileKind.Snapshot, 2, 0);

        var next = folder.Restarted();
        Assert.Equal(1, next.Sink.Lost);
        Assert.Equal(["header state", "state at 20", "trailer sum"], next.Sink.Snapshot);
        Assert.Equal(Enumerable.Range(21, 21).Select(i => "entry" + i), next.Bodies);
        Assert.Equal(1UL, next.Superblock.State.Snapshot.Number);
        Assert.Contains("snapshot 2, offset 0", Assert.Single(next.Recovery.Folder!.Notes));
        // The next snapshot has a number of its own.
        Assert.Equal(3UL, next.TakeSnapshot(2, "state at 41").Number);
        Assert.Equal(["header state", "state at 41", "trailer sum"], next.Restarted().Sink.Snapshot);
    }

    [Fact]
    public void A_damaged_snapshot_is_refused_when_the_journal_does_not_reach_back_to_the_older_one()
    {
        var folder = Folder.Founded(segmentBytes: 4184);
        folder.Append(1, "a", "b").Settle();
        folder.TakeSnapshot(2, "ab");
        folder.Append(1, "c", "d", "e").Settle();
        folder.TakeSnapshot(2, "abcde");
        folder.Append(1, "f").Rest();
        folder.Disk.Flip(DiskFileKind.Snapshot, 2, 0);
        folder.Disk.Remove(DiskFileKind.Journal, 3);
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("snapshot 2, offset 0", next.Recovery.Refusal);
        Assert.Contains("entry 3", next.Recovery.Refusal);
    }

    [Fact]
    public void Content_that_does_not_add_up_counts_as_damage()
    {
        var folder = Folder.Founded();
        folder.TakeSnapshot(2, "good");
        var pointer = new SnapshotPointer(folder.SnapshotFiles.Begin(), folder.Journal.Flushed);
        folder.Snapshots.Begin(pointer, "state"u8);
        folder.Snapshots.End("wrong"u8);
        folder.Settle();
        folder.Superblock.Write(folder.Superblock.State.WithSnapshot(pointer, 2), folder.Effects);
        folder.Settle();
        var next = folder.Restarted();
        Assert.Equal(["header state", "good", "trailer sum"], next.Sink.Snapshot);
        Assert.Contains("does not add up", Assert.Single(next.Recovery.Folder!.Notes));
    }
}
