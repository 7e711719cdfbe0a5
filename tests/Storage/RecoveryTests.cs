using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

public class RecoveryTests
{
    private const int OneRecord = 72;   // of a body of one to eight bytes

    [Fact]
    public void An_empty_folder_is_empty()
    {
        var folder = new Folder();
        Assert.Equal(RecoveryVerdict.Empty, folder.Recover());
        Assert.Empty(folder.Disk.Files);
    }

    [Fact]
    public void A_member_gets_its_state_back_however_often_it_starts()
    {
        var folder = Folder.Founded();
        var expected = new List<string>();
        for (var start = 0; start < 5; start++)
        {
            for (var i = 0; i < 3; i++)
            {
                expected.Add($"start {start} entry {i}");
                folder.Append((uint)start + 1, expected[^1]).Settle();
            }
            if (start % 2 == 0)
                folder.Rest();
            folder = folder.Restarted();
            Assert.Equal(expected, folder.Bodies);
            Assert.Equal(folder.Last, folder.Journal.Flushed);
            Assert.Empty(folder.Recovery.Folder!.Notes);
        }
    }

    [Fact]
    public void No_entry_is_delivered_that_a_power_cut_could_still_take_away()
    {
        var folder = Folder.Founded().Append(1, "flushed").Settle().Append(1, "written").Submit();
        folder.PerformOne();
        folder.Disk.Kill();
        folder.Disk.Fate = effect => effect.Kind == EffectKind.DiskFlush ? DiskOutcome.Failed : DiskOutcome.Done;
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("flushing journal segment 1", next.Recovery.Refusal);
        Assert.Empty(next.Sink.Entries);
        folder.Disk.Fate = _ => DiskOutcome.Done;
        Assert.Equal(["flushed", "written"], folder.Restarted().Bodies);
    }

    [Fact]
    public void A_preallocated_segment_ends_where_its_zeros_begin()
    {
        var folder = Folder.Founded().Append(1, "a", "b").Rest();
        folder.Disk[DiskFileKind.Journal, 1] = [.. folder.Disk[DiskFileKind.Journal, 1], .. new byte[3 << 20]];
        var next = folder.Restarted();
        Assert.Equal(["a", "b"], next.Bodies);
        Assert.Empty(next.Recovery.Folder!.Notes);
    }

    [Fact]
    public void A_journal_without_its_superblock_is_refused()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.Disk.Remove(DiskFileKind.Superblock);
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("superblock is missing", next.Recovery.Refusal);
    }

    [Fact]
    public void A_missing_segment_in_the_middle_is_damage()
    {
        var folder = Folder.Founded(segmentBytes: 4184);
        folder.Append(1, "a").Settle().Append(1, "b").Settle().Append(1, "c").Settle().Append(1, "d").Settle();
        folder.Disk.Remove(DiskFileKind.Journal, 2);
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("entry 2", next.Recovery.Refusal);
        Assert.Equal(new(1), next.Recovery.Damage!.LastGood.Index);
        Assert.Equal(new(3), next.Recovery.Damage.Witnessed);
    }

    [Fact]
    public void A_missing_first_segment_is_damage()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.Disk.Remove(DiskFileKind.Journal, 1);
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("the journal segment with entry 1 is missing", next.Recovery.Refusal);
    }

    [Theory]
    [InlineData(DiskFileKind.Superblock, 0)]
    [InlineData(DiskFileKind.TailMark, 4096)]
    [InlineData(DiskFileKind.Journal, 0)]
    public void A_newer_format_version_is_refused_by_name(DiskFileKind kind, int offset)
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        var file = folder.Disk[kind, kind == DiskFileKind.Journal ? 1UL : 0];
        var block = file.AsSpan(offset, 512);
        block[8] = 9;
        var length = BitConverter.ToInt32(block[12..]);
        if (kind == DiskFileKind.Superblock)
            block = file.AsSpan(offset, 4096);
        BitConverter.TryWriteBytes(block[16..], Crc32C.Of(block.Slice(24, length), Crc32C.Of(block[..16])));
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("Use a newer one", next.Recovery.Refusal);
    }

    [Fact]
    public void A_segment_of_another_member_is_refused()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        var sector = new byte[SegmentHeader.Bytes];
        new SegmentHeader(1, Folder.Birth + 1, LogPosition.Start, LogIndex.Zero).Write(sector);
        sector.CopyTo(folder.Disk[DiskFileKind.Journal, 1], 0);
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("journal segment 1 was written by another member", next.Recovery.Refusal);
    }

    [Fact]
    public void An_unreadable_sector_is_refused_by_file_and_offset()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.Disk.Fate = effect => effect is { Kind: EffectKind.DiskRead, Place: { File.Kind: DiskFileKind.Journal, Offset: > 0 } }
            ? DiskOutcome.Failed : DiskOutcome.Done;
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("journal segment 1 could not be read at offset 4096", next.Recovery.Refusal);
    }

    [Fact]
    public void What_a_killed_process_left_unflushed_is_flushed_before_anyone_relies_on_it()
    {
        var folder = Folder.Founded().Append(1, "a").Settle();
        folder.Append(1, "b").Submit().PerformOne();   // written, not flushed
        folder.Disk.Kill();
        var next = folder.Restarted();
        Assert.Equal(["a", "b"], next.Bodies);
        next.Disk.Crash(() => false);
        Assert.Equal(["a", "b"], next.Restarted().Bodies);
    }

    [Fact]
    public void What_a_later_segment_calls_flushed_is_not_flushed_again()
    {
        var folder = Folder.Founded(segmentBytes: 4608);
        for (var i = 0; i < 20; i++)
            folder.Append(1, new string('x', 400)).Settle();
        var flushes = 0;
        folder.Disk.Fate = effect =>
        {
            flushes += effect.Kind == EffectKind.DiskFlush && effect.Place.File.Kind == DiskFileKind.Journal ? 1 : 0;
            return DiskOutcome.Done;
        };
        Assert.Equal(20, folder.Restarted().Bodies.Length);
        Assert.Equal(1, flushes);
    }

    [Fact]
    public void A10_of_a_batch_over_several_segments_behind_a_cut_any_sectors_may_be_lost_and_none_is_damage()
    {
        for (var kept = 0; kept < 64; kept++)
        {
            var folder = Folder.Founded(segmentBytes: 4608);
            var position = folder.Append(1, "a").Settle().Last;
            folder.Append(1, "b", "c").Settle();
            folder.Journal.TruncateAfter(position);
            folder.Last = position;
            folder.Append(2, new string('B', 400), new string('C', 400), new string('D', 400)).Submit();
            for (var requests = folder.Disk.Waiting; requests > 0; requests--)
                if (folder.Disk.Next.Kind == EffectKind.DiskFlush)
                    folder.Disk.PostponeOldest(1);
                else
                    folder.PerformOne();
            var sector = 0;
            folder.Disk.Crash(() => (kept >> sector++ & 1) == 1);
            var next = folder.Restarted();
            Assert.Equal(RecoveryVerdict.Recovered, next.Recovery.Verdict);
            Assert.Equal("a", next.Bodies[0]);
        }
    }

    [Fact]
    public void Records_of_the_torn_batch_that_survived_behind_a_lost_one_are_no_sign_of_damage()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.Append(1, new string('b', 600), new string('c', 600), new string('d', 600)).Submit().PerformOne().PerformOne();
        var sector = 0;
        folder.Disk.Crash(() => sector++ != 1);   // the mark survives, the first sector of the records is lost, the rest stays
        var next = folder.Restarted();
        Assert.Equal(["a"], next.Bodies);
        Assert.Contains("cut after entry 1", Assert.Single(next.Recovery.Folder!.Notes));
        next.Append(1, "B").Rest();
        var last = next.Restarted();
        Assert.Equal(["a", "B"], last.Bodies);
        Assert.Empty(last.Recovery.Folder!.Notes);
    }

    [Fact]
    public void A9_rot_in_the_last_batch_before_a_pause_is_damage_not_a_torn_tail()
    {
        var folder = Folder.Founded().Append(1, "a").Settle().Append(1, "k").Rest();
        folder.Disk[DiskFileKind.Journal, 1][SegmentHeader.RecordsAt + OneRecord + JournalRecord.HeaderBytes] ^= 1;
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("journal segment 1, offset 4168: the record of entry 2 is damaged", next.Recovery.Refusal);
        Assert.Contains("quorate inspect", next.Recovery.Refusal);
    }

    [Fact]
    public void A9_rot_below_the_last_batch_is_damage_even_without_a_mark()
    {
        var folder = Folder.Founded().Append(1, "a").Settle().Append(1, "b").Settle().Append(1, "c").Settle();
        Assert.False(folder.Disk.Has(DiskFileKind.TailMark));
        folder.Disk[DiskFileKind.Journal, 1][SegmentHeader.RecordsAt + OneRecord + JournalRecord.HeaderBytes] ^= 1;
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Equal(new(2), next.Recovery.Damage!.Witnessed);
        Assert.Equal(4168, next.Recovery.Damage.Offset);
    }

    [Fact]
    public void A9_a_torn_mark_leaves_the_one_before_it()
    {
        var folder = Folder.Founded().Append(1, "a").Rest().Append(1, "b").Rest();
        folder.Disk.Flip(DiskFileKind.TailMark, 0, 0);   // the second mark is in the first slot
        Assert.Equal(["a", "b"], folder.Restarted().Bodies);
        folder.Disk[DiskFileKind.Journal, 1][SegmentHeader.RecordsAt + JournalRecord.HeaderBytes] ^= 1;
        Assert.Equal(RecoveryVerdict.Refused, new Folder(folder.Disk).Recover());
    }

    [Fact]
    public void A9_without_a_readable_mark_a_clean_tail_is_accepted_and_a_torn_one_refused()
    {
        var folder = Folder.Founded().Append(1, "a").Rest().Append(1, "b").Rest();
        folder.Disk.Flip(DiskFileKind.TailMark, 0, 0);
        folder.Disk.Flip(DiskFileKind.TailMark, 0, 8);
        var damaged = folder.Disk.Copy();
        Assert.Contains("Both slots of the tail mark", Assert.Single(folder.Restarted().Recovery.Folder!.Notes));

        damaged[DiskFileKind.Journal, 1][SegmentHeader.RecordsAt + OneRecord + JournalRecord.HeaderBytes] ^= 1;
        var next = new Folder(damaged);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("Delete the tail mark", next.Recovery.Refusal);
        damaged.Remove(DiskFileKind.TailMark);
        Assert.Equal(["a"], new Folder(damaged).Restarted().Bodies);
    }

    [Fact]
    public void A10_a_torn_first_write_after_a_truncation_is_a_torn_tail()
    {
        for (var kept = 0; kept < 16; kept++)
        {
            var folder = Folder.Founded();
            for (var i = 1; i <= 90; i++)
                folder.Append(4, "entry" + i);
            folder.Settle();
            var position = folder.Last;
            for (var i = 91; i <= 100; i++)
                folder.Append(4, "entry" + i);
            folder.Rest();
            folder.Journal.TruncateAfter(position);
            folder.Last = position;
            folder.Append(5, new string('N', 1200)).Settle();
            // As if power were lost before the flush: the new segment's sectors survive by the bits of kept.
            var torn = folder.Disk[DiskFileKind.Journal, 2];
            foreach (var (bit, sector) in new[] { (1, 0), (2, 8), (4, 9), (8, 10) })
                if ((kept & bit) == 0)
                    torn.AsSpan(sector * 512, Math.Min(512, torn.Length - sector * 512)).Clear();
            var next = folder.Restarted();
            var header = (kept & 1) != 0;
            var last = next.Bodies[^1];
            Assert.Equal(!header ? "entry100" : (kept & 14) == 14 ? new string('N', 1200) : "entry90", last);
        }
    }

    [Fact]
    public void A10_leftovers_of_a_torn_tail_are_evidence_of_nothing_once_overtaken()
    {
        // A batch over two segments is torn in the first one; the second, whole, is left over.
        var folder = Folder.Founded(segmentBytes: 5632).Append(1, "a").Rest();
        folder.Append(1, new string('b', 900), new string('c', 900), new string('d', 900), new string('e', 900)).Submit();
        while (folder.Disk.Waiting > 0)
            folder.PerformOne();
        folder.Disk[DiskFileKind.Journal, 1].AsSpan(4184, 512).Clear();
        var kept = folder.Disk[DiskFileKind.Journal, 2].ToArray();
        var next = folder.Restarted();
        Assert.Equal(["a"], next.Bodies);
        Assert.False(folder.Disk.Has(DiskFileKind.Journal, 2));
        next.Append(1, "B").Settle().Append(1, "C").Rest();
        // The deletion did not survive the crash.
        folder.Disk[DiskFileKind.Journal, 2] = kept;
        Assert.Equal(["a", "B", "C"], next.Restarted().Bodies);
    }

    [Fact]
    public void A10_truncated_entries_do_not_come_back_although_nothing_followed_them()
    {
        var folder = Folder.Founded().Append(4, "a").Settle();
        var position = folder.Last;
        folder.Append(4, "b", "c").Settle();
        folder.Journal.TruncateAfter(position);
        folder.Last = position;
        folder.Append(5, "B").Submit().PerformOne();   // the header of the new segment is written, its record is not
        folder.Disk.Kill();
        for (var start = 0; start < 3; start++)
        {
            folder = folder.Restarted();
            Assert.Equal(["a"], folder.Bodies);
            folder.Disk.Crash(() => false);
        }
    }

    [Fact]
    public void A10_a_damaged_header_of_an_overtaking_segment_is_not_taken_for_the_old_history()
    {
        var folder = Folder.Founded().Append(4, "a").Settle();
        var position = folder.Last;
        folder.Append(4, "b", "c").Settle();
        folder.Journal.TruncateAfter(position);
        folder.Last = position;
        folder.Append(5, "B").Settle().Append(5, "C").Settle();
        folder.Disk.Flip(DiskFileKind.Journal, 2, 0);
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("journal segment 2, offset 0: the header is damaged", next.Recovery.Refusal);
    }

    [Fact]
    public void A_damaged_header_is_made_good_by_the_records_behind_it()
    {
        var folder = Folder.Founded(segmentBytes: 4184);
        folder.Append(1, "a").Settle().Append(1, "b").Settle().Append(1, "c").Rest();
        folder.Disk.Flip(DiskFileKind.Journal, 2, 0);
        Assert.Equal(["a", "b", "c"], folder.Restarted().Bodies);
        Assert.Equal(["a", "b", "c"], folder.Restarted().Bodies);
    }

    [Fact]
    public void B7_records_behind_an_installed_snapshot_are_kept_only_if_they_chain_from_it()
    {
        var ours = Folder.Founded().Append(4, "a", "b", "c", "d").Rest();
        var theirs = Folder.Founded().Append(4, "a").Append(5, "B", "C");
        // The snapshot of another member's history up to entry 3 is installed; the crash comes before the journal is dropped.
        var pointer = new SnapshotPointer(ours.SnapshotFiles.Begin(), theirs.Last);
        ours.Snapshots.Begin(pointer, "state"u8);
        "aBC"u8.CopyTo(ours.Snapshots.Record(3));
        ours.Snapshots.End("sum"u8);
        ours.Settle();
        ours.Superblock.Write(ours.Superblock.State.WithSnapshot(pointer, 1), ours.Effects);
        ours.Settle();

        var next = ours.Restarted();
        Assert.Equal(["header state", "aBC", "trailer sum"], next.Sink.Snapshot);
        Assert.Empty(next.Bodies);
        Assert.Equal(pointer.Position, next.Journal.Flushed);
        Assert.Contains("does not continue snapshot 1", Assert.Single(next.Recovery.Folder!.Notes));
        Assert.False(next.Disk.Has(DiskFileKind.Journal, 1));
        next.Append(5, "D").Rest();
        Assert.Equal(["D"], next.Restarted().Bodies);
    }

    [Fact]
    public void B7_a_crash_while_the_replaced_journal_is_deleted_leaves_nothing_that_looks_like_damage()
    {
        for (var requests = 0; requests < 40; requests++)
        {
            var ours = Folder.Founded(segmentBytes: 4184);
            foreach (var body in (string[])["a", "b", "c", "d", "e", "f"])
                ours.Append(4, body).Settle();
            ours.Rest();
            var theirs = Folder.Founded().Append(4, "a").Append(5, "B", "C");
            var pointer = new SnapshotPointer(ours.SnapshotFiles.Begin(), theirs.Last);
            ours.Snapshots.Begin(pointer, "state"u8);
            ours.Snapshots.End("sum"u8);
            ours.Settle();
            ours.Superblock.Write(ours.Superblock.State.WithSnapshot(pointer, 1), ours.Effects);
            ours.Settle();
            new Folder(ours.Disk).StartAndCrash(requests, () => requests % 2 == 0);
            // Deletions may be lost, and in any order.
            Assert.Empty(ours.Restarted().Bodies);
        }
    }

    [Fact]
    public void B7_the_superblock_names_the_first_segment_that_counts_after_an_install()
    {
        var ours = Folder.Founded().Append(4, "a", "b", "c", "d").Rest();
        var theirs = Folder.Founded().Append(4, "a").Append(5, "B", "C");
        var pointer = new SnapshotPointer(ours.SnapshotFiles.Begin(), theirs.Last);
        ours.Snapshots.Begin(pointer, "state"u8);
        ours.Snapshots.End("sum"u8);
        ours.Settle();
        ours.Superblock.Write(ours.Superblock.State.WithSnapshot(pointer, 1) with { FirstSegment = 2 }, ours.Effects);
        ours.Settle();
        ours.Disk.Flip(DiskFileKind.Journal, 1, 0);   // what no longer counts may be damaged as it likes
        var next = ours.Restarted();
        Assert.Empty(next.Bodies);
        Assert.False(next.Disk.Has(DiskFileKind.Journal, 1));
        next.Append(5, "D").Rest();
        Assert.True(next.Disk.Has(DiskFileKind.Journal, 2));
        Assert.Equal(["D"], next.Restarted().Bodies);
    }

    [Fact]
    public void Damage_in_what_the_snapshot_holds_anyway_is_passed_over()
    {
        var folder = Folder.Founded().Append(1, "a", "b", "c").Rest();
        folder.TakeSnapshot(1, "abc");
        folder.Append(1, "d", "e").Rest();
        folder.Disk[DiskFileKind.Journal, 1][SegmentHeader.RecordsAt + OneRecord + 5] ^= 1;
        var next = folder.Restarted();
        Assert.Equal(["d", "e"], next.Bodies);
        Assert.Empty(next.Recovery.Folder!.Notes);
    }

    [Fact]
    public void A_body_that_looks_like_a_record_is_not_taken_for_one()
    {
        // Whoever could forge a record would make the server take a torn tail for damage. Without the birth id nobody can.
        var forged = new byte[JournalRecord.HeaderBytes];
        JournalRecord.Write(forged, new(new(9), new(1), default, default, 1, 0, 0, default), []);
        JournalRecord.Seal(forged, 1, new(8), JournalRecord.SaltOf(0));
        Assert.False(JournalRecord.TryRead(forged, 1, JournalRecord.SaltOf(Folder.Birth), out _));
        Assert.True(JournalRecord.TryRead(forged, 1, JournalRecord.SaltOf(0), out _));
        Assert.False(JournalRecord.TryRead(forged, 2, JournalRecord.SaltOf(0), out _));
    }

    [Fact]
    public void The_largest_commit_hint_comes_back()
    {
        var folder = Folder.Founded().Append(1, "a").Settle().Append(1, "b").Settle().Append(1, "c").Settle();
        Assert.Equal(new(2), folder.Restarted().Recovery.Folder!.Commit);
    }
}
