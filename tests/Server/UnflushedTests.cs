using Quorate.Kernel;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Servers;

/// <summary>forceSync=no: replies do not wait for the disk, up to a bound, and the disk gets everything all the same.</summary>
public class UnflushedTests
{
    private static readonly Settings Hasty = new() { FlushBeforeReply = false };

    [Fact]
    public void A_write_is_answered_while_its_flush_is_under_way_and_the_start_says_so()
    {
        var world = World.Serving(Hasty);
        Assert.Contains(world.Notes, note => note.StartsWith("Warning: Writes are acknowledged before", StringComparison.Ordinal));
        var client = world.Client();
        world.SlowDisk = true;
        client.Create("/a").Go().Expect("create /a");
        Assert.True(world.Disk.Waiting > 0, "nothing is on its way to the disk");
        client.Create("/b").Set("/a", "x").Get("/a").Go().Expect("create /b", "set v1", "get x");
        world.SlowDisk = false;
        world.Finish();
        world.Wait(1);
        world.CrashAndRestart(keeps: () => false);
        world.CheckInvariants();
        client.Reattach().Get("/a").Exists("/b").Go().Expect("granted", "get x", "exists v0");
    }

    [Fact]
    public void Without_it_the_same_write_waits_and_no_start_warns()
    {
        var world = World.Serving();
        Assert.DoesNotContain(world.Notes, note => note.StartsWith("Warning:", StringComparison.Ordinal));
        var client = world.Client();
        world.SlowDisk = true;
        client.Create("/a").Go().Expect();
        world.SlowDisk = false;
        world.Finish();
        client.Expect("create /a");
    }

    [Fact]
    public void Beyond_the_bound_replies_wait_for_the_disk()
    {
        var world = World.Serving(Hasty, new() { UnflushedBytes = 4000, LogRingBytes = 8 << 20 });
        var client = world.Client();
        world.SlowDisk = true;
        for (var i = 0; i < 20; i++)
            client.Create($"/n{i}", new string('d', 500)).Go();
        var answered = client.Take();
        Assert.InRange(answered.Length, 4, 7);
        world.SlowDisk = false;
        world.Finish();
        Assert.Equal(Enumerable.Range(answered.Length, 20 - answered.Length).Select(i => $"create /n{i}"), client.Take());
    }

    [Fact]
    public void A_disk_that_fails_stops_the_server_here_too()
    {
        var world = World.Serving(Hasty);
        var client = world.Client();
        world.Disk.Fate = effect => effect.Kind == EffectKind.DiskFlush ? DiskOutcome.Full : DiskOutcome.Done;
        client.Create("/a").Go();
        Assert.Equal(ServerState.Failed, world.Server.State);
        client.ExpectHangUp();
    }

    /// <summary>What was answered and not flushed may be gone after a crash; what is left is a state that once was, and goes on.</summary>
    [Fact]
    public void After_a_crash_the_newest_writes_may_be_missing_but_none_in_between()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var dice = new Random(seed);
            var world = World.Serving(Hasty with { SnapshotEveryEntries = 25 }, seed: (ulong)seed);
            var client = world.Client();
            client.Create("/n").Go();
            world.Wait(1);
            world.SlowDisk = true;
            var writes = dice.Next(1, 60);
            for (var i = 0; i < writes; i++)
            {
                client.Set("/n", $"{i}").Go();
                world.Finish(dice.Next(3));
            }
            world.SlowDisk = false;
            world.CrashAndRestart(() => dice.Next(2) == 0);
            Assert.True(world.Server.State == ServerState.Serving, $"seed {seed}: {world.Server.Failure}");
            world.CheckInvariants();
            var again = world.Client();
            var version = int.Parse(again.Exists("/n").Call()["exists v".Length..]);
            Assert.InRange(version, 0, writes);
            Assert.Equal(version == 0 ? "get " : $"get {version - 1}", again.Get("/n").Call());
        }
    }
}
