using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

public class WatchOrderTests
{
    private readonly Stage _stage = new();
    private readonly Player _a, _b;

    public WatchOrderTests() => (_a, _b) = (_stage.Enter(1), _stage.Enter(2));

    private string? Finding => _stage.Finding<WatchOrder>();

    [Fact]
    public void One_event_for_each_arming_before_the_next_reply_is_as_it_should_be()
    {
        _a.Read(Exists("/x", watch: true));
        _a.Read(Children("/", watch: true));
        _b.Write(Create("/x"));
        _a.Hear(WatchEvent.NodeCreated, "/x");
        _a.Hear(WatchEvent.NodeChildrenChanged, "/");
        _b.Write(Set("/x", "1"));          // nothing is armed any more
        _a.Read(Get("/x", watch: true));
        _b.Write(Delete("/x"));
        _a.Hear(WatchEvent.NodeDeleted, "/x");
        _a.Read(Sync());
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_member_that_is_behind_owes_an_event_only_with_what_it_shows()
    {
        _a.Read(Exists("/x", watch: true));
        var before = _stage.Head;
        var created = _b.Write(Create("/x")).Zxid;
        _b.Write(Set("/x", "1"));
        _a.Read(Get("/"), before);
        _a.Hear(WatchEvent.NodeCreated, "/x", created);
        _a.Read(Get("/x"), created);
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_reply_before_the_event_that_it_reveals_is_found()
    {
        _a.Read(Exists("/x", watch: true));
        _b.Write(Create("/x"));
        _a.Read(Get("/x"));
        Assert.NotNull(Finding);
    }

    [Fact]
    public void An_event_that_comes_twice_is_found()
    {
        _a.Read(Exists("/x", watch: true));
        _b.Write(Create("/x"));
        _a.Hear(WatchEvent.NodeCreated, "/x");
        _a.Hear(WatchEvent.NodeCreated, "/x");
        Assert.NotNull(Finding);
    }

    [Fact]
    public void An_event_of_the_second_change_instead_of_the_first_is_found()
    {
        _a.Read(Exists("/x", watch: true));
        _b.Write(Create("/x"));
        _b.Write(Set("/x", "1"));
        _a.Hear(WatchEvent.NodeDataChanged, "/x");
        Assert.NotNull(Finding);
    }

    [Fact]
    public void An_event_for_a_watch_that_a_refused_read_did_not_arm_is_found()
    {
        _a.Read(Get("/x", watch: true));
        _b.Write(Create("/x"));
        _a.Hear(WatchEvent.NodeCreated, "/x");
        Assert.NotNull(Finding);
    }

    [Fact]
    public void Events_of_one_transaction_out_of_its_order_are_found()
    {
        _a.Read(Exists("/x", watch: true));
        _a.Read(Exists("/y", watch: true));
        _b.Write(new Request.Multi([Create("/x"), Create("/y")]));
        _a.Hear(WatchEvent.NodeCreated, "/y");
        Assert.NotNull(Finding);
    }

    [Fact]
    public void Ephemerals_of_a_closed_session_may_be_told_in_any_order()
    {
        _b.Write(Create("/x", flags: 1));
        _b.Write(Create("/y", flags: 1));
        _a.Read(Get("/x", watch: true));
        _a.Read(Get("/y", watch: true));
        _stage.Expire(_b);
        _a.Hear(WatchEvent.NodeDeleted, "/y");
        _a.Hear(WatchEvent.NodeDeleted, "/x");
        _a.Read(Sync());
        Assert.Null(Finding);
    }

    [Fact]
    public void Persistent_and_recursive_watches_go_on()
    {
        _a.Read(new Request.AddWatch("/x", Recursive: false));
        _a.Read(new Request.AddWatch("/", Recursive: true));
        _b.Write(Create("/x"));
        _a.Hear(WatchEvent.NodeCreated, "/x");
        _b.Write(Create("/x/c"));
        _a.Hear(WatchEvent.NodeCreated, "/x/c");
        _a.Hear(WatchEvent.NodeChildrenChanged, "/x");
        _b.Write(Set("/x", "1"));
        _a.Hear(WatchEvent.NodeDataChanged, "/x");
        _a.Read(Sync());
        Assert.Null(_stage.Close());
        _b.Write(Set("/x/c", "1"));
        _a.Read(Sync());
        Assert.NotNull(Finding);
    }

    [Fact]
    public void A_replay_that_names_what_was_armed_and_catches_up_on_what_was_missed_is_right()
    {
        Arm(out var seen);
        _b.Write(Create("/x"));
        _b.Write(Create("/d/c"));
        _a.Reconnect();
        _a.Hear(WatchEvent.NodeCreated, "/x", WatchSeen.CaughtUp);
        _a.Hear(WatchEvent.NodeChildrenChanged, "/d", WatchSeen.CaughtUp);
        _a.Read(Replay(seen, data: ["/d"], exist: ["/x"], child: ["/d"]));
        _b.Write(Set("/d", "1"));
        _a.Hear(WatchEvent.NodeDataChanged, "/d");
        _a.Read(Sync());
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_watch_that_no_replay_names_is_found()
    {
        Arm(out var seen);
        _a.Reconnect();
        _a.Read(Replay(seen, data: ["/d"], child: ["/d"]));
        _a.Read(Sync());
        Assert.NotNull(Finding);
    }

    [Fact]
    public void A_replay_that_names_what_was_not_armed_is_found()
    {
        Arm(out var seen);
        _a.Reconnect();
        _a.Read(Replay(seen, data: ["/d", "/e"], exist: ["/x"], child: ["/d"]));
        Assert.NotNull(Finding);
    }

    [Fact]
    public void A_missed_change_that_is_not_caught_up_on_is_found()
    {
        Arm(out var seen);
        _b.Write(Create("/x"));
        _a.Reconnect();
        _a.Read(Replay(seen, data: ["/d"], exist: ["/x"], child: ["/d"]));
        Assert.NotNull(Finding);
    }

    [Fact]
    public void A_change_that_was_seen_and_is_caught_up_on_again_is_found()
    {
        Arm(out var seen);
        _a.Reconnect();
        _a.Hear(WatchEvent.NodeDataChanged, "/d", WatchSeen.CaughtUp);
        _a.Read(Replay(seen, data: ["/d"], exist: ["/x"], child: ["/d"]));
        Assert.NotNull(Finding);
    }

    [Fact]
    public void A_connection_that_breaks_among_the_events_of_one_transaction_loses_none()
    {
        Arm(out var seen);
        _b.Write(new Request.Multi([Create("/x"), Set("/d", "1")]));
        _a.Hear(WatchEvent.NodeCreated, "/x");
        _a.Reconnect();
        _a.Hear(WatchEvent.NodeDataChanged, "/d", WatchSeen.CaughtUp);
        _a.Read(Replay(seen, data: ["/d"], child: ["/d"]));
        Assert.Null(_stage.Close());
    }

    [Fact]
    public void A_removed_watch_is_silent_and_one_that_was_not_there_cannot_be_removed()
    {
        Arm(out _);
        _a.Read(new Request.Watches(OpCode.RemoveWatches, "/d", 3));
        _b.Write(Set("/d", "1"));
        _a.Read(Sync());
        Assert.Null(Finding);
        _a.Read(new Request.Watches(OpCode.RemoveWatches, "/d", 3));
        Assert.NotNull(Finding);
    }

    private void Arm(out Zxid seen)
    {
        _b.Write(Create("/d"));
        _a.Read(Get("/d", watch: true));
        _a.Read(Exists("/x", watch: true));
        seen = _a.Read(Children("/d", watch: true)).Zxid;
    }
}
