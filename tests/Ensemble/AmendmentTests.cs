using Quorate.Kernel;

namespace Quorate.Tests.Ensembles;

/// <summary>Amendments to the design that take several whole members to show; each test would fail if its amendment were left out.</summary>
public class AmendmentTests
{
    [Fact]
    public void A2_who_received_a_snapshot_hangs_up_so_that_no_watch_sleeps_for_ever()
    {
        using var trio = new Trio(Small, new() { SnapshotEveryEntries = 20, SnapshotsKept = 1, SegmentBytes = 4 << 10 });
        var behind = trio.Follower;
        var watcher = trio.Connect(behind);
        var creator = trio.Connect(trio.Leader);
        creator.Await(creator.BeginCreate("/x"));
        var seen = watcher.Await(watcher.BeginSync());
        Assert.Equal(0, watcher.Await(watcher.BeginGet("/x", watch: true)).Error);

        trio.Ensemble.Partition(behind.Id.Value);
        creator.Await(creator.BeginSet("/x", "changed"));
        for (var i = 0; i < 1000; i++)
            creator.Await(creator.BeginCreate($"/filler-{i}"));
        trio.Ensemble.Heal();
        trio.Until(trio.Agree);

        Assert.True(watcher.IsClosed);                     // the journals no longer reached back as far as it had come
        Assert.DoesNotContain("/x", watcher.Events);
        watcher.Reconnect(behind);
        trio.Until(() => watcher.IsConnected);
        Assert.NotEqual(0, watcher.Session);
        watcher.BeginSetWatches(seen.Zxid, "/x");
        trio.Until(() => watcher.Events.Contains("/x"));
    }

    [Fact]
    public void A4_a_session_that_is_asked_for_twice_is_made_once()
    {
        using var trio = new Trio();
        var (leader, origin, third) = (trio.Leader, trio.Follower, trio.OtherFollower);
        origin.HangDisk();
        third.HangDisk();
        var client = trio.Connect(origin);                 // in every log, on no majority's disk
        trio.Advance(TimeSpan.FromMilliseconds(50));
        Assert.False(client.IsConnected);
        leader.Kill();
        origin.ReleaseDisk();
        third.ReleaseDisk();
        trio.Until(() => client.IsConnected);              // the origin has sent it again to whoever leads now
        trio.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, trio.Leader.Server.SessionCount);
        Assert.Equal(0, client.Await(client.BeginCreate("/mine", flags: 1)).Error);
    }

    [Fact]
    public void A4_a_write_that_is_sent_again_is_applied_once_and_in_its_place()
    {
        using var trio = new Trio();
        var (leader, origin, third) = (trio.Leader, trio.Follower, trio.OtherFollower);
        var client = trio.Connect(origin);
        client.Await(client.BeginCreate("/log"));
        origin.HangDisk();
        third.HangDisk();
        var sent = Enumerable.Range(0, 5).Select(_ => client.BeginCreate("/log/entry-", flags: 2)).ToArray();
        trio.Advance(TimeSpan.FromMilliseconds(50));
        leader.Kill();
        origin.ReleaseDisk();
        third.ReleaseDisk();
        Assert.All(sent, xid => Assert.Equal(0, client.Await(xid).Error));
        trio.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(
            ["entry-0000000000", "entry-0000000001", "entry-0000000002", "entry-0000000003", "entry-0000000004"],
            client.Await(client.BeginChildren("/log")).Names);
    }

    [Fact]
    public void A11_the_last_write_before_a_link_broke_goes_again_on_the_new_link_to_the_same_leader()
    {
        using var trio = new Trio();
        var (leader, origin) = (trio.Leader, trio.Follower);
        var term = leader.Server.Term;
        var client = trio.Connect(origin);
        client.Await(client.BeginSync());
        trio.Ensemble.Partition(origin.Id.Value);
        var lost = client.BeginCreate("/last");
        trio.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Null(client.Find(lost));
        trio.Ensemble.Heal();
        Assert.Equal(0, client.Await(lost).Error);
        Assert.Equal((leader, term), (trio.Leader, trio.Leader.Server.Term));
    }

    [Fact]
    public void A14_a_member_with_an_empty_disk_does_not_help_to_elect()
    {
        using var trio = new Trio();
        var (first, second, third) = (trio.Leader, trio.Follower, trio.OtherFollower);
        third.Kill();
        var client = trio.Connect(first);
        client.Await(client.BeginCreate("/acknowledged"));
        first.Kill();
        second.Kill();
        second.Wipe();
        second.Restart();
        third.Restart();
        trio.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(trio.Ensemble.Leader);
        first.Restart();
        trio.Until(() => trio.Ensemble.Leader is not null);
        Assert.NotEqual(second, trio.Leader);
        client.Reconnect(trio.Leader);
        trio.Until(() => client.IsConnected);
        Assert.Equal(0, client.Await(client.BeginGet("/acknowledged")).Error);
    }

    private static Limits Small => new() { LogRingBytes = 8 << 20, LogRingEntries = 64 };
}
