using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

public class ReadTests
{
    private const string Bob = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";
    private readonly FrontWorld _world = new();
    private readonly TestClient _owner, _client;

    public ReadTests()
    {
        (_owner, _client) = (_world.Client(), _world.Client());
        _owner.Call(Ask.Auth("digest", "bob:pw"));
        _owner.Call(Ask.Create(1, "/a", "data"));
        _owner.Call(Ask.Create(1, "/a/x"));
        _owner.Call(Ask.Create(1, "/a/y"));
        _owner.Call(Ask.Create(1, "/a/y/z"));
        _owner.Call(Ask.Create(1, "/closed", acl: w => Ask.Acl(w, (31, "digest", Bob))));
        _owner.Call(Ask.Create(1, "/open", acl: w => Ask.Acl(w, (31, "digest", Bob), (1, "world", "anyone"))));
    }

    [Fact]
    public void Data_come_with_their_stat()
    {
        var reply = _client.Call(Ask.Read(1, OpCode.GetData, "/a"));
        var reader = new JuteReader(reply.Body);
        Assert.Equal("data"u8, reader.Buffer(out _));
        var stat = Stat.Read(ref reader);
        Assert.Equal((4, 2, 0), (stat.DataLength, stat.NumChildren, stat.Version));
        Assert.True(reader.Rest.IsEmpty && !reader.Failed);
        Assert.Equal(_world.Machine.Zxid.Value, reply.Zxid);
    }

    [Fact]
    public void Null_and_empty_data_differ()
    {
        _owner.Call(Ask.Request(1, OpCode.Create, w =>
        {
            Ask.Text(w, "/null");
            w.Null();
            Ask.Open(w);
            w.Int(0);
        }));
        _owner.Call(Ask.Create(1, "/empty"));
        Assert.Equal([0xff, 0xff, 0xff, 0xff], _client.Call(Ask.Read(1, OpCode.GetData, "/null")).Body[..4]);
        Assert.Equal([0, 0, 0, 0], _client.Call(Ask.Read(1, OpCode.GetData, "/empty")).Body[..4]);
    }

    [Theory]
    [InlineData(OpCode.GetChildren, 0)]
    [InlineData(OpCode.GetChildren2, 68)]
    public void Children_come_by_name_and_with_the_stat_if_asked(OpCode op, int rest)
    {
        var reader = new JuteReader(_client.Call(Ask.Read(1, op, "/a")).Body);
        Assert.Equal(["x", "y"], Strings(ref reader).Order());
        Assert.Equal(rest, reader.Rest.Length);
    }

    [Theory]
    [InlineData("", 9)]
    [InlineData("/", 9)]
    [InlineData("/a", 3)]
    [InlineData("/a/x", 0)]
    public void All_children_are_counted_at_any_depth(string path, int number)
    {
        var body = _client.Call(Ask.Path(1, OpCode.GetAllChildrenNumber, path)).Body;
        Assert.Equal(number, new JuteReader(body).Int());
    }

    [Theory]
    [InlineData("/none", ErrorCode.NoNode)]
    [InlineData("a", ErrorCode.NoNode)]
    [InlineData("/a/", ErrorCode.NoNode)]
    [InlineData("/closed", ErrorCode.NoAuth)]
    [InlineData("/open", ErrorCode.Ok)]
    public void First_the_znode_must_be_there_and_then_it_must_be_readable(string path, ErrorCode error)
    {
        foreach (var op in (OpCode[])[OpCode.GetData, OpCode.GetChildren, OpCode.GetChildren2])
            Assert.Equal(error, _client.Call(Ask.Read(1, op, path)).Error);
        foreach (var op in (OpCode[])[OpCode.GetAcl, OpCode.GetAllChildrenNumber])
            Assert.Equal(error, _client.Call(Ask.Path(1, op, path)).Error);
        Assert.Equal(error == ErrorCode.NoAuth ? ErrorCode.Ok : error, _client.Call(Ask.Read(1, OpCode.Exists, path)).Error);
    }

    [Theory]
    [InlineData(OpCode.Exists, ErrorCode.MarshallingError)]
    [InlineData(OpCode.GetData, ErrorCode.MarshallingError)]
    [InlineData(OpCode.GetChildren, ErrorCode.MarshallingError)]
    [InlineData(OpCode.GetChildren2, ErrorCode.MarshallingError)]
    [InlineData(OpCode.GetAcl, ErrorCode.MarshallingError)]
    [InlineData(OpCode.GetAllChildrenNumber, ErrorCode.MarshallingError)]
    [InlineData(OpCode.Sync, ErrorCode.Ok)]
    [InlineData(OpCode.GetEphemerals, ErrorCode.Ok)]
    public void A_null_path_is_malformed_but_where_paths_do_not_matter(OpCode op, ErrorCode error) =>
        Assert.Equal(error, _client.Call(Ask.Request(1, op, w =>
        {
            w.Null();
            w.Bool(false);
        })).Error);

    [Fact]
    public void The_hashes_of_an_access_list_are_shown_only_to_who_may_administer_it()
    {
        Assert.Equal(["digest " + Bob, "world anyone"], AclOf(_owner, "/open"));
        Assert.Equal(["digest bob:x", "world anyone"], AclOf(_client, "/open"));
    }

    [Fact]
    public void Without_access_control_everything_is_readable()
    {
        var world = new FrontWorld(new() { SkipAcl = true });
        var client = world.Client();
        client.Call(Ask.Create(1, "/closed", acl: w => Ask.Acl(w, (31, "digest", Bob))));
        Assert.Equal(ErrorCode.Ok, client.Call(Ask.Read(1, OpCode.GetData, "/closed")).Error);
    }

    [Theory]
    [InlineData("/", 3)]
    [InlineData("", 3)]
    [InlineData(" \t", 3)]
    [InlineData("/a/e", 2)]
    [InlineData("/a/e1", 1)]
    [InlineData("a", 0)]
    public void Ephemerals_are_the_callers_own_by_prefix(string prefix, int count)
    {
        foreach (var path in (string[])["/a/e1", "/a/e2", "/f"])
            _client.Call(Ask.Create(1, path, flags: 1));
        _owner.Call(Ask.Create(1, "/g", flags: 1));
        var reader = new JuteReader(_client.Call(Ask.Path(1, OpCode.GetEphemerals, prefix)).Body);
        Assert.Equal(count, Strings(ref reader).Count);
    }

    [Fact]
    public void Several_reads_are_answered_each_on_its_own_and_watch_nothing()
    {
        var body = _client.Call(MultiRead(
            (OpCode.GetData, "/a"), (OpCode.GetData, "/none"), (OpCode.GetChildren, "/closed"), (OpCode.GetChildren, "/a"))).Body;
        var reader = new JuteReader(body);
        Assert.Equal(new(OpCode.GetData, false, ErrorCode.Ok), MultiHeader.Read(ref reader));
        Assert.Equal("data"u8, reader.Buffer(out _));
        Stat.Read(ref reader);
        Assert.Equal(new(OpCode.Error, false, ErrorCode.NoNode), MultiHeader.Read(ref reader));
        Assert.Equal(ErrorCode.NoNode, (ErrorCode)reader.Int());
        Assert.Equal(new(OpCode.Error, false, ErrorCode.NoAuth), MultiHeader.Read(ref reader));
        Assert.Equal(ErrorCode.NoAuth, (ErrorCode)reader.Int());
        Assert.Equal(new(OpCode.GetChildren, false, ErrorCode.Ok), MultiHeader.Read(ref reader));
        Assert.Equal(["x", "y"], Strings(ref reader).Order());
        Assert.True(MultiHeader.Read(ref reader).Done);
        Assert.True(reader.Rest.IsEmpty && !reader.Failed);
        Assert.Equal(0, _world.Front.WatchCount);
    }

    [Theory]
    [InlineData(ErrorCode.Ok, 9)]
    [InlineData(ErrorCode.MarshallingError, 9, OpCode.Delete)]
    [InlineData(ErrorCode.MarshallingError, 0, OpCode.Exists)]
    [InlineData(ErrorCode.MarshallingError, 0, OpCode.GetData, OpCode.Delete)]
    public void A_multiRead_of_anything_else_is_malformed(ErrorCode error, int bodyLength, params OpCode[] ops)
    {
        var reply = _client.Call(MultiRead([.. ops.Select(op => (op, "/a"))]));
        Assert.Equal((error, bodyLength), (reply.Error, reply.Body.Length));
    }

    [Fact]
    public void Answers_do_not_depend_on_the_order_in_which_they_are_computed()
    {
        Assert.Equal(Run(count => Enumerable.Range(0, count)), Run(count => Enumerable.Range(0, count).Reverse()));
    }

    private static List<string> Run(Func<int, IEnumerable<int>> order)
    {
        var world = new FrontWorld();
        var client = world.Client();
        client.Call(Ask.Create(1, "/a", "x"));
        for (var xid = 2; xid < 50; xid++)
            client.Send(Ask.Read(xid, xid % 3 == 0 ? OpCode.GetData : OpCode.Exists, xid % 5 == 0 ? "/none" : "/a", watch: xid % 7 == 0));
        while (world.Front.ReadyReads > 0)
            world.AnswerReads(order);
        var frames = new List<string>();
        while (client.HasReceived)
            frames.Add(Convert.ToHexString(client.TakeRaw()));
        Assert.Equal(48, frames.Count);
        return frames;
    }

    private static byte[] MultiRead(params (OpCode Op, string Path)[] reads) => Ask.Request(1, OpCode.MultiRead, w =>
    {
        foreach (var (op, path) in reads)
        {
            w.Int((int)op);
            w.Bool(false);
            w.Int(-1);
            Ask.Text(w, path);
            if (op == OpCode.Delete)
                w.Int(-1);
            else
                w.Bool(true);
        }
        MultiHeader.WriteEnd(w);
    });

    private static List<string> Strings(ref JuteReader reader)
    {
        var strings = new List<string>();
        for (var left = reader.Int(); left > 0; left--)
            strings.Add(Encoding.UTF8.GetString(reader.Buffer(out _)));
        return strings;
    }

    private static List<string> AclOf(TestClient client, string path)
    {
        var reader = new JuteReader(client.Call(Ask.Path(1, OpCode.GetAcl, path)).Body);
        var entries = new List<string>();
        foreach (var entry in AclList.Read(ref reader))
            entries.Add(Encoding.UTF8.GetString(entry.Scheme) + " " + Encoding.UTF8.GetString(entry.Id));
        return entries;
    }
}
