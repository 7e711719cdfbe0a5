using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Wire;

/// <summary>What only a client writes, read back as a server does; and what only a client reads.</summary>
public class ClientFramesTests
{
    private static readonly byte[] Password = [.. Enumerable.Range(1, ConnectResponse.PasswordLength).Select(i => (byte)i)];

    private static readonly Stat Some = new()
    {
        Czxid = new(1),
        Mzxid = new(2),
        Ctime = 3,
        Mtime = 4,
        Version = 5,
        Cversion = 6,
        Aversion = 7,
        EphemeralOwner = new(8),
        DataLength = 9,
        NumChildren = 10,
        Pzxid = new(11),
    };

    private delegate bool Reads(ref JuteReader reader);

    private static readonly (string Name, byte[] Body, Reads Reads)[] Replies =
    [
        ("create", Bytes(w => w.Buffer("/a"u8)), (ref r) => CreateReply.Read(ref r, OpCode.Create).Path.SequenceEqual("/a"u8)),
        ("create2", Bytes(w => { w.Buffer("/a"u8); Some.Write(w); }), (ref r) => CreateReply.Read(ref r, OpCode.Create2).Stat == Some),
        ("getData", Bytes(w => { w.Buffer("x"u8); Some.Write(w); }), (ref r) => DataReply.Read(ref r) is var data && data.Stat == Some && !data.DataIsNull),
        ("getData of null", Bytes(w => { w.Null(); Some.Write(w); }), (ref r) => DataReply.Read(ref r).DataIsNull),
        ("getChildren", Bytes(w => { w.Int(1); w.Buffer("a"u8); }), (ref r) => ChildrenReply.Read(ref r, OpCode.GetChildren).Children.Count == 1),
        ("getChildren2", Bytes(w => { w.Int(0); Some.Write(w); }), (ref r) => ChildrenReply.Read(ref r, OpCode.GetChildren2).Stat == Some),
        ("getACL", Bytes(w => { w.Raw(AclList.Open); Some.Write(w); }), (ref r) => AclReply.Read(ref r) is var acl && acl.Acl.Count == 1 && acl.Stat == Some),
        ("event", Bytes(w => { w.Int(3); w.Int(3); w.Buffer("/a"u8); }), (ref r) => WatchNotice.Read(ref r) is var notice
            && notice.Event == WatchEvent.NodeDataChanged && notice.Path.SequenceEqual("/a"u8)),
    ];

    public static TheoryData<int> EachReply => [.. Enumerable.Range(0, Replies.Length)];

    [Theory]
    [MemberData(nameof(EachReply))]
    public void A_reply_is_read_whole_and_never_when_it_is_cut(int which)
    {
        var (name, body, reads) = Replies[which];
        var reader = new JuteReader(body);
        Assert.True(reads(ref reader) && !reader.Failed && reader.Rest.IsEmpty, name);
        for (var length = 0; length < body.Length; length++)
        {
            var cut = new JuteReader(body.AsSpan(0, length));
            reads(ref cut);
            Assert.True(cut.Failed, $"{name} cut to {length}");
        }
    }

    [Fact]
    public void A_connect_request_is_read_as_it_was_written()
    {
        var frame = Bytes(w => ConnectRequest.Write(w, new(77), 9000, new(5), Password));
        Assert.Equal(4 + 44, frame.Length);
        Assert.True(ConnectRequest.TryRead(frame.AsSpan(4), out var request));
        Assert.Equal((new Zxid(77), 9000, new SessionId(5), false), (request.LastZxidSeen, request.TimeoutMilliseconds, request.Session, request.HasReadOnly));
        Assert.Equal(Password, request.Password.ToArray());
        Assert.True(request.AsksForConfirmedPongs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_answer_to_it_is_read_with_and_without_its_last_byte_and_never_when_cut(bool withReadOnly)
    {
        var frame = Bytes(w => ConnectResponse.WriteGranted(w, ProtocolVersion.ConfirmedPongs, 9000, new(5), Password, withReadOnly)).AsSpan(4);
        Assert.True(ConnectAnswer.TryRead(frame, out var answer));
        Assert.Equal((9000, new SessionId(5), false, true), (answer.TimeoutMilliseconds, answer.Session, answer.IsRefused, answer.ConfirmsPongs));
        Assert.Equal(Password, answer.Password.ToArray());
        for (var length = 0; length < 36; length++)
            Assert.False(ConnectAnswer.TryRead(frame[..length], out _));
        Assert.True(ConnectAnswer.TryRead(Bytes(w => ConnectResponse.WriteRefused(w, withReadOnly)).AsSpan(4), out var refusal));
        Assert.True(refusal.IsRefused);
    }

    [Fact]
    public void A_session_password_of_another_length_is_not_taken()
    {
        var frame = Bytes(w => { w.Int(0); w.Int(9000); w.Long(5); w.Buffer(new byte[15]); });
        Assert.False(ConnectAnswer.TryRead(frame, out _));
    }

    [Fact]
    public void Requests_are_read_as_they_were_written()
    {
        var create = new JuteReader(Bytes(w => RequestRecord.CreateTtl(w, "/a"u8, "x"u8, AclList.Open, ZnodeKind.PersistentTtl, 60)));
        var created = CreateRequest.Read(ref create, OpCode.CreateTtl);
        Assert.Equal((5, 60L, 1, false), (created.Flags, created.Ttl, created.Acl.Count, create.Failed));
        foreach (var entry in created.Acl)
            Assert.Equal((Permissions.All, "world", "anyone"), (entry.Permissions, Encoding.UTF8.GetString(entry.Scheme), Encoding.UTF8.GetString(entry.Id)));
        var set = new JuteReader(Bytes(w => RequestRecord.SetData(w, "/a"u8, "x"u8, 3)));
        Assert.Equal(3, SetDataRequest.Read(ref set).Version);
        var acl = new JuteReader(Bytes(w => RequestRecord.SetAcl(w, "/a"u8, AclList.Open, 4)));
        Assert.Equal((1, 4), SetAclRequest.Read(ref acl) is var list ? (list.Acl.Count, list.Version) : default);
        var add = new JuteReader(Bytes(w => RequestRecord.AddWatch(w, "/a"u8, AddWatchMode.Recursive)));
        Assert.Equal(1, PathIntRequest.Read(ref add).Value);
        var remove = new JuteReader(Bytes(w => RequestRecord.Watches(w, "/a"u8, WatcherType.Recursive)));
        Assert.Equal(5, PathIntRequest.Read(ref remove).Value);
        var auth = new JuteReader(Bytes(w => RequestRecord.Auth(w, "digest"u8, "me:pw"u8)));
        Assert.Equal("me:pw", Encoding.UTF8.GetString(AuthRequest.Read(ref auth).Credentials));
        Assert.True(RequestHeader.TryRead(Bytes(w => new RequestHeader(7, OpCode.Sync).Write(w)), out var header, out _));
        Assert.Equal(new(7, OpCode.Sync), header);
    }

    [Fact]
    public void Results_of_a_multi_end_at_the_terminator_and_fail_without_one()
    {
        var whole = Bytes(w =>
        {
            MultiHeader.Write(w, OpCode.Create, ErrorCode.Ok);
            w.Buffer("/a"u8);
            MultiHeader.Write(w, OpCode.SetData, ErrorCode.Ok);
            Some.Write(w);
            MultiHeader.WriteError(w, ErrorCode.NoNode);
            MultiHeader.WriteEnd(w);
            w.Byte(1);
        });
        Assert.Equal([OpCode.Create, OpCode.SetData, OpCode.Error], OpsOf(whole, out var failed));
        Assert.False(failed);
        OpsOf(whole[..^2], out failed);
        Assert.True(failed);
        OpsOf(Bytes(w => MultiHeader.Write(w, OpCode.Sync, ErrorCode.Ok)), out failed);
        Assert.True(failed);
    }

    [Fact]
    public void A_reply_header_is_read_as_it_was_written()
    {
        var frame = Bytes(w => ReplyHeader.WriteFrame(w, 7, new(9), ErrorCode.NoNode));
        Assert.True(ReplyHeader.TryRead(frame.AsSpan(4), out var header, out var body));
        Assert.Equal(new(7, new(9), ErrorCode.NoNode), header);
        Assert.True(body.IsEmpty);
        Assert.False(ReplyHeader.TryRead(frame.AsSpan(4, 15), out _, out _));
    }

    private static List<OpCode> OpsOf(byte[] body, out bool failed)
    {
        var ops = new List<OpCode>();
        var results = new MultiReply(body);
        while (results.MoveNext())
            ops.Add(results.Current.Op);
        failed = results.Failed;
        return ops;
    }

    private static byte[] Bytes(Action<JuteWriter> write) => Front.Ask.Bytes(write);
}
