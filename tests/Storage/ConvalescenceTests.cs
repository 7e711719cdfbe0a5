using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

/// <summary>A member of an ensemble whose journal or snapshot was damaged: what it keeps, and what it remembers (A8).</summary>
public class ConvalescenceTests
{
    private const int OneRecord = 72;   // of a body of one to eight bytes

    private static Folder Founded(long segmentBytes = 1 << 20) => Folder.Founded(segmentBytes, isAlone: false);

    private static Folder Started(Folder folder, RecoveryVerdict expected)
    {
        var next = new Folder(folder.Disk, folder.SegmentBytes) { IsAlone = false };
        var verdict = next.Recover();
        Assert.True(verdict == expected, $"{verdict} {next.Recovery.Refusal} {string.Join(' ', next.Recovery.Folder?.Notes ?? [])}");
        return next;
    }

    private static Convalescence Of(Folder folder) => folder.Superblock.State.Convalescence;

    /// <summary>Entries a to j, each flushed by itself; at rest, so that the tail mark witnesses the last.</summary>
    private static Folder TenEntries(long segmentBytes = 1 << 20)
    {
        var folder = Founded(segmentBytes);
        for (var body = 'a'; body <= 'j'; body++)
            folder.Append(4, body.ToString()).Settle();
        return folder.Rest();
    }

    private static void Rot(Folder folder, int entry, ulong segment = 1)
    {
        var bytes = folder.Disk[DiskFileKind.Journal, segment];
        bytes[SegmentHeader.RecordsAt + (entry - 1) * OneRecord + JournalRecord.HeaderBytes] ^= 1;
        folder.Disk[DiskFileKind.Journal, segment] = bytes;   // flushed that way: a crash does not take it back
    }

    [Fact]
    public void A8_damage_keeps_the_good_prefix_and_the_position_that_was_flushed()
    {
        var folder = TenEntries();
        Rot(folder, 5);
        var next = Started(folder, RecoveryVerdict.Damaged);
        Assert.Equal(["a", "b", "c", "d"], next.Bodies);
        Assert.Equal(Convalescence.Until(folder.Last), Of(next));
        Assert.Equal(new(4), next.Journal.FlushedIndex);
        Assert.Equal(new(4), next.Recovery.Damage!.LastGood.Index);
        Assert.Contains(next.Recovery.Folder!.Notes, note => note.Contains("the record of entry 5 is damaged", StringComparison.Ordinal));
        Assert.Contains(next.Recovery.Folder!.Notes, note => note.Contains("holds entry 10 again", StringComparison.Ordinal));
    }

    [Fact]
    public void A8_the_mark_is_in_both_slots_before_anything_is_deleted()
    {
        var folder = TenEntries(segmentBytes: 4184);
        Rot(folder, 1, segment: 5);
        folder.Disk.Log.Clear();
        Started(folder, RecoveryVerdict.Damaged);
        var changes = folder.Disk.Log.Where(line => line.StartsWith("DiskWrite", StringComparison.Ordinal)
            || line.StartsWith("DiskDrop", StringComparison.Ordinal) || line.StartsWith("DiskFlush Superblock", StringComparison.Ordinal))
            .Select(line => line.Split(" @")[0]).ToArray();
        Assert.Equal(["DiskWrite Superblock 0", "DiskFlush Superblock 0", "DiskWrite Superblock 0", "DiskFlush Superblock 0"], changes[..4]);
        Assert.Equal(["DiskDrop Journal 6", "DiskDrop Journal 7", "DiskDrop Journal 8", "DiskDrop Journal 9", "DiskDrop Journal 10"], changes[4..]);
    }

    [Fact]
    public void A8_however_often_and_wherever_a_start_is_interrupted_the_mark_stays()
    {
        for (var requests = 0; requests < 60; requests++)
        {
            var folder = TenEntries(segmentBytes: 4184 + 3 * OneRecord);
            var last = folder.Last;
            Rot(folder, 2, segment: 2);
            new Folder(folder.Disk, folder.SegmentBytes) { IsAlone = false }.StartAndCrash(requests, () => requests % 2 == 0);
            var next = new Folder(folder.Disk, folder.SegmentBytes) { IsAlone = false };
            Assert.True(next.Recover() != RecoveryVerdict.Refused, $"{requests}: {next.Recovery.Refusal}");
            Assert.True(Convalescence.Until(last) == Of(next), $"after {requests} requests: {next.Recovery.Verdict}, {Of(next)}");
            Assert.Equal(["a", "b", "c", "d", "e"], next.Bodies);
        }
    }

    [Fact]
    public void A8_a_member_in_the_middle_of_repair_goes_on_as_convalescent_and_is_well_when_it_holds_the_mark()
    {
        var folder = TenEntries();
        var mark = folder.Last;
        Rot(folder, 5);
        var next = Started(folder, RecoveryVerdict.Damaged);
        foreach (var body in (string[])["e", "f", "g", "h", "i"])
        {
            next.Append(4, body).Rest();
            next = Started(next, RecoveryVerdict.Recovered);
            Assert.Equal(Convalescence.Until(mark), Of(next));
        }
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g", "h", "i"], next.Bodies);
        next.Append(4, "j").Rest();
        Assert.Equal(mark, next.Last);
        next = Started(next, RecoveryVerdict.Recovered);
        Assert.True(Of(next).IsNone);
        next.Superblock.Write(next.Superblock.State with { Starts = 3 }, next.Effects);
        next.Settle();
        Assert.True(Of(Started(next, RecoveryVerdict.Recovered)).IsNone);
    }

    [Fact]
    public void A8_an_entry_of_a_later_term_shows_that_the_mark_was_never_committed()
    {
        var folder = TenEntries();
        Rot(folder, 5);
        var next = Started(folder, RecoveryVerdict.Damaged);
        next.Append(4, "E", "F").Rest();
        next = Started(next, RecoveryVerdict.Recovered);
        Assert.Equal(Convalescence.Until(folder.Last), Of(next));
        next.Append(5, "G").Rest();
        Assert.True(Of(Started(next, RecoveryVerdict.Recovered)).IsNone);
    }

    [Fact]
    public void A8_where_only_an_index_is_witnessed_what_was_acknowledged_is_unknown()
    {
        var folder = Founded().Append(4, "a").Settle().Append(4, "b").Settle().Append(4, "c").Settle();
        folder.Disk[DiskFileKind.Journal, 1][SegmentHeader.RecordsAt + OneRecord + 20] ^= 1;   // the second record is nothing any more
        Rot(folder, 3);                                                                        // the third says that there was one
        var next = Started(folder, RecoveryVerdict.Damaged);
        Assert.Equal(["a"], next.Bodies);
        Assert.Equal(Convalescence.MarkLost, Of(next));
        Assert.Contains(next.Recovery.Folder!.Notes, note => note.Contains("it does not vote", StringComparison.Ordinal));
        // It stays so, whatever it holds meanwhile.
        next.Append(4, "b", "c", "d").Settle().Append(4, "e").Rest();
        Assert.Equal(Convalescence.MarkLost, Of(Started(next, RecoveryVerdict.Recovered)));
    }

    [Fact]
    public void A8_intact_records_of_a_torn_batch_behind_the_damage_are_no_part_of_the_mark()
    {
        var folder = TenEntries();
        var mark = folder.Last;
        folder.Append(4, new string('k', 600), new string('l', 600), new string('m', 600)).Submit();
        folder.PerformOne().PerformOne();
        var sector = 0;
        folder.Disk.Crash(() => sector++ != 2);   // a sector of the second of them is lost
        Rot(folder, 5);
        var next = Started(folder, RecoveryVerdict.Damaged);
        Assert.InRange(Of(next).Mark.Index.Value, mark.Index.Value, mark.Index.Value + 1);
    }

    [Fact]
    public void A8_a_mark_that_is_lost_with_the_tail_leaves_nothing_to_go_by()
    {
        var folder = TenEntries().Append(4, "k").Rest();
        folder.Disk.Flip(DiskFileKind.TailMark, 0, 0);
        folder.Disk.Flip(DiskFileKind.TailMark, 0, 8);
        var torn = folder.Disk.Copy();
        var clean = Started(folder, RecoveryVerdict.Recovered);
        Assert.True(Of(clean).IsNone);
        torn[DiskFileKind.Journal, 1][SegmentHeader.RecordsAt + 10 * OneRecord + JournalRecord.HeaderBytes] ^= 1;
        var next = new Folder(torn) { IsAlone = false };
        Assert.Equal(RecoveryVerdict.Damaged, next.Recover());
        Assert.Equal(Convalescence.MarkLost, Of(next));
        Assert.Equal(10, next.Bodies.Length);
    }

    [Fact]
    public void A8_a_segment_that_cannot_be_read_leaves_what_was_read_before_it()
    {
        var folder = TenEntries(segmentBytes: 4184);
        folder.Disk.Fate = effect => effect is { Kind: EffectKind.DiskRead, Place: { File: { Kind: DiskFileKind.Journal, Number: 4 }, Offset: > 0 } }
            ? DiskOutcome.Failed : DiskOutcome.Done;
        var next = Started(folder, RecoveryVerdict.Damaged);
        Assert.Equal(["a", "b", "c"], next.Bodies);
        Assert.Equal(Convalescence.MarkLost, Of(next));
    }

    [Fact]
    public void A8_new_entries_are_not_covered_by_old_witnesses()
    {
        var folder = TenEntries();
        Rot(folder, 5);
        var next = Started(folder, RecoveryVerdict.Damaged);
        next.Append(5, new string('E', 1200)).Submit();
        while (next.Disk.Waiting > 0 && next.Disk.Next.Kind != EffectKind.DiskFlush)
            next.PerformOne();
        next.Disk.Log.Clear();
        next.Settle();
        // The mark of the old history is lowered and flushed before anything of the new one is written (A10).
        Assert.StartsWith("DiskFlush TailMark", next.Disk.Log[0], StringComparison.Ordinal);
        next.Disk[DiskFileKind.Journal, 2].AsSpan(SegmentHeader.RecordsAt, 512).Clear();
        next = Started(next, RecoveryVerdict.Recovered);
        Assert.Equal(["a", "b", "c", "d"], next.Bodies);
        Assert.Equal(new(10), Of(next).Mark.Index);
    }

    [Fact]
    public void A8_damage_upon_damage_keeps_the_later_of_two_marks()
    {
        var folder = TenEntries();
        Rot(folder, 8);
        var next = Started(folder, RecoveryVerdict.Damaged);
        next.Append(4, "h").Rest();
        Rot(next, 2);
        next = Started(next, RecoveryVerdict.Damaged);
        Assert.Equal(["a"], next.Bodies);
        Assert.Equal(folder.Last, Of(next).Mark);

        var earlier = Convalescence.Until(new(new(100), new(4), 1));
        var later = Convalescence.Until(new(new(60), new(5), 2));
        Assert.Equal(later, earlier.And(later));
        Assert.Equal(later, later.And(earlier));
        Assert.Equal(earlier, earlier.And(Convalescence.Until(new(new(99), new(4), 3))));
        Assert.Equal(earlier, Convalescence.None.And(earlier));
        Assert.Equal(earlier, earlier.And(Convalescence.None));
        Assert.Equal(Convalescence.MarkLost, Convalescence.MarkLost.And(later));
        Assert.Equal(Convalescence.MarkLost, later.And(Convalescence.MarkLost));
        Assert.True(Convalescence.None.And(Convalescence.None).IsNone);
    }

    [Fact]
    public void A8_a_log_or_a_snapshot_that_reaches_the_mark_makes_well_unless_the_mark_is_lost()
    {
        var until = Convalescence.Until(new(new(10), new(4), 1));
        Assert.False(until.IsOverAt(new(new(9), new(4), 1)));
        Assert.True(until.IsOverAt(until.Mark));
        Assert.True(until.IsOverAt(new(new(8), new(5), 2)));
        Assert.False(until.IsOverAt(new(new(99), new(3), 2)));
        Assert.False(Convalescence.MarkLost.IsOverAt(new(new(99), new(7), 1)));

        var state = new SuperblockState { Starts = 4, Convalescence = until, OlderSnapshots = [new(3, default)], Snapshot = new(4, default) };
        var installed = state.Installed(new(9, new(new(12), new(5), 6)), 7, [1, 2]);
        Assert.Equal((5U, 7UL, 9UL), (installed.Starts, installed.FirstSegment, installed.Snapshot.Number));
        Assert.True(installed.Convalescence.IsNone && installed.OlderSnapshots.Count == 0);
        Assert.False(installed.Keeps(4));
    }

    [Fact]
    public void A8_a_snapshot_that_is_damaged_with_no_older_one_leaves_an_empty_member_that_knows_what_it_had()
    {
        var folder = TenEntries(segmentBytes: 4184 + 2 * OneRecord);
        folder.TakeSnapshot(1, "state of ten");
        folder.Append(4, "k", "l").Rest();
        var mark = folder.Last;
        folder.Disk.Flip(DiskFileKind.Snapshot, 1, 0);
        var next = Started(folder, RecoveryVerdict.Damaged);
        Assert.Empty(next.Bodies);
        Assert.Empty(next.Sink.Snapshot);
        Assert.Equal(Convalescence.Until(mark), Of(next));
        Assert.Equal((Folder.Birth, 0UL), (next.Superblock.State.Birth, next.Superblock.State.Snapshot.Number));
        Assert.Equal(LogPosition.Start, next.Journal.Flushed);
        Assert.Equal(LogIndex.Zero, next.Recovery.Folder!.Commit);
        Assert.DoesNotContain(next.Disk.Files, file => file.Kind is DiskFileKind.Journal or DiskFileKind.Snapshot);
        for (var start = 0; start < 2; start++)
        {
            next.Disk.Crash(() => false);
            next = Started(next, RecoveryVerdict.Recovered);
            Assert.Equal(Convalescence.Until(mark), Of(next));
            Assert.Empty(next.Bodies);
        }
        next.Append(4, "a", "b").Rest();
        Assert.Equal(["a", "b"], Started(next, RecoveryVerdict.Recovered).Bodies);
    }

    [Fact]
    public void A8_a_snapshot_and_its_journal_both_damaged_leave_the_mark_of_the_journal()
    {
        var folder = TenEntries(segmentBytes: 64 << 10);
        folder.TakeSnapshot(1, "state of ten");
        folder.Append(4, "k").Settle().Append(4, "l").Settle().Append(4, "m").Rest();
        folder.Disk.Flip(DiskFileKind.Snapshot, 1, 0);
        Rot(folder, 12);
        var next = Started(folder, RecoveryVerdict.Damaged);
        Assert.Empty(next.Bodies);
        Assert.Equal(folder.Last, Of(next).Mark);
    }

    [Fact]
    public void A8_a_start_that_loses_its_snapshot_may_be_interrupted_anywhere()
    {
        for (var requests = 0; requests < 40; requests++)
        {
            var folder = TenEntries(segmentBytes: 4184 + 2 * OneRecord);
            folder.TakeSnapshot(1, "state of ten");
            folder.Append(4, "k", "l").Rest();
            folder.Disk.Flip(DiskFileKind.Snapshot, 1, 0);
            new Folder(folder.Disk, folder.SegmentBytes) { IsAlone = false }.StartAndCrash(requests, () => requests % 2 == 0);
            var next = new Folder(folder.Disk, folder.SegmentBytes) { IsAlone = false };
            Assert.True(next.Recover() != RecoveryVerdict.Refused, $"{requests}: {next.Recovery.Refusal}");
            Assert.Equal(Convalescence.Until(folder.Last), Of(next));
            Assert.Empty(next.Bodies);
        }
    }

    [Fact]
    public void A8_an_older_snapshot_whose_journal_does_not_reach_on_is_kept_and_the_member_convalescent()
    {
        var folder = Founded(segmentBytes: 4184);
        folder.Append(1, "a", "b").Settle();
        folder.TakeSnapshot(2, "ab");
        folder.Append(1, "c", "d", "e").Settle();
        folder.TakeSnapshot(2, "abcde");
        folder.Append(1, "f").Rest();
        folder.Disk.Flip(DiskFileKind.Snapshot, 2, 0);
        folder.Disk.Remove(DiskFileKind.Journal, 3);
        var next = Started(folder, RecoveryVerdict.Damaged);
        Assert.Equal(["header state", "ab", "trailer sum"], next.Sink.Snapshot);
        Assert.Empty(next.Bodies);
        Assert.Equal(folder.Last, Of(next).Mark);
        Assert.Equal(1UL, next.Superblock.State.Snapshot.Number);
        Assert.Equal(Of(next), Of(Started(next, RecoveryVerdict.Damaged)));
    }

    [Fact]
    public void Both_superblock_slots_bad_is_refused_with_others_as_well()
    {
        var folder = TenEntries();
        folder.Disk.Flip(DiskFileKind.Superblock, 0, 0);
        folder.Disk.Flip(DiskFileKind.Superblock, 0, 8);
        var next = Started(folder, RecoveryVerdict.Refused);
        Assert.Contains("rejoin as a new one", next.Recovery.Refusal);
    }

    [Fact]
    public void A8_one_bad_superblock_slot_does_not_forget_the_convalescence()
    {
        for (var slot = 0; slot < 2; slot++)
        {
            var folder = TenEntries();
            Rot(folder, 5);
            var next = Started(folder, RecoveryVerdict.Damaged);
            next.Append(4, "e").Rest();
            next.Disk.Flip(DiskFileKind.Superblock, 0, slot * 8);
            next = Started(next, RecoveryVerdict.Recovered);
            Assert.Equal(folder.Last, Of(next).Mark);
        }
    }

    [Fact]
    public void A14_a_member_that_was_born_but_belongs_to_no_ensemble_is_found_as_such()
    {
        var folder = new Folder { IsAlone = false };
        Assert.Equal(RecoveryVerdict.Empty, folder.Recover());
        var superblock = new Superblock(folder.Tickets, null);
        superblock.Write(new() { Birth = Folder.Birth, Starts = 1 }, folder.Effects);
        folder.Disk.Take(folder.Effects);
        while (folder.Disk.Waiting > 0)
        {
            var (ticket, outcome, _) = folder.Disk.Perform();
            superblock.Completed(ticket, outcome, folder.Effects);
            folder.Disk.Take(folder.Effects);
        }
        folder.Disk.Crash(() => false);
        var next = Started(folder, RecoveryVerdict.Recovered);
        Assert.Equal((0UL, Folder.Birth), (next.Superblock.State.Ensemble, next.Superblock.State.Birth));
        Assert.Equal(LogPosition.Start, next.Last);
    }

    [Fact]
    public void What_may_not_be_applied_yet_is_never_more_than_the_writer_had_in_memory()
    {
        var folder = Founded(segmentBytes: 6000);
        for (var i = 0; i < 60; i++)
        {
            folder.Append(1, [.. Enumerable.Range(0, 1 + i % 7).Select(n => $"{i}.{n}")]);
            if (i % 3 == 0)
                folder.Settle();
        }
        folder.Rest();
        // The writer took what was flushed for committed, and never had more than three batches waiting for their flush.
        var next = Started(folder, RecoveryVerdict.Recovered);
        Assert.InRange(next.Sink.TailMax, 1UL, 3 * 7UL);
        Assert.Equal(next.Sink.Commit, next.Recovery.Folder!.Commit);
    }
}
