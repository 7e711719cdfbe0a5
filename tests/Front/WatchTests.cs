using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Front;

public class WatchTests
{
    private readonly FrontWorld _world = new();
    private readonly TestClient _writer, _watcher;

    public WatchTests()
    {
        (_writer, _watcher) = (_world.Client(), _world.Client());
        Write(Ask.Create(1, "/a"));
    }

    [Fact]
    public void A_data_watch_fires_once_with_the_zxid_of_the_change()
    {
        Watch(OpCode.GetData, "/a");
        Write(Ask.SetData(1, "/a", "1"));
        var heard = _watcher.Take();
        Assert.Equal(("NodeDataChanged /a", -1, _world.Machine.Zxid.Value), (heard.Event, heard.Xid, heard.Zxid));
        Write(Ask.SetData(1, "/a", "2"));
        Assert.False(_watcher.HasReceived);
    }

    [Fact]
    public void Setting_a_watch_twice_yields_one_event()
    {
        Watch(OpCode.GetData, "/a");
        Watch(OpCode.Exists, "/a");
        Write(Ask.SetData(1, "/a", "1"));
        Assert.Equal(["NodeDataChanged /a"], _watcher.TakeAll());
    }

    [Fact]
    public void An_exists_watch_waits_for_a_missing_znode_and_a_getData_watch_does_not()
    {
        Watch(OpCode.Exists, "/b");
        Watch(OpCode.GetData, "/c");
        Watch(OpCode.GetChildren, "/c");
        Write(Ask.Create(1, "/b"));
        Write(Ask.Create(2, "/c"));
        Assert.Equal(["NodeCreated /b"], _watcher.TakeAll());
    }

    [Fact]
    public void Exists_on_a_path_with_a_null_character_watches_nothing()
    {
        Assert.Equal(ErrorCode.BadArguments, _watcher.Call(Ask.Read(1, OpCode.Exists, "/x\0", watch: true)).Error);
        Assert.Equal(0, _world.Front.WatchCount);
    }

    [Fact]
    public void Children_are_told_to_the_parents_watchers_and_the_root_is_a_slash()
    {
        Watch(OpCode.GetChildren, "/");
        Watch(OpCode.GetChildren2, "/a");
        Write(Ask.Create(1, "/b"));
        Write(Ask.Create(2, "/a/b"));
        Assert.Equal(["NodeChildrenChanged /", "NodeChildrenChanged /a"], _watcher.TakeAll());
    }

    [Fact]
    public void A_deletion_is_told_once_for_data_and_child_watches_together_and_uses_up_both()
    {
        Watch(OpCode.GetData, "/a");
        Watch(OpCode.GetChildren, "/a");
        Watch(OpCode.GetChildren, "/");
        Write(Ask.Delete(1, "/a"));
        Assert.Equal(["NodeDeleted /a", "NodeChildrenChanged /"], _watcher.TakeAll());
        Assert.Equal(0, _world.Front.WatchCount);
    }

    [Fact]
    public void A_child_watch_alone_is_told_of_the_deletion()
    {
        Watch(OpCode.GetChildren, "/a");
        Write(Ask.Delete(1, "/a"));
        Assert.Equal(["NodeDeleted /a"], _watcher.TakeAll());
    }

    [Fact]
    public void A_persistent_watch_rearms_itself_and_survives_the_znode()
    {
        AddWatch("/a", 0);
        Write(Ask.SetData(1, "/a", "1"));
        Write(Ask.Create(2, "/a/k"));
        Write(Ask.SetData(3, "/a/k", "1"));
        Write(Ask.Delete(4, "/a/k"));
        Write(Ask.Delete(5, "/a"));
        Write(Ask.Create(6, "/a"));
        Assert.Equal(
            ["NodeDataChanged /a", "NodeChildrenChanged /a", "NodeChildrenChanged /a", "NodeDeleted /a", "NodeCreated /a"],
            _watcher.TakeAll());
    }

    [Fact]
    public void A_recursive_watch_is_told_of_the_whole_subtree_and_never_of_children()
    {
        AddWatch("/a", 1);
        Write(Ask.SetData(1, "/a", "1"));
        Write(Ask.Create(2, "/a/b"));
        Write(Ask.Create(3, "/a/b/c"));
        Write(Ask.Delete(4, "/a/b/c"));
        Write(Ask.Create(5, "/ab"));
        Write(Ask.SetData(6, "/", "x"));
        Assert.Equal(["NodeDataChanged /a", "NodeCreated /a/b", "NodeCreated /a/b/c", "NodeDeleted /a/b/c"], _watcher.TakeAll());
    }

    [Fact]
    public void A_recursive_watch_on_the_root_sees_everything()
    {
        AddWatch("/", 1);
        Write(Ask.Create(1, "/b"));
        Write(Ask.Create(2, "/b/c"));
        Write(Ask.SetData(3, "/", "x"));
        Assert.Equal(["NodeCreated /b", "NodeCreated /b/c", "NodeDataChanged /"], _watcher.TakeAll());
    }

    [Fact]
    public void However_many_watches_match_a_change_is_told_once_and_children_apart()
    {
        AddWatch("/", 1);
        AddWatch("/a", 1);
        AddWatch("/a", 0);
        Watch(OpCode.GetData, "/a");
        Write(Ask.SetData(1, "/a", "1"));
        Assert.Equal(["NodeDataChanged /a"], _watcher.TakeAll());
        Watch(OpCode.GetChildren, "/a");
        Write(Ask.Create(2, "/a/b"));
        Assert.Equal(["NodeCreated /a/b", "NodeChildrenChanged /a"], _watcher.TakeAll());
    }

    [Fact]
    public void A_one_shot_watch_is_used_up_beside_a_persistent_one_that_stays()
    {
        AddWatch("/a", 0);
        Watch(OpCode.GetData, "/a");
        Write(Ask.SetData(1, "/a", "1"));
        Assert.Equal(["NodeDataChanged /a"], _watcher.TakeAll());
        Assert.Equal(ErrorCode.NoWatcher, Call(Ask.PathInt(2, OpCode.CheckWatches, "/a", 2)));
        Write(Ask.Create(3, "/a/b"));
        Assert.Equal(["NodeChildrenChanged /a"], _watcher.TakeAll());
    }

    private static readonly (int Type, WatchSet Kind)[] TypeOfKind =
        [(1, WatchSet.Child), (2, WatchSet.Data), (4, WatchSet.Persistent), (5, WatchSet.Recursive)];

    [Theory]
    [InlineData(1, WatchSet.Child)]
    [InlineData(2, WatchSet.Data)]
    [InlineData(3, WatchSet.Child | WatchSet.Data | WatchSet.Persistent | WatchSet.Recursive)]
    [InlineData(4, WatchSet.Persistent)]
    [InlineData(5, WatchSet.Recursive)]
    public void RemoveWatches_removes_exactly_the_kinds_of_its_type(int type, WatchSet removed)
    {
        ArmAll("/a");
        Assert.Equal(ErrorCode.Ok, Call(Ask.PathInt(1, OpCode.RemoveWatches, "/a", type)));
        foreach (var (other, kind) in TypeOfKind)
            Assert.Equal(
                (removed & kind) != 0 ? ErrorCode.NoWatcher : ErrorCode.Ok,
                Call(Ask.PathInt(2, OpCode.CheckWatches, "/a", other)));
    }

    [Theory]
    [InlineData(OpCode.RemoveWatches, 0)]
    [InlineData(OpCode.RemoveWatches, 7)]
    [InlineData(OpCode.CheckWatches, 9)]
    [InlineData(OpCode.AddWatch, 2)]
    [InlineData(OpCode.AddWatch, -1)]
    public void Unknown_types_and_modes_are_malformed(OpCode op, int value) =>
        Assert.Equal(ErrorCode.MarshallingError, Call(Ask.PathInt(1, op, "/a", value)));

    [Fact]
    public void A_null_path_cannot_be_watched_and_has_no_watcher()
    {
        Assert.Equal(ErrorCode.MarshallingError, Call(Ask.Request(1, OpCode.AddWatch, w => { w.Null(); w.Int(0); })));
        Assert.Equal(ErrorCode.NoWatcher, Call(Ask.Request(1, OpCode.RemoveWatches, w => { w.Null(); w.Int(3); })));
    }

    [Fact]
    public void A_watch_removed_in_the_same_segment_was_there_to_be_removed()
    {
        _watcher.Send(Ask.Read(1, OpCode.GetData, "/a", watch: true), Ask.PathInt(2, OpCode.RemoveWatches, "/a", 2));
        _world.AnswerReads();
        Assert.Equal(["1 Ok", "2 Ok"], _watcher.TakeAll());
        Assert.Equal(0, _world.Front.WatchCount);
    }

    [Fact]
    public void An_event_is_told_before_the_reply_of_the_own_write_and_before_a_later_read()
    {
        Watch(OpCode.GetData, "/a");
        _watcher.Send(Ask.SetData(5, "/a", "1"), Ask.Read(6, OpCode.GetData, "/a"));
        _world.Settle();
        Assert.Equal(["NodeDataChanged /a", "5 Ok", "6 Ok"], _watcher.TakeAll());
    }

    [Fact]
    public void Who_may_not_read_is_told_nothing_and_his_watch_is_used_up()
    {
        _writer.Call(Ask.Auth("digest", "bob:pw"));
        Write(Ask.Create(1, "/p", acl: OnlyBob));
        Watch(OpCode.Exists, "/p");
        AddWatch("/p", 0);
        Write(Ask.SetData(2, "/p", "1"));
        Write(Ask.Create(3, "/p/k"));
        Write(Ask.Delete(4, "/p/k"));
        Write(Ask.Delete(5, "/p"));
        Assert.False(_watcher.HasReceived);
        Assert.Equal(ErrorCode.NoWatcher, Call(Ask.PathInt(6, OpCode.CheckWatches, "/p", 2)));
        Assert.Equal(ErrorCode.Ok, Call(Ask.PathInt(7, OpCode.CheckWatches, "/p", 4)));
    }

    [Fact]
    public void Children_follow_the_parents_list_and_the_znode_its_own()
    {
        _writer.Call(Ask.Auth("digest", "bob:pw"));
        Write(Ask.Create(1, "/p", acl: OnlyBob));
        AddWatch("/p", 0);
        AddWatch("/p", 1);
        Write(Ask.Create(2, "/p/open"));
        Assert.Equal(["NodeCreated /p/open"], _watcher.TakeAll());
        Write(Ask.SetAcl(3, "/p", Ask.Open));
        Write(Ask.Create(4, "/p/closed", acl: OnlyBob));
        Assert.Equal(["NodeChildrenChanged /p"], _watcher.TakeAll());
    }

    [Fact]
    public void Nothing_is_fired_by_a_change_of_the_list_or_by_a_failed_write()
    {
        ArmAll("/a");
        Write(Ask.SetAcl(1, "/a", Ask.Open));
        _writer.Call(Ask.Create(2, "/a"));
        Assert.False(_watcher.HasReceived);
    }

    [Fact]
    public void The_ephemerals_of_an_ended_session_are_told_one_by_one()
    {
        Write(Ask.Create(1, "/a/x", flags: 1));
        Write(Ask.Create(2, "/a/y", flags: 1));
        AddWatch("/a", 0);
        AddWatch("/a", 1);
        _writer.Send(Ask.Close(3));
        _world.Settle();
        Assert.Equal(
            ["NodeDeleted /a/x", "NodeChildrenChanged /a", "NodeDeleted /a/y", "NodeChildrenChanged /a"],
            _watcher.TakeAll());
    }

    [Fact]
    public void All_who_watch_share_one_frame()
    {
        var others = Enumerable.Range(0, 50).Select(_ => _world.Client()).ToArray();
        foreach (var other in others)
            other.Call(Ask.Read(1, OpCode.GetData, "/a", watch: true));
        Write(Ask.SetData(1, "/a", "1"));
        Assert.All(others, other => Assert.Equal(["NodeDataChanged /a"], other.TakeAll()));
    }

    [Fact]
    public void At_the_bound_of_watches_the_connection_is_closed()
    {
        var world = new FrontWorld(limits: new() { WatchesPerConnection = 2 });
        var client = world.Client();
        foreach (var path in (string[])["/x", "/y", "/x"])
            client.Call(Ask.Read(1, OpCode.Exists, path, watch: true));
        Assert.False(client.IsHungUp);
        client.Send(Ask.Read(1, OpCode.Exists, "/z", watch: true));
        world.Settle();
        Assert.True(client.IsHungUp);
        Assert.Equal(0, world.Front.WatchCount);
    }

    [Fact]
    public void Watches_on_data_are_surveyed_by_connection_and_path()
    {
        Watch(OpCode.GetData, "/a");
        Watch(OpCode.GetChildren, "/");
        AddWatch("/x", 0);
        var other = _world.Client();
        other.Call(Ask.Read(1, OpCode.Exists, "/a", watch: true));
        other.Call(Ask.Read(1, OpCode.GetChildren, "/a", watch: true));
        Assert.Equal((2, 2, 3), _world.Front.DataWatches);
        Assert.Equal(6, _world.Front.WatchCount);
    }

    /// <summary>Events as the reference describes them, from tables of plain sets.</summary>
    [Fact]
    public void Events_follow_the_rules_whatever_is_watched() => Gen.Select(
        Gen.Int[0, 11], Gen.Int[0, Nodes.Length - 1]).Array[1, 80].Sample(steps =>
        {
            var world = new FrontWorld();
            var (writer, watcher) = (world.Client(), world.Client());
            var model = new WatchModel();
            foreach (var (step, node) in steps)
            {
                Step(writer, watcher, model, step, Nodes[node]);
                Assert.Equal(model.TakeEvents(), watcher.TakeAll().Where(heard => heard.StartsWith("Node", StringComparison.Ordinal)));
            }
        }, iter: 150);

    private static readonly string[] Nodes = ["/", "/a", "/a/b", "/a/b/c", "/ab"];

    private static void Step(TestClient writer, TestClient watcher, WatchModel model, int step, string path)
    {
        switch (step)
        {
            case 0 or 1:
                model.Created(path, writer.Call(Ask.Create(1, path)).Error);
                break;
            case 2:
                model.Deleted(path, writer.Call(Ask.Delete(1, path)).Error);
                break;
            case 3 or 4:
                model.Set(path, writer.Call(Ask.SetData(1, path, "x")).Error);
                break;
            case 5 or 6:
                watcher.Call(Ask.Read(1, OpCode.Exists, path, watch: true));
                model.Data.Add(path);
                break;
            case 7 or 8:
                if (watcher.Call(Ask.Read(1, OpCode.GetChildren, path, watch: true)).Error == ErrorCode.Ok)
                    model.Child.Add(path);
                break;
            case 9:
                watcher.Call(Ask.PathInt(1, OpCode.AddWatch, path, 0));
                model.Persistent.Add(path);
                break;
            case 10:
                watcher.Call(Ask.PathInt(1, OpCode.AddWatch, path, 1));
                model.Recursive.Add(path);
                break;
            default:
                watcher.Call(Ask.PathInt(1, OpCode.RemoveWatches, path, 3));
                model.Remove(path);
                break;
        }
    }

    [Flags]
    public enum WatchSet { Data = 1, Child = 2, Persistent = 4, Recursive = 8 }

    private sealed class WatchModel
    {
        private List<string> _events = [];
        public HashSet<string> Data { get; } = [];
        public HashSet<string> Child { get; } = [];
        public HashSet<string> Persistent { get; } = [];
        public HashSet<string> Recursive { get; } = [];

        public void Created(string path, ErrorCode error)
        {
            if (error != ErrorCode.Ok)
                return;
            if (DataFires(path))
                _events.Add("NodeCreated " + path);
            ChildrenChanged(path);
        }

        public void Set(string path, ErrorCode error)
        {
            if (error == ErrorCode.Ok && DataFires(path))
                _events.Add("NodeDataChanged " + path);
        }

        public void Deleted(string path, ErrorCode error)
        {
            if (error != ErrorCode.Ok)
                return;
            if (DataFires(path) | Child.Remove(path))
                _events.Add("NodeDeleted " + path);
            ChildrenChanged(path);
        }

        public void Remove(string path)
        {
            foreach (var set in (HashSet<string>[])[Data, Child, Persistent, Recursive])
                set.Remove(path);
        }

        public List<string> TakeEvents()
        {
            var events = _events;
            _events = [];
            return events;
        }

        private bool DataFires(string path) =>
            Data.Remove(path) | Persistent.Contains(path) | Recursive.Any(above => IsAtOrBelow(path, above));

        private void ChildrenChanged(string path)
        {
            var parent = path.LastIndexOf('/') is var slash && slash == 0 ? "/" : path[..slash];
            if (Child.Remove(parent) | Persistent.Contains(parent))
                _events.Add("NodeChildrenChanged " + parent);
        }

        private static bool IsAtOrBelow(string path, string above) =>
            path == above || above == "/" || path.StartsWith(above + "/", StringComparison.Ordinal);
    }

    private static void OnlyBob(JuteWriter writer) => Ask.Acl(writer, (31, "digest", "bob:ikIaKsbtGweaHnb/jKn7OHqbunM="));

    private void ArmAll(string path)
    {
        Watch(OpCode.GetData, path);
        Watch(OpCode.GetChildren, path);
        AddWatch(path, 0);
        AddWatch(path, 1);
    }

    private void Watch(OpCode op, string path) => _watcher.Call(Ask.Read(1, op, path, watch: true));

    private void AddWatch(string path, int mode)
    {
        var reply = _watcher.Call(Ask.PathInt(1, OpCode.AddWatch, path, mode));
        Assert.Equal(ErrorCode.Ok, reply.Error);
        Assert.Equal(new byte[4], reply.Body);
    }

    private ErrorCode Call(byte[] frame) => _watcher.Call(frame).Error;

    private void Write(byte[] frame) => Assert.Equal(ErrorCode.Ok, _writer.Call(frame).Error);
}
