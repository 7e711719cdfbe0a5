using Quorate.Kernel.Fronts;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

public class HandshakeTests
{
    private readonly FrontWorld _world = new();

    [Theory]
    [InlineData(true, 37)]
    [InlineData(null, 36)]
    public void A_new_session_is_granted_in_the_length_that_was_asked(bool? readOnly, int length)
    {
        var client = _world.Open();
        client.Send(Ask.Connect(readOnly: readOnly));
        Assert.False(client.HasReceived);
        _world.Settle();
        Assert.Equal(length, client.TakeRaw().Length);
    }

    [Theory]
    [InlineData(0, 4000)]
    [InlineData(-7, 4000)]
    [InlineData(4001, 4001)]
    [InlineData(int.MaxValue, 40_000)]
    public void The_timeout_is_clamped(int asked, int granted)
    {
        Assert.Equal(granted, _world.Client(asked).Timeout);
    }

    [Fact]
    public void A_new_session_takes_one_zxid_and_a_reattach_none()
    {
        var zxid = _world.Machine.Zxid.Value;
        var first = _world.Client();
        Assert.Equal(zxid + 1, _world.Machine.Zxid.Value);
        var second = Reattach(first);
        Assert.Equal(zxid + 1, _world.Machine.Zxid.Value);
        Assert.Equal(first.Session, second.Session);
        Assert.Equal(first.Password, second.Password);
    }

    [Fact]
    public void A_request_cut_at_any_byte_closes_the_connection_without_a_reply()
    {
        var whole = Ask.Connect(readOnly: null);
        for (var length = 0; length < whole.Length; length++)
        {
            var client = _world.Open();
            client.Send(whole[..length]);
            Assert.True(client.IsHungUp);
            Assert.False(client.HasReceived);
        }
        Assert.Equal(0, _world.Pending);
    }

    [Fact]
    public void A_client_that_has_seen_more_is_turned_away_without_a_reply_and_without_a_session()
    {
        var (ahead, equal) = (_world.Open(), _world.Open());
        ahead.Send(Ask.Connect(lastZxid: _world.Machine.Zxid.Value + 1));
        Assert.True(ahead.IsHungUp);
        Assert.Equal(0, _world.Pending);
        equal.Send(Ask.Connect(lastZxid: _world.Machine.Zxid.Value));
        Assert.False(equal.IsHungUp);
        Assert.Equal(1, _world.Pending);
    }

    [Fact]
    public void Frames_pipelined_behind_the_request_are_served_when_the_session_is_up()
    {
        var client = _world.Open();
        client.Send(Ask.Connect(), Ask.Create(1, "/a"), Ask.Auth("digest", "bob:pw"), Ask.Read(2, OpCode.Exists, "/a"), Ask.Ping);
        Assert.False(client.HasReceived);
        _world.Settle();
        client.TakeGrant();
        Assert.Equal(["-4 Ok", "1 Ok", "-2 Ok", "2 Ok"], client.TakeAll().OrderBy(reply => reply == "2 Ok"));
        Assert.Equal(0, _world.Front.OutstandingRequests);
    }

    [Fact]
    public void A_connection_that_pipelines_too_much_behind_its_request_is_held()
    {
        var world = new FrontWorld(limits: new() { RequestsPerConnection = 3 });
        var client = world.Open();
        client.Send(Ask.Connect(), Ask.Create(1, "/a"), Ask.Create(2, "/b"), Ask.Create(3, "/c"));
        Assert.True(client.IsHeld);
        world.Settle();
        Assert.False(client.IsHeld);
        client.TakeGrant();
        Assert.Equal(["1 Ok", "2 Ok", "3 Ok"], client.TakeAll());
    }

    [Fact]
    public void A_reattach_closes_the_old_connection_and_inherits_neither_watches_nor_identities()
    {
        var old = _world.Client();
        old.Call(Ask.Read(1, OpCode.Exists, "/a", watch: true));
        old.Call(Ask.Auth("digest", "bob:pw"));
        var client = Reattach(old);
        Assert.True(old.IsHungUp);
        Assert.Equal(0, _world.Front.WatchCount);
        Assert.Equal(1, Identities(client.Call(Ask.Request(1, OpCode.WhoAmI, _ => { }))));
    }

    [Fact]
    public void Writes_in_flight_on_the_old_connection_are_applied_and_numbering_begins_again()
    {
        var old = _world.Client();
        old.Send(Ask.Create(1, "/a"), Ask.Create(2, "/b"));
        var client = Reattach(old);
        Assert.False(old.HasReceived);
        Assert.Equal(ErrorCode.Ok, client.Call(Ask.Read(1, OpCode.Exists, "/b")).Error);
        Assert.Equal(ErrorCode.Ok, client.Call(Ask.Create(2, "/c")).Error);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    public void A_wrong_password_is_refused_and_yet_closes_the_open_connection(int length)
    {
        var old = _world.Client();
        var intruder = _world.Open();
        intruder.Send(Ask.Connect(old.Session, new byte[length]));
        _world.Settle();
        Refused(intruder);
        Assert.True(old.IsHungUp);
        Assert.Equal(old.Session, Reattach(old).Session);
    }

    [Fact]
    public void An_unknown_session_is_refused()
    {
        var client = _world.Open();
        client.Send(Ask.Connect(session: 77));
        _world.Settle();
        Refused(client);
    }

    [Fact]
    public void A_reattach_renegotiates_the_timeout()
    {
        var client = Reattach(_world.Client(8000), timeout: 5000);
        Assert.Equal(5000, client.Timeout);
        Assert.Equal(5000, _world.Machine.Sessions[_world.Machine.Sessions.Find(new(client.Session))].TimeoutMilliseconds);
    }

    [Fact]
    public void Of_two_reattaches_under_way_the_one_applied_last_stays()
    {
        var first = _world.Client();
        var (a, b) = (_world.Open(), _world.Open());
        a.Send(Ask.Connect(first.Session, first.Password));
        b.Send(Ask.Connect(first.Session, first.Password));
        _world.Settle();
        a.TakeGrant();
        b.TakeGrant();
        Assert.True(a.IsHungUp);
        Assert.Equal(ErrorCode.Ok, b.Call(Ask.Create(1, "/a")).Error);
    }

    [Fact]
    public void A_session_attached_through_another_member_loses_its_connection_here()
    {
        var client = _world.Client();
        var body = new byte[20];
        client.Password.CopyTo(body, 0);
        body[16] = 100;
        _world.Log(new()
        {
            Kind = CommandKind.Attach,
            Origin = new(2),
            Session = new(client.Session),
            Sequence = 1,
            Incarnation = new(9, 1),
            Body = body,
        });
        _world.Settle();
        Assert.True(client.IsHungUp);
        Assert.False(client.HasReceived);
        Assert.NotEqual(Sessions.None, _world.Machine.Sessions.Find(new(client.Session)));
    }

    [Fact]
    public void A_session_that_comes_up_when_its_connection_is_gone_is_nobodys()
    {
        var client = _world.Open();
        client.Send(Ask.Connect());
        _world.Close(client);
        _world.Settle();
        Assert.False(client.HasReceived);
        Assert.Equal(1, _world.Machine.Sessions.Count);
        Assert.NotEqual(0, _world.Client().Session);
    }

    [Fact]
    public void A_session_too_many_is_refused()
    {
        var world = new FrontWorld(limits: new() { Sessions = 1 });
        world.Client();
        var client = world.Open();
        client.Send(Ask.Connect());
        world.Settle();
        Refused(client);
    }

    [Fact]
    public void Who_says_nothing_is_hung_up_in_time_and_who_spoke_is_not()
    {
        var (silent, speaking) = (_world.Open(), _world.Client());
        Assert.Equal(_world.Now.Instant + _world.Settings.HandshakeTimeout, _world.Front.NextDeadline);
        _world.Wait(9_999);
        Assert.False(silent.IsHungUp);
        _world.Wait(1);
        Assert.True(silent.IsHungUp);
        Assert.False(speaking.IsHungUp);
        Assert.Equal(1, _world.Front.ConnectionCount);
    }

    [Fact]
    public void A_connection_too_many_is_hung_up_at_once()
    {
        var world = new FrontWorld(limits: new() { Connections = 1 });
        var (first, second) = (world.Open(), world.Open());
        Assert.True(second.IsHungUp);
        second.Send(Ask.Connect());
        Assert.Equal(0, world.Pending);
        world.Close(second);
        world.Close(first);
        Assert.False(world.Open().IsHungUp);
    }

    [Fact]
    public void A_shorter_timeout_counts_only_from_the_first_request_behind_its_grant()
    {
        var first = _world.Client(20_000);
        var second = _world.Open();
        second.Send(Ask.Connect(first.Session, first.Password, timeout: 4000), Ask.Ping);
        _world.Settle();
        second.TakeGrant();
        Assert.Equal(_world.Now.Instant + TimeSpan.FromSeconds(20), Deadline(second));
        second.Send(Ask.Ping);
        Assert.Equal(_world.Now.Instant + TimeSpan.FromSeconds(4), Deadline(second));
    }

    [Fact]
    public void Asking_for_a_session_back_touches_it_at_once_if_the_password_is_right()
    {
        var client = _world.Client(8000);
        _world.Wait(5000);
        _world.Open().Send(Ask.Connect(client.Session, new byte[16]));
        Assert.Equal(_world.Now.Instant + TimeSpan.FromSeconds(3), Deadline(client));
        _world.Open().Send(Ask.Connect(client.Session, client.Password));
        Assert.Equal(_world.Now.Instant + TimeSpan.FromSeconds(8), Deadline(client));
    }

    private Kernel.Ground.Instant Deadline(TestClient client) =>
        _world.Front.Expiry.DeadlineOf(_world.Machine.Sessions.Find(new(client.Session)));

    private TestClient Reattach(TestClient old, int timeout = 8000)
    {
        var client = _world.Open();
        client.Send(Ask.Connect(old.Session, old.Password, timeout));
        _world.Settle();
        client.TakeGrant();
        Assert.NotEqual(0, client.Timeout);
        return client;
    }

    private static void Refused(TestClient client)
    {
        client.TakeGrant();
        Assert.Equal((0, 0L), (client.Timeout, client.Session));
        Assert.Equal(new byte[16], client.Password);
        Assert.True(client.IsHungUp);
        Assert.False(client.HasReceived);
    }

    private static int Identities(Heard whoAmI)
    {
        var reader = new JuteReader(whoAmI.Body);
        return reader.Int();
    }
}
