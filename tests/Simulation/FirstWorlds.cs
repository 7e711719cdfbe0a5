using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Disks;

namespace Quorate.Tests.Simulations;

/// <summary>Whole worlds, and what must hold of each of them.</summary>
public class FirstWorlds
{
    private static readonly Party One = Party.Member(new(1));

    private static Scenario Alone(ulong seed = 1, params IReadOnlyList<Fault> faults) => new()
    {
        Seed = seed,
        Members = 1,
        Clients = [.. Enumerable.Range(1, 3).Select(n => new ClientPlan { Number = n, Operations = 500, Think = TimeSpan.FromMilliseconds(20) })],
        Storm = TimeSpan.FromSeconds(10),
        Faults = faults,
    };

    private static Fault At(double seconds, FaultKind kind, double lasts = 1, CrashMode mode = CrashMode.Tear, int amount = 0) => new()
    {
        At = TimeSpan.FromSeconds(seconds),
        For = TimeSpan.FromSeconds(lasts),
        Kind = kind,
        Whom = [One],
        Mode = mode,
        Amount = amount,
    };

    [Fact]
    public void A_server_alone_in_fair_weather_does_all_that_it_is_asked()
    {
        var world = new World(Alone());
        var outcome = world.Run();
        Assert.Null(outcome.Violation);
        Assert.True(world.IsAtRest);
        Assert.Equal(0, outcome.Faults[FaultClass.Crash]);
    }

    [Fact]
    public void A_server_that_crashes_and_comes_back_loses_nothing_it_has_acknowledged()
    {
        var faults = new[]
        {
            At(4, FaultKind.Crash, 0.5), At(5, FaultKind.Kill, 0.1), At(6, FaultKind.Crash, 0.2, CrashMode.Lose), At(7, FaultKind.Pause, 2),
            At(9.5, FaultKind.Crash, 0.2, CrashMode.Prefix), At(10, FaultKind.Restart), At(11, FaultKind.Slow, 1, amount: 20),
        };
        var world = new World(Alone(2, faults));
        var outcome = world.Run();
        Assert.Null(outcome.Violation);
        Assert.True(world.IsAtRest, string.Join('\n', outcome.Log.TakeLast(10)));
        Assert.Equal(3, outcome.Faults[FaultClass.Crash]);
        Assert.Equal(1, outcome.Faults[FaultClass.Kill]);
        Assert.Equal(1, outcome.Faults[FaultClass.Pause]);
    }

    [Fact]
    public void A_server_that_stops_because_its_disk_is_full_raises_no_false_alarm()
    {
        var world = new World(Alone(5, At(4, FaultKind.Full, 2)));
        var outcome = world.Run();
        Assert.Null(outcome.Violation);
        Assert.True(world.Members[0].Failures > 0);
    }

    [Fact]
    public void The_same_seed_gives_the_same_digest_and_another_seed_another()
    {
        var faults = new[] { At(4, FaultKind.Crash, 0.5), At(6, FaultKind.Kill, 0.5) };
        var digest = Outcome.Of(Alone(3, faults)).Digest;
        Assert.Equal(digest, Outcome.Of(Alone(3, faults)).Digest);
        Assert.NotEqual(digest, Outcome.Of(Alone(4, faults)).Digest);
    }

    /// <summary>Seeds that have found something once; the simulator's README says what.</summary>
    [Theory]
    [InlineData(3, 3), InlineData(12, 3), InlineData(18, 3), InlineData(37, 3), InlineData(38, 5), InlineData(41, 3), InlineData(66, 3), InlineData(78, 3)]
    [InlineData(1631, 3), InlineData(2027, 5), InlineData(500119, 3)]
    public void A_seed_that_found_something_finds_it_no_more(int seed, int members) =>
        Assert.Null(Outcome.Of(Swarm.Expand((ulong)seed, members)).Violation);
}
