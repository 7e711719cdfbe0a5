using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations;

/// <summary>
/// The road not taken, beside the recipes: a master by a lease in a row of a database. The row is never wrong, clocks are perfect, and
/// there are two masters all the same. The page <c>simulation/stale-master.md</c> tells of it.
/// </summary>
public class LeaseRowTests
{
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(2);

    private TrueTime _now = TrueTime.Start;

    /// <summary>update lease set owner = :me, until = now() + 2 s where owner = :me or until &lt; now()</summary>
    private sealed class Row
    {
        private string _owner = "";
        private TrueTime _until;

        public bool TryTake(string me, TrueTime now)
        {
            if (_owner != me && now < _until)
                return false;
            (_owner, _until) = (me, now + Term);
            return true;
        }
    }

    [Fact]
    public void An_answer_that_comes_late_makes_two_masters()
    {
        var (row, judge) = (new Row(), new LockExclusion(() => _now, isWithinBound: true));
        Assert.True(row.TryTake("a", At(0)));
        var heard = At(1);                                   // the answer was a second on its way, and then nothing gets through
        judge.Won(Master("a", until: heard + Term));
        At(1.9);
        Assert.False(row.TryTake("b", _now));
        At(2.1);
        Assert.True(row.TryTake("b", _now));
        judge.Won(Master("b", until: _now + Term));
        Assert.StartsWith("2 hold lease", judge.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Counted_from_the_question_there_is_one()
    {
        var (row, judge) = (new Row(), new LockExclusion(() => _now, isWithinBound: true));
        var asked = At(0);
        Assert.True(row.TryTake("a", At(0.01)));
        At(1);
        judge.Won(Master("a", until: asked + Term));
        At(2.1);
        Assert.True(row.TryTake("b", _now));
        judge.Won(Master("b", until: _now + Term));
        Assert.Null(judge.Finding);
    }

    [Fact]
    public void A_pause_between_looking_and_writing_makes_two_masters_and_nothing_tells_the_old_one_from_the_new()
    {
        var (row, ledger) = (new Row(), new FencedResource("ledger", () => _now, static _ => { }));
        Assert.True(row.TryTake("a", At(0)));
        var mayAct = At(1) < At(0) + Term;                   // it looks, and stands still
        At(4);
        Assert.True(row.TryTake("b", _now));
        Assert.True(ledger.Act("b", default, mayAct: true, "b's report"));
        Assert.True(ledger.Act("a", default, mayAct, "a's report"));
        Assert.Contains("Two act on ledger with the same token", ledger.StaleMaster.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void With_a_token_the_old_one_is_refused()
    {
        var ledger = new FencedResource("ledger", () => _now, static _ => { });
        Assert.True(ledger.Act("a", new(1), mayAct: true, ""));
        At(4);
        Assert.True(ledger.Act("b", new(2), mayAct: true, "b's report"));
        Assert.False(ledger.Act("a", new(1), mayAct: true, "a's report", isLate: true));
        Assert.Null(ledger.TokenOrder.Finding);
    }

    private TrueTime At(double seconds) => _now = TrueTime.Start + TimeSpan.FromSeconds(seconds);

    private static Hold Master(string who, TrueTime until) =>
        new("lease", who, who, Zxid.Zero, Grip.Counted, 1) { MayAct = now => now < until };
}
