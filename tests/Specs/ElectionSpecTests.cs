using CsCheck;

namespace Quorate.Tests.Specs;

public class ElectionSpecTests(ITestOutputHelper output)
{
    [Fact]
    public void Nobody_acts_beside_another_and_no_older_token_is_accepted()
    {
        var report = ElectionSpec.Make().Exhaustive(output.WriteLine);
        Assert.True(report.Closed);
        Assert.Empty(report.NeverFired);
    }

    [Theory]
    [InlineData("adopts the znode of its former life", ElectionSpec.TwoAct)]
    [InlineData("deposed only by an event", ElectionSpec.TwoAct)]
    [InlineData("goes on where it was paused", ElectionSpec.TwoAct)]
    [InlineData("does not look who is ahead", ElectionSpec.TwoAct)]
    [InlineData("a resource that looks at no token", ElectionSpec.OlderAfterNewer)]
    [InlineData("the other does not wait", ElectionSpec.TwoAct)]
    [InlineData("the other does not wait for a dead one's session to end", ElectionSpec.InOrder)]
    public void Every_fault_is_found(string fault, string by)
    {
        var report = ElectionSpec.Make().Faults();
        Assert.Empty(report.Uncaught);
        Assert.Empty(report.Inconclusive);
        Assert.Equal(by, report.CaughtBy(fault));
    }

    /// <summary>The two of the model are contests as they ship, in a queue that a dozen lines play.</summary>
    [Fact]
    public void The_shipped_contests_do_what_the_model_does_in_every_transition()
    {
        var report = ElectionSpec.Make().ConformExhaustive(
            static () => new ShippedElection(), static (shipped, transition) => shipped.Follow(transition), output.WriteLine);
        Assert.Equal(report.Transitions, report.ConformedTransitions);
    }
}
