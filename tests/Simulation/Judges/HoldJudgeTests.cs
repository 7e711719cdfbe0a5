using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>
/// The judges of offices and locks, on histories made by hand: good ones, and each with the one thing in it that must not be.
/// </summary>
public class HoldJudgeTests
{
    private TrueTime _now = TrueTime.Start;

    [Fact]
    public void One_after_the_other_is_in_order()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: true);
        var first = Office("a", 1, until: 5);
        judge.Won(first);
        At(4);
        judge.Look();
        judge.Ended(first);
        judge.Won(Office("b", 2, until: 9));
        Assert.Null(judge.Finding);
        Assert.Equal(0, judge.Overlaps);
    }

    [Fact]
    public void Who_stands_still_behind_its_fence_is_in_nobodys_way()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: true);
        judge.Won(Office("a", 1, until: 5));
        At(5);
        judge.Won(Office("b", 2, until: 9));
        judge.Look();
        Assert.Null(judge.Finding);
    }

    [Fact]
    public void Two_who_may_act_at_once_are_seen_when_the_second_begins()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: true);
        judge.Won(Office("a", 1, until: 5));
        At(4.999);
        judge.Won(Office("b", 2, until: 9));
        Assert.StartsWith("Two may act at 4.999", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void And_when_a_fence_moves_that_had_been_reached()
    {
        var (judge, until) = (new LockExclusion(() => _now, isWithinBound: true), 5.0);
        judge.Won(Office("a", 1, 5) with { MayAct = now => now < Time(until) });
        At(6);
        judge.Won(Office("b", 2, until: 9));
        Assert.Null(judge.Finding);
        until = 8;
        judge.Look();
        Assert.NotNull(judge.Finding);
    }

    [Fact]
    public void Beyond_the_bound_overlaps_are_counted_and_nobody_is_accused()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: false);
        judge.Won(Office("a", 1, until: 5));
        judge.Won(Office("b", 2, until: 9));
        judge.Look();
        Assert.Null(judge.Finding);
        Assert.Equal(1, judge.Overlaps);
    }

    [Fact]
    public void Nobody_is_told_that_it_is_its_turn_when_its_fence_is_reached()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: false);
        At(6);
        judge.Won(Office("a", 1, until: 5));
        Assert.Contains("with its fence reached", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Turns_come_in_the_order_of_the_queue()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: true);
        var later = Office("b", 2, until: 5);
        judge.Won(later);
        judge.Ended(later);
        judge.Won(Office("a", 1, until: 9));
        Assert.Contains("came later", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Readers_share_and_a_writer_does_not()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: true);
        judge.Won(Held("a", 1, Grip.Shared));
        judge.Won(Held("b", 2, Grip.Shared));
        Assert.Null(judge.Finding);
        judge.Won(Held("c", 3, Grip.Sole));
        Assert.Contains("Two may act", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_as_many_holders_as_places()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: true);
        judge.Won(Held("a", 1, Grip.Counted));
        judge.Won(Held("b", 2, Grip.Counted));
        Assert.Null(judge.Finding);
        judge.Won(Held("c", 3, Grip.Counted));
        Assert.StartsWith("3 hold", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_queues_have_nothing_to_do_with_each_other()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: true);
        judge.Won(Office("a", 1, until: 5));
        judge.Won(Office("b", 2, until: 5) with { Queue = "/other" });
        Assert.Null(judge.Finding);
    }

    [Fact]
    public void Who_was_dispossessed_may_act_for_a_while()
    {
        var judge = new LockExclusion(() => _now, isWithinBound: true);
        var first = Office("a", 1, until: 5);
        judge.Won(first);
        judge.Evicted(first.Znode);
        judge.Won(Office("b", 2, until: 5));
        Assert.Null(judge.Finding);
    }

    [Fact]
    public void But_not_for_longer_than_a_timeout_after_it_has_seen_something_newer()
    {
        var judge = new Dispossession();
        var hold = Office("a", 1, until: 100);
        judge.Evicted(hold.Znode, new(10));
        judge.Acts(hold, seen: new(9), TimeSpan.FromSeconds(2), At(1));
        judge.Acts(hold, seen: new(9), TimeSpan.FromSeconds(2), At(50));
        judge.Acts(hold, seen: new(10), TimeSpan.FromSeconds(2), At(51));
        judge.Acts(hold, seen: new(12), TimeSpan.FromSeconds(2), At(53));
        Assert.Null(judge.Finding);
        judge.Acts(hold, seen: new(12), TimeSpan.FromSeconds(2), At(53.1));
        Assert.Contains("still holds it", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_stands_still_behind_its_fence_does_not_hold_what_was_taken()
    {
        var judge = new Dispossession();
        var hold = Office("a", 1, until: 5);
        judge.Evicted(hold.Znode, new(10));
        judge.Acts(hold, seen: new(10), TimeSpan.FromSeconds(2), At(1));
        judge.Acts(hold, seen: new(10), TimeSpan.FromSeconds(2), At(8));
        Assert.Null(judge.Finding);
    }

    [Fact]
    public void A_waiter_watches_as_many_as_there_are_places_and_itself()
    {
        var judge = new Herd();
        judge.Watched("a", watches: 2, places: 1);
        judge.Watched("b", watches: 4, places: 3);
        Assert.Null(judge.Finding);
        judge.Watched("c", watches: 3, places: 1);
        Assert.StartsWith("c watches 3", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_on_its_way_is_the_tokens_affair()
    {
        var ledger = new FencedResource("ledger", () => _now, static _ => { });
        Assert.True(ledger.Act("b", new(2), mayAct: true, ""));
        Assert.False(ledger.Act("a", new(1), mayAct: true, "", isLate: true));
        Assert.Null(ledger.StaleMaster.Finding);
        Assert.Null(ledger.TokenOrder.Finding);
        Assert.False(ledger.Act("a", new(1), mayAct: true, ""));
        Assert.Contains("Two act on ledger", ledger.StaleMaster.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resource_that_accepts_an_older_token_is_seen()
    {
        var judge = new TokenOrder();
        judge.Acted(new("ledger", "b", new(2), MayAct: true, Accepted: true, "", _now));
        judge.Acted(new("ledger", "a", new(1), MayAct: true, Accepted: false, "", _now));
        Assert.Null(judge.Finding);
        judge.Acted(new("ledger", "a", new(1), MayAct: true, Accepted: true, "", _now) { IsLate = true });
        Assert.NotNull(judge.Finding);
    }

    private static TrueTime Time(double seconds) => TrueTime.Start + TimeSpan.FromSeconds(seconds);

    private TrueTime At(double seconds) => _now = Time(seconds);

    private static Hold Office(string who, long token, double until) =>
        new("/q", who, $"/q/{who}-{token}", new(token), Grip.Sole, 1) { MayAct = now => now < Time(until) };

    private static Hold Held(string who, long token, Grip grip) =>
        new("/q", who, $"/q/{who}-{token}", new(token), grip, grip == Grip.Counted ? 2 : 1) { MayAct = static _ => true };
}
