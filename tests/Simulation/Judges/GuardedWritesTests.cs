using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using static Quorate.Tests.Simulations.Judges.Requests;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>
/// The judge of what holders write into the tree, on histories made by hand: /done beside a queue for one holder at a time, /dones beside one with
/// several places.
/// </summary>
public class GuardedWritesTests
{
    private readonly Stage _stage = new();
    private readonly Player _a, _b;

    public GuardedWritesTests()
    {
        (_a, _b) = (_stage.Enter(1), _stage.Enter(2));
        foreach (var path in (string[])["/q", "/done", "/dones"])
            _a.Write(Create(path));
        _stage.Jury.Guarded.Watch("/done", isOrdered: true);
        _stage.Jury.Guarded.Watch("/dones", isOrdered: false);
    }

    private GuardedWrites Judge => _stage.Jury.Guarded;

    [Fact]
    public void What_is_written_in_turn_is_in_order()
    {
        var first = Stand(_a, "/q/a");
        _a.Write(Guarded(first));
        _a.Write(Guarded(first));
        var second = Stand(_b, "/q/b");
        _a.Write(Delete("/q/a"));
        _b.Write(Guarded(second));
        Assert.Null(_stage.Close());
        Assert.Equal((3, 0), (Judge.Done, Judge.Refused));
    }

    [Fact]
    public void A_guarded_write_that_comes_too_late_does_nothing_and_is_counted()
    {
        var first = Stand(_a, "/q/a");
        _a.Write(Delete("/q/a"));
        _a.Write(Guarded(first));
        _b.Write(Guarded(Stand(_b, "/q/b")));
        _a.Write(Guarded(first));
        Assert.Null(_stage.Close());
        Assert.Equal((1, 2), (Judge.Done, Judge.Refused));
    }

    [Fact]
    public void One_that_fails_for_another_reason_is_no_refusal()
    {
        var first = Stand(_a, "/q/a");
        _a.Write(new Request.Multi([new Request.Check(first.Znode, -1), Set("/none", ""), new Request.SetData("/done", first.Data)]));
        Assert.Null(_stage.Close());
        Assert.Equal((0, 0), (Judge.Done, Judge.Refused));
    }

    [Fact]
    public void A_last_write_may_give_up_the_turn_with_it()
    {
        var first = Stand(_a, "/q/a");
        _a.Write(new Request.Multi([new Request.Check(first.Znode, -1), new Request.SetData("/done", first.Data), Delete(first.Znode)]));
        Assert.Null(_stage.Close());
        Assert.Equal((1, 0), (Judge.Done, Judge.Refused));
    }

    [Fact]
    public void A_write_without_its_guard_behind_the_deletion_of_the_znode_is_found()
    {
        var first = Stand(_a, "/q/a");
        _a.Write(Delete("/q/a"));
        _a.Write(new Request.SetData("/done", first.Data));
        Assert.Contains("/q/a, which stood for its turn, was gone", _stage.Finding<GuardedWrites>(), StringComparison.Ordinal);
    }

    [Fact]
    public void And_behind_the_end_of_the_session_from_whichever_other_it_comes()
    {
        var first = Stand(_a, "/q/a", flags: 1);
        _a.Write(Guarded(first));
        _stage.Pass(Stage.TimeoutMilliseconds);
        _stage.Expire(_a);
        _b.Write(new Request.Multi([new Request.SetData("/done", first.Data)]));
        Assert.Contains("was gone", _stage.Finding<GuardedWrites>(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_token_behind_a_newer_one_is_found_where_one_holds_at_a_time()
    {
        var (first, second) = (Stand(_a, "/q/a"), Stand(_b, "/q/b"));
        _a.Write(Guarded(first));
        _b.Write(Guarded(second));
        Assert.Null(_stage.Close());
        _a.Write(Guarded(first));
        Assert.Contains($"with token {first.Token} of /q/a, after a write with the newer token {second.Token}", _stage.Finding<GuardedWrites>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_several_hold_at_once_only_the_guard_counts()
    {
        var (first, second) = (Stand(_a, "/q/a"), Stand(_b, "/q/b"));
        _b.Write(Guarded(second, "/dones"));
        _a.Write(Guarded(first, "/dones"));
        Assert.Null(_stage.Close());
        _a.Write(Delete("/q/a"));
        _a.Write(new Request.SetData("/dones", first.Data));
        Assert.Contains("was gone", _stage.Finding<GuardedWrites>(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_holders_have_not_written_is_nobodys_turn()
    {
        _a.Write(Set("/done", "something"));
        _a.Write(Set("/q", "1 /q/none"));
        _a.Write(Delete("/done"));
        Assert.Null(_stage.Close());
        Assert.Equal((0, 0), (Judge.Done, Judge.Refused));
    }

    /// <summary>Somebody's turn, by a znode that is made for it.</summary>
    private static GuardedWrite Stand(Player player, string znode, int flags = 0) => new(player.Write(Create(znode, flags: flags)).Zxid, znode);

    private static Request.Multi Guarded(GuardedWrite write, string path = "/done") =>
        new([new Request.Check(write.Znode, -1), new Request.SetData(path, write.Data)]);
}
