using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Clients;

/// <summary>Pings, giving up a silent server, and the fence. Timeouts are 9 s here, a third is 3 s; ρ is 0.1 %.</summary>
public class HeartbeatTests
{
    /// <summary>9 s × (1 − 0.001)/(1 + 0.001), rounded down to whole ticks.</summary>
    private const long Fence = 89_820_179;

    [Fact]
    public void The_fence_stands_a_shortened_timeout_after_the_connect_request_was_sent()
    {
        var client = new Puppet().Tick().Sleep(1).Opened();
        var sent = client.Now;
        client.Sleep(2).Granted();
        Assert.Equal(sent.Ticks + Fence, client.Client.FenceAt.Ticks);
    }

    [Fact]
    public void Before_a_session_is_granted_there_is_no_fence_to_rely_on()
    {
        var client = new Puppet().Tick().Opened();
        Assert.True(client.Client.FenceAt <= client.Now);
    }

    [Theory]
    [InlineData(OpCode.Create, ErrorCode.Ok, true)]
    [InlineData(OpCode.Create, ErrorCode.NodeExists, true)]
    [InlineData(OpCode.Delete, ErrorCode.BadVersion, true)]
    [InlineData(OpCode.Sync, ErrorCode.Ok, true)]
    [InlineData(OpCode.Sync, ErrorCode.MarshallingError, false)]
    [InlineData(OpCode.Create, ErrorCode.ThrottledOp, false)]
    [InlineData(OpCode.Create, ErrorCode.SessionClosedRequireSaslAuth, false)]
    [InlineData(OpCode.Create, ErrorCode.Unimplemented, false)]
    [InlineData(OpCode.GetData, ErrorCode.Ok, false)]
    [InlineData(OpCode.Exists, ErrorCode.NoNode, false)]
    public void Only_answers_that_a_leader_stands_behind_move_the_fence(OpCode op, ErrorCode error, bool moves)
    {
        var client = new Puppet().Up();
        var before = client.Client.FenceAt;
        client.Sleep(1).Ask(1, op).Sleep(1).Reply(1, 5, error);
        Assert.Equal(moves ? before + TimeSpan.FromSeconds(1) : before, client.Client.FenceAt);
    }

    [Fact]
    public void The_fence_counts_from_the_newest_confirmed_request_whatever_came_last()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.Create).Advance(3);
        var pinged = client.Now;
        client.Advance(1).Pong(5);
        Assert.Equal(pinged.Ticks + Fence, client.Client.FenceAt.Ticks);
        client.Reply(1, 6);
        Assert.Equal(pinged.Ticks + Fence, client.Client.FenceAt.Ticks);
    }

    [Fact]
    public void A5_a_shorter_timeout_granted_at_a_reconnect_moves_the_fence_back()
    {
        var client = new Puppet().Up();
        client.Closed().Advance(1).Opened();
        var sent = client.Now;
        client.Granted(timeout: 4000);
        Assert.InRange((client.Client.FenceAt - sent).TotalSeconds, 3.99, 4);
    }

    [Fact]
    public void A5_an_answer_to_a_connect_request_that_is_lost_moves_nothing()
    {
        var client = new Puppet().Up();
        var fence = client.Client.FenceAt;
        client.Closed().Advance(1).Opened().Closed();
        Assert.Equal(fence, client.Client.FenceAt);
    }

    [Fact]
    public void The_fence_falls_before_a_close_is_sent()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.CloseSession);
        Assert.Equal(Instant.Origin, client.Client.FenceAt);
        client.Reply(1, 5);
        Assert.Equal(Instant.Origin, client.Client.FenceAt);
    }

    [Fact]
    public void The_longest_timeout_does_not_overflow()
    {
        var client = new Puppet().Tick().Grant(timeout: int.MaxValue);
        Assert.InRange((client.Client.FenceAt - client.Now).TotalMilliseconds, int.MaxValue * 0.99, int.MaxValue);
    }

    [Fact]
    public void An_idle_client_pings_a_third_of_the_timeout_after_the_last_ping_that_was_answered_was_sent()
    {
        var client = new Puppet().Up();
        client.Advance(2.9);
        Assert.Empty(client.Said());
        client.Advance(0.1);
        Assert.Equal(["send 1: -2 Ping"], client.Said());
        client.Advance(0.5).Pong(1).Advance(2.4);
        Assert.Empty(client.Said());
        client.Advance(0.1);
        Assert.Equal(["send 1: -2 Ping"], client.Said());
    }

    [Fact]
    public void B14_a_busy_reader_pings_and_a_busy_writer_does_not()
    {
        var (reader, writer) = (new Puppet().Up(), new Puppet().Up());
        for (var i = 1; i <= 10; i++)
        {
            reader.Ask((ulong)i, OpCode.GetData).Advance(0.5).Reply(i, 5);
            writer.Ask((ulong)i, OpCode.SetData).Advance(0.5).Reply(i, 5);
        }
        Assert.Single(reader.Said(), "send 1: -2 Ping");
        Assert.DoesNotContain("send 1: -2 Ping", writer.Said());
    }

    [Fact]
    public void B14_a_writer_whose_writes_are_refused_on_the_way_pings()
    {
        var client = new Puppet().Up();
        for (var i = 1; i <= 8; i++)
            client.Ask((ulong)i, OpCode.Create).Advance(0.5).Reply(i, 5, ErrorCode.ThrottledOp);
        Assert.Contains("send 1: -2 Ping", client.Said());
    }

    [Fact]
    public void A_server_that_answers_reads_but_no_pings_is_left_after_two_thirds_of_the_timeout()
    {
        var client = new Puppet().Up();
        for (var i = 1; i <= 11; i++)
            client.Ask((ulong)i, OpCode.GetData).Advance(0.5).Reply(i, 5);
        Assert.DoesNotContain("hang up 1", client.Said());
        client.Advance(0.5);
        Assert.Equal(["hang up 1", "Suspended"], client.Said().Take(2));
        Assert.Equal(LinkFault.Unconfirmed, client.Client.Fault);
        Assert.True(client.Client.FenceAt > client.Now);
    }

    [Fact]
    public void Mail_that_waited_while_the_client_slept_is_read_before_its_silence_is_judged()
    {
        var client = new Puppet().Up();
        client.Advance(3).Said();
        client.Sleep(5).Pong(5).Tick();
        Assert.Equal(["send 1: -2 Ping"], client.Said());
    }

    /// <summary>The clock has gone on: whatever waited to be read was asked for before, and makes nobody young again.</summary>
    [Fact]
    public void B11_who_wakes_from_suspension_cannot_rely_on_its_session_whatever_it_hears_first()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.Create).Advance(3).Said();
        client.Sleep(3600);
        Assert.True(client.Client.FenceAt < client.Now);
        client.Pong(5).Reply(1, 6);
        Assert.True(client.Client.FenceAt < client.Now);
        client.Tick();
        Assert.Equal(["send 1: -2 Ping"], client.Said().Where(said => said.StartsWith("send", StringComparison.Ordinal)));
        var asked = client.Now;
        client.Sleep(1).Pong(7);
        Assert.Equal(asked.Ticks + Fence, client.Client.FenceAt.Ticks);
    }

    [Fact]
    public void A_pong_without_a_ping_ends_the_connection()
    {
        var client = new Puppet().Up();
        client.Pong(5);
        Assert.Equal(["hang up 1", "Suspended"], client.Said());
    }

    [Fact]
    public void Where_pongs_prove_nothing_a_write_is_sent_each_quarter_and_proves_the_one_before()
    {
        var client = Puppet.AtZooKeeper().Tick();
        var attached = client.Now;
        client.Grant().Said();
        Assert.Equal(attached.Ticks + Fence, client.Client.FenceAt.Ticks);   // to open a session takes a majority
        client.Advance(2.25);
        Assert.Equal(1, Probes(client));
        client.Sleep(0.1).Reply(1, 5, ErrorCode.NoNode);
        Assert.Equal(attached.Ticks + Fence, client.Client.FenceAt.Ticks);
        var first = attached + TimeSpan.FromSeconds(2.25);
        client.Advance(2.15);
        Assert.Equal(2, Probes(client));
        client.Reply(2, 6, ErrorCode.NoNode);
        Assert.Equal(first.Ticks + Fence, client.Client.FenceAt.Ticks);
        Assert.All(client.Said(), static said => Assert.StartsWith("send", said));   // its owner never hears of it
    }

    [Fact]
    public void Where_pongs_prove_nothing_neither_do_pongs_syncs_nor_an_attach_by_itself()
    {
        var client = Puppet.AtZooKeeper().Up();
        var fence = client.Client.FenceAt;
        client.Sleep(1).Ask(1, OpCode.Sync).Reply(1, 5);
        client.Sleep(1).Closed().Advance(1);
        var attached = client.Now;
        client.Grant();
        Assert.Equal(fence, client.Client.FenceAt);
        client.Tick();
        Assert.Equal(1, Probes(client));
        client.Reply(2, 6, ErrorCode.NoNode);
        Assert.Equal(attached.Ticks + Fence, client.Client.FenceAt.Ticks);
    }

    [Fact]
    public void The_owners_own_writes_prove_as_well_and_save_the_others()
    {
        var client = Puppet.AtZooKeeper().Up();
        var fence = client.Client.FenceAt;
        client.Sleep(1).Ask(1, OpCode.Create).Reply(1, 5);
        Assert.Equal(fence, client.Client.FenceAt);   // it proves the attach, which the fence counted from already
        client.Sleep(2).Ask(2, OpCode.Create).Reply(2, 6).Sleep(2.25).Ask(3, OpCode.Create).Reply(3, 7);
        Assert.True(client.Client.FenceAt > fence);
        client.Advance(2.2);
        Assert.Equal(0, Probes(client));
    }

    [Fact]
    public void Nobody_writes_for_a_fence_that_nobody_goes_by()
    {
        var client = new Puppet(new(), version: ProtocolVersion.ZooKeeper).Up();
        Assert.False(client.Client.ArePongsConfirmed);
        for (var ping = 0; ping < 3; ping++)
            client.Sleep(3).Tick().Pong(5);
        Assert.Equal(0, Probes(client));
        var fence = client.Client.FenceAt;
        client.Rely().Tick();
        Assert.Equal(1, Probes(client));
        client.Reply(1, 6, ErrorCode.NoNode).Advance(2.25).Reply(2, 7, ErrorCode.NoNode);
        Assert.Equal(2, Probes(client));
        Assert.True(client.Client.FenceAt > fence);
    }

    [Fact]
    public void Where_pongs_are_confirmed_nobody_writes_for_the_fence_either()
    {
        var client = new Puppet().Rely().Up();
        Assert.True(client.Client.ArePongsConfirmed);
        for (var ping = 0; ping < 3; ping++)
            client.Sleep(3).Tick().Pong(5);
        Assert.Equal(0, Probes(client));
        Assert.True(client.Client.FenceAt > client.Now + TimeSpan.FromSeconds(4));
    }

    [Fact]
    public void Whose_pongs_they_are_is_known_anew_with_each_attach()
    {
        var client = new Puppet().Up();
        var fence = client.Client.FenceAt;
        client.Closed().Advance(2).Opened().Frame(static w => ConnectResponse.WriteGranted(w, ProtocolVersion.ZooKeeper, 9000, new(Puppet.SessionNumber), new byte[16], false));
        Assert.False(client.Client.ArePongsConfirmed);
        Assert.Equal(fence, client.Client.FenceAt);
    }

    private static int Probes(Puppet client) => client.Frames.Count(static frame => frame[7] == (byte)OpCode.Delete);
}
