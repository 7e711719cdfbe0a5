using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Disks;

namespace Quorate.Simulation;

/// <summary>
/// Draws the faults of a swarm's scenario, class by class. Whole classes are absent; those that are there come as often as is drawn. Each
/// class has chance of its own, by its name.
/// </summary>
/// <param name="scenario">For whom, and from when to when.</param>
/// <param name="weather">Which classes there may be at all, how often and how long; null for the swarm's own.</param>
internal sealed partial class SwarmFaults(Scenario scenario, Weather? weather = null)
{
    private readonly Weather _weather = weather ?? Weather.OfSwarm;
    private readonly List<Fault> _faults = [];

    /// <summary>A pattern of one or more faults that begins at a time and lasts as long as is drawn.</summary>
    private delegate void Pattern(TimeSpan at, ref Chance chance);

    /// <summary>Draws whom something befalls.</summary>
    private delegate Party Choice(ref Chance chance);

    public IReadOnlyList<Fault> Draw()
    {
        DrawAmongMembers();
        DrawAmongClients();
        DrawOnDisks();
        if (scenario.HasPrograms || scenario.HasQueues)
            DrawClocks("client ", AnyClient);
        if (scenario.HasQueues)
            DrawAmongHolders();
        if (scenario.Servers > 1)
            DrawBetweenMembers();
        return InOrder();
    }

    /// <summary>
    /// Only clients fail, and most of all whose turn it is: where nothing else is in the way, what goes wrong about fences shows.
    /// </summary>
    public IReadOnlyList<Fault> DrawTenures()
    {
        DrawAmongClients();
        DrawClocks("client ", AnyClient);
        DrawAmongHolders();
        Sometimes(Faults.Leadership, "transfer", Transfer);
        return InOrder();
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
    /// Leaders are replaced and do not hear of it for a while, and followers get late what their leader has said: whatever is answered
    /// without asking a majority, or on the strength of an old answer, shows (S-35, S-36).
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

    private List<Fault> InOrder()
    {
        _faults.Sort(static (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(FaultText.Print(a), FaultText.Print(b)));
        return _faults;
    }

    private void DrawAmongMembers()
    {
        Sometimes(Faults.Pauses, "pause", (at, ref chance) => Add(OnMember(FaultKind.Pause, at, ref chance)));
        Sometimes(Faults.Crashes, "kill", (at, ref chance) => Add(OnMember(FaultKind.Kill, at, ref chance)));
        Sometimes(Faults.Crashes, "crash", Crash);
        Sometimes(Faults.Crashes, "restart", (at, ref chance) => Add(At(at, FaultKind.Restart, AnyMemberOrLeader(ref chance))));
        Sometimes(Faults.Leadership, "snapshot", (at, ref chance) => Add(At(at, FaultKind.Snapshot, AnyMemberOrLeader(ref chance))));
        DrawClocks("", AnyMemberOrLeader);
    }

    private void DrawOnDisks()
    {
        Sometimes(Faults.Disks, "slow disk", (at, ref chance) => Add(OnMember(FaultKind.Slow, at, ref chance) with
        {
            Amount = Swarm.Pick(ref chance, 5, 20, 100),
        }));
        Sometimes(Faults.Disks, "full disk", (at, ref chance) => Add(OnMember(FaultKind.Full, at, ref chance)), rare: true);
        Sometimes(Faults.Disks, "failing writes", (at, ref chance) => Add(OnMember(FaultKind.FailWrites, at, ref chance) with
        {
            Amount = Swarm.Pick(ref chance, 5000, 100_000),
        }), rare: true);
        Sometimes(Faults.Disks, "failing flushes", (at, ref chance) => Add(OnMember(FaultKind.FailFlushes, at, ref chance) with
        {
            Amount = Swarm.Pick(ref chance, 5000, 100_000),
        }), rare: true);
    }

    private void DrawAmongClients()
    {
        Sometimes(Faults.Crashes, "client crash", (at, ref chance) =>
            Add(OnClient(FaultKind.Crash, at, ref chance) with { Mode = CrashMode.Keep }));
        Sometimes(Faults.Pauses, "client pause", (at, ref chance) => Add(OnClient(FaultKind.Pause, at, ref chance)));
        Sometimes(Faults.Partitions, "client cut", ClientCut);
    }

    private void DrawClocks(string whose, Choice whom)
    {
        Sometimes(Faults.Clocks, whose + "wall clock", (at, ref chance) => Add(At(at, FaultKind.Jump, whom(ref chance)) with
        {
            Amount = (chance.Below(2) == 0 ? -1 : 1) * (1 + chance.Below(100_000)),
        }));
        Sometimes(Faults.Clocks, whose + "clock rate", (at, ref chance) =>
        {
            var fault = For(Lasting(ref chance), at, FaultKind.Rate, whom(ref chance));
            Add(fault with { Amount = chance.Below(2 * scenario.Drift + 1) - scenario.Drift });
        });
    }

    /// <summary>
    /// Whose turn it is stands still, hears too late or nothing, for about as long as its session lasts; it is slow, or begins anew.
    /// </summary>
    private void DrawAmongHolders()
    {
        var contestants = scenario.Clients.Where(static client =>
            Trade.Of(client.Workload) is not null || client.Workload == Registrant.Name).ToList();
        var session = contestants.Max(static client => client.Session);
        Sometimes(Faults.Pauses, "holder pause", (at, ref chance) =>
            Add(new() { At = at, For = About(session, ref chance), Kind = FaultKind.Pause, Whom = [Party.Holder] }));
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
            Add(For(TimeSpan.FromMilliseconds(1 + chance.Below(400)), at, FaultKind.Crash, one) with { Mode = CrashMode.Keep });
            CutOff(Whole(at + session * (60 + chance.Below(35)) / 100), session, one);
        });
    }

    private void DrawBetweenMembers()
    {
        Sometimes(Faults.Leadership, "transfer", Transfer);
        Sometimes(Faults.Partitions, "isolation", Isolate);
        Sometimes(Faults.Partitions, "halves", Halves);
        Sometimes(Faults.Partitions, "bridge", Bridge);
        Sometimes(Faults.Partitions, "one way", OneWay);
        Sometimes(Faults.Partitions, "flapping", Flap);
        Sometimes(Faults.Delays, "clog", (at, ref chance) => Clog(at, Lasting(ref chance), ref chance));
        Sometimes(Faults.Delays, "swizzle", Swizzle);
        if (scenario.Clients.Any(static client => client.Workload == "syncers"))
            Sometimes(Faults.Delays, "late leader", LateLeader);
        if (scenario.Network.Datagrams)
        {
            Sometimes(Faults.Partitions, "lost frames", (at, ref chance) => Sift(FaultKind.Drop, at, ref chance));
            Sometimes(Faults.Delays, "held frames", (at, ref chance) => Sift(FaultKind.Hold, at, ref chance));
            Sometimes(Faults.Partitions, "only beats", OnlyBeats);
        }
        if (scenario.ChangesMembers)
            Reconfigure();
        if (Victims().Count > 0)
            DrawDestruction();
    }

    private void DrawDestruction()
    {
        Sometimes(Faults.Disks, "amnesia", Amnesia, rare: true);
        Sometimes(Faults.Disks, "rot", (at, ref chance) => Add(At(at, FaultKind.Rot, Victim(ref chance)) with
        {
            File = Swarm.Pick(ref chance, DiskFileKind.Journal, DiskFileKind.Journal, DiskFileKind.Snapshot, DiskFileKind.Superblock,
                DiskFileKind.TailMark),
        }), rare: true);
        Sometimes(Faults.Disks, "misdirection", (at, ref chance) => Add(At(at, FaultKind.Misdirect, Victim(ref chance)) with
        {
            File = Swarm.Pick(ref chance, DiskFileKind.Journal, DiskFileKind.Snapshot),
        }), rare: true);
        Sometimes(Faults.Disks, "lie", (at, ref chance) =>
            Add(For(Lasting(ref chance), at, FaultKind.Lie, Victim(ref chance))), rare: true);
        Sometimes(Faults.Disks, "wipe", (at, ref chance) =>
            Add(For(Lasting(ref chance), at, FaultKind.Wipe, Victim(ref chance))), rare: true);
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
                Change = Swarm.Pick(
                    ref chance, MemberChange.Remove, MemberChange.Add, MemberChange.Add, MemberChange.Observe, MemberChange.Replace),
            });
    }

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
}
