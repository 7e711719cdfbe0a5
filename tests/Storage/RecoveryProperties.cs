using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

/// <summary>The journal cut anywhere, torn anyhow, and rotten in any one sector: never silently wrong.</summary>
public class RecoveryProperties
{
    /// <summary>One flushed batch: the lengths of its entries, and whether the journal came to rest behind it.</summary>
    private readonly record struct Batch(int[] Lengths, bool Rests);

    private static readonly Gen<Batch> GenBatch =
        Gen.Select(Gen.Int[0, 700].Array[1, 5], Gen.Bool, (lengths, rests) => new Batch(lengths, rests));
    private static readonly Gen<long> GenSegmentBytes =
        Gen.OneOf(Gen.Const(4184L), Gen.Const(5084L), Gen.Const(7680L), Gen.Const(1L << 20));

    private static (Folder Folder, List<string> Bodies) Written(long segmentBytes, Batch[] batches)
    {
        var folder = Folder.Founded(segmentBytes);
        var bodies = new List<string>();
        foreach (var batch in batches)
        {
            Append(folder, bodies, batch.Lengths);
            if (batch.Rests)
                folder.Rest();
            else
                folder.Settle();
            folder.Pass(Journal.MarkInterval);
        }
        return (folder, bodies);
    }

    private static void Append(Folder folder, List<string> bodies, int[] lengths)
    {
        foreach (var length in lengths)
        {
            bodies.Add(new string((char)('a' + bodies.Count % 26), length));
            folder.Append(1, bodies[^1]);
        }
    }

    [Fact]
    public void A_crash_that_tears_the_unflushed_batch_in_any_way_loses_nothing_flushed_and_invents_nothing()
    {
        Gen.Select(GenSegmentBytes, GenBatch.Array[0, 4], Gen.Int[0, 700].Array[1, 5], Gen.Int[0, 20], Gen.ULong).Sample(
            (segmentBytes, batches, torn, performed, seed) =>
            {
                var (folder, bodies) = Written(segmentBytes, batches);
                var flushed = bodies.Count;
                Append(folder, bodies, torn);
                folder.Submit();
                for (var i = 0; i < performed && folder.Disk.Waiting > 0; i++)
                    folder.PerformOne();
                if (folder.Journal.FlushedIndex.Value > (ulong)flushed)
                    flushed = bodies.Count;
                var dice = new Dice(seed);
                folder.Disk.Crash(() => dice.Below(2) == 0);
                var next = folder.Restarted();
                Assert.True(next.Bodies.Length >= flushed);
                Assert.Equal(bodies[..next.Bodies.Length], next.Bodies);

                // What was recovered is now flushed; another crash, another batch, another start.
                var more = bodies[..next.Bodies.Length];
                next.Disk.Crash(() => false);
                Append(next, more, [3, 700, 0]);
                next.Settle();
                Assert.Equal(more, next.Restarted().Bodies);
            });
    }

    [Fact]
    public void The_journal_cut_at_every_byte_gives_the_prefix_or_is_refused_where_a_witness_covers_the_cut()
    {
        var (folder, bodies) = Written(1 << 20, [new([3, 90, 0], false), new([17, 200], true), new([5, 8, 300], false)]);
        var whole = folder.Disk[DiskFileKind.Journal, 1];
        var ends = Ends(bodies);
        foreach (var cut in Cuts(whole.Length))
        {
            var next = new Folder(folder.Disk.Copy());
            next.Disk[DiskFileKind.Journal, 1] = whole[..cut];
            var survivors = ends.Count(end => end <= cut);
            // The mark witnesses five entries; the last three were flushed, and nothing that is left says so.
            if (survivors < 5)
            {
                Assert.Equal(RecoveryVerdict.Refused, next.Recover());
                Assert.Contains("journal segment 1, offset ", next.Recovery.Refusal);
            }
            else
            {
                Assert.True(next.Recover() == RecoveryVerdict.Recovered, next.Recovery.Refusal);
                Assert.Equal(bodies[..survivors], next.Bodies);
            }
        }
    }

    [Fact]
    public void A9_once_the_last_batch_is_marked_no_cut_at_any_byte_goes_unnoticed()
    {
        var (folder, bodies) = Written(1 << 20, [new([3, 90, 0], false), new([17, 200], true)]);
        var whole = folder.Disk[DiskFileKind.Journal, 1];
        var last = Ends(bodies)[^1];
        foreach (var cut in Cuts(last))
        {
            var next = new Folder(folder.Disk.Copy());
            next.Disk[DiskFileKind.Journal, 1] = whole[..cut];
            Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        }
    }

    [Fact]
    public void The_unflushed_part_cut_at_every_byte_gives_every_entry_that_is_whole()
    {
        var (folder, bodies) = Written(1 << 20, [new([3, 90, 0], true)]);
        var flushedEnd = folder.Disk[DiskFileKind.Journal, 1].Length;
        Append(folder, bodies, [5, 8, 300, 0]);
        folder.Submit().PerformOne();
        var whole = folder.Disk[DiskFileKind.Journal, 1];
        var ends = Ends(bodies);
        for (var cut = flushedEnd; cut <= whole.Length; cut++)
        {
            var next = new Folder(folder.Disk.Copy());
            next.Disk[DiskFileKind.Journal, 1] = whole[..cut];
            Assert.True(next.Recover() == RecoveryVerdict.Recovered, next.Recovery.Refusal);
            Assert.Equal(bodies[..ends.Count(end => end <= cut)], next.Bodies);
        }
    }

    [Fact]
    public void Every_sector_of_every_file_turned_over_is_harmless_or_cut_behind_the_witnesses_or_refused_by_name()
    {
        Gen.Select(GenSegmentBytes, GenBatch.Array[1, 5], Gen.Int[0, 4], Gen.Bool, Gen.Bool).Sample((segmentBytes, batches, snapshotAt,
            restarts, old) =>
        {
            var folder = Folder.Founded(segmentBytes);
            var bodies = new List<string>();
            var snapshot = 0;
            for (var i = 0; i < batches.Length; i++)
            {
                Append(folder, bodies, batches[i].Lengths);
                if (batches[i].Rests)
                    folder.Rest();
                else
                    folder.Settle();
                folder.Pass(Journal.MarkInterval);
                if (i != snapshotAt)
                    continue;
                if (old)
                    folder.TakeSnapshot(2, "old");
                snapshot = bodies.Count;
                folder.TakeSnapshot(2, $"state at {snapshot}");
                if (restarts)
                    folder = folder.Restarted();
            }
            var marked = folder.Journal.Marked.Index;
            var lastBatch = batches[^1].Lengths.Length;
            foreach (var (kind, number) in folder.Disk.Files)
                for (var sector = 0; sector * MemoryDisk.SectorBytes < folder.Disk[kind, number].Length; sector++)
                {
                    var next = new Folder(folder.Disk.Copy());
                    next.Disk.Flip(kind, number, sector);
                    var before = next.Disk.Contents();
                    if (next.Recover() == RecoveryVerdict.Refused)
                    {
                        Assert.Contains(kind switch
                        {
                            DiskFileKind.Journal => "journal segment",
                            DiskFileKind.Snapshot => $"snapshot {number}",
                            _ => "neither the superblock nor the mark is lost by one sector",
                        }, next.Recovery.Refusal);
                        Assert.Equal(before, next.Disk.Contents());
                        continue;
                    }
                    // Nothing but a tail that no witness covered may be gone: at most the last batch, and never if it was marked.
                    var start = next.Sink.Snapshot.Count == 0 ? 0 : snapshot;
                    Assert.Equal(bodies.Skip(start).Take(next.Bodies.Length), next.Bodies);
                    var recovered = (ulong)(start + next.Bodies.Length);
                    Assert.True(recovered >= marked.Value || kind == DiskFileKind.TailMark && recovered == (ulong)bodies.Count);
                    Assert.True(recovered >= (ulong)(bodies.Count - lastBatch),
                        $"{kind} {number} sector {sector}: {recovered} of {bodies.Count}");
                    if (recovered < (ulong)bodies.Count)
                        Assert.NotEmpty(next.Recovery.Folder!.Notes);
                }
        }, iter: 20);
    }

    [Fact]
    public void Every_byte_of_the_journal_header_and_records_that_a_mark_covers_is_guarded()
    {
        var (folder, bodies) = Written(1 << 20, [new([3, 90], false), new([17, 0], true)]);
        var last = Ends(bodies)[^1];
        foreach (var at in Cuts(last))
        {
            var next = new Folder(folder.Disk.Copy());
            next.Disk[DiskFileKind.Journal, 1][at] ^= 0x10;
            if (next.Recover() == RecoveryVerdict.Recovered)
                Assert.Equal(bodies, next.Bodies);   // padding, or a header that the records make good
        }
    }

    // Every byte of the records; the first page, which holds no entries, more coarsely.
    private static IEnumerable<int> Cuts(int end)
    {
        for (var cut = 0; cut < end; cut += cut < SegmentHeader.RecordsAt - 128 ? 64 : 1)
            yield return cut;
    }

    private static List<int> Ends(List<string> bodies)
    {
        var ends = new List<int>();
        var at = SegmentHeader.RecordsAt;
        foreach (var body in bodies)
        {
            ends.Add(at + JournalRecord.HeaderBytes + body.Length);
            at += JournalRecord.SizeOf(body.Length);
        }
        return ends;
    }
}
