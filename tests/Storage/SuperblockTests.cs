using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

public class SuperblockTests
{
    [Fact]
    public void A3_a_generation_is_durable_only_after_both_slots_are_flushed()
    {
        var folder = Folder.Founded();
        var generation = folder.Superblock.Write(folder.Superblock.State with { Term = new(5), VotedFor = new(2) }, folder.Effects);
        folder.Disk.Take(folder.Effects);
        for (var performed = 0; performed < 3; performed++)
        {
            folder.PerformOne();
            Assert.True(folder.Superblock.DurableGeneration < generation);
        }
        folder.PerformOne();
        Assert.Equal(generation, folder.Superblock.DurableGeneration);
        Assert.True(folder.Superblock.Idle);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A3_a_rotten_slot_takes_back_neither_vote_nor_snapshot_pointer(int slot)
    {
        var folder = Folder.Founded().Append(4, "a").Rest();
        var pointer = folder.TakeSnapshot(1, "state of a");
        folder.Superblock.Write(folder.Superblock.State with { Term = new(5), VotedFor = new(3) }, folder.Effects);
        folder.Settle();
        folder.Disk.Flip(DiskFileKind.Superblock, 0, slot * SuperblockImage.SlotBytes / MemoryDisk.SectorBytes);
        for (var start = 0; start < 2; start++)
        {
            var next = folder.Restarted();
            Assert.Equal(new(5), next.Superblock.State.Term);
            Assert.Equal(new(3), next.Superblock.State.VotedFor);
            Assert.Equal(pointer, next.Superblock.State.Snapshot);
            // The damaged slot is whole again, so the other may rot next.
            var file = folder.Disk[DiskFileKind.Superblock];
            Assert.Equal(SuperblockImage.Bytes(file, 0), SuperblockImage.Bytes(file, 1));
            folder.Disk.Flip(DiskFileKind.Superblock, 0, (slot ^ 1) * SuperblockImage.SlotBytes / MemoryDisk.SectorBytes);
        }
    }

    [Fact]
    public void A3_a_crash_anywhere_in_a_write_leaves_the_old_or_the_new_state_and_never_goes_back_once_durable()
    {
        for (var crashAt = 0; crashAt <= 8; crashAt++)
            for (var keep = 0; keep < 2; keep++)
            {
                var folder = Folder.Founded();
                folder.Superblock.Write(folder.Superblock.State with { Term = new(5) }, folder.Effects);
                folder.Superblock.Write(folder.Superblock.State with { Term = new(6) }, folder.Effects);
                folder.Disk.Take(folder.Effects);
                for (var i = 0; i < crashAt; i++)
                    folder.PerformOne();
                var durable = crashAt switch { < 4 => 0u, < 8 => 5u, _ => 6u };
                folder.Disk.Crash(() => keep == 1);
                var term = folder.Restarted().Superblock.State.Term;
                Assert.True(term.Value >= durable, $"term {term} after {crashAt} requests, {durable} was durable");
            }
    }

    [Fact]
    public void Requests_made_while_a_generation_is_under_way_are_merged_into_the_next()
    {
        var folder = Folder.Founded();
        var flushes = folder.Disk.Flushes;
        var last = 0UL;
        for (var term = 1u; term <= 10; term++)
            last = folder.Superblock.Write(folder.Superblock.State with { Term = new(term) }, folder.Effects);
        folder.Settle();
        Assert.Equal(last, folder.Superblock.DurableGeneration);
        Assert.Equal(4, folder.Disk.Flushes - flushes);
        Assert.Equal(new(10), folder.Restarted().Superblock.State.Term);
    }

    [Fact]
    public void B8_a_failed_flush_of_the_superblock_makes_nothing_durable_any_more()
    {
        var folder = Folder.Founded();
        var durable = folder.Superblock.DurableGeneration;
        folder.Disk.Fate = effect => effect.Kind == EffectKind.DiskFlush ? DiskOutcome.Failed : DiskOutcome.Done;
        folder.Superblock.Write(folder.Superblock.State with { Term = new(2) }, folder.Effects);
        folder.Settle();
        folder.Disk.Fate = _ => DiskOutcome.Done;
        folder.Superblock.Write(folder.Superblock.State with { Term = new(3) }, folder.Effects);
        folder.Settle();
        Assert.Equal(durable, folder.Superblock.DurableGeneration);
        Assert.Contains("flushing the superblock failed", folder.Superblock.Failure);
    }

    [Fact]
    public void Both_slots_bad_is_refused_because_the_vote_is_forgotten()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        folder.Disk.Flip(DiskFileKind.Superblock, 0, 0);
        folder.Disk.Flip(DiskFileKind.Superblock, 0, 8);
        var before = folder.Disk.Contents();
        var next = new Folder(folder.Disk);
        Assert.Equal(RecoveryVerdict.Refused, next.Recover());
        Assert.Contains("Both slots of the superblock", next.Recovery.Refusal);
        Assert.Contains("rejoin as a new one", next.Recovery.Refusal);
        Assert.Equal(before, folder.Disk.Contents());
    }

    [Fact]
    public void Both_slots_bad_is_refused_even_where_there_is_nothing_else()
    {
        var folder = Folder.Founded();
        folder.Disk.Flip(DiskFileKind.Superblock, 0, 0);
        folder.Disk.Flip(DiskFileKind.Superblock, 0, 8);
        Assert.Equal(RecoveryVerdict.Refused, new Folder(folder.Disk).Recover());
    }

    [Fact]
    public void A14_a_founding_that_a_crash_interrupted_leaves_an_empty_folder()
    {
        for (var crashAt = 0; crashAt <= 3; crashAt++)
        {
            var folder = new Folder();
            Assert.Equal(RecoveryVerdict.Empty, folder.Recover());
            var superblock = new Superblock(folder.Tickets, null);
            superblock.Write(new() { Birth = Folder.Birth }, folder.Effects);
            folder.Disk.Take(folder.Effects);
            for (var i = 0; i < crashAt; i++)
            {
                var (ticket, outcome, _) = folder.Disk.Perform();
                superblock.Completed(ticket, outcome, folder.Effects);
                folder.Disk.Take(folder.Effects);
            }
            folder.Disk.Crash(() => false);
            Assert.Equal(crashAt < 2 ? RecoveryVerdict.Empty : RecoveryVerdict.Recovered, new Folder(folder.Disk).Recover());
        }
    }

    [Fact]
    public void Everything_in_the_state_survives()
    {
        var state = new SuperblockState
        {
            Ensemble = ulong.MaxValue,
            Birth = 2,
            Starts = 3,
            Term = new(4),
            VotedFor = new(255),
            Membership = [1, 2, 3, 4, 5],
            Snapshot = new(9, new(new(100), new(4), 77)),
            OlderSnapshots = [new(8, new(new(50), new(3), 66)), new(7, new(new(20), new(2), 55))],
            FirstSegment = 6,
        };
        var file = new byte[2 * SuperblockImage.SlotBytes];
        new SuperblockImage(1, 12, state).Write(file.AsSpan(SuperblockImage.SlotBytes));
        Assert.Equal(BlockCondition.Blank, SuperblockImage.Read(file, 0, out _));
        Assert.Equal(BlockCondition.Valid, SuperblockImage.Read(file, 1, out var image));
        Assert.Equal(12UL, image!.Generation);
        var again = new byte[2 * SuperblockImage.SlotBytes];
        image.Write(again.AsSpan(SuperblockImage.SlotBytes));
        Assert.Equal(file, again);
        Assert.Equal(state.Membership, image.State.Membership);
        Assert.Equal(state.OlderSnapshots, image.State.OlderSnapshots);
        Assert.Equal(new(20), state.OldestSnapshotIndex);
        var newer = state.WithSnapshot(new(10, new(new(200), new(4), 88)), 2);
        Assert.Equal([9UL], newer.OlderSnapshots.Select(older => older.Number));
        Assert.True(newer.Keeps(10) && newer.Keeps(9) && !newer.Keeps(8));
    }
}
