using Quorate.Simulation;
using Quorate.Simulation.Actors;

namespace Quorate.Bench;

/// <summary>The worlds that the simulator's speed is measured with.</summary>
internal static class Worlds
{
    /// <summary>How many seeds a figure is taken over: storms differ, in how much their clients get done above all.</summary>
    public const ulong Seeds = 8;

    /// <summary>
    /// Sixty seconds of the swarm's faults for five members, with ten clients, two of each workload, that ask without end.
    /// </summary>
    /// <param name="seed">Says which faults come when.</param>
    /// <param name="thinkMilliseconds">A client's mean time between two requests.</param>
    public static Scenario Storm(ulong seed, int thinkMilliseconds = 20)
    {
        var scenario = new Scenario
        {
            Seed = seed,
            Members = 5,
            Clients = Clients(10, TimeSpan.FromMilliseconds(thinkMilliseconds), Workload.Names),
            WarmUp = TimeSpan.FromSeconds(2),
            Storm = TimeSpan.FromSeconds(60),
            Core = [new(1), new(3), new(5)],
        };
        return scenario with { Faults = new SwarmFaults(scenario).Draw() };
    }

    /// <summary>Three members, nothing goes wrong but disks that stall now and then, and six clients ask something every other second.</summary>
    public static Scenario Ordinary(ulong seed, TimeSpan length) => new()
    {
        Seed = seed,
        Members = 3,
        Clients = Clients(6, TimeSpan.FromSeconds(2), ["probe", "mixed", "watchers"]),
        Storm = length,
    };

    private static ClientPlan[] Clients(int count, TimeSpan think, IReadOnlyList<string> workloads)
    {
        var clients = new ClientPlan[count];
        for (var i = 0; i < count; i++)
            clients[i] = new() { Number = i + 1, Workload = workloads[i % workloads.Count], Operations = int.MaxValue, Think = think };
        return clients;
    }
}
