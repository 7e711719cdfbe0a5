using System.Globalization;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>Members that are stopped in order while the others go on.</summary>
public class StoppingTests
{
    [Fact]
    public void A_member_that_stops_does_not_wait_until_the_others_stop_writing()
    {
        // Its journal is never at rest: with each flush the entries of the next one are there.
        var outcome = Outcome.Of(ScenarioText.Parse("""
            seed 1
            members 3
            settings electionTimeout=300ms
            disk flush=3ms tail=50us
            client 1 workload=pipeline operations=100000 think=1ms
            client 2 workload=pipeline operations=100000 think=1ms
            client 3 workload=pipeline operations=100000 think=1ms
            warm-up 2s
            storm 8s
            calm 10s
            at 4s restart follower
            at 7s restart leader
            """));
        Assert.Null(outcome.Violation);
        Assert.Empty(outcome.Idle);
        Assert.InRange(GoneAfter(outcome, "restart follower"), 0, 0.5);
        Assert.InRange(GoneAfter(outcome, "restart leader"), 0, 0.5);
    }

    /// <summary>How many seconds after a fault the next server is gone.</summary>
    private static double GoneAfter(Outcome outcome, string fault)
    {
        var begun = outcome.Log.ToList().FindIndex(line => line.EndsWith(fault, StringComparison.Ordinal));
        Assert.True(begun >= 0);
        return At(outcome.Log.Skip(begun).First(line => line.EndsWith("is gone.", StringComparison.Ordinal))) - At(outcome.Log[begun]);
    }

    private static double At(string line) =>
        double.Parse(line[..line.IndexOf('s', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
}
