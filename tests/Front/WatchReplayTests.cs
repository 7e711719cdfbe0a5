using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

public class WatchReplayTests
{
    private readonly FrontWorld _world = new();
    private readonly TestClient _writer, _client;
    private long _seen;

    public WatchReplayTests()
    {
        _writer = _world.Client();
        foreach (var path in (string[])["/same", "/changed", "/deleted", "/kids", "/kids2", "/gone"])
            _writer.Call(Ask.Create(1, path));
        _seen = _world.Machine.Zxid.Value;
        _writer.Call(Ask.SetData(1, "/changed", "x"));
        _writer.Call(Ask.Delete(1, "/deleted"));
        _writer.Call(Ask.Create(1, "/kids/k"));
        _writer.Call(Ask.Create(1, "/new"));
        _writer.Call(Ask.Delete(1, "/gone"));
        _client = _world.Client();
    }

    [Fact]
    public void What_was_missed_is_told_before_the_reply_and_the_rest_is_armed()
    {
        _client.Send(Ask.SetWatches(
            _seen, ["/same", "/changed", "/deleted"], ["/new", "/missing", "/same"], ["/kids", "/kids2", "/gone"]));
        _world.Settle();
        Assert.Equal(
            [
                "NodeDataChanged /changed", "NodeDeleted /deleted", "NodeCreated /new", "NodeCreated /same", "NodeChildrenChanged /kids",
                "NodeDeleted /gone", "-8 Ok",
            ],
            _client.TakeAll());
        _writer.Call(Ask.SetData(1, "/same", "y"));
        _writer.Call(Ask.Create(1, "/kids2/k"));
        _writer.Call(Ask.Create(1, "/missing"));
        _writer.Call(Ask.SetData(1, "/changed", "y"));
        _writer.Call(Ask.Create(1, "/kids/k2"));
        Assert.Equal(["NodeDataChanged /same", "NodeChildrenChanged /kids2", "NodeCreated /missing"], _client.TakeAll());
    }

    [Fact]
    public void Catch_up_events_carry_no_zxid()
    {
        _client.Send(Ask.SetWatches(_seen, ["/changed"], [], []));
        _world.Settle();
        Assert.Equal(-1, _client.Take().Zxid);
    }

    [Fact]
    public void A_change_at_exactly_the_zxid_seen_counts_as_seen()
    {
        _seen = _world.Machine.Zxid.Value;
        _writer.Call(Ask.SetData(1, "/changed", "z"));
        _seen = _world.Machine.Zxid.Value;
        _client.Send(Ask.SetWatches(_seen, ["/changed"], [], []));
        _world.Settle();
        Assert.Equal(["-8 Ok"], _client.TakeAll());
    }

    [Fact]
    public void Persistent_watches_are_armed_without_catching_up()
    {
        _client.Send(Ask.SetWatches(0, [], [], [], ["/changed"], ["/kids"]));
        _world.Settle();
        Assert.Equal(["-8 Ok"], _client.TakeAll());
        _writer.Call(Ask.SetData(1, "/changed", "z"));
        _writer.Call(Ask.SetData(1, "/kids/k", "z"));
        Assert.Equal(["NodeDataChanged /changed", "NodeDataChanged /kids/k"], _client.TakeAll());
    }

    [Fact]
    public void Null_lists_are_malformed_and_arm_nothing()
    {
        var reply = _client.Call(Ask.Request(-8, OpCode.SetWatches, w =>
        {
            w.Long(0);
            w.Int(1);
            Ask.Text(w, "/missing");
            w.Null();
            w.Null();
        }));
        Assert.Equal(ErrorCode.MarshallingError, reply.Error);
        Assert.Equal(0, _world.Front.WatchCount);
    }

    [Fact]
    public void Catch_up_is_not_filtered_by_permission()
    {
        _writer.Call(Ask.SetAcl(1, "/changed", w => Ask.Acl(w, (16, "world", "anyone"))));
        _client.Send(Ask.SetWatches(_seen, ["/changed"], [], []));
        _world.Settle();
        Assert.Equal("NodeDataChanged /changed", _client.Take().Event);
    }
}
