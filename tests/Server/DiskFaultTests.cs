using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Servers;

/// <summary>B8 and A3, A9, A10 as a whole server shows them: a disk that fails, is full, rots, or is cut off from power.</summary>
public class DiskFaultTests
{
    private static readonly Settings Small = new() { SegmentBytes = 4096, SnapshotEveryEntries = 6, SnapshotsKept = 1 };
    private static readonly Limits Few = new() { SnapshotBytesInFlight = 1, LogRingBytes = 8 << 20 };

    /// <summary>Work that takes the server through segments, marks, snapshots and trimming; what was answered is added to the list.</summary>
    private static WorldClient Work(World world, List<string> answered)
    {
        var client = world.Open().Handshake(0, new byte[16], 40_000).Go();
        client.Take();
        for (var i = 0; i < 24 && !client.IsGone && world.Server.State == ServerState.Serving; i++)
        {
            answered.AddRange(client.Create($"/n{i}", new string('d', 300)).Set("/n0", $"{i}").Go().Take());
            world.Wait(0.02);
        }
        return client;
    }

    private static int RequestsOfWork()
    {
        var world = new World(Small, Few);
        var requests = 0;
        world.Disk.Fate = _ =>
        {
            requests++;
            return DiskOutcome.Done;
        };
        world.Start();
        Work(world, []);
        return requests;
    }

    private static void AssertNothingAcknowledgedIsLost(World world, WorldClient client, List<string> answered)
    {
        Assert.Equal(ServerState.Serving, world.Server.State);
        world.CheckInvariants();
        var again = client.Session == 0 ? world.Client() : client.Reattach();
        Assert.Equal(client.Session == 0 ? [] : ["granted"], again.Take());
        foreach (var path in answered.Where(a => a.StartsWith("create /", StringComparison.Ordinal)).Select(a => a["create ".Length..]))
            again.Exists(path);
        again.Go();
        Assert.DoesNotContain("exists NoNode", again.Take());
        var sets = answered.Count(a => a.StartsWith("set v", StringComparison.Ordinal));
        if (sets > 0)
            Assert.True(int.Parse(again.Exists("/n0").Call()["exists v".Length..], null) >= sets);
        Assert.StartsWith("create /after", again.Create("/after").Call(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DiskOutcome.Failed)]
    [InlineData(DiskOutcome.Full)]
    public void B8_whichever_request_fails_nothing_acknowledged_is_lost(DiskOutcome outcome)
    {
        var (stopped, wentOn) = (0, 0);
        for (var failing = RequestsOfWork() - 1; failing >= 0; failing--)
        {
            var world = new World(Small, Few);
            var (requests, failed) = (0, default(Effect));
            world.Disk.Fate = effect =>
            {
                if (requests++ != failing)
                    return DiskOutcome.Done;
                failed = effect;
                return outcome;
            };
            var answered = new List<string>();
            world.Start();
            var client = Work(world, answered);
            world.Wait(0.1);

            // A snapshot costs only itself; everything else stops the server, with a reason that says what to do.
            var ofSnapshot = failed.Kind != EffectKind.DiskRead && failed.Place.File.Kind == DiskFileKind.Snapshot;
            Assert.Equal(ofSnapshot ? ServerState.Serving : ServerState.Failed, world.Server.State);
            Assert.Equal(ofSnapshot, world.Server.Failure is null);
            Assert.Equal(ofSnapshot, !client.IsGone);
            (stopped, wentOn) = ofSnapshot ? (stopped, wentOn + 1) : (stopped + 1, wentOn);

            world.Disk.Fate = _ => DiskOutcome.Done;
            world.CrashAndRestart(() => false);
            AssertNothingAcknowledgedIsLost(world, client, answered);
        }
        Assert.True(stopped > 50 && wentOn > 10, $"{stopped} stopped, {wentOn} went on");
    }

    [Fact]
    public void B8_a_failed_snapshot_is_followed_by_one_that_succeeds()
    {
        var world = World.Serving(Small, Few);
        world.Disk.Fate = effect => effect.Place.File is { Kind: DiskFileKind.Snapshot, Number: 1 } ? DiskOutcome.Full : DiskOutcome.Done;
        Work(world, []);
        var reason = Assert.Single(world.Notes, note => note.Contains("given up", StringComparison.Ordinal));
        Assert.Contains("no space", reason, StringComparison.Ordinal);
        Assert.Contains(world.Notes, note => note.Contains("Snapshot 2 holds", StringComparison.Ordinal));
    }

    [Fact]
    public void B8_a_server_that_fails_while_entries_wait_for_reads_ends_its_batch()
    {
        // One batch commits writes with a read between them, and brings the failure of another request: nothing may wait for that read.
        var world = World.Serving();
        var client = world.Client();
        client.Create("/a", "0").Go().Take();
        world.Wait(1);
        world.SlowDisk = true;
        client.Set("/a", "1").Go();
        world.Finish();
        world.Disk.Fate = effect => effect.Place.File.Kind == DiskFileKind.TailMark ? DiskOutcome.Failed : DiskOutcome.Done;
        world.Wait(0.011);                                         // the mark's write is on its way, and will fail
        client.Set("/a", "2").Get("/a").Set("/a", "3").Go();
        world.Disk.PostponeOldest(2);
        world.Finish();
        Assert.Equal(ServerState.Failed, world.Server.State);
        client.ExpectHangUp();
    }

    [Fact]
    public void B7_power_may_fail_between_any_two_requests()
    {
        var total = RequestsOfWork();
        for (var performed = 0; performed < total; performed++)
        {
            var dice = new Dice((ulong)performed);
            var world = new World(Small, Few);
            var requests = 0;
            var answered = new List<string>();
            // From here on nothing ends any more: as if it hung until the power fails.
            world.Disk.Fate = _ =>
            {
                world.SlowDisk = ++requests >= performed;
                return DiskOutcome.Done;
            };
            world.Start();
            var client = world.Server.State == ServerState.Serving ? Work(world, answered) : null;
            world.Disk.Fate = _ => DiskOutcome.Done;
            world.SlowDisk = false;
            world.CrashAndRestart(() => dice.Below(2) == 0);
            if (client is null)
                Assert.Equal(ServerState.Serving, world.Server.State);
            else
                AssertNothingAcknowledgedIsLost(world, client, answered);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A3_one_bad_superblock_slot_rolls_nothing_back(int slot)
    {
        for (var starts = 1; starts <= 3; starts++)
        {
            var world = World.Serving();
            for (var i = 1; i < starts; i++)
                world.KillAndRestart();
            Assert.Equal((uint)starts, world.Server.Machine.Zxid.Epoch.Value);
            world.Disk.Flip(DiskFileKind.Superblock, 0, slot * SuperblockImage.SlotBytes / Storage.MemoryDisk.SectorBytes);
            world.KillAndRestart();
            Assert.Equal(ServerState.Serving, world.Server.State);
            Assert.Equal((uint)starts + 1, world.Server.Machine.Zxid.Epoch.Value);   // a term once voted in is never voted in again

            // The other slot was mended by the way.
            world.Disk.Flip(DiskFileKind.Superblock, 0, (1 - slot) * SuperblockImage.SlotBytes / Storage.MemoryDisk.SectorBytes);
            world.KillAndRestart();
            Assert.Equal((uint)starts + 2, world.Server.Machine.Zxid.Epoch.Value);
        }
    }

    [Fact]
    public void A3_without_any_good_slot_the_server_refuses_and_says_so()
    {
        var world = World.Serving();
        world.Disk.Flip(DiskFileKind.Superblock, 0, 0);
        world.Disk.Flip(DiskFileKind.Superblock, 0, SuperblockImage.SlotBytes / Storage.MemoryDisk.SectorBytes);
        world.KillAndRestart();
        Assert.Equal(ServerState.Failed, world.Server.State);
        Assert.Contains("superblock", world.Server.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void A9_rot_in_the_last_acknowledged_batch_after_a_rest_is_damage_and_no_torn_tail()
    {
        var world = World.Serving();
        var client = world.Client();
        client.Create("/a", new string('x', 4000)).Go().Expect("create /a");
        world.Wait(3600);
        var segment = world.Disk.Files.Last(file => file.Kind == DiskFileKind.Journal);
        var last = world.Disk[segment.Kind, segment.Number].Length / Storage.MemoryDisk.SectorBytes - 1;
        world.Disk.Flip(segment.Kind, segment.Number, last);
        world.KillAndRestart();
        Assert.Equal(ServerState.Failed, world.Server.State);
        Assert.Contains("segment", world.Server.Failure, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A10_a_torn_tail_after_a_torn_tail_is_no_damage()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            var dice = new Dice(seed);
            var world = World.Serving();
            var client = world.Client(timeout: 40_000);
            client.Create("/a").Go().Expect("create /a");
            for (var round = 0; round < 5; round++)
            {
                world.SlowDisk = true;
                for (var i = 0; i < 5; i++)
                    client.Create($"/r{round}-{i}", new string('x', (int)dice.Below(2000)));
                client.Go();
                world.Finish((int)dice.Below(2));      // written at most, flushed never
                world.SlowDisk = false;
                world.CrashAndRestart(() => dice.Below(2) == 0);
                Assert.Equal(ServerState.Serving, world.Server.State);
                client = client.Reattach();
                client.Exists("/a").Go().Expect("granted", "exists v0");
            }
        }
    }
}
