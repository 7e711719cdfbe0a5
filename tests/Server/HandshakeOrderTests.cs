using Quorate.Kernel;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Tests.Machines;

namespace Quorate.Tests.Servers;

/// <summary>C3: who is hung up, refused or attached, and in which order.</summary>
public class HandshakeOrderTests
{
    [Fact]
    public void C3_a_client_that_has_seen_the_future_is_hung_up_without_a_word_and_no_session_is_made()
    {
        var world = World.Serving();
        var client = world.Open().Handshake(0, new byte[16], 8000, lastZxid: world.Server.Machine.Zxid.Value + 1).Go();
        client.ExpectHangUp();
        client.Expect();
        Assert.Equal(0, world.Server.SessionCount);

        // Neither does such a one disturb the owner of a session it names.
        var owner = world.Client();
        world.Open().Handshake(owner.Session, owner.Password, 8000, lastZxid: long.MaxValue).Go().ExpectHangUp();
        Assert.False(owner.IsHungUp);
    }

    [Fact]
    public void C3_the_old_connection_goes_first_even_if_the_password_is_wrong()
    {
        var world = World.Serving();
        var owner = world.Client();
        var stranger = world.Open().Handshake(owner.Session, new byte[16], 8000).Go();
        stranger.Expect("refused");
        owner.ExpectHangUp();
        owner.Reattach().Expect("granted");
    }

    [Fact]
    public void C3_a_wrong_password_moves_no_attachment()
    {
        var world = World.Serving();
        var owner = world.Client();
        world.SlowDisk = true;
        owner.Create("/a").Go();
        world.Open().Handshake(owner.Session, new byte[16], 8000).Go();
        world.SlowDisk = false;
        world.Settle();
        owner = owner.Reattach();
        owner.Get("/a").Set("/a", "1").Go().Expect("granted", "get ", "set v1");
    }

    [Fact]
    public void C3_what_the_old_connection_had_sent_before_is_done_before_the_new_one_is_answered()
    {
        var world = World.Serving();
        var owner = world.Client();
        world.SlowDisk = true;
        owner.Create("/a", "0").Set("/a", "1").Go();
        var again = owner.Reattach();
        again.Get("/a").Set("/a", "2").Go();
        world.SlowDisk = false;
        world.Settle();
        owner.ExpectHangUp();
        owner.Expect();
        again.Expect("granted", "get 1", "set v2");
    }

    [Fact]
    public void C3_of_two_connections_that_ask_for_one_session_the_later_one_has_it()
    {
        var world = World.Serving();
        var owner = world.Client();
        world.SlowDisk = true;
        var (first, second) = (owner.Reattach(), owner.Reattach());
        first.Create("/first").Go();
        second.Create("/second").Go();
        world.SlowDisk = false;
        world.Settle();
        second.Expect("granted", "create /second");
        first.ExpectHangUp();
        second.Exists("/first").Go().Expect("exists NoNode");
    }

    [Fact]
    public void C3_a_session_that_ends_while_its_owner_is_at_the_door_is_refused()
    {
        var world = World.Serving();
        var owner = world.Client();
        world.SlowDisk = true;
        owner.CloseSession().Go();
        var again = owner.Reattach();
        again.Create("/a").Go();
        world.SlowDisk = false;
        world.Settle();
        again.Expect("refused");
        again.ExpectHangUp();
        world.Client().Exists("/a").Go().Expect("exists NoNode");
    }

    [Fact]
    public void Requests_pipelined_behind_the_handshake_are_served_in_order()
    {
        var world = World.Serving();
        var client = world.Open().Handshake(0, new byte[16], 8000).Create("/a", "0").Get("/a").Ping().Set("/a", "1").Get("/a").Go();
        Assert.Equal(["granted", "create /a", "get 0", "set v1", "get 1"], client.Take().Where(heard => heard != "pong"));
    }

    [Fact]
    public void C6_a_close_that_comes_through_an_old_attachment_closes_nothing()
    {
        var driver = new MachineDriver();
        var session = driver.OpenSession();
        driver.Own(CommandKind.Attach, session, password: default);
        var close = driver.Apply(new() { Kind = CommandKind.CloseSession, Session = session, Attachment = 1, Sequence = 1 });
        Assert.Equal((Verdict.Applied, ErrorCode.SessionMoved), (close.Verdict, close.Error));
        Assert.NotEqual(Kernel.Machines.Sessions.None, driver.Machine.Sessions.Find(session));
        var write = driver.Create(session, number: 1, "/a", attachment: 1);
        Assert.Equal(ErrorCode.SessionMoved, write.Error);
        Assert.Equal(ErrorCode.Ok, driver.Create(session, number: 1, "/a", attachment: 2).Error);
    }
}
