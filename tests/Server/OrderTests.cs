using Quorate.Kernel;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Servers;

/// <summary>The order of one connection's requests, however they fall into batches and commits.</summary>
public class OrderTests
{
    [Fact]
    public void A1_reads_glued_between_writes_see_the_writes_before_them_and_not_those_behind()
    {
        var client = World.Serving().Client();
        client.Create("/a", "0").Get("/a").Set("/a", "1").Get("/a").Delete("/a").Exists("/a").Go();
        client.Expect("create /a", "get 0", "set v1", "get 1", "delete", "exists NoNode");
    }

    [Fact]
    public void A1_so_it_is_when_one_slow_flush_commits_all_of_them_and_others_write_in_between()
    {
        var world = World.Serving();
        var (client, other) = (world.Client(), world.Client());
        other.Create("/a", "0").Create("/b").Go().Take();
        world.SlowDisk = true;
        world.Batch(() =>
        {
            client.Set("/a", "1").Get("/a").Go();
            other.Set("/b", "1").Get("/a").Go();
            client.Set("/a", "2").Get("/a").Delete("/a").Go();
            other.Set("/b", "2").Get("/a").Go();
        });
        client.Expect();
        world.Finish();
        client.Expect("set v1", "get 1", "set v2", "get 2", "delete");
        Assert.Equal(["set v1", "set v2"], other.Take().Where(heard => heard.StartsWith("set", StringComparison.Ordinal)));
    }

    [Fact]
    public void A1_a_watch_set_by_a_read_hears_of_the_write_glued_behind_it()
    {
        var world = World.Serving();
        var client = world.Client();
        client.Create("/a", "0").Go().Expect("create /a");
        client.Get("/a", watch: true).Set("/a", "1").Go().Expect("get 0", "! NodeDataChanged /a", "set v1");
        client.Create("/b").Exists("/b/c", watch: true).Create("/b/c").Children("/b", watch: true).Delete("/b/c").Go();
        client.Expect("create /b", "exists NoNode", "! NodeCreated /b/c", "create /b/c", "children c", "! NodeChildrenChanged /b", "delete");
    }

    [Fact]
    public void A1_a_close_glued_behind_reads_answers_them_first()
    {
        var world = World.Serving();
        var client = world.Client();
        client.Create("/a", "0").Ephemeral("/e").Get("/a").Exists("/e").CloseSession().Get("/a").Go();
        client.Expect("create /a", "create /e", "get 0", "exists v0", "close");
        client.ExpectHangUp();
        world.Client().Exists("/e").Go().Expect("exists NoNode");
    }

    [Fact]
    public void A1_an_expiry_does_not_overtake_a_read_that_was_taken_before_it()
    {
        var world = World.Serving();
        var client = world.Client(timeout: 4000);
        client.Create("/a", "0").Ephemeral("/e").Go().Take();
        world.Wait(3.99);
        world.Sleep(0.02);   // due, and too little for the host to count as late
        world.Batch(() =>
        {
            world.Deliver(InputKind.Tick, 0, default);
            client.Exists("/e").Go();
        });
        Assert.Equal("exists v0", Assert.Single(client.Take()));
        client.ExpectHangUp();
    }

    [Fact]
    public void A12_header_zxids_never_go_back_behind_a_sync()
    {
        // The client compares the zxid of each of its replies with the one before.
        var world = World.Serving();
        var (client, other) = (world.Client(), world.Client());
        client.Create("/a").Go().Take();
        world.SlowDisk = true;
        world.Batch(() =>
        {
            client.Set("/a", "1").Sync("/a").Set("/a", "2").Get("/a").Go();
            other.Set("/a", "x").Set("/a", "y").Go();
        });
        world.Finish();
        world.Finish();
        world.SlowDisk = false;
        world.Settle();
        client.Expect("set v1", "sync", "set v4", "get 2");
        other.Expect("set v2", "set v3");
    }

    [Fact]
    public void A12_pings_neither_stall_nor_are_stalled()
    {
        var world = World.Serving();
        var client = world.Client();
        client.Create("/a").Go().Take();
        world.SlowDisk = true;
        client.Set("/a", "1").Ping().Get("/a").Ping().Go();
        client.Expect("pong", "pong");
        world.Finish();
        client.Expect("set v1", "get 1");
        client.Sync("/a").Ping().Get("/a").Go();
        client.Expect("sync", "pong", "get 1");
    }

    [Fact]
    public void A13_watch_requests_take_effect_in_read_order()
    {
        var client = World.Serving().Client();
        client.Create("/a", "0").Go().Take();
        client.Get("/a", watch: true).RemoveWatches("/a", 2).CheckWatches("/a", 2).Set("/a", "1").Go();
        client.Expect("get 0", "remove", "check NoWatcher", "set v1");
        client.CheckWatches("/a", 4).AddWatch("/a", 0).CheckWatches("/a", 4).RemoveWatches("/a", 4).Set("/a", "2").Go();
        client.Expect("check NoWatcher", "add", "check", "remove", "set v2");
        client.RemoveWatches("/a", 2).Get("/a", watch: true).Set("/a", "3").Go();
        client.Expect("remove NoWatcher", "get 2", "! NodeDataChanged /a", "set v3");
    }

    [Fact]
    public void C2_what_takes_a_zxid()
    {
        var world = World.Serving();
        var client = world.Client();
        long Taken(Action request)
        {
            var before = world.Server.Machine.Zxid.Value;
            request();
            client.Go();
            return world.Server.Machine.Zxid.Value - before;
        }
        Assert.Equal(1, Taken(() => client.Create("/a")));
        Assert.Equal(1, Taken(() => client.Create("/a")));                                                  // NodeExists
        Assert.Equal(1, Taken(() => client.Delete("/missing")));
        Assert.Equal(1, Taken(() => client.Request("malformed", OpCode.SetData, w => w.Int(77))));
        Assert.Equal(1, Taken(() => client.Request("malformed", OpCode.Multi, w => w.Int(77))));
        Assert.Equal(1, Taken(() => client.Request("check", OpCode.Check, w => { Front.Ask.Text(w, "/a"); w.Int(0); })));
        Assert.Equal(1, Taken(() => client.Request("container", OpCode.DeleteContainer, w => Front.Ask.Text(w, "/a"))));
        Assert.Equal(0, Taken(() => client.Get("/a")));
        Assert.Equal(0, Taken(() => client.Sync("/a").Ping()));
        Assert.Equal(0, Taken(() => client.Request("reconfig", OpCode.Reconfig, w => w.Int(1))));           // malformed
        var attached = client.Reattach();                                                                   // an attach takes none
        client = attached;
        Assert.Equal(1, Taken(() => client.Set("/a", "1")));
        Assert.Equal(0, Taken(() => client.Request("unknown", (OpCode)999, _ => { })));
        client.ExpectHangUp();
    }

    [Fact]
    public void C2_a_well_formed_reconfig_that_is_refused_takes_one()
    {
        var world = World.Serving(new() { ReconfigEnabled = true });
        var client = world.Client();
        var before = world.Server.Machine.Zxid.Value;
        var reconfig = (JuteWriter w) =>
        {
            Front.Ask.Text(w, "");
            Front.Ask.Text(w, "");
            Front.Ask.Text(w, "server.1=127.0.0.1:1:2");
            w.Long(-1);
        };
        client.Request("reconfig", OpCode.Reconfig, reconfig).Go();
        Assert.Equal(1, world.Server.Machine.Zxid.Value - before);
        client.Expect("reconfig Unimplemented");
    }
}
