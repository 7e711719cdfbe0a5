using Quorate.Simulation;
using Quorate.Simulation.Actors;

namespace Quorate.Bench;

/// <summary>The worlds that the simulator's speed is measured with.</summary>
internal static class Worlds
{
    /// <summary>How many seeds a figure is taken over: storms differ, in how much their clients get done above all.</summary>
    public const ulong Seeds = 8;

    /// <summary>
    /// Sixty seconds of a storm of the swarm for five members, as the seed draws it: settings, bounds, network, disks and faults. The clients are
    /// ten, two of each workload, and ask without end.
    /// </summary>
    /// <param name="seed">Says which faults come when.</param>
    /// <param name="thinkMilliseconds">A client's mean time between two requests.</param>
    public static Scenario Storm(ulong seed, int thinkMilliseconds = 20)
    {
        var scenario = Swarm.Expand(seed, members: 5) with
        {
            Observers = 0,
            Clients = Clients(10, TimeSpan.FromMilliseconds(thinkMilliseconds), Workload.Names),
            Storm = TimeSpan.FromSeconds(60),
            Faults = [],
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
