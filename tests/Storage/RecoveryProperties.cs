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

    /// <summary>A member of an ensemble after a life of batches, snapshots and starts, and every entry it ever flushed.</summary>
    private sealed record Lived(Folder Folder, List<string> Bodies, List<LogPosition> Log, int Snapshot, int LastBatch)
    {
        public LogPosition PositionOf(int entries) => entries == 0 ? LogPosition.Start : Log[entries - 1];
    }

    private static Lived Live(long segmentBytes, Batch[] batches, int snapshotAt, bool restarts, bool old)
    {
        var folder = Folder.Founded(segmentBytes, isAlone: false);
        var (bodies, log, snapshot) = (new List<string>(), new List<LogPosition>(), 0);
        for (var i = 0; i < batches.Length; i++)
        {
            foreach (var length in batches[i].Lengths)
            {
                Append(folder, bodies, [length]);
                log.Add(folder.Last);
            }
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
        return new(folder, bodies, log, snapshot, batches[^1].Lengths.Length);
    }

    [Fact]
    public void A8_with_others_no_sector_turned_over_is_refused_and_what_it_hides_is_marked_until_it_is_back()
    {
        Gen.Select(GenSegmentBytes, GenBatch.Array[1, 5], Gen.Int[0, 4], Gen.Bool, Gen.Bool).Sample((segmentBytes, batches, snapshotAt,
            restarts, old) =>
        {
            var lived = Live(segmentBytes, batches, snapshotAt, restarts, old);
            var (folder, bodies, log) = (lived.Folder, lived.Bodies, lived.Log);
            var sure = Math.Max(folder.Journal.Marked.Index.Value, (ulong)(bodies.Count - lived.LastBatch));
            foreach (var (kind, number) in folder.Disk.Files)
                for (var sector = 0; sector * MemoryDisk.SectorBytes < folder.Disk[kind, number].Length; sector++)
                {
                    var next = new Folder(folder.Disk.Copy(), segmentBytes) { IsAlone = false };
                    next.Disk.Flip(kind, number, sector);
                    var verdict = next.Recover();
                    var where = $"{kind} {number} sector {sector}: {verdict} {next.Recovery.Refusal}";
                    Assert.True(verdict is RecoveryVerdict.Recovered or RecoveryVerdict.Damaged, where);
                    var start = next.Sink.Snapshot.Count == 0 ? 0 : lived.Snapshot;
                    Assert.Equal(bodies.Skip(start).Take(next.Bodies.Length), next.Bodies);
                    var recovered = start + next.Bodies.Length;
                    Assert.Equal(lived.PositionOf(recovered), next.Last);
                    var convalescence = next.Superblock.State.Convalescence;
                    if (verdict == RecoveryVerdict.Recovered)
                    {
                        Assert.True(convalescence.IsNone);
                        Assert.True((ulong)recovered >= sure || kind == DiskFileKind.TailMark && recovered == bodies.Count, where);
                        continue;
                    }
                    Assert.False(convalescence.IsNone);
                    var mark = convalescence.Mark;
                    Assert.True(convalescence.IsMarkLost || mark.Index.Value >= sure && mark == lived.PositionOf((int)mark.Index.Value), where);

                    // It stays so through crashes, and with the true history back up to the mark it is well.
                    next.Disk.Crash(() => sector % 2 == 0);
                    next = next.Restarted();
                    Assert.Equal(convalescence, next.Superblock.State.Convalescence);
                    Assert.Equal(recovered, start + next.Bodies.Length);
                    if (convalescence.IsMarkLost || start == 0 && lived.Snapshot > 0 && recovered == 0)
                        continue;
                    for (var entry = recovered; entry < (int)mark.Index.Value; entry++)
                    {
                        Assert.False(next.Superblock.State.Convalescence.IsNone);
                        next.Append(1, bodies[entry]);
                        if (entry % 2 == 0)
                            next.Rest();
                    }
                    next = next.Settle().Restarted();
                    Assert.Equal(mark, next.Last);
                    Assert.True(next.Superblock.State.Convalescence.IsNone);
                }
        }, iter: 20);
    }

    [Fact]
    public void A8_whatever_is_turned_over_nothing_is_invented_and_a_mark_once_set_stays()
    {
        var genFlips = Gen.Select(Gen.Int[0, 999], Gen.Int[0, 999]).Array[1, 5];
        Gen.Select(GenSegmentBytes, GenBatch.Array[1, 5], Gen.Int[0, 4], Gen.Bool, genFlips).Sample(
            (segmentBytes, batches, snapshotAt, old, flips) =>
            {
                var lived = Live(segmentBytes, batches, snapshotAt, restarts: false, old);
                var folder = lived.Folder;
                foreach (var (file, sector) in flips)
                {
                    var files = folder.Disk.Files.ToArray();
                    var (kind, number) = files[file % files.Length];
                    folder.Disk.Flip(kind, number, sector % ((folder.Disk[kind, number].Length + 511) / 512));
                }
                var next = new Folder(folder.Disk.Copy(), segmentBytes) { IsAlone = false };
                if (next.Recover() == RecoveryVerdict.Refused)
                {
                    Assert.Contains("superblock", next.Recovery.Refusal);
                    return;
                }
                var start = next.Sink.Snapshot.Count == 0 ? 0 : lived.Snapshot;
                Assert.Equal(lived.Bodies.Skip(start).Take(next.Bodies.Length), next.Bodies);
                var convalescence = next.Superblock.State.Convalescence;
                var mark = convalescence.Mark;
                Assert.True(convalescence.IsMarkLost || mark == lived.PositionOf((int)mark.Index.Value));
                var bodies = next.Bodies;
                next = next.Restarted();
                Assert.Equal(convalescence, next.Superblock.State.Convalescence);
                Assert.Equal(bodies, next.Bodies);
            });
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
