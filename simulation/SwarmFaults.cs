using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Disks;

namespace Quorate.Simulation;

/// <summary>Draws the faults of a swarm's scenario, class by class. Whole classes are absent; those that are there come as often as is drawn.</summary>
/// <param name="scenario">For whom, and from when to when.</param>
/// <param name="weather">Which classes there may be at all, how often and how long; null for the swarm's own.</param>
internal sealed class SwarmFaults(Scenario scenario, Weather? weather = null)
{
    private readonly Weather _weather = weather ?? Weather.OfSwarm;
    private readonly List<Fault> _faults = [];

    /// <summary>A pattern of one or more faults that begins at a time and lasts as long as is drawn.</summary>
    private delegate void Pattern(TimeSpan at, ref Chance chance);

    public IReadOnlyList<Fault> Draw()
    {
        Sometimes(Faults.Pauses, "pause", Pause);
        Sometimes(Faults.Crashes, "kill", Kill);
        Sometimes(Faults.Crashes, "crash", Crash);
        Sometimes(Faults.Crashes, "restart", (at, ref chance) => Add(new() { At = at, Kind = FaultKind.Restart, Whom = [AnyMemberOrLeader(ref chance)] }));
        DrawAmongClients();
        Sometimes(Faults.Clocks, "wall clock", (at, ref chance) => Add(new()
        {
            At = at,
            Kind = FaultKind.Jump,
            Whom = [AnyMemberOrLeader(ref chance)],
            Amount = (chance.Below(2) == 0 ? -1 : 1) * (1 + chance.Below(100_000)),
        }));
        Sometimes(Faults.Clocks, "clock rate", (at, ref chance) => Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = FaultKind.Rate,
            Whom = [AnyMemberOrLeader(ref chance)],
            Amount = chance.Below(2 * scenario.Drift + 1) - scenario.Drift,
        }));
        Sometimes(Faults.Disks, "slow disk", (at, ref chance) => Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = FaultKind.Slow,
            Whom = [AnyMemberOrLeader(ref chance)],
            Amount = Swarm.Pick(ref chance, 5, 20, 100),
        }));
        Sometimes(Faults.Disks, "full disk", (at, ref chance) => Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = FaultKind.Full,
            Whom = [AnyMemberOrLeader(ref chance)],
        }), rare: true);
        Sometimes(Faults.Disks, "failing writes", (at, ref chance) => Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = FaultKind.FailWrites,
            Whom = [AnyMemberOrLeader(ref chance)],
            Amount = Swarm.Pick(ref chance, 5000, 100_000),
        }), rare: true);
        Sometimes(Faults.Disks, "failing flushes", (at, ref chance) => Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = FaultKind.FailFlushes,
            Whom = [AnyMemberOrLeader(ref chance)],
            Amount = Swarm.Pick(ref chance, 5000, 100_000),
        }), rare: true);
        Sometimes(Faults.Leadership, "snapshot", (at, ref chance) => Add(new() { At = at, Kind = FaultKind.Snapshot, Whom = [AnyMemberOrLeader(ref chance)] }));
        if (scenario.HasPrograms || scenario.HasQueues)
            DrawClientClocks();
        if (scenario.HasQueues)
            DrawAmongHolders();
        if (scenario.Servers > 1)
            DrawBetweenMembers();
        return InOrder();
    }

    private List<Fault> InOrder()
    {
        _faults.Sort(static (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(FaultText.Print(a), FaultText.Print(b)));
        return _faults;
    }

    private void DrawAmongClients()
    {
        Sometimes(Faults.Crashes, "client crash", (at, ref chance) => Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = FaultKind.Crash,
            Whom = [AnyClient(ref chance)],
            Mode = CrashMode.Keep,
        }));
        Sometimes(Faults.Pauses, "client pause", (at, ref chance) => Add(new() { At = at, For = Lasting(ref chance), Kind = FaultKind.Pause, Whom = [AnyClient(ref chance)] }));
        Sometimes(Faults.Partitions, "client cut", ClientCut);
    }

    private void DrawClientClocks()
    {
        Sometimes(Faults.Clocks, "client wall clock", (at, ref chance) => Add(new()
        {
            At = at,
            Kind = FaultKind.Jump,
            Whom = [AnyClient(ref chance)],
            Amount = (chance.Below(2) == 0 ? -1 : 1) * (1 + chance.Below(100_000)),
        }));
        Sometimes(Faults.Clocks, "client clock rate", (at, ref chance) => Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = FaultKind.Rate,
            Whom = [AnyClient(ref chance)],
            Amount = chance.Below(2 * scenario.Drift + 1) - scenario.Drift,
        }));
    }

    /// <summary>Only clients fail, and most of all whose turn it is: where nothing else is in the way, what goes wrong about fences shows.</summary>
    public IReadOnlyList<Fault> DrawTenures()
    {
        DrawAmongClients();
        DrawClientClocks();
        DrawAmongHolders();
        Sometimes(Faults.Leadership, "transfer", (at, ref chance) => Add(new() { At = at, Kind = FaultKind.Transfer, Whom = [Party.Leader] }));
        return InOrder();
    }

    /// <summary>Whose turn it is stands still, hears too late or nothing, for about as long as its session lasts; it is slow, or begins anew.</summary>
    private void DrawAmongHolders()
    {
        var contestants = scenario.Clients.Where(static client => Trade.Of(client.Workload) is not null || client.Workload == Registrant.Name).ToList();
        var session = contestants.Max(static client => client.Session);
        Sometimes(Faults.Pauses, "holder pause", (at, ref chance) => Add(new() { At = at, For = About(session, ref chance), Kind = FaultKind.Pause, Whom = [Party.Holder] }));
        Sometimes(Faults.Pauses, "all pause", (at, ref chance) => Add(new()
        {
            // Whose turn comes just then finds out when its session is over.
            At = at,
            For = Whole(session * (105 + chance.Below(60)) / 100),
            Kind = FaultKind.Pause,
            Whom = [.. contestants.Select(static client => Party.Client(client.Number))],
        }));
        Sometimes(Faults.Partitions, "holder cut", (at, ref chance) => CutHolder(at, session, ref chance));
        Sometimes(Faults.Delays, "holder late", (at, ref chance) =>
        {
            // What it asked is answered late, but before it gives the server up; and nobody hears it ask again.
            var late = Whole(session * (10 + chance.Below(25)) / 100);
            Add(new() { At = at, For = late, Kind = FaultKind.Clog, Whom = [Party.Others], To = [Party.Holder] });
            Add(new()
            {
                At = Whole(at + late * (50 + chance.Below(50)) / 100),
                For = session + About(session, ref chance),
                Kind = FaultKind.Cut,
                Whom = [Party.Holder],
                To = [Party.Others],
            });
        });
        if (scenario.Drift > 0)
            Sometimes(Faults.Clocks, "holder slow", (at, ref chance) =>
            {
                Add(new() { At = at, For = 3 * session, Kind = FaultKind.Rate, Whom = [Party.Holder], Amount = -scenario.Drift });
                Add(new() { At = at, For = 3 * session, Kind = FaultKind.Rate, Whom = [Party.Leader], Amount = scenario.Drift });
                CutHolder(at + session, session, ref chance);
            });
        Sometimes(Faults.Crashes, "holder anew", (at, ref chance) =>
        {
            // It is back before its session is over, and cut off when that ends.
            var one = Party.Client(contestants[chance.Below(contestants.Count)].Number);
            Add(new() { At = at, For = TimeSpan.FromMilliseconds(1 + chance.Below(400)), Kind = FaultKind.Crash, Whom = [one], Mode = CrashMode.Keep });
            Add(new() { At = Whole(at + session * (60 + chance.Below(35)) / 100), For = session, Kind = FaultKind.Cut, Whom = [one], To = [Party.Others], BothWays = true });
        });
    }

    private void CutHolder(TimeSpan at, TimeSpan session, ref Chance chance) =>
        Add(new() { At = Whole(at), For = About(session, ref chance), Kind = FaultKind.Cut, Whom = [Party.Holder], To = [Party.Others], BothWays = true });

    private static TimeSpan About(TimeSpan session, ref Chance chance) => Whole(session * (20 + chance.Below(280)) / 100);

    private void DrawBetweenMembers()
    {
        Sometimes(Faults.Leadership, "transfer", (at, ref chance) => Add(new() { At = at, Kind = FaultKind.Transfer, Whom = [Party.Leader] }));
        Sometimes(Faults.Partitions, "isolation", Isolate);
        Sometimes(Faults.Partitions, "halves", Halves);
        Sometimes(Faults.Partitions, "bridge", Bridge);
        Sometimes(Faults.Partitions, "one way", OneWay);
        Sometimes(Faults.Partitions, "flapping", Flap);
        Sometimes(Faults.Delays, "clog", (at, ref chance) => Clog(at, Lasting(ref chance), ref chance));
        Sometimes(Faults.Delays, "swizzle", Swizzle);
        if (scenario.ChangesMembers)
            Reconfigure();
        if (Victims().Count == 0)
            return;
        Sometimes(Faults.Disks, "amnesia", Amnesia, rare: true);
        Sometimes(Faults.Disks, "rot", (at, ref chance) => Add(new()
        {
            At = at,
            Kind = FaultKind.Rot,
            Whom = [Victim(ref chance)],
            File = Swarm.Pick(ref chance, DiskFileKind.Journal, DiskFileKind.Journal, DiskFileKind.Snapshot, DiskFileKind.Superblock, DiskFileKind.TailMark),
        }), rare: true);
        Sometimes(Faults.Disks, "misdirection", (at, ref chance) => Add(new()
        {
            At = at,
            Kind = FaultKind.Misdirect,
            Whom = [Victim(ref chance)],
            File = Swarm.Pick(ref chance, DiskFileKind.Journal, DiskFileKind.Snapshot),
        }), rare: true);
        Sometimes(Faults.Disks, "lie", (at, ref chance) => Add(new() { At = at, For = Lasting(ref chance), Kind = FaultKind.Lie, Whom = [Victim(ref chance)] }), rare: true);
        Sometimes(Faults.Disks, "wipe", (at, ref chance) => Add(new() { At = at, For = Lasting(ref chance), Kind = FaultKind.Wipe, Whom = [Victim(ref chance)] }), rare: true);
    }

    private void Reconfigure()
    {
        var chance = new Chance(scenario.Seed, "swarm reconfig");
        var mean = TimeSpan.FromMilliseconds(Swarm.Pick(ref chance, 200, 1000, 3000));
        for (var at = chance.Exponential(mean); at < scenario.Storm; at += chance.Exponential(mean))
            Add(new()
            {
                At = Whole(scenario.WarmUp + at),
                Kind = FaultKind.Reconfig,
                Whom = [AnyMemberOrLeader(ref chance)],
                Change = Swarm.Pick(ref chance, MemberChange.Remove, MemberChange.Add, MemberChange.Add, MemberChange.Observe, MemberChange.Replace),
            });
    }

    /// <summary>To the millisecond.</summary>
    private static TimeSpan Whole(TimeSpan at) => new(at.Ticks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond);

    /// <summary>In half of the seeds, at times whose mean distance is drawn.</summary>
    private void Sometimes(Faults kind, string name, Pattern pattern, bool rare = false)
    {
        var chance = new Chance(scenario.Seed, "swarm fault " + name);
        if (chance.Below(rare ? 4 : 2) != 0 || (_weather.Classes & kind) == 0)
            return;
        var mean = rare ? scenario.Storm : TimeSpan.FromMilliseconds(Swarm.Pick(ref chance, _weather.Distances));
        for (var at = chance.Exponential(mean); at < scenario.Storm; at += chance.Exponential(mean))
            pattern(Whole(scenario.WarmUp + at), ref chance);
    }

    private void Add(Fault fault) => _faults.Add(fault);

    private void Pause(TimeSpan at, ref Chance chance) => Add(new()
    {
        At = at,
        For = Lasting(ref chance),
        Kind = FaultKind.Pause,
        Whom = [AnyMemberOrLeader(ref chance)],
    });

    private void Kill(TimeSpan at, ref Chance chance) => Add(new()
    {
        At = at,
        For = Lasting(ref chance),
        Kind = FaultKind.Kill,
        Whom = [AnyMemberOrLeader(ref chance)],
    });

    private void Crash(TimeSpan at, ref Chance chance)
    {
        // A power cut takes one computer, or all; and one of all may need longer than the others to come back.
        var whom = chance.Below(6) == 0 ? [.. scenario.Ids.Select(Party.Member)] : (List<Party>)[AnyMemberOrLeader(ref chance)];
        Add(new() { At = at, For = Lasting(ref chance), Kind = FaultKind.Crash, Whom = whom, Mode = Swarm.Pick(ref chance, Enum.GetValues<CrashMode>()) });
        if (whom.Count > 1 && chance.Below(2) == 0)
            Add(new() { At = at + TimeSpan.FromMilliseconds(60), For = TimeSpan.FromMilliseconds(500 + chance.Below(3000)), Kind = FaultKind.Kill, Whom = [AnyMember(ref chance)] });
    }

    private void ClientCut(TimeSpan at, ref Chance chance) => Add(new()
    {
        At = at,
        For = Lasting(ref chance),
        Kind = FaultKind.Cut,
        Whom = [AnyClient(ref chance)],
        To = chance.Below(3) == 0 ? [Party.Others] : [AnyMember(ref chance)],
        BothWays = chance.Below(3) > 0,
    });

    /// <summary>One member is cut off from the others, perhaps from the clients too, or from the clients alone.</summary>
    private void Isolate(TimeSpan at, ref Chance chance)
    {
        var to = chance.Below(3) switch { 0 => [Party.Others, Party.Clients], 1 => [Party.Others], _ => (List<Party>)[Party.Clients] };
        Add(new() { At = at, For = Lasting(ref chance), Kind = FaultKind.Cut, Whom = [AnyMemberOrLeader(ref chance)], To = to, BothWays = true });
    }

    private void Halves(TimeSpan at, ref Chance chance)
    {
        var (left, right) = Split(ref chance);
        Add(new() { At = at, For = Lasting(ref chance), Kind = FaultKind.Cut, Whom = left, To = right, BothWays = true });
    }

    /// <summary>Two sides that see each other only through one member between them.</summary>
    private void Bridge(TimeSpan at, ref Chance chance)
    {
        var (left, right) = Split(ref chance);
        var longer = left.Count > right.Count ? left : right;
        if (longer.Count > 1)
            longer.RemoveAt(chance.Below(longer.Count));
        Add(new() { At = at, For = Lasting(ref chance), Kind = FaultKind.Cut, Whom = left, To = right, BothWays = true });
    }

    private void OneWay(TimeSpan at, ref Chance chance)
    {
        var one = AnyMemberOrLeader(ref chance);
        var inward = chance.Below(2) == 0 && one.Kind == PartyKind.Member;
        var others = scenario.Ids.Select(Party.Member).Where(other => other != one).ToList();
        Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = FaultKind.Cut,
            Whom = inward ? others : [one],
            To = inward ? [one] : [Party.Others],
        });
    }

    private void Flap(TimeSpan at, ref Chance chance)
    {
        var (one, other) = (AnyMember(ref chance), AnyMember(ref chance));
        if (one == other)
            return;
        var period = TimeSpan.FromMilliseconds(Swarm.Pick(ref chance, 50, 300, 1000));
        for (var times = 2 + chance.Below(8); times > 0; times--, at += period * 2)
            Add(new() { At = at, For = period, Kind = FaultKind.Cut, Whom = [one], To = [other], BothWays = chance.Below(2) == 0 });
    }

    private void Clog(TimeSpan at, TimeSpan lasts, ref Chance chance)
    {
        var (one, other) = (AnyMember(ref chance), AnyMember(ref chance));
        if (one != other)
            Add(new() { At = at, For = lasts, Kind = FaultKind.Clog, Whom = [one], To = [other] });
    }

    /// <summary>Links are clogged one after the other and freed in another order.</summary>
    private void Swizzle(TimeSpan at, ref Chance chance)
    {
        for (var links = 2 + chance.Below(scenario.Servers * 2); links > 0; links--)
            Clog(at + TimeSpan.FromMilliseconds(chance.Below(1000)), TimeSpan.FromMilliseconds(1000 + chance.Below(2000)), ref chance);
    }

    /// <summary>
    /// Leadership changes hands all the time, and each leader stays for most of the longest timeout of a session (S-73). Only clients fail
    /// besides: a majority that is well all the time owes it to the others that the dead are noticed.
    /// </summary>
    public IReadOnlyList<Fault> DrawFailOver()
    {
        DrawAmongClients();
        var tenure = TimeSpan.FromMilliseconds(900 * scenario.Clients.Max(static client => client.Session).TotalSeconds);
        for (var at = tenure; at < scenario.Storm; at += tenure)
            Add(new() { At = scenario.WarmUp + at, Kind = FaultKind.Transfer, Whom = [Party.Leader] });
        return InOrder();
    }

    /// <summary>
    /// Leaders are replaced and do not hear of it for a while, and followers get late what their leader has said: whatever is answered without
    /// asking a majority, or on the strength of an old answer, shows (S-35, S-36).
    /// </summary>
    public IReadOnlyList<Fault> DrawUsurpation()
    {
        DrawAmongClients();
        var chance = new Chance(scenario.Seed, "swarm fault usurpation");
        var mean = scenario.Settings.ElectionTimeout * 3;
        for (var at = chance.Exponential(mean); at < scenario.Storm; at += chance.Exponential(mean))
        {
            var start = Whole(scenario.WarmUp + at);
            var late = TimeSpan.FromMilliseconds(1 + chance.Below((int)(scenario.Settings.ElectionTimeout * 2).TotalMilliseconds));
            if (chance.Below(2) == 0)
            {
                Add(new() { At = start, For = late, Kind = FaultKind.Clog, Whom = [Party.Leader], To = [AnyMember(ref chance)] });
                continue;
            }
            Add(new() { At = start, Kind = FaultKind.Transfer, Whom = [Party.Leader] });
            var after = TimeSpan.FromMilliseconds(chance.Below(Swarm.Pick(ref chance, 2, 10, 60)));
            Add(new() { At = start + after, For = late, Kind = FaultKind.Clog, Whom = [Party.Others], To = [Party.Leader] });
        }
        return InOrder();
    }

    /// <summary>
    /// One member is cut off and misses something; when it is back, one of those who saw it has lost its memory and the others are down (S-29, S-30).
    /// </summary>
    private void Amnesia(TimeSpan at, ref Chance chance)
    {
        var victim = Victim(ref chance);
        var ignorant = Party.Member(scenario.Core[chance.Below(scenario.Core.Count)]);
        var away = TimeSpan.FromMilliseconds(200 + chance.Below(1500));
        var moment = TimeSpan.FromMilliseconds(1 + chance.Below(100));
        Add(new() { At = at, For = away, Kind = FaultKind.Cut, Whom = [ignorant], To = [Party.Others], BothWays = true });
        foreach (var id in scenario.Ids)
            if (Party.Member(id) is var other && other != victim && other != ignorant)
                Add(new() { At = at + away - moment, For = TimeSpan.FromMilliseconds(500 + chance.Below(3000)), Kind = FaultKind.Kill, Whom = [other] });
        if (chance.Below(2) == 0)
        {
            Add(new() { At = at + away - moment, For = moment, Kind = FaultKind.Wipe, Whom = [victim] });
            return;
        }
        for (var sectors = Swarm.Pick(ref chance, 1, 8, 64); sectors > 0; sectors--)
            Add(new() { At = at + away - moment, Kind = FaultKind.Rot, Whom = [victim] });
        Add(new() { At = at + away - moment, For = moment, Kind = FaultKind.Kill, Whom = [victim] });
    }

    /// <summary>Mostly about an election's time, sometimes much shorter or longer.</summary>
    private TimeSpan Lasting(ref Chance chance) => TimeSpan.FromMilliseconds(1 + chance.Below(Swarm.Pick(ref chance, _weather.Durations)));

    private Party AnyMember(ref Chance chance) => Party.Member(new((byte)(1 + chance.Below(scenario.Servers))));

    private Party AnyMemberOrLeader(ref Chance chance) => chance.Below(3) == 0 ? Party.Leader : AnyMember(ref chance);

    private Party AnyClient(ref Chance chance) => Party.Client(1 + chance.Below(scenario.Clients.Count));

    private List<ServerId> Victims() => [.. scenario.Ids.Where(id => !scenario.Core.Contains(id))];

    private Party Victim(ref Chance chance)
    {
        var victims = Victims();
        return Party.Member(victims[chance.Below(victims.Count)]);
    }

    /// <summary>A coin for each member; neither side is empty.</summary>
    private (List<Party> Left, List<Party> Right) Split(ref Chance chance)
    {
        var (left, right) = (new List<Party>(), new List<Party>());
        foreach (var id in scenario.Ids)
            (chance.Below(2) == 0 ? left : right).Add(Party.Member(id));
        var (empty, full) = left.Count == 0 ? (left, right) : (right, left);
        if (empty.Count == 0)
        {
            empty.Add(full[^1]);
            full.RemoveAt(full.Count - 1);
        }
        return (left, right);
    }
}
