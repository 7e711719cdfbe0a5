using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

public class ReconfigReplyTests
{
    private readonly FrontWorld _world = new(new() { ReconfigEnabled = true })
    {
        Ruling = new Ruling { Error = ErrorCode.Ok, Publishes = true, Text = "server.1=there\n"u8, Membership = [1, 2, 3] }.Encode(),
    };

    /// <summary>The change ends.</summary>
    private static byte[] End => new Ruling { Error = ErrorCode.Ok, Membership = [1, 2] }.Encode();

    private static byte[] Reconfig(int xid) => Ask.Request(xid, OpCode.Reconfig, w =>
    {
        w.Null();
        w.Buffer("3"u8);
        w.Null();
        w.Long(-1);
    });

    [Fact]
    public void B9_the_reply_comes_when_the_membership_that_the_change_ends_as_is_applied()
    {
        var client = _world.Client();
        client.Send(Ask.Read(1, OpCode.GetData, "/zookeeper/config", watch: true));
        _world.Settle();
        client.TakeAll();
        client.Send(Reconfig(2));
        _world.Settle();
        Assert.Equal(["NodeDataChanged /zookeeper/config"], client.TakeAll());   // the configuration has changed, the change is not complete
        _world.Log(new() { Kind = CommandKind.Membership, Ruling = End });
        _world.Settle();
        var reply = client.Take();
        Assert.Equal((2, ErrorCode.Ok), (reply.Xid, reply.Error));
        Assert.Equal("server.1=there\nversion=" + reply.Zxid.ToString("x", null), reply.Text);
    }

    [Fact]
    public void A12_the_header_of_the_reply_shows_no_older_zxid_than_was_shown_before()
    {
        var (client, other) = (_world.Client(), _world.Client());
        client.Send(Reconfig(1));
        _world.Settle();
        var shown = other.Call(Ask.Create(1, "/meanwhile")).Zxid;
        client.Send(Ask.Ping);
        _world.Settle();
        Assert.Equal((-2, shown), (client.Take() is var pong ? pong.Xid : 0, pong.Zxid));
        _world.Log(new() { Kind = CommandKind.Membership, Ruling = End });
        _world.Settle();
        var reply = client.Take();
        Assert.Equal(shown, reply.Zxid);
        Assert.EndsWith($"version={shown - 1:x}", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_behind_a_reconfig_is_proposed_before_it_is_answered()
    {
        var client = _world.Client();
        client.Send(Reconfig(1), Ask.Create(2, "/a"), Ask.Read(3, OpCode.Exists, "/a"));
        Assert.Equal(1, _world.Pending);
        _world.Settle();
        Assert.Empty(client.TakeAll());
        _world.Log(new() { Kind = CommandKind.Membership, Ruling = End });
        _world.Settle();
        Assert.Equal(["1 Ok", "2 Ok", "3 Ok"], client.TakeAll());
    }

    [Fact]
    public void One_that_is_refused_is_answered_at_once()
    {
        _world.Ruling = new Ruling { Error = ErrorCode.NewConfigNoQuorum }.Encode();
        var client = _world.Client();
        client.Send(Reconfig(1), Ask.Create(2, "/a"));
        _world.Settle();
        Assert.Equal(["1 NewConfigNoQuorum", "2 Ok"], client.TakeAll());
    }

    [Fact]
    public void A_connection_that_is_gone_meanwhile_is_not_answered()
    {
        var client = _world.Client();
        client.Send(Reconfig(1));
        _world.Settle();
        _world.Close(client);
        _world.Log(new() { Kind = CommandKind.Membership, Ruling = End });
        _world.Settle();
        Assert.Empty(client.TakeAll());
    }
}
