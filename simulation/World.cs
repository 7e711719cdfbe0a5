using Quorate.Kernel.Ground;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Drawing;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Net;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>
/// A discrete-event world around the shipped kernel: true time jumps from one event to the next, and everything that happens follows from
/// the scenario. One thread, no clock, no chance but the scenario's seed.
/// </summary>
internal sealed class World : IDue
{
    private static readonly TimeSpan InspectionInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CalmCheckInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>How often the time of a calm may pass until the core has read its disks and caught up.</summary>
    private const int CalmsOfCatchingUp = 10;

    /// <summary>Twice the seconds that pass between two inspections of a calm world before it is believed.</summary>
    private const int CalmChecks = 8;

    /// <summary>A ping may wait for the next heartbeat.</summary>
    private static readonly TimeSpan PingTime = TimeSpan.FromSeconds(1);

    private enum What { Start, Inspect, CheckCalm }

    private readonly MemberComputer[] _members;
    private readonly ClientComputer[] _actors;
    private readonly Storm _storm;
    private MemberComputer? _elected;
    private int _calmChecks;

    /// <param name="scenario">What is to happen.</param>
    /// <param name="judges">Who judges; null for all that there are.</param>
    /// <param name="recording">Keeps what is to be drawn.</param>
    /// <param name="newProgram">Makes the computer of a client that is somebody's own code.</param>
    public World(
        Scenario scenario, IReadOnlyList<Judge>? judges = null, Recording? recording = null,
        Func<World, ClientPlan, int, DriftingClock, ClientComputer>? newProgram = null)
    {
        (Scenario, Recording) = (scenario, recording);
        recording?.Begin(this);
        Court = new(Agenda);
        Jury = new(new(() => Now, scenario.Settings.LinearizableReads, scenario.Settings.SkipAcl, scenario.Drift, ExpirySlackOf(scenario))
        {
            KeptSince = KeptSince,
            TouchTime = TouchTimeOf(scenario),
        });
        Health = new(this, Jury.Expiry);
        DiskFirst = judges is null ? new(this) : null;
        Atlas = new(this);
        Desk = new(this);
        Offices = new(this);
        MemberIds = [.. scenario.Ids];
        var nodes = scenario.Servers + scenario.Clients.Count;
        _members = new MemberComputer[scenario.Servers];
        Network = new(this, nodes, scenario.Servers);
        for (var node = 0; node < _members.Length; node++)
            _members[node] = new(this, MemberIds[node], node, NewClock($"clock {node}"));
        _actors = [.. scenario.Clients.Select((plan, i) => plan.Program is null
            ? NewActor(plan, _members.Length + i)
            : newProgram!(this, plan, _members.Length + i, NewClock($"clock {_members.Length + i}")))];
        Computers = [.. _members, .. _actors];
        Judges = judges ?? StandardJudges();
        Court.Seat(recording is null ? Judges : [.. Judges, recording]);
        _storm = new(this);
    }

    public Scenario Scenario { get; private set; }

    public ulong Seed => Scenario.Seed;

    public Agenda Agenda { get; } = new();

    public TrueTime Now => Agenda.Now;

    public Phase Phase { get; private set; }

    public BytePool Pool { get; } = new();

    /// <summary>Keeps what is to be drawn; null when nothing is.</summary>
    public Recording? Recording { get; }

    public FaultCounts Counts { get; } = new();

    public TraceDigest Digest { get; } = new();

    public Court Court { get; }

    public IReadOnlyList<Judge> Judges { get; }

    /// <summary>Whom damage may befall, and what it has destroyed.</summary>
    public Atlas Atlas { get; }

    /// <summary>Whether the ensemble can be asked for progress.</summary>
    public Health Health { get; }

    /// <summary>The judges of what clients asked and saw.</summary>
    public Jury Jury { get; }

    /// <summary>Wants to know what members ask of their disks and tell each other; null where other judges were named.</summary>
    public DiskFirst? DiskFirst { get; }

    public Network Network { get; }

    /// <summary>What the operator is asked to do.</summary>
    public Desk Desk { get; }

    /// <summary>Whose turn it is, in the queues that clients stand in.</summary>
    public Offices Offices { get; }

    public IReadOnlyList<ServerId> MemberIds { get; }

    public MemberComputer[] Members => _members;

    /// <summary>The member at a place in the network.</summary>
    public MemberComputer MemberAt(int node) => _members[node];

    public IReadOnlyList<ClientComputer> Actors => _actors;

    /// <summary>Members first, then actors: by node.</summary>
    public IReadOnlyList<Computer> Computers { get; }

    /// <summary>The member that leads the newest term, if any believes to.</summary>
    public MemberComputer? Leader
    {
        get
        {
            MemberComputer? leader = null;
            foreach (var member in _members)
                if (member.Leads && (leader is null || member.Term > leader.Term))
                    leader = member;
            return leader;
        }
    }

    /// <summary>The member that led before another one was elected.</summary>
    public MemberComputer? Former { get; private set; }

    /// <summary>A member was elected.</summary>
    public void Elected(MemberComputer member)
    {
        if (_elected is not null && _elected != member)
            Former = _elected;
        _elected = member;
        Health.Elected();
    }

    /// <summary>A member's place in the network.</summary>
    public int NodeOf(ServerId member) => member.Value - 1;

    /// <summary>Runs the scenario to its end, or to the first violation.</summary>
    public Outcome Run() => Play(() =>
    {
        var stormBegins = TrueTime.Start + Scenario.WarmUp;
        var calmBegins = stormBegins + Scenario.Storm;
        _ = Enter(Phase.WarmUp, stormBegins) && Enter(Phase.Storm, calmBegins) && Heal() && Settle();
    });

    /// <summary>Starts everything, follows a course, which lets time pass as it wants, and sums up.</summary>
    public Outcome Play(Action course)
    {
        try
        {
            for (var node = 0; node < Computers.Count; node++)
                Agenda.Add(TrueTime.Start + new Chance(Seed, $"start {node}").Between(default, TimeSpan.FromMilliseconds(50)), this,
                    (int)What.Start, (ulong)node);
            Agenda.Add(TrueTime.Start + InspectionInterval, this, (int)What.Inspect);
            course();
            Atlas.Testify();
            Court.Close();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever a server throws, it has thrown it at its host: nothing else is as broken as that.
            Court.Write(e.ToString());
            Court.Find(e is BrokenInvariantException ? "Invariant" : "Exception", e.Message + Frames(e));
        }
        return new(Scenario, Court.Violation, Digest.ToString(), Now - TrueTime.Start, Agenda.Happened, Counts, Court.Log, _storm.Idle) { Excuse = Jury.Liveness.Excuse };
    }

    /// <inheritdoc/>
    public void Due(int what, ulong subject, Bytes bytes)
    {
        switch ((What)what)
        {
            case What.Start when Computers[(int)subject] is MemberComputer member:
                member.Start();
                break;
            case What.Start:
                ((ClientComputer)Computers[(int)subject]).Start();
                break;
            case What.Inspect:
                Atlas.Testify();
                Health.Review();   // how far members have come, and what is lost, nobody tells it
                foreach (var link in Network.Clients)
                    if (link.IsHeld)
                        Jury.Expiry.Heard(link.Session);   // a server touches for those whom it does not let speak (B10)
                Court.Inspect();
                Agenda.Add(Now + InspectionInterval, this, (int)What.Inspect);
                break;
            case What.CheckCalm:
                // Whether dead sessions are closed in time their judge will say; he has to be given the time.
                _calmChecks = IsAtRest && !Jury.Expiry.AnyIsDead(Now) ? _calmChecks + 1 : 0;
                Agenda.Add(Now + CalmCheckInterval, this, (int)What.CheckCalm);
                break;
        }
    }

    /// <summary>Lets time pass until an end, or until something is found; false in that case.</summary>
    public bool RunUntil(TrueTime end)
    {
        while (Court.Violation is null && _calmChecks < CalmChecks)
            if (!Agenda.Next(end))
                break;
        return Court.Violation is null;
    }

    /// <summary>
    /// Clients have done their work, and the members of the core follow one leader, which is not just handing over, and have applied the
    /// same.
    /// </summary>
    public bool IsAtRest
    {
        get
        {
            foreach (var actor in _actors)
                if (!actor.IsFinished)
                    return false;
            // Whoever still waits for a member that is not well finds out in the end, and has not finished before.
            if (Leader is not { } leader || Jury.Liveness.Waiting(Now + -PingTime) is not null)
                return false;
            foreach (var id in Scenario.Core)
                if (Members[NodeOf(id)] is var member
                    && (!member.IsUp || member.Follows != leader.Id || member.Term != leader.Term
                        || member.AppliedIndex != leader.AppliedIndex))
                    return false;
            return true;
        }
    }

    /// <summary>Another part of the run begins.</summary>
    public void Enter(Phase phase)
    {
        Phase = phase;
        Court.Entered(phase);
    }

    /// <summary>Faults come from now on, besides those that the scenario began with.</summary>
    public void Brew(IReadOnlyList<Fault> faults)
    {
        Scenario = Scenario with { Faults = [.. Scenario.Faults, .. faults] };
        _storm.Add(faults);
    }

    private bool Enter(Phase phase, TrueTime end)
    {
        Enter(phase);
        return RunUntil(end);
    }

    /// <summary>The storm ends. The core and the clients are well from now on; what becomes of the others is for good.</summary>
    private bool Heal()
    {
        Calm();
        foreach (var actor in _actors)
            actor.Finish();
        AwaitRest();
        return true;
    }

    /// <summary>
    /// The time to come to rest counts from when the core has read its disks and nobody of it is far behind: how long that takes depends on what
    /// there is to read and to send.
    /// </summary>
    private bool Settle()
    {
        Enter(Phase.Calm);
        var latest = Now + CalmsOfCatchingUp * Scenario.Calm;
        var goesOn = true;
        while (goesOn && IsCoreBehind && Now < latest)
            goesOn = RunUntil(Now + CalmCheckInterval);
        return goesOn && RunUntil(Now + Scenario.Calm);
    }

    private bool IsCoreBehind
    {
        get
        {
            foreach (var id in Scenario.Core)
                if (Members[NodeOf(id)] is { IsReading: true } or { IsFarBehind: true })
                    return true;
            return false;
        }
    }

    /// <summary>From now on the world is left alone, until it is at rest or its time is over.</summary>
    public void AwaitRest()
    {
        Jury.Liveness.Heal(Scenario.Core, [.. Scenario.Clients.Select(static client => client.Number)], Scenario.Others == OthersFate.Well);
        Agenda.Add(Now + CalmCheckInterval, this, (int)What.CheckCalm);
    }

    /// <summary>The storm blows over. The core and the clients are well, and the others as well as they will be.</summary>
    public void Calm()
    {
        Phase = Phase.Calm;
        _storm.BlowOver();
        Desk.Close();
        foreach (var member in _members)
        {
            if (Scenario.Core.Contains(member.Id) || Scenario.Others == OthersFate.Well)
                continue;
            if (Scenario.Others == OthersFate.Down)
                member.Lose();
            foreach (var other in Computers)
            {
                if (other == member)
                    continue;
                if (Scenario.Others is OthersFate.CutOff or OthersFate.Deaf)
                    Network.Cut(other.Node, member.Node);
                if (Scenario.Others is OthersFate.CutOff or OthersFate.Mute)
                    Network.Cut(member.Node, other.Node);
            }
        }
        for (var from = 0; from < Computers.Count; from++)
            for (var to = 0; to < Computers.Count; to++)
                Network.Unclog(from, to);
        foreach (var member in _members)
            if (!member.IsLost || Scenario.Core.Contains(member.Id))
                member.Recover();
        foreach (var computer in Computers)
            computer.Resume();
    }

    /// <summary>What elections and commits may take on top of three timeouts, stalling disks and links being made anew included.</summary>
    private static TimeSpan ExpirySlackOf(Scenario scenario) =>
        TimeSpan.FromSeconds(3) + 20 * (scenario.Settings.ElectionTimeout
            + scenario.Network.Floor + scenario.Network.Tail + scenario.Disk.Flush + scenario.Disk.Tail);

    /// <summary>A server touches three times in the shortest timeout; a claim that gets no answer is made again after an election timeout.</summary>
    private static TimeSpan TouchTimeOf(Scenario scenario) =>
        TimeSpan.FromMilliseconds(200) + scenario.Settings.MinSessionTimeout / 3 + scenario.Settings.ElectionTimeout;

    /// <summary>
    /// Since when the newest connection of a session has been held back by a server that has been well and joined to a leader; null when it is not,
    /// or for longer than a server touches for it.
    /// </summary>
    private TrueTime? KeptSince(SessionId session)
    {
        ClientLink? newest = null;
        foreach (var link in Network.Clients)
            if (link.Session == session)
                newest = link;
        return newest is { IsHeld: true } && Leader is { } leader && Health.IsTrusted(leader) && Health.IsTrusted(newest.Member)
            && Now - newest.HeldSince <= Scenario.Settings.MaxSessionTimeout
            ? TrueTime.Later(newest.HeldSince, TrueTime.Later(Health.Since, Health.ElectedAt))
            : null;
    }

    private List<Judge> StandardJudges() =>
    [
        new ElectionSafety(), new CommitRule(), new LogAgreement(), new TreeAgreement(), new ZxidOrder(Scenario.Limits.ZxidCounter),
        new OwnProposals(), new BoundedMemory(this), new FalseAlarm(this), DiskFirst!, new Standstill(this), new Rest(this),
        .. Jury.All, .. Offices.Judges, new Expectations(this),
    ];

    private ActorComputer NewActor(ClientPlan plan, int node)
    {
        var diary = new Diary();
        return new(this, $"client {plan.Number}", node, plan.Number, NewClock($"clock {node}"), ports =>
            Cast.For(plan, ports, this, diary));
    }

    private DriftingClock NewClock(string name)
    {
        var chance = new Chance(Seed, name);
        var begin = new Instant(chance.Between(TimeSpan.FromHours(1), TimeSpan.FromHours(1000)).Ticks);
        var wall = new WallTime(1_700_000_000_000 + chance.Below(2_000) - 1_000);
        return new(begin, wall, Scenario.Drift == 0 ? 0 : chance.Below(2 * Scenario.Drift + 1) - Scenario.Drift);
    }

    /// <summary>Where it broke, innermost first: enough to know which rule met which caller.</summary>
    private static string Frames(Exception e)
    {
        var frames = (e.StackTrace ?? "").Split('\n');
        return string.Concat(frames.Skip(1).Take(5).Select(frame => "; " + frame.Trim().Split('(')[0]));
    }
}
