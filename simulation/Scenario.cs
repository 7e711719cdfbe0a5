using System.Globalization;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Disks;
using Quorate.Simulation.Net;

namespace Quorate.Simulation;

/// <summary>
/// A world written out: who is in it, how it behaves, what goes wrong and when. Whatever is not written, latencies above all, follows from
/// the seed by named streams. A seed of the swarm expands to one; a scenario replays without the swarm.
/// </summary>
public sealed record Scenario
{
    /// <summary>How many members can vote, and how many observers and spares there can be beside them.</summary>
    public const int MembersMost = 32;

    /// <summary>The core need not be told from the rest before the calm; without one, every member belongs to it.</summary>
    private IReadOnlyList<ServerId> _core = [];

    /// <summary>Feeds the streams of chance.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many members vote; their ids begin with 1.</summary>
    public int Members { get; init; } = 3;

    /// <summary>How many follow without a vote; their ids go on behind those of the voters.</summary>
    public int Observers { get; init; }

    /// <summary>
    /// How many servers stand by with empty disks, for a reconfig to take in; their ids go on behind those of the observers.
    /// </summary>
    public int Spares { get; init; }

    /// <summary>Every member's settings, but for who it is and who the others are.</summary>
    public Settings Settings { get; init; } = new();

    /// <summary>Every member's bounds.</summary>
    public Limits Limits { get; init; } = SmallLimits;

    /// <summary>Clocks run fast or slow by at most so many parts per million.</summary>
    public int Drift { get; init; } = 200;

    /// <summary>What those who stand in queues believe that clocks run fast or slow by at most, in parts per million.</summary>
    public int Reckoned { get; init; } = 1000;

    /// <summary>The number that those who stand in queues see for the first sequential znode: their counters run over the sooner.</summary>
    public int FirstNumber { get; init; }

    /// <summary>By how much a process is late for its own deadlines on average.</summary>
    public TimeSpan TimerLateness { get; init; } = TimeSpan.FromMicroseconds(100);

    /// <summary>What a batch costs a process.</summary>
    public TimeSpan BatchTime { get; init; } = TimeSpan.FromMicroseconds(20);

    /// <summary>What each input of a batch costs on top.</summary>
    public TimeSpan InputTime { get; init; } = TimeSpan.FromMicroseconds(2);

    /// <summary>How many inputs a batch holds at most.</summary>
    public int BatchInputs { get; init; } = 256;

    /// <summary>After so many starts in a row that fail, a member is given up.</summary>
    public int VainStarts { get; init; } = 3;

    /// <summary>The network.</summary>
    public NetworkPlan Network { get; init; } = new();

    /// <summary>The members' disks.</summary>
    public DiskPlan Disk { get; init; } = new();

    /// <summary>The clients.</summary>
    public IReadOnlyList<ClientPlan> Clients { get; init; } = [];

    /// <summary>What goes wrong.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>What must have come about, or the scenario did not do what it is for.</summary>
    public IReadOnlyList<Expectation> Expectations { get; init; } = [];

    /// <summary>How long nothing goes wrong at first.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long faults come after that.</summary>
    public TimeSpan Storm { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the core has to come to rest at the end.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The members that are well in the calm: a majority. What damage may touch one of them the atlas decides.</summary>
    public IReadOnlyList<ServerId> Core
    {
        get => _core.Count > 0 ? _core : [.. Ids];
        init => _core = value;
    }

    /// <summary>What becomes of the other members in the calm.</summary>
    public OthersFate Others { get; init; }

    /// <summary>How many servers there are: members, observers and spares.</summary>
    public int Servers => Members + Observers + Spares;

    /// <summary>Whether somebody's own code runs in it: then that says how long it storms.</summary>
    public bool HasPrograms => Clients.Any(static client => client.Program is not null);

    /// <summary>
    /// Whether no clock differs from true time by more than those believe who stand in queues: then nobody acts when it is not its turn.
    /// </summary>
    public bool IsWithinBound =>
        Drift <= Reckoned && Faults.All(fault => fault.Kind != FaultKind.Rate || Math.Abs(fault.Amount) <= Reckoned);

    /// <summary>Whether clients stand in queues.</summary>
    public bool HasQueues => Clients.Any(static client => Trade.Of(client.Workload) is not null);

    /// <summary>Whether somebody deletes what others stand in queues with.</summary>
    public bool HasEvictions => Clients.Any(static client => client.Workload == Evictor.Name);

    /// <summary>Whether a reconfig may change who the members are.</summary>
    public bool ChangesMembers => Clients.Any(static client => client.Workload == Operator.Name);

    /// <summary>The servers' ids in ascending order.</summary>
    public IEnumerable<ServerId> Ids => Enumerable.Range(1, Servers).Select(static id => new ServerId((byte)id));

    /// <summary>Bounds that fit many worlds into one process.</summary>
    public static Limits SmallLimits { get; } = new()
    {
        FrameBytes = 32 << 10,
        IdentityBytes = 4 << 10,
        LogRingBytes = 256 << 10,
        LogRingEntries = 1 << 12,
        PeerFrameBytes = 128 << 10,
        InflightBytes = 1 << 20,
        RequestBytesPerConnection = 1 << 20,
        SnapshotBytesInFlight = 256 << 10,
        UncommittedBytes = 4 << 20,
        Connections = 1000,
        Sessions = 10_000,
    };

    /// <summary>Why this cannot be run, in words; null when it can.</summary>
    public string? Check()
    {
        var core = Core.Distinct().Count();
        if (Core.Any(id => id.Value > Servers || id.Value == 0) || Core.Count(id => id.Value <= Members) <= Members / 2
            || core != Core.Count)
            return $"the core {string.Join(',', Core)} is no majority of {Members} members";
        foreach (var fault in Faults)
        {
            foreach (var party in fault.Whom.Concat(fault.To))
                if ((party.Kind == PartyKind.Member && (party.Number < 1 || party.Number > Servers))
                    || (party.Kind == PartyKind.Client && (party.Number < 1 || party.Number > Clients.Count)))
                    return $"there is no {party} in: {FaultText.Print(fault)}";
            if (fault.IsOfFrames && !Network.Datagrams)
                return $"a stream of frames has no gaps and no other order; this needs datagrams=yes: {FaultText.Print(fault)}";
            if (fault.IsBetween && fault.IsOfFrames
                && fault.Whom.Concat(fault.To).Any(static party => party.Kind is PartyKind.Client or PartyKind.Clients))
                return $"only members send each other frames of a kind: {FaultText.Print(fault)}";
            if (fault.IsDamage && (!fault.IsJudged || ChangesMembers)
                && fault.Whom.Any(party => party.Kind != PartyKind.Member || Core.Contains(new((byte)party.Number))))
                return "what destroys may befall members of the core only where it can be judged: rot of journals and snapshots, "
                    + $"where members do not change: {FaultText.Print(fault)}";
        }
        foreach (var client in Clients)
            if (client.Program is null && !Cast.Workloads.Contains(client.Workload))
                return $"there is no workload {client.Workload}; there are {string.Join(", ", Cast.Workloads)}";
        foreach (var client in Clients)
            if (client.Guarded && Trade.Of(client.Workload) is null)
                return $"only who stands in a queue has a guard, and client {client.Number} does not: {string.Join(", ", Trade.Names)}";
        foreach (var expectation in Expectations)
            if (!Expectation.Names.Contains(expectation.What))
                return $"nobody counts {expectation.What}; there are {string.Join(", ", Expectation.Names)}";
        if ((Faults.Any(static fault => fault.Kind == FaultKind.Reconfig) || Spares > 0)
            && !(ChangesMembers && Settings.ReconfigEnabled && Members > 1))
            return "spares and reconfigs need several members, a client with workload=operator, and settings reconfig=yes";
        try
        {
            _ = Limits.Validated();
            _ = SettingsOf(new(1)).Validated();
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
        return null;
    }

    /// <summary>One server's settings. A spare knows the members and itself; they do not know it.</summary>
    public Settings SettingsOf(ServerId id) => Settings with
    {
        Id = id,
        SuperDigest = ChangesMembers ? Operator.SuperDigest : Settings.SuperDigest,
        Ensemble = Members + Observers == 1
            ? []
            : [.. Ids.Where(one => one == id || one.Value <= Members + Observers).Select(one => new EnsembleMember(
                one,
                string.Create(CultureInfo.InvariantCulture, $"10.0.0.{one}:2888:3888"),
                string.Create(CultureInfo.InvariantCulture, $"10.0.0.{one}:2181"),
                one.Value > Members && one.Value <= Members + Observers))],
    };
}

/// <summary>What becomes in the calm of the members that are not of the core.</summary>
public enum OthersFate
{
    /// <summary>They are well, too.</summary>
    Well,
    /// <summary>They are down for good.</summary>
    Down,
    /// <summary>They run, and are cut off from everybody for good.</summary>
    CutOff,
    /// <summary>They run and are heard, and hear nothing.</summary>
    Deaf,
    /// <summary>They run and hear, and are not heard.</summary>
    Mute,
}

/// <summary>A client, and what it does.</summary>
public sealed record ClientPlan
{
    /// <summary>Counted from 1; scenarios call it c1.</summary>
    public required int Number { get; init; }

    /// <summary>The name of its workload: probe, or one of <see cref="Actors.Workload.Names"/>.</summary>
    public string Workload { get; init; } = "probe";

    /// <summary>The name of a computer that runs somebody's own code, instead of a workload; null for a workload.</summary>
    public string? Program { get; init; }

    /// <summary>How many operations it does; then it keeps its session alive.</summary>
    public int Operations { get; init; } = 1000;

    /// <summary>
    /// How many names it knows for the children of a znode: few, and clients meet; many, and there is much to watch and to list.
    /// </summary>
    public int Names { get; init; } = 3;

    /// <summary>The mean time from an answer to the next question.</summary>
    public TimeSpan Think { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>The session timeout that it asks for.</summary>
    public TimeSpan Session { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Whether one who stands in a queue acts on the tree as well when it holds something, under the guard of its turn.</summary>
    public bool Guarded { get; init; }
}
