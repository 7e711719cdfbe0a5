using System.Buffers.Binary;
using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;
using Quorate.Tests.Servers;

namespace Quorate.Tests.Bounds;

/// <summary>The bounds of one connection and of all of them, each reached.</summary>
public class ConnectionBoundTests
{
    private static readonly Limits Base = new() { LogRingBytes = 8 << 20, LogRingEntries = 1 << 12 };

    [Fact]
    public void FrameBytes_a_frame_of_that_length_is_served_and_one_byte_more_closes_the_connection()
    {
        var limits = Base with { FrameBytes = 2000 };
        using var ensemble = MemoryEnsemble.Start(new() { Limits = limits, Time = new ManualTime(DateTimeOffset.UnixEpoch) });
        foreach (var excess in new[] { 0, 1 })
        {
            var connection = ensemble.Connect();
            connection.Send(Framed(Ask.Connect()));
            Assert.True(connection.TryReceive(out _));
            var frame = Ask.Create(1, $"/big{excess}", "");
            frame = Ask.Create(1, $"/big{excess}", new string('d', 2000 + excess - frame.Length));
            Assert.Equal(2000 + excess, frame.Length);
            connection.Send(Framed(frame));
            Assert.Equal(excess == 0, connection.TryReceive(out _));
            Assert.Equal(excess == 1, connection.IsClosed);
        }
    }

    [Fact]
    public void Connections_one_more_is_hung_up_and_the_place_of_one_that_left_is_free()
    {
        var world = World.Serving(limits: Base with { Connections = 2 });
        var (first, second, third) = (world.Client(), world.Client(), world.Open());
        third.ExpectHangUp();
        Assert.False(first.IsHungUp || second.IsHungUp);
        world.Close(first);
        world.Client().Create("/a").Go().Expect("create /a");
    }

    [Fact]
    public void RequestsPerConnection_at_the_bound_it_is_held_until_half_are_answered()
    {
        var world = World.Serving(limits: Base with { RequestsPerConnection = 4 });
        var (client, other) = (world.Client(), world.Client());
        world.SlowDisk = true;
        for (var i = 1; i <= 6; i++)
        {
            client.Create($"/a{i}").Go();
            Assert.Equal(i >= 4, client.IsHeld);
        }
        Assert.Equal(2, client.Unread);
        other.Get("/").Ping().Go().Expect("pong", "get ");   // others are served meanwhile
        world.SlowDisk = false;
        world.Settle();
        client.Expect("create /a1", "create /a2", "create /a3", "create /a4", "create /a5", "create /a6");
        Assert.False(client.IsHeld);
    }

    [Fact]
    public void RequestBytesPerConnection_at_the_bound_it_is_held_until_half_are_answered()
    {
        var world = World.Serving(limits: Base with { FrameBytes = 4096, RequestBytesPerConnection = 10_000 });
        var client = world.Client();
        world.SlowDisk = true;
        for (var i = 1; i <= 4; i++)
        {
            client.Create($"/a{i}", new string('d', 3500)).Go();
            Assert.Equal(i >= 3, client.IsHeld);
        }
        world.SlowDisk = false;
        world.Settle();
        Assert.False(client.IsHeld);
        client.Expect("create /a1", "create /a2", "create /a3", "create /a4");
    }

    [Fact]
    public void A_burst_that_the_host_had_read_before_it_was_told_to_hold_is_taken_whole()
    {
        var world = World.Serving(limits: Base with { RequestsPerConnection = 4 });
        var client = world.Client();
        for (var i = 1; i <= 100; i++)
            client.Create($"/a{i}").Get($"/a{i}");
        client.Go();
        Assert.Equal(200, client.Take().Length);
        Assert.False(client.IsHeld);
        Assert.True(world.Holds > 0);
    }

    [Fact]
    public void RequestsOutstanding_at_the_bound_whoever_sends_is_held_until_half_are_answered()
    {
        var world = World.Serving(limits: Base with { RequestsPerConnection = 6, RequestsOutstanding = 6 });
        var (quiet, a, b, c) = (world.Client(), world.Client(), world.Client(), world.Client());
        world.SlowDisk = true;
        a.Create("/a1").Create("/a2").Create("/a3").Go();
        b.Create("/b1").Create("/b2").Go();
        Assert.False(a.IsHeld || b.IsHeld);
        c.Create("/c1").Go();
        Assert.True(c.IsHeld);
        b.Create("/b3").Go();
        Assert.True(b.IsHeld);
        Assert.False(a.IsHeld || quiet.IsHeld);
        c.Create("/c2").Go();
        Assert.Equal(1, c.Unread);
        world.SlowDisk = false;
        world.Settle();
        Assert.False(b.IsHeld || c.IsHeld);
        c.Expect("create /c1", "create /c2");
    }

    [Fact]
    public void RequestsOutstanding_is_relaxed_too_when_those_who_asked_are_gone()
    {
        var world = World.Serving(limits: Base with { RequestsPerConnection = 6, RequestsOutstanding = 6 });
        var (leaver, stayer) = (world.Client(), world.Client());
        world.SlowDisk = true;
        leaver.Create("/a1").Create("/a2").Create("/a3").Create("/a4").Create("/a5").Go();
        stayer.Create("/b1").Go();
        Assert.True(stayer.IsHeld);
        world.Close(leaver);
        Assert.False(stayer.IsHeld);
    }

    [Fact]
    public void AnswerBytesPerBatch_at_the_bound_its_reads_wait_for_the_next_batch_and_for_good_while_its_client_does_not_read()
    {
        var world = World.Serving(limits: Base with { AnswerBytesPerBatch = 3000 });
        var (greedy, other) = (world.Client(), world.Client());
        other.Create("/big", new string('d', 1000)).Go().Expect("create /big");
        for (var i = 0; i < 50; i++)
            greedy.Get("/big");
        world.Deliver(InputKind.ClientStalled, greedy.Id.Value, []);
        greedy.Go();
        Assert.Equal(0, greedy.Count);
        var before = 0;
        world.Replied = to => before += to == other.Id ? greedy.Count * 1000 : 0;
        world.Batch(() =>
        {
            world.Deliver(InputKind.ClientDrained, greedy.Id.Value, []);
            other.Get("/big").Go();
        });
        Assert.Equal(2_000, before);   // what had been promised; the others were answered in later batches
        Assert.Equal(50, greedy.Take().Length);
    }

    [Fact]
    public void ReadsPromised_what_waits_behind_that_many_reads_is_not_proposed_before_they_are_answered()
    {
        var world = World.Serving(limits: Base with { ReadsPromised = 2 });
        var client = world.Client();
        world.SlowDisk = true;
        client.Create("/a").Get("/a").Get("/a").Set("/a", "1").Get("/a").Set("/a", "2").Go();
        world.Finish();
        client.Expect("create /a", "get ", "get ", "set v1", "get 1");
        world.Finish();
        client.Expect("set v2");
    }

    [Fact]
    public void WatchesPerConnection_beyond_the_connection_is_closed_and_its_session_lives()
    {
        var world = World.Serving(limits: Base with { WatchesPerConnection = 3 });
        var client = world.Client();
        client.Exists("/a", watch: true).Exists("/b", watch: true).AddWatch("/c", 0).Exists("/a", watch: true).Go();
        client.Expect("exists NoNode", "exists NoNode", "add", "exists NoNode");
        client.Exists("/d", watch: true).Go().ExpectHangUp();
        client = client.Reattach();
        client.Exists("/d", watch: true).Go().Expect("granted", "exists NoNode");
        client.Create("/e").Create("/f").Create("/g").Go().Take();
        client.SetWatches(client.LastZxid, "/e", "/f", "/g").Go().ExpectHangUp();
        Assert.Equal(1, world.Server.SessionCount);
    }

    [Fact]
    public void IdentityBytes_beyond_an_auth_packet_fails()
    {
        var world = World.Serving(limits: Base with { IdentityBytes = 500 });
        var client = world.Client();
        for (var i = 0; i < 20 && !client.IsGone; i++)
            client.Auth("digest", $"user{i}:password").Go();
        client.ExpectHangUp();
        var heard = client.Take();
        Assert.Equal("auth AuthFailed", heard[^1]);
        Assert.InRange(heard.Length, 5, 15);
        Assert.Equal(1, world.Server.SessionCount);
    }

    [Fact]
    public void IdentityBytes_what_the_host_vouches_for_counts_as_well()
    {
        var world = World.Serving(limits: Base with { FrameBytes = 1024, IdentityBytes = 500, LogRingBytes = 4096 });
        world.Open(vouched: w => Identities.Write(w, "x509"u8, new byte[600])).ExpectHangUp();
        var client = world.Open(vouched: w => Identities.Write(w, "x509"u8, new byte[400])).Connect();
        client.Create("/a", new string('d', 900)).Go().Expect("create /a");
    }

    private static byte[] Framed(byte[] frame)
    {
        var framed = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, frame.Length);
        frame.CopyTo(framed, 4);
        return framed;
    }
}
