using System.Text;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Clients;

/// <summary>The client in front of the shipped server: every kind of request, and what survives a lost connection.</summary>
public sealed class RealServerTests : IDisposable
{
    private readonly MemoryEnsemble _ensemble;
    private readonly ManualTime _time;
    private readonly Owner _owner;

    public RealServerTests()
    {
        (_ensemble, _time) = Owner.Start();
        _owner = new(_ensemble, _time);
        Assert.Equal(SessionState.Connected, _owner.Client.State);
        _owner.Told.Clear();
    }

    public void Dispose()
    {
        _owner.Dispose();
        _ensemble.Dispose();
    }

    [Fact]
    public void Every_kind_of_create()
    {
        Assert.Equal("/p", PathOf(_owner.Create("/p")));
        Assert.Equal("/p/s-0000000000", PathOf(_owner.Create("/p/s-", kind: ZnodeKind.PersistentSequential)));
        Assert.Equal("/p/e", PathOf(_owner.Create("/p/e", kind: ZnodeKind.Ephemeral)));
        Assert.Equal("/p/q-0000000002", PathOf(_owner.Create("/p/q-", kind: ZnodeKind.EphemeralSequential)));
        var two = _owner.Ask(OpCode.Create2, w => RequestRecord.Create(w, "/two"u8, "xyz"u8, AclList.Open, ZnodeKind.Persistent));
        Assert.Equal(3, Created(two, OpCode.Create2).Stat.DataLength);
        var container = _owner.Ask(OpCode.CreateContainer, w => RequestRecord.Create(w, "/c"u8, default, AclList.Open, ZnodeKind.Container));
        Assert.Equal("/c", PathOf(container));
        var ttl = _owner.Ask(OpCode.CreateTtl, w => RequestRecord.CreateTtl(w, "/t"u8, default, AclList.Open, ZnodeKind.PersistentTtl, 60_000));
        Assert.Equal("/t", PathOf(ttl));
        var numbered = _owner.Ask(OpCode.CreateTtl,
            w => RequestRecord.CreateTtl(w, "/t-"u8, default, AclList.Open, ZnodeKind.PersistentSequentialTtl, 60_000));
        Assert.Equal("/t-0000000004", PathOf(numbered));
        Assert.Equal(ErrorCode.NodeExists, _owner.Create("/p").Error);
        Assert.Equal(["/p/e", "/p/q-0000000002"], Paths(_owner.Path(OpCode.GetEphemerals, "/").Body).Order());
    }

    [Fact]
    public void Data_and_versions()
    {
        _owner.Create("/a", "one");
        Assert.Equal(ErrorCode.BadVersion, _owner.Set("/a", "two", version: 7).Error);
        var set = new JuteReader(_owner.Set("/a", "two", version: 0).Body);
        Assert.Equal(1, Stat.Read(ref set).Version);
        var read = new JuteReader(_owner.Read(OpCode.GetData, "/a").Body);
        var data = DataReply.Read(ref read);
        Assert.Equal("two", Encoding.UTF8.GetString(data.Data));
        Assert.Equal((1, 3), (data.Stat.Version, data.Stat.DataLength));
        var exists = new JuteReader(_owner.Read(OpCode.Exists, "/a").Body);
        Assert.Equal(data.Stat, Stat.Read(ref exists));
        Assert.Equal(ErrorCode.Ok, _owner.Ask(OpCode.Check, w => RequestRecord.Versioned(w, "/a"u8, 1)).Error);
        Assert.Equal(ErrorCode.Ok, _owner.Delete("/a").Error);
        Assert.Equal(ErrorCode.NoNode, _owner.Read(OpCode.Exists, "/a").Error);
    }

    [Fact]
    public void Children_and_their_number()
    {
        foreach (var path in new[] { "/a", "/a/x", "/a/y", "/a/y/z" })
            _owner.Create(path);
        var plain = new JuteReader(_owner.Read(OpCode.GetChildren, "/a").Body);
        Assert.Equal(["x", "y"], Names(ChildrenReply.Read(ref plain, OpCode.GetChildren).Children).Order());
        var two = new JuteReader(_owner.Read(OpCode.GetChildren2, "/a").Body);
        var children = ChildrenReply.Read(ref two, OpCode.GetChildren2);
        Assert.Equal(["x", "y"], Names(children.Children).Order());
        Assert.Equal(2, children.Stat.NumChildren);
        var number = new JuteReader(_owner.Path(OpCode.GetAllChildrenNumber, "/a").Body);
        Assert.Equal(3, number.Int());
        var sync = new JuteReader(_owner.Path(OpCode.Sync, "/a").Body);
        Assert.Equal("/a", Encoding.UTF8.GetString(sync.NonNull()));
    }

    [Fact]
    public void Access_control_and_identities()
    {
        Assert.Equal(ErrorCode.Ok, _owner.Ask(OpCode.Auth, w => RequestRecord.Auth(w, "digest"u8, "me:pw"u8)).Error);
        _owner.Create("/a");
        var mine = Spoken.Record(w =>
        {
            w.Int(1);
            new AclEntry { Permissions = Permissions.All, Scheme = "auth"u8, Id = default, HasNull = false }.Write(w);
        });
        Assert.Equal(ErrorCode.Ok, _owner.Ask(OpCode.SetAcl, w => RequestRecord.SetAcl(w, "/a"u8, mine, 0)).Error);
        var got = new JuteReader(_owner.Path(OpCode.GetAcl, "/a").Body);
        var acl = AclReply.Read(ref got);
        Assert.Equal(1, acl.Stat.Aversion);
        foreach (var entry in acl.Acl)
            Assert.StartsWith("me:", Encoding.UTF8.GetString(entry.Id), StringComparison.Ordinal);
        var who = new JuteReader(_owner.Ask(OpCode.WhoAmI, _ => { }).Body);
        var identities = WhoAmIReply.Read(ref who);
        Assert.Equal(2, identities.Count);
        Assert.True(identities.Identities.Contains("digest"u8, "me"u8));

        // Identities belong to the connection: the next one is shown them again, before anything else.
        _owner.Break();
        _owner.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ErrorCode.Ok, _owner.Set("/a", "mine").Error);
    }

    [Fact]
    public void A_multi_that_succeeds_and_one_that_fails()
    {
        var all = _owner.Ask(OpCode.Multi, w =>
        {
            RequestRecord.Operation(w, OpCode.Create);
            RequestRecord.Create(w, "/a"u8, "1"u8, AclList.Open, ZnodeKind.Persistent);
            RequestRecord.Operation(w, OpCode.SetData);
            RequestRecord.SetData(w, "/a"u8, "2"u8, 0);
            RequestRecord.Operation(w, OpCode.Check);
            RequestRecord.Versioned(w, "/a"u8, 1);
            RequestRecord.Operation(w, OpCode.CreateContainer);
            RequestRecord.Create(w, "/c"u8, default, AclList.Open, ZnodeKind.Container);
            RequestRecord.Operation(w, OpCode.Delete);
            RequestRecord.Versioned(w, "/c"u8, -1);
            MultiHeader.WriteEnd(w);
        });
        Assert.Equal(["Create Ok /a", "SetData Ok ", "Check Ok ", "Create2 Ok /c", "Delete Ok "], Results(all.Body));
        var none = _owner.Ask(OpCode.Multi, w =>
        {
            RequestRecord.Operation(w, OpCode.Delete);
            RequestRecord.Versioned(w, "/a"u8, -1);
            RequestRecord.Operation(w, OpCode.Check);
            RequestRecord.Versioned(w, "/gone"u8, -1);
            RequestRecord.Operation(w, OpCode.Delete);
            RequestRecord.Versioned(w, "/a"u8, -1);
            MultiHeader.WriteEnd(w);
        });
        Assert.Equal(ErrorCode.Ok, none.Error);
        Assert.Equal(["Error Ok ", "Error NoNode ", "Error RuntimeInconsistency "], Results(none.Body));
        var reads = _owner.Ask(OpCode.MultiRead, w =>
        {
            RequestRecord.Operation(w, OpCode.GetData);
            RequestRecord.Read(w, "/a"u8, watch: false);
            RequestRecord.Operation(w, OpCode.GetChildren);
            RequestRecord.Read(w, "/"u8, watch: false);
            RequestRecord.Operation(w, OpCode.GetData);
            RequestRecord.Read(w, "/gone"u8, watch: false);
            MultiHeader.WriteEnd(w);
        });
        Assert.Equal(["GetData Ok 2", "GetChildren Ok a zookeeper", "Error NoNode "], Results(reads.Body));
    }

    [Fact]
    public void Watches_of_every_kind_fire_as_the_book_expects()
    {
        using var other = new Owner(_ensemble, _time, seed: 2);
        _owner.Create("/a");
        _owner.Create("/p");
        _owner.Create("/r");
        _owner.Read(OpCode.GetData, "/a", watch: true);
        _owner.Read(OpCode.GetChildren, "/a", watch: true);
        _owner.Read(OpCode.Exists, "/new", watch: true);
        _owner.Ask(OpCode.AddWatch, w => RequestRecord.AddWatch(w, "/p"u8, AddWatchMode.Persistent));
        _owner.Ask(OpCode.AddWatch, w => RequestRecord.AddWatch(w, "/r"u8, AddWatchMode.Recursive));
        other.Set("/a", "1");
        other.Create("/a/b");
        other.Create("/new");
        other.Create("/p/x");
        other.Set("/p", "1");
        other.Create("/r/x");
        other.Delete("/r/x");
        other.Set("/a", "2");
        _owner.Run();
        Assert.Equal(
            [
                "NodeDataChanged /a for Data", "NodeChildrenChanged /a for Child", "NodeCreated /new for Exist", "NodeChildrenChanged /p for Persistent",
                "NodeDataChanged /p for Persistent", "NodeCreated /r/x for Recursive", "NodeDeleted /r/x for Recursive",
            ],
            _owner.Told);
        Assert.Equal(2, _owner.Client.WatchedPaths);
        var remove = _owner.Ask(OpCode.RemoveWatches, w => RequestRecord.Watches(w, "/p"u8, WatcherType.Persistent));
        Assert.Equal((ErrorCode.Ok, 1), (remove.Error, _owner.Client.WatchedPaths));
        Assert.Equal(ErrorCode.NoWatcher, _owner.Ask(OpCode.CheckWatches, w => RequestRecord.Watches(w, "/p"u8, WatcherType.Any)).Error);
        Assert.Equal(ErrorCode.Ok, _owner.Ask(OpCode.CheckWatches, w => RequestRecord.Watches(w, "/r"u8, WatcherType.Any)).Error);
    }

    [Fact]
    public void What_watches_missed_while_there_was_no_connection_is_told_and_the_rest_is_set_again()
    {
        using var other = new Owner(_ensemble, _time, seed: 2);
        foreach (var path in new[] { "/changed", "/deleted", "/grown", "/quiet", "/p" })
            _owner.Create(path);
        foreach (var path in new[] { "/changed", "/deleted", "/quiet" })
            _owner.Read(OpCode.GetData, path, watch: true);
        _owner.Read(OpCode.GetChildren, "/grown", watch: true);
        _owner.Read(OpCode.Exists, "/made", watch: true);
        _owner.Read(OpCode.Exists, "/never", watch: true);
        _owner.Ask(OpCode.AddWatch, w => RequestRecord.AddWatch(w, "/p"u8, AddWatchMode.Recursive));

        _owner.IsCutOff = true;
        _owner.Break();
        other.Set("/changed", "x");
        other.Delete("/deleted");
        other.Create("/grown/child");
        other.Create("/made");
        _owner.IsCutOff = false;
        _owner.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(
            [
                "Suspended", "Connected", "NodeDataChanged /changed for Data", "NodeDeleted /deleted for Data", "NodeCreated /made for Exist",
                "NodeChildrenChanged /grown for Child",
            ],
            _owner.Told);
        _owner.Told.Clear();
        other.Set("/quiet", "x");
        other.Create("/never");
        other.Create("/p/x");
        other.Set("/changed", "y");
        _owner.Run();
        Assert.Equal(["NodeDataChanged /quiet for Data", "NodeCreated /never for Exist", "NodeCreated /p/x for Recursive"], _owner.Told);
    }

    [Fact]
    public void A_session_outlives_its_connection_with_its_ephemerals()
    {
        _owner.Create("/e", kind: ZnodeKind.Ephemeral);
        var session = _owner.Client.Session;
        for (var i = 0; i < 5; i++)
        {
            _owner.Break();
            _owner.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal((SessionState.Connected, session), (_owner.Client.State, _owner.Client.Session));
        }
        Assert.Equal(ErrorCode.Ok, _owner.Read(OpCode.Exists, "/e").Error);
    }

    [Fact]
    public void An_idle_session_lives_and_its_fence_stays_ahead()
    {
        _owner.Create("/e", kind: ZnodeKind.Ephemeral);
        for (var i = 0; i < 60; i++)
        {
            _owner.Advance(TimeSpan.FromSeconds(1));
            Assert.True(_owner.Client.FenceAt > _owner.Now + _owner.Client.Timeout / 2);
        }
        Assert.Equal(ErrorCode.Ok, _owner.Read(OpCode.Exists, "/e").Error);
        Assert.Empty(_owner.Told);
    }

    [Fact]
    public void The_fence_is_reached_before_a_session_that_fell_silent_expires()
    {
        using var other = new Owner(_ensemble, _time, seed: 2);
        _owner.Create("/e", kind: ZnodeKind.Ephemeral);
        other.Read(OpCode.Exists, "/e", watch: true);
        other.Told.Clear();
        // The owner sleeps; the other one sees its ephemeral go.
        while (other.Told.Count == 0)
        {
            Assert.True(_owner.Now < _owner.Client.FenceAt + _owner.Client.Timeout, "never expired");
            other.Advance(TimeSpan.FromMilliseconds(10));
        }
        Assert.Equal(["NodeDeleted /e for Data"], other.Told);
        Assert.True(_owner.Now >= _owner.Client.FenceAt);
        _owner.Run();
        _owner.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(SessionState.Expired, _owner.Client.State);
    }

    [Fact]
    public void What_is_asked_while_cut_off_is_done_after_the_reconnect_and_what_is_asked_after_the_end_is_not()
    {
        _owner.IsCutOff = true;
        _owner.Break();
        var waiting = _owner.Begin(OpCode.Create, w => RequestRecord.Create(w, "/a"u8, default, AclList.Open, ZnodeKind.Persistent));
        _owner.Advance(TimeSpan.FromSeconds(4));
        Assert.Null(_owner.Find(waiting));
        _owner.IsCutOff = false;
        _owner.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal((Fate.Answered, ErrorCode.Ok), (_owner.Find(waiting)!.Fate, _owner.Find(waiting)!.Error));
        Assert.Equal(ErrorCode.Ok, _owner.Ask(OpCode.CloseSession, _ => { }).Error);
        Assert.Equal(SessionState.Closed, _owner.Client.State);
        Assert.Equal((Fate.Lost, ErrorCode.SessionExpired), (_owner.Create("/b").Fate, _owner.Create("/b").Error));
    }

    [Fact]
    public void Closing_takes_the_ephemerals_at_once()
    {
        using var other = new Owner(_ensemble, _time, seed: 2);
        _owner.Create("/e", kind: ZnodeKind.Ephemeral);
        Assert.Equal(ErrorCode.Ok, other.Read(OpCode.Exists, "/e").Error);
        _owner.Ask(OpCode.CloseSession, _ => { });
        Assert.Equal(ErrorCode.NoNode, other.Read(OpCode.Exists, "/e").Error);
    }

    [Fact]
    public void The_granted_timeout_is_the_servers()
    {
        using var owner = new Owner(_ensemble, _time, new() { SessionTimeout = TimeSpan.FromMilliseconds(1) }, seed: 3);
        Assert.Equal(TimeSpan.FromSeconds(4), owner.Client.Timeout);
    }

    [Fact]
    public void S28_more_watches_than_fit_into_one_frame_survive_a_reconnect()
    {
        const int Watches = 20_000, Long = 60;   // 1.3 MB of paths: more than the one frame that a server reads
        var name = new string('x', Long);
        for (var i = 0; i < Watches; i++)
            _owner.Read(OpCode.Exists, $"/{name}{i}", watch: true);
        Assert.Equal(Watches, _owner.Client.WatchedPaths);
        _owner.Break();
        _owner.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(SessionState.Connected, _owner.Client.State);
        _owner.Told.Clear();
        _owner.Create($"/{name}{Watches - 1}");
        Assert.Equal([$"NodeCreated /{name}{Watches - 1} for Exist"], _owner.Told);
    }

    private static string PathOf(Owner.Reply reply) => Encoding.UTF8.GetString(Created(reply, OpCode.Create).Path);

    private static CreateReply Created(Owner.Reply reply, OpCode op)
    {
        Assert.Equal(ErrorCode.Ok, reply.Error);
        var reader = new JuteReader(reply.Body);
        var created = CreateReply.Read(ref reader, op);
        Assert.False(reader.Failed);
        return created;
    }

    private static List<string> Paths(byte[] body)
    {
        var reader = new JuteReader(body);
        return Names(PathList.Read(ref reader));
    }

    private static List<string> Names(PathList paths)
    {
        var names = new List<string>();
        foreach (var path in paths)
            names.Add(Encoding.UTF8.GetString(path));
        return names;
    }

    private static List<string> Results(byte[] body)
    {
        var results = new List<string>();
        foreach (var result in new MultiReply(body))
        {
            var text = result.Op switch
            {
                OpCode.GetData => Encoding.UTF8.GetString(result.Data),
                OpCode.GetChildren => string.Join(' ', Names(result.Children).Order(StringComparer.Ordinal)),
                _ => Encoding.UTF8.GetString(result.Path),
            };
            results.Add($"{result.Op} {result.Error} {text}");
        }
        return results;
    }
}
