using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Disks;
using Quorate.Simulation.Net;

namespace Quorate.Simulation;

/// <summary>
/// Expands a seed to a scenario: how many members, how they are set, who their clients are, and which classes of fault there are at all.
/// About half of the classes are absent from any one seed, so that each is also seen without the others that might hide what it shows.
/// </summary>
/// <remarks>Each thing is drawn from a stream of its own name: what is added here later leaves the rest of every seed as it was.</remarks>
public static class Swarm
{
    /// <summary>The scenario of a seed.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="members">How many members vote; null leaves it to the seed.</param>
    public static Scenario Expand(ulong seed, int? members = null)
    {
        var size = new Chance(seed, "swarm size");
        var voters = members ?? Weighted(ref size, (1, 10), (3, 60), (5, 30));
        var observers = voters > 1 && size.Below(4) == 0 ? 1 + size.Below(2) : 0;
        var core = Core(seed, voters);
        var times = new Chance(seed, "swarm times");
        var scenario = new Scenario
        {
            Seed = seed,
            Members = voters,
            Observers = observers,
            Settings = Settings(seed),
            Limits = Limits(seed),
            Drift = Pick(ref times, 0, 50, 200, 1000),
            TimerLateness = TimeSpan.FromMicroseconds(Pick(ref times, 20, 100, 2000)),
            BatchInputs = Pick(ref times, 1, 16, 256),
            Network = Network(seed),
            Disk = Disk(seed),
            Clients = Clients(seed),
            WarmUp = TimeSpan.FromSeconds(2),
            Storm = TimeSpan.FromSeconds(Pick(ref times, 4, 8, 8, 16, 30)),
            Core = core,
            Others = voters == 1 ? OthersFate.Well : Pick(ref times, Enum.GetValues<OthersFate>()),
        };
        var hasQueues = new Chance(seed, "swarm queues").Below(3) == 0;
        scenario = hasQueues ? WithQueues(scenario) : WithOddities(scenario);
        if (voters > 1 && new Chance(seed, "swarm operator").Below(4) == 0)
            scenario = WithOperator(scenario);
        else if (voters > 1 && new Chance(seed, "swarm succession").Below(18) is var succession and < 2)
        {
            scenario = scenario with { Storm = TimeSpan.FromSeconds(succession == 0 ? 45 : 15) };
            var faults = new SwarmFaults(scenario);
            return scenario with { Faults = succession == 0 ? faults.DrawFailOver() : faults.DrawUsurpation() };
        }
        else if (hasQueues && new Chance(seed, "swarm tenures").Below(2) == 0)
            return scenario with { Faults = new SwarmFaults(scenario).DrawTenures() };
        return scenario with { Faults = new SwarmFaults(scenario).Draw() };
    }

    /// <summary>
    /// Who the members are changes while it storms. Any of them may be needed for a majority at the end, so all are well then and no disk
    /// is damaged; but for those that the operator empties himself.
    /// </summary>
    private static Scenario WithOperator(Scenario scenario) => scenario with
    {
        Spares = 1 + new Chance(scenario.Seed, "swarm spares").Below(2),
        Settings = scenario.Settings with { ReconfigEnabled = true },
        Clients = [.. scenario.Clients,
            new() { Number = scenario.Clients.Count + 1, Workload = Operator.Name, Session = TimeSpan.FromSeconds(4) }],
        Core = [],
        Others = OthersFate.Well,
    };

    /// <summary>
    /// Clients stand in queues, for offices and locks. Clocks are as good as they reckon, good or bad; or they are worse, and then nothing
    /// is left but the token.
    /// </summary>
    private static Scenario WithQueues(Scenario scenario)
    {
        var chance = new Chance(scenario.Seed, "swarm contestants");
        var (drift, reckoned) = Pick(
            ref chance, (scenario.Drift, 1000), (scenario.Drift, 1000), (100_000, 100_000), (200_000, 200_000), (300_000, 1000));
        var clients = scenario.Clients.Take(2).ToList();
        var guarded = new Chance(scenario.Seed, "swarm guarded").Below(2) == 0;
        for (var trades = 1 + chance.Below(2); trades > 0; trades--)
        {
            var trade = Pick(ref chance, ["contender", .. Trade.Names]);
            var (session, think) = (
                TimeSpan.FromSeconds(Pick(ref chance, 2, 2, 4)), TimeSpan.FromMilliseconds(Pick(ref chance, 5, 20, 60)));
            for (var several = 2 + chance.Below(3); several > 0; several--)
                clients.Add(new() { Number = clients.Count + 1, Workload = trade, Session = session, Think = think, Guarded = guarded });
        }
        if (new Chance(scenario.Seed, "swarm registrants").Below(2) == 0)
            for (var several = 2; several > 0; several--)
                Join(Registrant.Name, TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(20));
        if (chance.Below(4) == 0)
            Join(Evictor.Name, TimeSpan.FromSeconds(4), TimeSpan.FromMilliseconds(300));
        var first = chance.Below(3) == 0 ? int.MaxValue - chance.Below(30) : 0;
        return scenario with { Drift = drift, Reckoned = reckoned, FirstNumber = first, Clients = clients };

        void Join(string workload, TimeSpan session, TimeSpan think) =>
            clients.Add(new() { Number = clients.Count + 1, Workload = workload, Session = session, Think = think });
    }

    /// <summary>
    /// Some of the clients do what the others never do: they listen for long and ask for nothing, want another timeout whenever they come back, or
    /// ask for more than they read.
    /// </summary>
    private static Scenario WithOddities(Scenario scenario)
    {
        var chance = new Chance(scenario.Seed, "swarm oddities");
        var clients = scenario.Clients.ToList();
        if (chance.Below(3) == 0)
            for (var several = 1 + chance.Below(2); several > 0; several--)
                Join("sleepers", Pick(ref chance, 4, 8), Pick(ref chance, 5, 20, 60));
        if (chance.Below(4) == 0)
            Join(Haggler.Name, 8, 20);
        if (chance.Below(4) == 0)
            Join(Dawdler.Name, Pick(ref chance, 2, 2, 4), 20);
        if (chance.Below(4) == 0)
            for (var several = 2; several > 0; several--)
                Join("syncers", 8, Pick(ref chance, 10, 40));
        return scenario with { Clients = clients };

        void Join(string workload, int session, int think) => clients.Add(new()
        {
            Number = clients.Count + 1,
            Workload = workload,
            Operations = 1_000_000,
            Think = TimeSpan.FromMilliseconds(think),
            Session = TimeSpan.FromSeconds(session),
        });
    }

    /// <summary>One of some values, each equally likely.</summary>
    internal static T Pick<T>(ref Chance chance, params ReadOnlySpan<T> values) => values[chance.Below(values.Length)];

    private static int Weighted(ref Chance chance, params ReadOnlySpan<(int Value, int Weight)> values)
    {
        var total = 0;
        foreach (var (_, weight) in values)
            total += weight;
        var draw = chance.Below(total);
        foreach (var (value, weight) in values)
        {
            if (draw < weight)
                return value;
            draw -= weight;
        }
        return values[^1].Value;
    }

    /// <summary>A smallest majority, any.</summary>
    private static List<ServerId> Core(ulong seed, int voters)
    {
        var chance = new Chance(seed, "swarm core");
        var ids = Enumerable.Range(1, voters).Select(static id => new ServerId((byte)id)).ToList();
        while (ids.Count > voters / 2 + 1)
            ids.RemoveAt(chance.Below(ids.Count));
        return ids;
    }

    private static Settings Settings(ulong seed)
    {
        var chance = new Chance(seed, "swarm settings");
        var election = TimeSpan.FromMilliseconds(Pick(ref chance, 150, 300, 500, 1000));
        return new()
        {
            ElectionTimeout = election,
            Heartbeat = election / Pick(ref chance, 3, 5, 10),
            MinSessionTimeout = TimeSpan.FromSeconds(2),
            MaxSessionTimeout = TimeSpan.FromSeconds(20),
            HandshakeTimeout = TimeSpan.FromSeconds(Pick(ref chance, 2, 10)),
            LinearizableReads = chance.Below(4) == 0,
            ContainerCheckInterval = TimeSpan.FromSeconds(Pick(ref chance, 1, 5)),
            SnapshotEveryEntries = Pick(ref chance, 3, 20, 200, 100_000),
            SnapshotsKept = 1 + chance.Below(3),
            SegmentBytes = Pick(ref chance, 4096, 16_384, 262_144),
        };
    }

    private static Limits Limits(ulong seed)
    {
        var chance = new Chance(seed, "swarm limits");
        var frame = Pick(ref chance, 4096, 32_768);
        return Scenario.SmallLimits with
        {
            FrameBytes = frame,
            LogRingEntries = Pick(ref chance, 16, 64, 4096),
            LogRingBytes = Pick(ref chance, 4 * frame + 8192, 512 << 10),
            PeerFrameBytes = Pick(ref chance, frame + 8192, 128 << 10),
            InflightFrames = Pick(ref chance, 1, 4, 64),
            RequestsPerConnection = Pick(ref chance, 2, 50, 1000),
            SnapshotBytesInFlight = Pick(ref chance, 1, 4096, 262_144),
            ZxidCounter = Pick(ref chance, 60u, 255u, uint.MaxValue, uint.MaxValue),
        };
    }

    private static NetworkPlan Network(ulong seed)
    {
        var chance = new Chance(seed, "swarm network");
        var plan = new NetworkPlan
        {
            Datagrams = chance.Below(3) == 0,
            Floor = TimeSpan.FromMicroseconds(Pick(ref chance, 50, 200, 2000, 20_000)),
            Tail = TimeSpan.FromMicroseconds(Pick(ref chance, 50, 500, 5000)),
            BytesPerSecond = Pick(ref chance, 1_000_000, 20_000_000, 1_000_000_000),
            Capacity = Pick(ref chance, 1 << 20, 8 << 20),
        };
        return plan with
        {
            Loss = chance.Below(2) == 0 ? 0 : plan.Datagrams ? Pick(ref chance, 1000, 20_000, 150_000) : Pick(ref chance, 20, 500),
            Duplication = chance.Below(2) == 0 ? 0 : Pick(ref chance, 1000, 50_000),
            Reordering = chance.Below(2) == 0 ? 0 : Pick(ref chance, 1000, 100_000),
            ClientBreaks = chance.Below(2) == 0 ? 0 : Pick(ref chance, 100, 2000),
        };
    }

    private static DiskPlan Disk(ulong seed)
    {
        var chance = new Chance(seed, "swarm disk");
        return new()
        {
            Access = TimeSpan.FromMicroseconds(Pick(ref chance, 5, 20, 200)),
            Flush = TimeSpan.FromMicroseconds(Pick(ref chance, 30, 300, 5000)),
            Tail = TimeSpan.FromMicroseconds(Pick(ref chance, 10, 100, 3000)),
            Stalls = Pick(ref chance, 0, 200, 5000),
            Stall = TimeSpan.FromMilliseconds(Pick(ref chance, 20, 200)),
        };
    }

    private static ClientPlan[] Clients(ulong seed)
    {
        var chance = new Chance(seed, "swarm clients");
        var workloads = new Chance(seed, "swarm workloads");
        var clients = new ClientPlan[1 + chance.Below(6)];
        for (var i = 0; i < clients.Length; i++)
            clients[i] = new()
            {
                Number = i + 1,
                Workload = Pick(ref workloads, ["probe", .. Workload.Names]),
                Operations = 1_000_000,
                Think = TimeSpan.FromMilliseconds(Pick(ref chance, 2, 20, 100)),
                Session = TimeSpan.FromSeconds(Pick(ref chance, 2, 4, 8)),
            };
        return clients;
    }
}
