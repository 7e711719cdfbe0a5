using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Disks;

namespace Quorate.Simulation;

/// <summary>What single faults are, and which come together.</summary>
internal sealed partial class SwarmFaults
{
    private void Add(Fault fault) => _faults.Add(fault);

    private static Fault At(TimeSpan at, FaultKind kind, Party whom) => new() { At = at, Kind = kind, Whom = [whom] };

    private static Fault For(TimeSpan lasts, TimeSpan at, FaultKind kind, Party whom) => At(at, kind, whom) with { For = lasts };

    private Fault OnMember(FaultKind kind, TimeSpan at, ref Chance chance) =>
        For(Lasting(ref chance), at, kind, AnyMemberOrLeader(ref chance));

    private Fault OnClient(FaultKind kind, TimeSpan at, ref Chance chance) => For(Lasting(ref chance), at, kind, AnyClient(ref chance));

    private void Transfer(TimeSpan at, ref Chance chance) => Add(At(at, FaultKind.Transfer, Party.Leader));

    private void Crash(TimeSpan at, ref Chance chance)
    {
        // A power cut takes one computer, or all; and one of all may need longer than the others to come back.
        var whom = chance.Below(6) == 0 ? [.. scenario.Ids.Select(Party.Member)] : (List<Party>)[AnyMemberOrLeader(ref chance)];
        var lasts = Lasting(ref chance);
        Add(new() { At = at, For = lasts, Kind = FaultKind.Crash, Whom = whom, Mode = Swarm.Pick(ref chance, Enum.GetValues<CrashMode>()) });
        if (whom.Count > 1 && chance.Below(2) == 0)
            Add(For(ForAWhile(ref chance), at + TimeSpan.FromMilliseconds(60), FaultKind.Kill, AnyMember(ref chance)));
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

    private void CutHolder(TimeSpan at, TimeSpan session, ref Chance chance) => CutOff(Whole(at), About(session, ref chance), Party.Holder);

    /// <summary>Nothing gets through between somebody and everybody else.</summary>
    private void CutOff(TimeSpan at, TimeSpan lasts, Party whom) =>
        Add(For(lasts, at, FaultKind.Cut, whom) with { To = [Party.Others], BothWays = true });

    private static TimeSpan About(TimeSpan session, ref Chance chance) => Whole(session * (20 + chance.Below(280)) / 100);

    /// <summary>One member is cut off from the others, perhaps from the clients too, or from the clients alone.</summary>
    private void Isolate(TimeSpan at, ref Chance chance)
    {
        var to = chance.Below(3) switch { 0 => [Party.Others, Party.Clients], 1 => [Party.Others], _ => (List<Party>)[Party.Clients] };
        Add(OnMember(FaultKind.Cut, at, ref chance) with { To = to, BothWays = true });
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
    /// A leader's word comes late to one member, for about as long as that waits for an answer before it asks again, and not so long that it looks
    /// for another leader: an old answer comes first then (S-35).
    /// </summary>
    private void LateLeader(TimeSpan at, ref Chance chance) => Add(new()
    {
        At = at,
        For = Whole(scenario.Settings.ElectionTimeout * (105 + chance.Below(60)) / 100),
        Kind = FaultKind.Clog,
        Whom = [Party.Leader],
        To = [AnyMember(ref chance)],
    });

    /// <summary>Of what members tell each other one thing gets lost, or comes late, and all else goes on: mostly what a leader says, or is told.</summary>
    private void Sift(FaultKind kind, TimeSpan at, ref Chance chance)
    {
        var one = chance.Below(3) > 0 ? Party.Leader : AnyMember(ref chance);
        var others = chance.Below(3) == 0 && AnyMember(ref chance) is var other && other != one ? other : Party.Others;
        var isInward = chance.Below(3) == 0;
        Add(new()
        {
            At = at,
            For = Lasting(ref chance),
            Kind = kind,
            Whom = [isInward ? others : one],
            To = [isInward ? one : others],
            Frames = Swarm.Pick(
                ref chance, [PeerKind.Append, PeerKind.Append, PeerKind.Confirmed, PeerKind.Confirmed, .. Enum.GetValues<PeerKind>()]),
        });
    }

    /// <summary>Heartbeats of a leader arrive and entries do not, for longer than it may lead like that (S-25).</summary>
    private void OnlyBeats(TimeSpan at, ref Chance chance) => Add(new()
    {
        At = at,
        For = Whole(scenario.Settings.ElectionTimeout * (2 + chance.Below(12))),
        Kind = FaultKind.Drop,
        Whom = [Party.Leader],
        To = [Party.Others],
        Frames = PeerKind.Append,
    });

    /// <summary>
    /// One member is cut off and misses something; when it is back, one of those who saw it has lost its memory and the others are down
    /// (S-29, S-30).
    /// </summary>
    private void Amnesia(TimeSpan at, ref Chance chance)
    {
        var victim = Victim(ref chance);
        var ignorant = Party.Member(scenario.Core[chance.Below(scenario.Core.Count)]);
        var away = TimeSpan.FromMilliseconds(200 + chance.Below(1500));
        var moment = TimeSpan.FromMilliseconds(1 + chance.Below(100));
        CutOff(at, away, ignorant);
        foreach (var id in scenario.Ids)
            if (Party.Member(id) is var other && other != victim && other != ignorant)
                Add(For(ForAWhile(ref chance), at + away - moment, FaultKind.Kill, other));
        if (chance.Below(2) == 0)
        {
            Add(new() { At = at + away - moment, For = moment, Kind = FaultKind.Wipe, Whom = [victim] });
            return;
        }
        for (var sectors = Swarm.Pick(ref chance, 1, 8, 64); sectors > 0; sectors--)
            Add(new() { At = at + away - moment, Kind = FaultKind.Rot, Whom = [victim] });
        Add(new() { At = at + away - moment, For = moment, Kind = FaultKind.Kill, Whom = [victim] });
    }

    /// <summary>To the millisecond.</summary>
    private static TimeSpan Whole(TimeSpan at) => new(at.Ticks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond);

    private static TimeSpan ForAWhile(ref Chance chance) => TimeSpan.FromMilliseconds(500 + chance.Below(3000));

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
