using Quorate.Kernel;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Servers;

/// <summary>Snapshots of a server that goes on serving, or has nothing to serve.</summary>
public class SnapshotTests
{
    private static World Populated(int znodes, Limits? limits = null)
    {
        var world = World.Serving(limits: limits ?? new() { SnapshotBytesInFlight = 1, LogRingBytes = 8 << 20 });
        var client = world.Client(timeout: 40_000);
        client.Create("/n").Go();
        for (var i = 0; i < znodes; i++)
            client.Create($"/n/{i}", new string('d', 100));
        client.Go().Take();
        return world;
    }

    [Fact]
    public void B6_a_snapshot_ends_although_nobody_writes()
    {
        var world = Populated(5000);
        world.Obey(OperatorRequest.Snapshot);
        Assert.DoesNotContain(world.Notes, note => note.Contains("Snapshot 1 holds", StringComparison.Ordinal));
        world.Wait(1);
        Assert.Contains(world.Notes, note => note.Contains("Snapshot 1 holds", StringComparison.Ordinal));
        AssertSameAfterRestart(world);
    }

    [Fact]
    public void B6_a_session_with_many_ephemerals_may_end_in_the_middle_of_a_snapshot()
    {
        var world = Populated(500);
        var client = world.Client(timeout: 40_000);
        for (var i = 0; i < 5000; i++)
            client.Ephemeral($"/n/e{i}");
        client.Go().Take();
        world.Obey(OperatorRequest.Snapshot);
        world.SlowDisk = true;
        client.CloseSession().Go();
        for (var turns = 0; world.Disk.Waiting > 0; turns++)
        {
            Assert.True(turns < 100_000);
            world.Finish(1);
            world.Wait(0.001);
        }
        world.SlowDisk = false;
        world.Wait(1);
        client.Expect("close");
        Assert.Contains(world.Notes, note => note.Contains("Snapshot 1 holds", StringComparison.Ordinal));
        Assert.Equal(0, world.Server.Machine.Tree.EphemeralCount);
        AssertSameAfterRestart(world);
    }

    [Fact]
    public void B6_a_multi_that_is_undone_in_the_middle_of_a_snapshot_leaves_it_right()
    {
        var world = Populated(3000);
        var client = world.Client(timeout: 40_000);
        world.Obey(OperatorRequest.Snapshot);
        for (var i = 0; i < 200; i++)
        {
            var path = $"/n/{2999 - i}";
            client.Multi(Operations.Delete(path), Operations.Create(path + "x", "new"), Operations.Check("/n", version: 99)).Go();
            client.Set(path, "later").Go();
        }
        world.Wait(1);
        Assert.Contains(world.Notes, note => note.Contains("Snapshot 1 holds", StringComparison.Ordinal));
        AssertSameAfterRestart(world);
    }

    [Fact]
    public void B7_records_behind_a_snapshot_are_kept_where_they_chain_from_it()
    {
        var world = Populated(100);
        world.Obey(OperatorRequest.Snapshot);
        world.Wait(1);
        var client = world.Client();
        client.Create("/later").Go().Expect("create /later");
        AssertSameAfterRestart(world);
        world.Client().Exists("/later").Go().Expect("exists v0");
    }

    [Fact]
    public void A_server_that_has_nothing_new_to_save_stops_at_once()
    {
        var world = Populated(10);
        world.Obey(OperatorRequest.Snapshot);
        world.Wait(1);
        world.Obey(OperatorRequest.Stop);
        Assert.Equal(ServerState.Stopped, world.Server.State);
    }

    [Fact]
    public void A_stop_saves_what_is_new_and_closes_every_connection()
    {
        var world = Populated(2000);
        var client = world.Client();
        client.Create("/last").Go().Expect("create /last");
        world.Obey(OperatorRequest.Stop);
        world.Wait(1);
        Assert.Equal(ServerState.Stopped, world.Server.State);
        client.ExpectHangUp();
        Assert.True(world.Disk.Has(DiskFileKind.Snapshot, 1));
        world.KillAndRestart();
        client.Reattach().Exists("/last").Go().Expect("granted", "exists v0");
    }

    [Fact]
    public void The_journal_is_bounded_by_the_snapshots()
    {
        var world = World.Serving(new() { SegmentBytes = 8192, SnapshotEveryEntries = 50, SnapshotsKept = 2 });
        var client = world.Client();
        client.Create("/a").Go().Take();
        for (var i = 0; i < 2000; i++)
        {
            client.Set("/a", $"{i}").Go();
            world.Wait(0.002);
        }
        Assert.Equal(2, world.Disk.Files.Count(file => file.Kind == DiskFileKind.Snapshot));
        Assert.InRange(world.Disk.Files.Count(file => file.Kind == DiskFileKind.Journal), 1, 8);
    }

    private static void AssertSameAfterRestart(World world)
    {
        world.CheckInvariants();
        var (index, digest) = (world.Server.Machine.AppliedIndex, world.Server.Machine.Digest);
        world.SlowDisk = true;
        world.KillAndRestart();
        while (world.Server.State == ServerState.Recovering)
            world.Finish(1);
        Assert.Equal((index, digest), (world.Server.Machine.AppliedIndex, world.Server.Machine.Digest));
        world.SlowDisk = false;
        world.Settle();
        Assert.Equal(ServerState.Serving, world.Server.State);
        world.CheckInvariants();
    }
}
