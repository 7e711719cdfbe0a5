using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Shrinking;

/// <summary>
/// Scenarios that are a little smaller or plainer than a given one. Each list is in the order in which it is best tried: what gains most
/// first.
/// </summary>
internal static class Cuts
{
    private static readonly int[] OperationLadder = [0, 1, 2, 3, 5, 8, 12, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 100_000];

    /// <summary>
    /// Where somebody goes, everybody behind has another number, and with it other chances: some more seeds are tried as well.
    /// </summary>
    private const int SeedsTried = 4;

    /// <summary>Without a stretch of the faults that begins at a place or behind it, for each such stretch of a length.</summary>
    public static List<Scenario> WithoutFaults(Scenario scenario, int from, int length)
    {
        var cuts = new List<Scenario>();
        for (var at = from; at < scenario.Faults.Count; at += length)
            cuts.Add(scenario with { Faults = [.. scenario.Faults.Take(at), .. scenario.Faults.Skip(at + length)] });
        return cuts;
    }

    /// <summary>Fewer operations, of every client.</summary>
    public static List<Scenario> FewerOperations(Scenario scenario)
    {
        var most = scenario.Clients.Where(HasOperations).Select(static client => client.Operations).DefaultIfEmpty().Max();
        return [.. OperationLadder.Where(count => count < most).Select(count => WithClients(
            scenario, client => client.Operations <= count || !HasOperations(client) ? client : client with { Operations = count }))];
    }

    /// <summary>Fewer operations, of one client.</summary>
    public static List<Scenario> FewerOperations(Scenario scenario, int number) =>
        [.. OperationLadder.Append(scenario.Clients[number - 1].Operations * 3 / 4).Append(scenario.Clients[number - 1].Operations - 1)
            .Where(count => count >= 0 && count < scenario.Clients[number - 1].Operations && HasOperations(scenario.Clients[number - 1]))
            .Order()
            .Select(count => WithClients(scenario, client => client.Number == number ? client with { Operations = count } : client))];

    /// <summary>Without one of the clients, the last first.</summary>
    public static List<Scenario> FewerClients(Scenario scenario) =>
        [.. Enumerable.Range(1, scenario.Clients.Count).Reverse().SelectMany(gone => Reseeded(WithoutClient(scenario, gone)))];

    /// <summary>Fewer members, and without observers. The core becomes the lowest that can be.</summary>
    public static List<Scenario> FewerMembers(Scenario scenario)
    {
        var cuts = new List<Scenario>();
        for (var members = 1; members <= scenario.Members; members += members == 1 ? 2 : 1)
            for (var observers = 0; observers <= scenario.Observers; observers++)
                if (members < scenario.Members || observers < scenario.Observers)
                    cuts.AddRange(Reseeded(WithMembers(scenario, members, observers)));
        return cuts;
    }

    /// <summary>Each setting, bound and habit of the world as it is by default. What is already nothing stays nothing.</summary>
    public static List<Scenario> Plainer(Scenario scenario)
    {
        var plain = new Scenario();
        var limits = Each(Knobs.Limits, scenario.Limits, plain.Limits).Select(limits => scenario with { Limits = limits });
        var settings = Each(Knobs.Settings, scenario.Settings, plain.Settings).Select(settings => scenario with { Settings = settings });
        var network = Each(Knobs.Network, scenario.Network, plain.Network).Select(network => scenario with { Network = network });
        var disk = Each(Knobs.Disk, scenario.Disk, plain.Disk).Select(disk => scenario with { Disk = disk });
        return
        [
            scenario with
            {
                Settings = All(Knobs.Settings, scenario.Settings, plain.Settings),
                Limits = All(Knobs.Limits, scenario.Limits, plain.Limits),
                Network = All(Knobs.Network, scenario.Network, plain.Network),
                Disk = All(Knobs.Disk, scenario.Disk, plain.Disk),
            },
            scenario with { Others = OthersFate.Well }, scenario with { Core = [] },
            WithClients(scenario, static client => client with { Guarded = false }),
            .. limits, .. settings, .. network, .. disk, .. Each(Knobs.Process, scenario, plain),
        ];
    }

    /// <summary>Latencies that do not vary, clocks that do not drift, timers that are on time.</summary>
    public static List<Scenario> Steadier(Scenario scenario)
    {
        var (network, disk) = (scenario.Network with { Tail = default }, scenario.Disk with { Tail = default, Stalls = 0 });
        var still = scenario with { Network = network, Disk = disk, Drift = 0, TimerLateness = default };
        // With other chances only where something else changes, too: seeds have no end.
        var others = ScenarioText.Print(still) == ScenarioText.Print(scenario) ? [] : Reseeded(still);
        return [.. others, scenario with { Network = network }, scenario with { Disk = disk }, scenario with { Drift = 0 },
            scenario with { TimerLateness = default }];
    }

    /// <summary>Half as long, or at rounder times.</summary>
    public static List<Scenario> Shorter(Scenario scenario)
    {
        var cuts = new List<Scenario>();
        if (!scenario.HasPrograms)
            cuts.AddRange(
            [
                scenario with { Storm = Half(scenario.Storm), Calm = Half(scenario.Calm) },
                scenario with { Storm = Half(scenario.Storm) },
                scenario with { Calm = Half(scenario.Calm) },
                scenario with { WarmUp = Half(scenario.WarmUp) },
            ]);
        for (var i = 0; i < scenario.Faults.Count; i++)
        {
            var fault = scenario.Faults[i];
            if (fault.Lasts)
                cuts.Add(With(scenario, i, fault with { For = Half(fault.For) }));
            foreach (var unit in (ReadOnlySpan<int>)[1000, 100, 10])
                cuts.Add(With(
                    scenario, i, fault with { At = TimeSpan.FromMilliseconds(Math.Round(fault.At.TotalMilliseconds / unit) * unit) }));
            if (fault.Whom.Count > 1)
                cuts.AddRange(
                    fault.Whom.Select(one => With(scenario, i, fault with { Whom = [.. fault.Whom.Where(other => other != one)] })));
            if (fault.To.Count > 1)
                cuts.AddRange(fault.To.Select(one => With(scenario, i, fault with { To = [.. fault.To.Where(other => other != one)] })));
        }
        return cuts;
    }

    /// <summary>A record with all of its values plain, and then with one plain at a time.</summary>
    private static IEnumerable<T> Each<T>(Knob<T>[] knobs, T record, T plain) =>
        [All(knobs, record, plain), .. knobs.Select(knob => Plain(knob, record, plain))];

    private static T All<T>(Knob<T>[] knobs, T record, T plain) => knobs.Aggregate(record, (record, knob) => Plain(knob, record, plain));

    private static T Plain<T>(Knob<T> knob, T record, T plain) =>
        knob.Get(record) is "0" or "0s" ? record : knob.Set(record, knob.Get(plain));

    private static IEnumerable<Scenario> Reseeded(Scenario scenario) =>
        Enumerable.Range(0, SeedsTried).Select(more => scenario with { Seed = scenario.Seed + (ulong)more });

    /// <summary>Somebody's own code does what it does.</summary>
    private static bool HasOperations(ClientPlan client) => client.Program is null;

    /// <summary>Half, in whole seconds or milliseconds, and never nothing: a fault that lasts must last.</summary>
    private static TimeSpan Half(TimeSpan span) =>
        TimeSpan.FromMilliseconds(
            span >= TimeSpan.FromSeconds(2) ? (long)span.TotalSeconds / 2 * 1000 : Math.Max(1, (long)span.TotalMilliseconds / 2));

    private static Scenario With(Scenario scenario, int place, Fault fault) =>
        scenario with { Faults = [.. scenario.Faults.Select((other, i) => i == place ? fault : other)] };

    private static Scenario WithClients(Scenario scenario, Func<ClientPlan, ClientPlan> change) =>
        scenario with { Clients = [.. scenario.Clients.Select(change)] };

    private static Scenario WithoutClient(Scenario scenario, int gone) => scenario with
    {
        Clients = [.. scenario.Clients.Where(client => client.Number != gone).Select((client, i) => client with { Number = i + 1 })],
        Faults = WithParties(scenario.Faults, party => party.Kind != PartyKind.Client || party.Number < gone
            ? party
            : party.Number == gone ? null : Party.Client(party.Number - 1)),
    };

    /// <summary>Voters keep the lowest ids and observers follow them; faults of those who are gone go, too.</summary>
    private static Scenario WithMembers(Scenario scenario, int members, int observers)
    {
        var core = scenario.Core.Where(id => id.Value <= members).ToList();
        for (var id = 1; id <= members && core.Count <= members / 2; id++)
            if (!core.Contains(new((byte)id)))
                core.Add(new((byte)id));
        return scenario with
        {
            Members = members,
            Observers = observers,
            Core = [.. core.OrderBy(static id => id.Value)],
            Others = members == 1 ? OthersFate.Well : scenario.Others,
            Faults = WithParties(scenario.Faults, party => party.Kind != PartyKind.Member || party.Number <= members
                ? party
                : party.Number > scenario.Members && party.Number - scenario.Members <= observers
                    ? Party.Member(new((byte)(party.Number - scenario.Members + members)))
                    : null),
        };
    }

    /// <summary>The faults with other parties; one that is left without anybody on a side is gone.</summary>
    private static List<Fault> WithParties(IReadOnlyList<Fault> faults, Func<Party, Party?> change) =>
    [
        .. faults.Select(fault => fault with { Whom = Changed(fault.Whom, change), To = Changed(fault.To, change) })
            .Where(static fault => fault.Whom.Count > 0 && (fault.To.Count > 0 || !fault.IsBetween)),
    ];

    private static List<Party> Changed(IReadOnlyList<Party> parties, Func<Party, Party?> change) =>
        [.. parties.Select(change).OfType<Party>()];
}
