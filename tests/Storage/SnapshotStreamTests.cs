using System.Text;
using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

/// <summary>A finished snapshot read in portions by one member and received by another, whatever happens to the portions.</summary>
public class SnapshotStreamTests
{
    private static readonly string[] Records = [.. Enumerable.Range(0, 900).Select(i => $"record {i} {new string('x', i % 700)}")];

    /// <summary>A member that sends, a member that receives, and the portions between them.</summary>
    private sealed class Transfer
    {
        public const int ChunkBytesMax = 4 << 20;

        private byte[]? _portion;
        private SnapshotPortion _how;

        public Transfer(params string[] records)
        {
            From = Folder.Founded().Append(3, "a", "b").Rest();
            Theirs = From.TakeSnapshot(1, records);
            Records = records;
            Source = new(Theirs, From.SnapshotFiles.BytesOf(Theirs.Number), From.Tickets);
            From.Others = (ticket, outcome, bytes) =>
            {
                _how = Source.Completed(ticket, outcome, bytes);
                Assert.NotEqual(SnapshotPortion.NotMine, _how);
                _portion = _how == SnapshotPortion.Ready ? bytes[..Source.Length] : null;
            };
            // The receiver has a snapshot of its own, so the numbers differ.
            To = Folder.Founded().Append(1, "z").Rest();
            To.TakeSnapshot(1, "z");
            Receiver = new(1 << 20, ChunkBytesMax, To.Tickets);
            To.Others = (ticket, outcome, _) => Assert.True(Receiver.Completed(ticket, outcome, To.Effects));
        }

        public Folder From { get; }
        public Folder To { get; }
        public string[] Records { get; }
        public SnapshotPointer Theirs { get; }
        public SnapshotSource Source { get; }
        public SnapshotReceiver Receiver { get; }
        public RecordingSink Content { get; private set; } = new();

        public void Begin()
        {
            Content = new();
            Receiver.Begin(new(To.SnapshotFiles.Begin(), Theirs.Position), Theirs.Number, Content);
        }

        public SnapshotPortion Read(long offset, int length, out byte[]? portion)
        {
            portion = null;
            if (!Source.Read(offset, length, From.Effects))
                return SnapshotPortion.Misplaced;
            From.Settle();
            portion = _portion;
            return _how;
        }

        public SnapshotReception Take(long offset, byte[] portion)
        {
            var reception = Receiver.Take(offset, portion, To.Effects);
            To.Settle();
            return reception;
        }

        /// <summary>Sends what is left without any trouble, from the start of the chunk that is missing.</summary>
        public void Finish(int length)
        {
            var next = Receiver.Bytes;
            for (var i = 0; Receiver.Progress == SnapshotProgress.Writing; i++)
            {
                Assert.True(i < 100_000);
                Assert.Equal(SnapshotPortion.Ready, Read(next, length, out var portion));
                var isNews = Source.End > Receiver.Wanted;
                var reception = Take(Source.Offset, portion!);
                next = reception == SnapshotReception.Spoiled ? Receiver.Bytes : Source.End;   // by what had come before
                if (reception != SnapshotReception.Spoiled)
                    Assert.Equal(isNews ? SnapshotReception.Taken : SnapshotReception.Elsewhere, reception);
            }
        }

        public void AssertReceived()
        {
            Assert.Equal(SnapshotProgress.Finished, Receiver.Progress);
            Assert.Equal(["header state", .. Records, "trailer sum"], Content.Snapshot);
            Assert.Equal(Source.Bytes, Receiver.Bytes);
            var state = To.Superblock.State;
            To.SnapshotFiles.Add(Receiver.Pointer.Number, Receiver.Bytes);
            To.Superblock.Write(state.Installed(Receiver.Pointer, To.Journal.NextSegment, [7]), To.Effects);
            To.Settle();
            To.Journal.Restart(Receiver.Pointer.Position);
            To.SnapshotFiles.KeepOnly(To.Superblock.State, To.Effects);
            To.Settle();
            var next = To.Restarted();
            Assert.Equal(["header state", .. Records, "trailer sum"], next.Sink.Snapshot);
            Assert.Empty(next.Bodies);
            Assert.Empty(next.Recovery.Folder!.Notes);
            Assert.Equal(Theirs.Position, next.Last);
        }
    }

    [Theory]
    [InlineData(SnapshotChunk.HeaderBytes)]
    [InlineData(1000)]
    [InlineData(300_000)]
    [InlineData(2 << 20)]
    public void A_snapshot_arrives_whole_in_portions_of_any_size_and_a_restart_finds_it(int length)
    {
        var transfer = new Transfer(length < 1000 ? Records[..20] : [.. Records, new string('L', 3 << 20), "last"]);
        transfer.Begin();
        transfer.Finish(length);
        transfer.AssertReceived();
    }

    [Fact]
    public void A2_B7_an_installed_snapshot_replaces_journal_snapshots_and_incarnation_with_one_superblock()
    {
        var transfer = new Transfer("one");
        var to = transfer.To.Append(1, "y", "x").Rest();
        var segment = to.Journal.NextSegment;
        transfer.Begin();
        transfer.Finish(1000);
        transfer.AssertReceived();
        Assert.Equal((2U, segment), (to.Superblock.State.Starts, to.Superblock.State.FirstSegment));
        Assert.Equal([7], to.Superblock.State.Membership);
        Assert.Empty(to.Superblock.State.OlderSnapshots);
        Assert.Equal([(DiskFileKind.Superblock, 0), (DiskFileKind.TailMark, 0), (DiskFileKind.Snapshot, transfer.Receiver.Pointer.Number)],
            to.Disk.Files);
        to.Last = transfer.Theirs.Position;
        to.Append(3, "c").Rest();
        Assert.Equal(segment + 1, to.Journal.NextSegment);
        Assert.Equal(["c"], to.Restarted().Bodies);
    }

    [Fact]
    public void B7_a_crash_anywhere_in_an_install_leaves_the_old_state_or_the_new_one()
    {
        for (var requests = 0; requests < 14; requests++)
            for (var keeps = 0; keeps < 2; keeps++)
            {
                var transfer = new Transfer("one");
                var to = transfer.To.Append(1, "y", "x").Rest();
                transfer.Begin();
                transfer.Finish(1000);
                to.SnapshotFiles.Add(transfer.Receiver.Pointer.Number, transfer.Receiver.Bytes);
                var installed = to.Superblock.Write(
                    to.Superblock.State.Installed(transfer.Receiver.Pointer, to.Journal.NextSegment, []), to.Effects);
                to.Disk.Take(to.Effects);
                var isDurable = false;
                for (var i = 0; i < requests && to.Disk.Waiting > 0; i++)
                {
                    to.PerformOne();
                    if (isDurable || to.Superblock.DurableGeneration < installed)
                        continue;
                    isDurable = true;
                    to.Journal.Restart(transfer.Theirs.Position);
                    to.SnapshotFiles.KeepOnly(to.Superblock.State, to.Effects);
                    to.Submit();
                }
                to.Disk.Crash(() => keeps == 1);
                var next = to.Restarted();
                var isNew = next.Superblock.State.Snapshot == transfer.Receiver.Pointer;
                Assert.True(isNew || !isDurable);
                Assert.Equal(isNew ? [] : ["y", "x"], next.Bodies);
                Assert.Equal(isNew ? ["header state", "one", "trailer sum"] : ["header state", "z", "trailer sum"], next.Sink.Snapshot);
                Assert.Single(next.Disk.Files, file => file.Kind == DiskFileKind.Snapshot);
            }
    }

    [Fact]
    public void A_batch_under_way_when_the_journal_begins_anew_counts_for_nothing_and_its_segment_goes()
    {
        var folder = Folder.Founded().Append(1, "a").Settle().Append(1, "b").Submit();
        var position = new LogPosition(new(10), new(2), 77);
        folder.Journal.Restart(position);
        folder.Last = position;
        Assert.Equal(position, folder.Journal.Flushed);
        Assert.False(folder.Journal.Holds(new(1)));
        folder.Settle();
        Assert.Equal(position, folder.Journal.Flushed);
        Assert.False(folder.Disk.Has(DiskFileKind.Journal, 1));
        folder.Append(2, "k").Rest();
        Assert.Equal(new(11), folder.Journal.FlushedIndex);
        Assert.True(folder.Journal.Holds(new(11)) && folder.Disk.Has(DiskFileKind.Journal, 2));
    }

    [Fact]
    public void A_pinned_snapshot_stays_until_the_last_reader_is_done_with_it()
    {
        var folder = Folder.Founded().Append(1, "a").Rest();
        var old = folder.TakeSnapshot(1, "old").Number;
        folder.SnapshotFiles.Pin(old);
        folder.SnapshotFiles.Pin(old);
        folder.Append(1, "b").Settle();
        folder.TakeSnapshot(1, "new");
        folder.SnapshotFiles.Unpin(old, folder.Effects);
        folder.Settle();
        Assert.True(folder.Disk.Has(DiskFileKind.Snapshot, old));
        folder.SnapshotFiles.Unpin(old, folder.Effects);
        folder.Settle();
        Assert.False(folder.Disk.Has(DiskFileKind.Snapshot, old));
        Assert.Equal(0, folder.SnapshotFiles.BytesOf(old));
        folder.SnapshotFiles.Pin(2);
        folder.SnapshotFiles.Unpin(2, folder.Effects);
        folder.Settle();
        Assert.True(folder.Disk.Has(DiskFileKind.Snapshot, 2));
    }

    [Fact]
    public void Every_sector_of_the_source_turned_over_is_noticed_before_the_chunk_is_complete_anywhere()
    {
        var transfer = new Transfer(Records[..60]);
        for (var sector = 0; sector * MemoryDisk.SectorBytes < transfer.Source.Bytes; sector++)
        {
            var source = new SnapshotSource(transfer.Theirs, transfer.Source.Bytes, transfer.From.Tickets);
            transfer.From.Disk.Flip(DiskFileKind.Snapshot, transfer.Theirs.Number, sector);
            var how = SnapshotPortion.Ready;
            transfer.From.Others = (ticket, outcome, bytes) => how = source.Completed(ticket, outcome, bytes);
            transfer.Begin();
            while (how == SnapshotPortion.Ready && source.Read(source.Offset + source.Length, 5000, transfer.From.Effects))
            {
                transfer.From.Settle();
                if (how == SnapshotPortion.Ready)
                    transfer.Take(source.Offset, transfer.From.Disk[DiskFileKind.Snapshot, transfer.Theirs.Number]
                        [(int)source.Offset..(int)(source.Offset + source.Length)]);
            }
            Assert.Equal(SnapshotPortion.Damaged, how);
            Assert.Contains("snapshot 1, offset ", source.Problem);
            Assert.Equal(SnapshotProgress.Writing, transfer.Receiver.Progress);
            transfer.Receiver.Abandon("the source is damaged", transfer.To.Effects);
            transfer.To.Settle();
            transfer.From.Disk.Flip(DiskFileKind.Snapshot, transfer.Theirs.Number, sector);
        }
    }

    [Theory]
    [InlineData(DiskOutcome.Missing)]
    [InlineData(DiskOutcome.Failed)]
    public void A_source_that_cannot_be_read_says_so(DiskOutcome outcome)
    {
        var transfer = new Transfer("one");
        transfer.From.Disk.Fate = effect => effect.Kind == EffectKind.DiskRead ? outcome : DiskOutcome.Done;
        Assert.Equal(SnapshotPortion.Damaged, transfer.Read(0, 1000, out _));
        Assert.Contains("could not be read", transfer.Source.Problem);
    }

    [Fact]
    public void A_receiver_that_asks_for_the_middle_of_a_chunk_has_to_begin_at_the_start()
    {
        var transfer = new Transfer(Records);
        Assert.Equal(SnapshotPortion.Misplaced, transfer.Read(1234, 1000, out _));
        Assert.Equal(SnapshotPortion.Misplaced, transfer.Read(transfer.Source.Bytes, 1000, out _));
        Assert.Equal(SnapshotPortion.Ready, transfer.Read(0, 1000, out _));
    }

    [Fact]
    public void A_portion_that_comes_twice_or_too_early_takes_nothing_away_and_the_last_one_can_be_sent_again()
    {
        var transfer = new Transfer(Records[..60]);
        transfer.Begin();
        var sent = new List<(long Offset, byte[] Bytes)>();
        for (var next = 0L; next < transfer.Source.Bytes; next = transfer.Source.End)
        {
            Assert.Equal(SnapshotPortion.Ready, transfer.Read(next, 1000, out _));
            Assert.Equal(SnapshotPortion.Ready, transfer.Read(next, 1000, out var again));   // the first one was lost
            sent.Add((transfer.Source.Offset, again!));
        }
        for (var i = 0; i < sent.Count; i++)
        {
            for (var other = 0; other < sent.Count; other++)
                if (other != i)
                    Assert.Equal(SnapshotReception.Elsewhere, transfer.Take(sent[other].Offset, sent[other].Bytes));
            Assert.Equal(SnapshotReception.Taken, transfer.Take(sent[i].Offset, sent[i].Bytes));
        }
        transfer.AssertReceived();
    }

    [Fact]
    public void A_full_disk_abandons_the_snapshot_and_deletes_its_file()
    {
        var transfer = new Transfer(Records);
        transfer.Begin();
        transfer.Read(0, 1 << 20, out var portion);
        transfer.To.Disk.Fate = effect => effect.Kind == EffectKind.DiskWrite ? DiskOutcome.Full : DiskOutcome.Done;
        Assert.Equal(SnapshotReception.Taken, transfer.Take(0, portion!));
        Assert.Equal(SnapshotProgress.Abandoned, transfer.Receiver.Progress);
        Assert.Contains("no space is left", transfer.Receiver.Failure);
        Assert.Equal(SnapshotReception.Abandoned, transfer.Take(transfer.Receiver.Wanted, portion!));
        Assert.False(transfer.To.Disk.Has(DiskFileKind.Snapshot, transfer.Receiver.Pointer.Number));
        Assert.True(transfer.Receiver.Idle);
        transfer.To.Disk.Fate = _ => DiskOutcome.Done;
        transfer.Begin();
        transfer.Finish(100_000);
        transfer.AssertReceived();
    }

    [Fact]
    public void A_receiver_says_when_enough_is_on_its_way_to_the_disk()
    {
        var transfer = new Transfer(new string('L', 3 << 20));
        transfer.Begin();
        transfer.Read(0, 4 << 20, out var portion);
        Assert.Equal(SnapshotReception.Taken, transfer.Receiver.Take(0, portion!, transfer.To.Effects));
        Assert.True(transfer.Receiver.IsFull);
        transfer.To.Settle();
        Assert.False(transfer.Receiver.IsFull);
    }

    [Fact]
    public void A_chunk_larger_than_a_member_takes_a_wrong_position_or_a_wrong_sum_are_given_up_at_once()
    {
        var transfer = new Transfer(new string('L', Transfer.ChunkBytesMax));
        transfer.Begin();
        transfer.Read(0, 1000, out var portion);
        Assert.Equal(SnapshotReception.Abandoned, transfer.Take(0, portion!));
        Assert.Contains("larger than this member takes", transfer.Receiver.Failure);

        transfer = new Transfer("one");
        transfer.Read(0, 1000, out portion);
        transfer.Receiver.Begin(new(2, new(new(99), new(3), 4)), transfer.Theirs.Number, new RecordingSink());
        Assert.Equal(SnapshotReception.Abandoned, transfer.Take(0, portion!));
        Assert.Contains("another position", transfer.Receiver.Failure);

        var writer = new SnapshotWriter(1 << 20, new());
        var effects = new Effects();
        writer.Begin(transfer.Theirs, "state"u8);
        writer.End("wrong"u8);
        writer.Submit(effects);
        transfer = new Transfer("one");
        transfer.Begin();
        Assert.Equal(SnapshotReception.Abandoned, transfer.Take(0, effects.Bytes(effects[0]).ToArray()));
        Assert.Contains("does not add up", transfer.Receiver.Failure);
    }

    [Fact]
    public void A_chunk_that_is_spoiled_again_and_again_ends_the_transfer()
    {
        var transfer = new Transfer("one");
        transfer.Begin();
        transfer.Read(0, 1000, out var portion);
        portion![45] ^= 1;
        for (var i = 0; i < SnapshotReceiver.SpoiledMax; i++)
            Assert.Equal(SnapshotReception.Spoiled, transfer.Take(0, portion));
        Assert.Equal(SnapshotReception.Abandoned, transfer.Take(0, portion));
        Assert.True(transfer.Receiver.Idle);
    }

    private enum Deed { Send, Lose, Repeat, Spoil, Break, Resume, StartOver }

    private static readonly Gen<(Deed Deed, int Length, int At)> GenDeed = Gen.Select(Gen.Frequency(
        (8, Gen.Const(Deed.Send)), (1, Gen.Const(Deed.Lose)), (1, Gen.Const(Deed.Repeat)), (1, Gen.Const(Deed.Spoil)),
        (1, Gen.Const(Deed.Break)), (1, Gen.Const(Deed.Resume)), (1, Gen.Const(Deed.StartOver))),
        Gen.OneOf(Gen.Int[40, 3000], Gen.Int[40, 400_000]), Gen.Int[0, 1 << 20]);

    [Fact]
    public void Whatever_is_cut_lost_repeated_or_spoiled_what_is_finished_is_what_was_sent()
    {
        var genRecords = Gen.OneOf(Gen.Int[0, 900].Array[0, 30], Gen.Int[0, 300_000].Array[0, 6]);
        Gen.Select(genRecords, GenDeed.Array[0, 40], Gen.Int[40, 500_000]).Sample((lengths, deeds, last) =>
        {
            var transfer = new Transfer([.. lengths.Select((length, i) => new string((char)('a' + i % 26), length))]);
            transfer.Begin();
            var next = 0L;   // what the sender believes
            foreach (var (deed, length, at) in deeds)
            {
                if (transfer.Receiver.Progress != SnapshotProgress.Writing)
                    break;
                switch (deed)
                {
                    case Deed.Break:
                        next = transfer.Receiver.Bytes;
                        continue;
                    case Deed.StartOver:
                        transfer.Receiver.Abandon("another leader", transfer.To.Effects);
                        transfer.To.Settle();
                        transfer.Begin();
                        continue;
                }
                if (transfer.Read(next, length, out var portion) != SnapshotPortion.Ready)
                {
                    next = 0;
                    continue;
                }
                if (deed == Deed.Spoil)
                    portion![at % portion.Length] ^= (byte)(1 << at % 8);
                if (deed != Deed.Lose)
                    transfer.Take(transfer.Source.Offset, portion!);
                if (deed == Deed.Repeat)
                    transfer.Take(transfer.Source.Offset, portion!);
                next = deed == Deed.Resume ? transfer.Receiver.Wanted : transfer.Source.Offset + transfer.Source.Length;
                if (transfer.Receiver.Wanted < next || deed == Deed.Repeat)
                    next = transfer.Receiver.Wanted;
            }
            if (transfer.Receiver.Progress == SnapshotProgress.Abandoned)
                transfer.Begin();
            // The answer to a portion that is not wanted says where to go on.
            if (transfer.Receiver.Progress == SnapshotProgress.Writing)
                Assert.Equal(SnapshotReception.Elsewhere, transfer.Take(-1, []));
            transfer.Finish(last);
            transfer.AssertReceived();
        }, iter: 60, print: run => $"[{string.Join(' ', run.Item1)}] {string.Join(' ', run.Item2)} {run.Item3}");
    }
}
