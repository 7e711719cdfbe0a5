using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

public class AuthenticationTests
{
    private readonly FrontWorld _world = new();

    [Fact]
    public void Auth_is_answered_at_once_with_zxid_zero_and_its_own_xid()
    {
        var client = _world.Client();
        client.Send(Ask.Create(1, "/a"), Ask.Auth("digest", "bob:pw", xid: 77));
        var reply = client.Take();
        Assert.Equal((77, 0L, ErrorCode.Ok, 0), (reply.Xid, reply.Zxid, reply.Error, reply.Body.Length));
    }

    [Theory]
    [InlineData("nosuch")]
    [InlineData("world")]
    [InlineData("")]
    public void A_scheme_that_cannot_be_proven_ends_the_connection_but_not_the_session(string scheme)
    {
        var client = _world.Client();
        client.Send(Ask.Auth(scheme, "x"));
        var reply = client.Take();
        Assert.Equal((-4, 0L, ErrorCode.AuthFailed), (reply.Xid, reply.Zxid, reply.Error));
        Assert.True(client.IsHungUp);
        Assert.Equal(1, _world.Machine.Sessions.Count);
    }

    [Theory]
    [InlineData(OpCode.Auth)]
    [InlineData(OpCode.Sasl)]
    public void A_packet_that_is_cut_short_closes_the_connection_without_a_reply(OpCode op)
    {
        var client = _world.Client();
        client.Send(Ask.Request(1, op, w => w.Int(5)));
        Assert.True(client.IsHungUp);
        Assert.False(client.HasReceived);
    }

    [Fact]
    public void Sasl_is_answered_with_a_null_token()
    {
        var client = _world.Client();
        client.Send(Ask.Request(1, OpCode.Sasl, w => w.Buffer("token"u8)));
        var reply = client.Take();
        Assert.Equal((0L, ErrorCode.Ok), (reply.Zxid, reply.Error));
        Assert.Equal([0xff, 0xff, 0xff, 0xff], reply.Body);
    }

    [Fact]
    public void Identities_beyond_their_bound_fail()
    {
        var world = new FrontWorld(limits: new() { IdentityBytes = 200 });
        var client = world.Client();
        for (var i = 0; i < 3; i++)
        {
            client.Send(Ask.Auth("digest", $"bob:{i}"));
            Assert.Equal(ErrorCode.Ok, client.Take().Error);
        }
        client.Send(Ask.Auth("digest", "bob:again"));
        Assert.Equal(ErrorCode.AuthFailed, client.Take().Error);
    }

    [Fact]
    public void Where_authentication_is_enforced_nothing_else_is_served_before_it()
    {
        var world = new FrontWorld(new() { RequiredSchemes = ["digest"] });
        var (bold, polite) = (world.Client(), world.Client());
        bold.Send(Ask.Ping);
        Assert.Equal(ErrorCode.SessionClosedRequireSaslAuth, bold.Take().Error);
        Assert.True(bold.IsHungUp);
        polite.Send(Ask.Auth("digest", "bob:pw"));
        Assert.Equal(ErrorCode.Ok, polite.Take().Error);
        Assert.Equal(ErrorCode.Ok, polite.Call(Ask.Read(1, OpCode.Exists, "/")).Error);
    }

    [Fact]
    public void Who_am_i_lists_the_address_and_the_user_without_the_hash()
    {
        var client = _world.Client();
        client.Send(Ask.Auth("digest", "bob:pw"), Ask.Auth("digest", "bob:other"), Ask.Auth("digest", "bob:pw"));
        client.TakeAll();
        var reader = new JuteReader(client.Call(Ask.Request(1, OpCode.WhoAmI, _ => { })).Body);
        var lines = new List<string>();
        for (var left = reader.Int(); left > 0; left--)
            lines.Add(Encoding.UTF8.GetString(reader.Buffer(out _)) + ":" + Encoding.UTF8.GetString(reader.Buffer(out _)));
        Assert.Equal(["digest:bob", "digest:bob", "ip:10.0.0.1"], lines.Order());
    }
}
