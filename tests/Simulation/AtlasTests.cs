using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>Damage befalls whom it is meant for as long as every entry stays whole on a majority; what it destroys all the same is proven.</summary>
public class AtlasTests
{
    private const string World = """
        settings electionTimeout=300ms heartbeat=50ms minSession=1s
        client 1 workload=mixed think=5ms session=2s operations=100000
        client 2 workload=mixed think=5ms session=2s operations=100000
        warm-up 2s
        storm 8s

        """;

    [Fact]
    public void The_core_may_rot_where_a_majority_is_whole()
    {
        var outcome = Run("members 3\nat 4s rot leader journal\nat 6s crash leader for 1s lose");
        Assert.Empty(outcome.Idle);
        Assert.Null(outcome.Excuse);
    }

    [Fact]
    public void One_voter_of_the_core_stays_whole()
    {
        var outcome = Run("members 3\n" + Rots("1", 20, from: 4000) + Rots("2", 20, from: 5000) + Rots("3", 20, from: 6000));
        var rotten = outcome.Scenario.Faults.Except(outcome.Idle).Select(static fault => fault.Whom[0].Number).Distinct();
        Assert.Equal([1, 2], rotten);
    }

    [Fact]
    public void What_is_on_no_other_disk_does_not_rot() => Assert.Equal(20, Run("members 1\n" + Rots("1", 20, from: 4000)).Idle.Count);

    [Fact]
    public void What_no_majority_would_hold_does_not_rot()
    {
        var outcome = Run("members 3\ncalm 20s core=1,2 others=down\nat 3s wipe 3 for 1s\n" + Rots("1", 20, from: 5000));
        Assert.Equal(20, outcome.Idle.Count);
        Assert.Equal(1, outcome.Faults[FaultClass.Wipe]);
    }

    [Fact]
    public void While_the_core_is_damaged_the_others_do_not_lose_what_cannot_be_judged()
    {
        const string Others = "at 5s wipe 3 for 1s\nat 6s lie 3 for 1s\nat 7s misdirect 3 journal";
        var outcome = Run("members 3\ncalm 20s core=1,2 others=well\n" + Rots("1", 20, from: 3000) + Others);
        Assert.NotEqual(0, outcome.Faults[FaultClass.BitRot]);
        var idle = outcome.Idle.Select(static fault => fault.Kind).Where(static kind => kind != FaultKind.Rot);
        Assert.Equal([FaultKind.Wipe, FaultKind.Lie, FaultKind.Misdirect], idle);
    }

    /// <summary>
    /// Two go on with rot that they have not met, and the third misses what they acknowledge: behind their damage, and gone when they start.
    /// </summary>
    [Fact]
    public void A_core_that_has_lost_what_it_acknowledged_is_excused_by_its_disks()
    {
        var outcome = Run("members 3\nat 3s rot 1 journal\nat 3.2s rot 2 journal\nat 4s cut 3 | 1,2 for 3s\nat 6s crash 1,2 for 300ms lose");
        Assert.Empty(outcome.Idle);
        Assert.Contains("injected damage has destroyed it on [1 2]", outcome.Excuse, StringComparison.Ordinal);
    }

    private static Outcome Run(string text)
    {
        var outcome = Outcome.Of(ScenarioText.Parse(World + text));
        Assert.True(outcome.Violation is null, $"{outcome.Violation}\n{string.Join('\n', outcome.Log.TakeLast(40))}");
        return outcome;
    }

    private static string Rots(string whom, int times, int from) =>
        string.Concat(Enumerable.Range(0, times).Select(i => $"at {from + (10 * i)}ms rot {whom} journal\n"));
}
