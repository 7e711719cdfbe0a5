using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

public class JournalTests
{
    [Fact]
    public void Nothing_counts_as_flushed_before_its_flush_has_ended()
    {
        var folder = Folder.Founded().Append(1, "a").Submit();
        Assert.Equal(LogIndex.Zero, folder.Journal.FlushedIndex);
        while (folder.Disk.Waiting > 1)
            folder.PerformOne();
        Assert.Equal(LogIndex.Zero, folder.Journal.FlushedIndex);
        Assert.True(folder.Journal.PendingBytes > 0);
        folder.PerformOne();
        Assert.Equal(new(1), folder.Journal.FlushedIndex);
        Assert.Equal(new(1), folder.Journal.FlushedTerm);
        Assert.Equal(0, folder.Journal.PendingBytes);
    }

    [Fact]
    public void What_is_appended_while_a_flush_is_outstanding_goes_with_one_write_and_one_flush()
    {
        var folder = Folder.Founded().Append(1, "first").Submit();
        for (var i = 0; i < 100; i++)
            folder.Append(1, "entry" + i).Submit();
        folder.PerformOne().PerformOne().PerformOne();   // header, record, flush
        Assert.Equal(0, folder.Disk.Waiting);
        folder.Submit();
        Assert.Equal(2, folder.Disk.Waiting);
        folder.PerformOne().PerformOne();
        Assert.Equal(new(101), folder.Journal.FlushedIndex);
    }

    [Fact]
    public void A_batch_over_a_segment_boundary_counts_only_when_both_files_are_flushed()
    {
        var folder = Folder.Founded(segmentBytes: 4608);
        folder.Append(1, new string('a', 200), new string('b', 200), new string('c', 200)).Submit();
        while (folder.Disk.Waiting > 1)
        {
            folder.PerformOne();
            Assert.Equal(LogIndex.Zero, folder.Journal.FlushedIndex);
        }
        folder.PerformOne();
        Assert.Equal(new(3), folder.Journal.FlushedIndex);
        Assert.True(folder.Disk.Has(DiskFileKind.Journal, 2));
        Assert.Equal(3, folder.Restarted().Sink.Entries.Count);
    }

    [Fact]
    public void A_record_larger_than_a_segment_has_one_of_its_own()
    {
        var folder = Folder.Founded(segmentBytes: 4608).Append(1, "a", new string('b', 5000), "c").Rest();
        Assert.Equal(["a", new string('b', 5000), "c"], folder.Restarted().Bodies);
        Assert.True(folder.Disk.Has(DiskFileKind.Journal, 3));
    }

    [Fact]
    public void Segments_below_a_snapshot_are_deleted_whole()
    {
        var folder = Folder.Founded(segmentBytes: 4608);
        for (var i = 0; i < 12; i++)
            folder.Append(1, new string((char)('a' + i), 200)).Settle();
        var segments = folder.Disk.Files.Count(file => file.Kind == DiskFileKind.Journal);
        folder.TakeSnapshot(1, "x");
        Assert.True(folder.Disk.Files.Count(file => file.Kind == DiskFileKind.Journal) < segments);
        folder.Append(1, "after").Rest();
        var next = folder.Restarted();
        Assert.Equal(["after"], next.Bodies);
        Assert.Equal(["header state", "x", "trailer sum"], next.Sink.Snapshot);
    }

    [Theory]
    [InlineData(EffectKind.DiskWrite, DiskOutcome.Full, "no space is left")]
    [InlineData(EffectKind.DiskWrite, DiskOutcome.Failed, "device reported an error")]
    [InlineData(EffectKind.DiskFlush, DiskOutcome.Failed, "flushing journal segment 1")]
    public void B8_a_failed_write_or_flush_of_the_journal_stops_it_for_good(EffectKind kind, DiskOutcome outcome, string says)
    {
        var folder = Folder.Founded().Append(1, "a").Settle();
        folder.Disk.Fate = effect => effect.Kind == kind ? outcome : DiskOutcome.Done;
        folder.Append(1, "b").Settle();
        folder.Disk.Fate = _ => DiskOutcome.Done;
        folder.Append(1, "c").Rest();
        Assert.Equal(new(1), folder.Journal.FlushedIndex);
        Assert.Contains("journal segment 1", folder.Journal.Failure);
        Assert.Contains(says, folder.Journal.Failure);
        Assert.Equal(Instant.Never, folder.Journal.Deadline);
        Assert.Equal(LogIndex.Zero, folder.Journal.Marked.Index);
    }

    [Fact]
    public void B8_a_failed_deletion_of_a_segment_stops_the_journal()
    {
        var folder = Folder.Founded(segmentBytes: 4184);
        folder.Append(1, "a", "b", "c").Settle();
        folder.Disk.Fate = effect => effect.Kind == EffectKind.DiskDrop ? DiskOutcome.Failed : DiskOutcome.Done;
        folder.Journal.DropBelow(new(3), pinned: LogIndex.Max, bytes: 0, folder.Effects);
        folder.Settle();
        Assert.Contains("deleting journal segment 1", folder.Journal.Failure);
    }

    [Fact]
    public void A9_a_journal_at_rest_marks_its_last_batch_once()
    {
        var folder = Folder.Founded().Append(1, "a", "b").Settle();
        Assert.Equal(LogIndex.Zero, folder.Journal.Marked.Index);
        Assert.False(folder.Journal.Idle);
        Assert.NotEqual(Instant.Never, folder.Journal.Deadline);
        folder.Rest();
        Assert.Equal(folder.Last, folder.Journal.Marked);
        Assert.True(folder.Journal.Idle);
        var flushes = folder.Disk.Flushes;
        for (var i = 0; i < 5; i++)
            folder.Rest();
        Assert.Equal(flushes, folder.Disk.Flushes);
        Assert.Equal(Instant.Never, folder.Journal.Deadline);
    }

    [Fact]
    public void A9_a_journal_under_steady_load_spends_no_flush_on_marks()
    {
        var folder = Folder.Founded();
        var before = folder.Disk.Flushes;
        for (var i = 0; i < 50; i++)
        {
            folder.Append(1, "entry").Settle();
            folder.Pass(TimeSpan.FromMilliseconds(2));
        }
        Assert.Equal(50, folder.Disk.Flushes - before);
    }

    [Fact]
    public void A9_a_mark_under_way_does_not_hold_up_a_new_batch()
    {
        var folder = Folder.Founded().Append(1, "a").Settle();
        folder.Pass(Journal.IdleMarkDelay);
        folder.Submit();
        Assert.Equal(2, folder.Disk.Waiting);
        folder.Append(1, "b").Submit();
        Assert.Equal(5, folder.Disk.Waiting);   // with a mark that rides with the batch
    }

    [Fact]
    public void A9_marks_ride_with_batches_at_intervals_under_the_same_flush()
    {
        var folder = Folder.Founded().Append(1, "a").Settle();
        folder.Disk.Log.Clear();
        for (var i = 0; i < 10; i++)
        {
            folder.Pass(Journal.MarkInterval / 2);
            folder.Append(1, "entry").Settle();
        }
        Assert.Equal(10, folder.Disk.Log.Count(line => line.StartsWith("DiskFlush", StringComparison.Ordinal)));
        var marks = folder.Disk.Log.Where(line => line.EndsWith("+512", StringComparison.Ordinal)).ToArray();
        Assert.Equal(["@1536", "@1024", "@1536", "@1024", "@1536"], marks.Select(mark => mark.Split(' ')[3].Split('+')[0]));
        Assert.Equal(new(10), DataFolderReport.Segment(1, Folder.Birth, folder.Disk[DiskFileKind.Journal, 1]).Marked);
    }

    [Fact]
    public void A10_a_flush_that_was_under_way_at_a_truncation_attests_only_what_was_kept()
    {
        var folder = Folder.Founded().Append(1, "a", "b").Settle();
        var kept = folder.Last;
        folder.Append(1, "c", "d").Submit();
        folder.Journal.TruncateAfter(kept);
        folder.Last = kept;
        folder.Append(2, "C").Submit();
        folder.PerformOne().PerformOne();
        Assert.Equal(kept, folder.Journal.Flushed);
        folder.Settle();
        Assert.Equal(folder.Last, folder.Journal.Flushed);
        Assert.Equal(new(2), folder.Journal.FlushedTerm);
        folder.Rest();
        Assert.Equal(["a", "b", "C"], folder.Restarted().Bodies);
    }

    [Fact]
    public void A10_a_truncation_of_what_was_never_written_costs_nothing()
    {
        var folder = Folder.Founded().Append(1, "a").Submit();
        var kept = folder.Last;
        folder.Append(1, "b");
        folder.Journal.TruncateAfter(kept);
        folder.Last = kept;
        folder.Append(2, "B").Rest();
        Assert.False(folder.Disk.Has(DiskFileKind.Journal, 2));
        Assert.Equal(["a", "B"], folder.Restarted().Bodies);
    }

    [Fact]
    public void A10_a_truncation_lowers_the_mark_and_flushes_it_before_the_new_history_is_written()
    {
        var folder = Folder.Founded().Append(4, "a", "b").Settle();
        var kept = folder.Last;
        folder.Append(4, "c", "d").Rest();
        Assert.Equal(new(4), folder.Journal.Marked.Index);
        folder.Journal.TruncateAfter(kept);
        folder.Last = kept;
        folder.Append(5, "C");
        folder.Disk.Log.Clear();
        folder.Settle();
        Assert.Collection(folder.Disk.Log,
            line => Assert.StartsWith("DiskWrite TailMark", line, StringComparison.Ordinal),
            line => Assert.StartsWith("DiskFlush TailMark", line, StringComparison.Ordinal),
            line => Assert.StartsWith("DiskWrite Journal 2 @0", line, StringComparison.Ordinal),
            line => Assert.StartsWith("DiskWrite Journal 2 @4096", line, StringComparison.Ordinal),
            line => Assert.StartsWith("DiskFlush Journal 2", line, StringComparison.Ordinal));
        Assert.Equal(["a", "b", "C"], folder.Restarted().Bodies);
    }

    [Fact]
    public void Appending_and_flushing_allocate_nothing_after_warm_up()
    {
        var journal = new Journal(64 << 20, new(), 1, JournalStart.Empty);
        var effects = new Effects();
        var body = new byte[200];
        var last = LogPosition.Start;
        ulong batches = 0;
        Batches();
        Assert.Equal(0, Allocated.By(Batches));
        Assert.Equal(new(batches * 32), journal.FlushedIndex);

        void Batches()
        {
            for (var i = 0; i < 100; i++)
                Batch();
        }

        void Batch()
        {
            batches++;
            for (var i = 0; i < 32; i++)
            {
                var index = last.Index.Next;
                var chain = Chain.Next(last.Chain, index, new(1), new(5), body);
                journal.Append(index, new(1), new(5), last.Index, chain, body);
                last = new(index, new(1), chain);
            }
            journal.Submit(Instant.Origin, effects);
            for (var i = 0; i < effects.Count; i++)
                journal.Completed(effects[i].Ticket, DiskOutcome.Done);
            effects.Clear();
        }
    }
}
