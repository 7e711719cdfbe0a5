using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Clients;

/// <summary>Connecting, losing the connection, and the ends of a session.</summary>
public class SessionTests
{
    [Fact]
    public void A5_nothing_is_sent_behind_the_connect_request_before_its_answer()
    {
        var client = new Puppet();
        client.Ask(1, OpCode.Create).Tick();
        Assert.Equal(["connect 1 to 0"], client.Said());
        client.Opened().Ask(2, OpCode.GetData).Ask(3, OpCode.Auth, "me:pw");
        Assert.Equal(["send 1: session 0x0 zxid 0x0 timeout 10000 password 0"], client.Said());
        client.Granted();
        Assert.Equal(["Connected", "send 1: -4 Auth me:pw", "send 1: 1 Create /a", "send 1: 2 GetData /a"], client.Said());
        Assert.Equal(SessionState.Connected, client.Client.State);
        Assert.Equal(new SessionId(Puppet.SessionNumber), client.Client.Session);
        Assert.Equal(TimeSpan.FromSeconds(9), client.Client.Timeout);
    }

    [Fact]
    public void Replies_complete_requests_in_the_order_in_which_they_were_asked()
    {
        var client = new Puppet().Up();
        client.Ask(7, OpCode.Create).Ask(5, OpCode.GetData).Ask(6, OpCode.Delete).Said();
        client.Reply(1, 10).Reply(2, 10, ErrorCode.NoAuth).Reply(3, 11, ErrorCode.NotEmpty);
        Assert.Equal(["done 7: Create Answered Ok", "done 5: GetData Answered NoAuth", "done 6: Delete Answered NotEmpty"], client.Said());
        Assert.Equal(0, client.Client.Outstanding);
        Assert.Equal(new Zxid(11), client.Client.Seen);
    }

    [Fact]
    public void A_reply_out_of_order_ends_the_connection()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.Create).Ask(2, OpCode.Create).Said();
        client.Reply(2, 10);
        Assert.Equal(["hang up 1", "Suspended", "done 1: Create Unknown ConnectionLoss", "done 2: Create Unknown ConnectionLoss"], client.Said());
        Assert.Equal(LinkFault.OutOfOrder, client.Client.Fault);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-2)]
    public void A_reply_older_than_the_last_ends_the_connection(int xid)
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.GetData).Reply(1, 10).Ask(2, OpCode.GetData).Advance(3).Said();
        client.Reply(xid == 1 ? 2 : xid, 9);
        Assert.Equal(["hang up 1", "Suspended", "done 2: GetData Lost ConnectionLoss"], client.Said());
        Assert.Equal(LinkFault.WentBack, client.Client.Fault);
    }

    [Fact]
    public void An_event_counts_as_seen()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.GetData, watch: true).Reply(1, 10).Event(WatchEvent.NodeDataChanged, "/a", 12).Said();
        client.Ask(2, OpCode.GetData).Reply(2, 11);
        Assert.Contains("hang up 1", client.Said());
    }

    [Fact]
    public void What_a_lost_connection_leaves_open_is_completed_in_order_and_only_writes_are_unknown()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.GetData).Ask(2, OpCode.Create).Ask(3, OpCode.Sync).Ask(4, OpCode.SetData).Said();
        client.Reply(1, 10).Said();
        client.Closed();
        Assert.Equal(
            ["Suspended", "done 2: Create Unknown ConnectionLoss", "done 3: Sync Lost ConnectionLoss", "done 4: SetData Unknown ConnectionLoss"],
            client.Said());
        client.Ask(5, OpCode.SetData).Advance(2);
        Assert.Equal(["connect 2 to 0"], client.Said().Take(1));
        client.Grant();
        Assert.Equal(["send 2: session 0x51 zxid 0xa timeout 10000 password 7", "Connected", "send 2: 5 SetData /a"], client.Said());
    }

    [Fact]
    public void What_was_asked_without_a_connection_outlasts_failed_attempts()
    {
        var client = new Puppet();
        client.Tick().Ask(1, OpCode.Create).Closed().Advance(2).Opened().Closed().Said();
        Assert.Equal(LinkFault.Broken, client.Client.Fault);
        client.Advance(2).Grant();
        Assert.Contains("send 3: 1 Create /a", client.Said());
    }

    [Fact]
    public void A_session_that_the_server_does_not_know_is_expired()
    {
        var client = new Puppet().Up();
        client.Closed().Ask(1, OpCode.Create).Advance(2).Said();
        client.Refuse();
        Assert.Equal(
            ["send 2: session 0x51 zxid 0x0 timeout 10000 password 7", "hang up 2", "Expired", "done 1: Create Lost SessionExpired"], client.Said());
        Assert.Equal(Instant.Never, client.Client.NextDeadline);
        Assert.Equal(Instant.Origin, client.Client.FenceAt);
        client.Ask(2, OpCode.GetData).Advance(100);
        Assert.Equal(["done 2: GetData Lost SessionExpired"], client.Said());
    }

    [Fact]
    public void A_server_that_opens_no_session_is_left_and_another_tried()
    {
        var client = new Puppet(new() { Servers = 2 });
        client.Tick();
        var first = client.Server;
        client.Refuse().Advance(2);
        Assert.Equal(1 - first, client.Server);
        Assert.Equal(SessionState.Connecting, client.Client.State);
    }

    [Fact]
    public void A_server_that_attaches_another_session_is_left()
    {
        var client = new Puppet().Up();
        client.Closed().Advance(2).Grant(session: 99);
        Assert.Equal(SessionState.Suspended, client.Client.State);
        Assert.Equal(new SessionId(Puppet.SessionNumber), client.Client.Session);
    }

    [Fact]
    public void Closing_ends_the_session_when_the_server_has_said_so()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.Create).Ask(2, OpCode.CloseSession).Ask(3, OpCode.GetData);
        Assert.Equal(["send 1: 1 Create /a", "send 1: 2 CloseSession", "done 3: GetData Lost SessionExpired"], client.Said());
        client.Reply(1, 5).Reply(2, 6);
        Assert.Equal(["done 1: Create Answered Ok", "done 2: CloseSession Answered Ok", "hang up 1", "Closed"], client.Said());
    }

    [Fact]
    public void A_close_whose_answer_is_lost_is_not_tried_again()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.CloseSession).Said();
        client.Closed();
        Assert.Equal(["Suspended", "done 1: CloseSession Unknown ConnectionLoss", "Closed"], client.Said());
        Assert.Equal(Instant.Never, client.Client.NextDeadline);
    }

    [Fact]
    public void Closing_without_a_connection_leaves_the_session_to_its_timeout()
    {
        var client = new Puppet().Up();
        client.Closed().Ask(1, OpCode.Create).Said();
        client.Ask(2, OpCode.CloseSession);
        Assert.Equal(["done 2: CloseSession Lost ConnectionLoss", "Closed", "done 1: Create Lost SessionExpired"], client.Said());
    }

    [Fact]
    public void Credentials_are_shown_again_on_every_connection_and_told_once()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.Auth, "a:1").Ask(2, OpCode.Auth, "b:2").Reply(-4, 0).Said();
        client.Reconnect();
        Assert.Equal(["send 2: session 0x51 zxid 0x0 timeout 10000 password 7", "Connected", "send 2: -4 Auth a:1", "send 2: -4 Auth b:2"], client.Said());
        client.Reply(-4, 0).Reply(-4, 0);
        Assert.Equal(["done 2: Auth Answered Ok"], client.Said());
    }

    [Fact]
    public void A_credential_that_is_not_accepted_ends_the_client()
    {
        var client = new Puppet().Up();
        client.Ask(1, OpCode.Auth, "a:1").Ask(2, OpCode.Create).Said();
        client.Reply(-4, 0, ErrorCode.AuthFailed);
        Assert.Equal(["done 1: Auth Answered AuthFailed", "hang up 1", "AuthFailed", "done 2: Create Unknown AuthFailed"], client.Said());
    }

    [Fact]
    public void What_comes_from_a_former_connection_means_nothing()
    {
        var client = new Puppet().Up();
        client.Closed().Advance(2).Said();
        client.Opened(link: 1).Closed(link: 1);
        Assert.Empty(client.Said());
    }

    [Fact]
    public void An_attempt_that_takes_a_third_of_the_timeout_is_given_up()
    {
        var client = new Puppet();
        client.Tick().Opened().Said();
        client.Advance(3.3);
        Assert.Empty(client.Said());
        client.Advance(0.1);
        Assert.Equal(["hang up 1"], client.Said().Take(1));
        Assert.Equal(LinkFault.Unanswered, client.Client.Fault);
    }

    [Fact]
    public void Every_server_is_tried_once_before_any_is_tried_twice_and_each_client_has_its_own_order()
    {
        var orders = new HashSet<string>();
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var client = new Puppet(new() { Servers = 3 }, seed);
            var tried = new List<int>();
            for (client.Tick(); tried.Count < 6; client.Closed().Advance(client.Client.NextDeadline - client.Now))
                tried.Add(client.Server);
            Assert.Equal([0, 1, 2], tried.Take(3).Order());
            Assert.Equal(tried.Take(3), tried.Skip(3));
            orders.Add(string.Join(' ', tried));
        }
        Assert.Equal(6, orders.Count);
    }

    [Fact]
    public void S64_pauses_are_spread_and_grow_with_each_round_up_to_their_bound()
    {
        TimeSpan Longest(int failures) => Enumerable.Range(1, 200).Max(seed =>
        {
            var client = new Puppet(new() { Servers = 2 }, (ulong)seed);
            client.Tick();
            for (var i = 1; i < failures; i++)
                client.Closed().Advance(client.Client.NextDeadline - client.Now);
            client.Closed();
            return client.Client.NextDeadline - client.Now;
        });
        Assert.InRange(Longest(2).TotalSeconds, 0.09, 0.1);
        Assert.InRange(Longest(4).TotalSeconds, 0.18, 0.2);
        Assert.InRange(Longest(30).TotalSeconds, 1.8, 2);
    }

    [Fact]
    public void The_same_seed_and_inputs_give_the_same_effects()
    {
        string[] Run(ulong seed)
        {
            var client = new Puppet(new() { Servers = 5 }, seed);
            client.Tick().Grant().Ask(1, OpCode.GetData, watch: true).Reply(1, 3);
            for (var i = 0; i < 20; i++)
                client.Closed().Advance(1);
            return [.. client.Said()];
        }
        Assert.Equal(Run(3), Run(3));
        Assert.NotEqual(Run(3), Run(4));
    }
}
