using Quorate.Kernel;

namespace Quorate.Tests.Servers;

/// <summary>B2: a term that runs out of zxids ends, and nobody but the zxid shows it.</summary>
public class RolloverTests
{
    private static readonly Limits Tiny = new() { ZxidCounter = 32, LogRingBytes = 8 << 20, LogRingEntries = 1 << 12 };

    [Fact]
    public void B2_clients_notice_nothing_but_larger_zxids()
    {
        var world = World.Serving(limits: Tiny);
        var clients = new[] { world.Client(), world.Client(), world.Client() };
        clients[0].Create("/a").Go().Expect("create /a");
        for (var round = 1; round <= 100; round++)
        {
            foreach (var client in clients)
                client.Set("/a", $"{round}").Get("/a").Ping().Sync("/a").Set("/a", "again").Go();
            foreach (var client in clients)
                Assert.Equal(["pong", "set", "get", "sync", "set"], Verbs(client.Take()));
            world.Wait(0.001);
        }
        Assert.All(world.Applied, entry => Assert.True(entry.Zxid.Counter < Tiny.ZxidCounter));
        Assert.True(world.Server.Machine.Zxid.Epoch.Value > 600 / 32, $"{world.Server.Machine.Zxid}");
        world.CheckInvariants();
        var before = world.Server.Machine.Zxid;
        world.KillAndRestart();
        Assert.True(world.Server.Machine.Zxid > before);
        clients[0].Reattach().Get("/a").Go().Expect("granted", "get again");
    }

    [Fact]
    public void B2_a_burst_larger_than_what_is_left_of_a_term_is_done_in_order_over_several()
    {
        var world = World.Serving(limits: Tiny);
        var client = world.Client();
        client.Create("/a").Go().Take();
        for (var i = 0; i < 200; i++)
            client.Set("/a", $"{i}").Get("/a");
        client.Go();
        Assert.Equal(Enumerable.Range(0, 200).SelectMany(i => new[] { $"set v{i + 1}", $"get {i}" }), client.Take());
        Assert.All(world.Applied, entry => Assert.True(entry.Zxid.Counter < Tiny.ZxidCounter));
    }

    [Fact]
    public void B2_a_slow_disk_does_not_let_the_counter_wrap()
    {
        var world = World.Serving(limits: Tiny);
        var clients = Enumerable.Range(0, 10).Select(_ => world.Client()).ToArray();
        world.SlowDisk = true;
        foreach (var client in clients)
            for (var i = 0; i < 20; i++)
                client.Create($"/c{client.Session}-{i}").Go();
        for (var turns = 0; world.Disk.Waiting > 0; turns++)
        {
            Assert.True(turns < 10_000);
            world.Finish(1);
        }
        Assert.All(clients, client => Assert.Equal(20, client.Take().Length));
        Assert.All(world.Applied, entry => Assert.True(entry.Zxid.Counter < Tiny.ZxidCounter));
    }

    [Fact]
    public void B2_a_new_term_starts_sessions_less_the_silence_that_the_log_proves()
    {
        var world = World.Serving(limits: Tiny);
        var silent = world.Client(timeout: 4000);
        var busy = world.Client(timeout: 40_000);
        busy.Create("/a").Go().Take();
        world.Wait(3);
        for (var i = 0; i < 40; i++)
            busy.Set("/a", $"{i}").Go();
        // Half its timeout, two seconds, is in the log; the third, which only the earlier leader knew of, is not.
        world.Wait(1.9);
        Assert.False(silent.IsHungUp);
        world.Wait(0.2);
        silent.ExpectHangUp();
    }

    /// <summary>Pongs first: they keep no order with the rest.</summary>
    private static IEnumerable<string> Verbs(string[] heard) =>
        heard.Select(line => line.Split(' ')[0]).OrderByDescending(verb => verb == "pong");
}
