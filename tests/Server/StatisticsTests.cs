using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Servers;

/// <summary>What a server counts about itself is what happened.</summary>
public class StatisticsTests
{
    [Fact]
    public void Proposals_commits_and_expired_sessions_are_counted()
    {
        var world = World.Serving();
        var before = world.Server.Counters!;
        var (client, silent) = (world.Client(timeout: 40_000), world.Client(timeout: 4000));
        client.Create("/a").Set("/a", "x").Get("/a").Go();
        world.Wait(5);
        Assert.True(silent.IsHungUp);
        var after = world.Server.Counters!;
        // Two sessions, two writes, one silence and one expiry; a read is no proposal.
        Assert.Equal(6, after.Proposals - before.Proposals);
        Assert.Equal(6, after.Commits - before.Commits);
        Assert.Equal(1, after.SessionsExpired);
        var sizes = ((IAdminView)world.Server).Statistics.ProposalSize;
        Assert.True(sizes.Min > 0 && sizes.Min < sizes.Max);
    }

    [Fact]
    public void A_flush_takes_from_its_request_to_its_completion()
    {
        var world = World.Serving();
        var client = world.Client();
        world.Wait(1);
        var before = world.Server.Counters!.Flushes;
        world.SlowDisk = true;
        client.Create("/a").Go();
        world.Sleep(0.25);
        world.SlowDisk = false;
        world.Finish();
        var after = world.Server.Counters!.Flushes;
        Assert.Equal(1, after.Count - before.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(250), after.Max);
    }

    [Fact]
    public void A_snapshot_is_counted_and_timed_and_the_bytes_on_disk_are_those_of_the_files()
    {
        var world = World.Serving(new() { SnapshotsKept = 1, SegmentBytes = 20_000 }, new() { SnapshotBytesInFlight = 1, LogRingBytes = 8 << 20 });
        var client = world.Client(timeout: 40_000);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 500; i++)
                client.Create($"/n{round}-{i}", new string('d', 100));
            client.Go();
            AssertBytes(world);
            world.SlowDisk = true;
            world.Obey(OperatorRequest.Snapshot);
            world.Sleep(0.1);
            world.SlowDisk = false;
            world.Finish();
            world.Wait(1);
            AssertBytes(world);
        }
        var counters = world.Server.Counters!;
        Assert.Equal((3, 3), (counters.Snapshots, counters.SnapshotTimes.Count));
        Assert.True(counters.SnapshotTimes.Min >= TimeSpan.FromMilliseconds(100));
        Assert.Single(world.Disk.Files, file => file.Kind == DiskFileKind.Snapshot);
        world.KillAndRestart();
        AssertBytes(world);
    }

    private static void AssertBytes(World world)
    {
        var (snapshots, journal) = ((IAdminView)world.Server).DiskBytes;
        Assert.Equal(Bytes(DiskFileKind.Snapshot), snapshots);
        Assert.Equal(Bytes(DiskFileKind.Journal), journal);

        long Bytes(DiskFileKind kind) =>
            world.Disk.Files.Where(file => file.Kind == kind).Sum(file => (long)world.Disk[kind, file.Number].Length);
    }
}
