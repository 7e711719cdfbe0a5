using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Disks;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>
/// Makes the faults of a scenario begin and end. When it is over, what still lasts ends, and what has not begun never does.
/// </summary>
internal sealed class Storm : IDue
{
    /// <summary>A fault that lasts, and whom it turned out to befall.</summary>
    private sealed record Lasting(Fault Fault, List<int> Whom, List<(int From, int To)> Directions, List<int> Before);

    private static readonly TimeSpan CrashWait = TimeSpan.FromMilliseconds(50), CrashWaitStep = TimeSpan.FromMicroseconds(700);

    private readonly World _world;
    private readonly List<Lasting?> _lasting = [];
    private readonly List<int?> _struck = [];    // who gave a fault its cue, by node
    private readonly List<long?> _before = [];   // how often what a fault does had happened when it began
    private readonly List<bool> _took = [];
    private long _asked;                // what operators were asked for, or asked of servers that could do it
    private int _over;                  // the faults before this one are over, or never come

    public Storm(World world)
    {
        _world = world;
        Add(world.Scenario.Faults);
    }

    /// <summary>More faults, behind all that the scenario had.</summary>
    public void Add(IReadOnlyList<Fault> faults)
    {
        foreach (var fault in faults)
        {
            _world.Agenda.Add(TrueTime.Start + fault.At, this, Begins, (ulong)_lasting.Count);
            _lasting.Add(null);
            _struck.Add(null);
            _before.Add(null);
            _took.Add(false);
        }
    }

    private const int Begins = 0, Ends = 1;

    /// <summary>
    /// The faults that had no effect: whom they were to befall was not there, or nothing that they would have changed happened.
    /// </summary>
    public IReadOnlyList<Fault> Idle => [.. _world.Scenario.Faults.Where((_, number) => !_took[number])];

    /// <inheritdoc/>
    public void Due(int what, ulong subject, Bytes bytes)
    {
        if (what == Ends)
            End((int)subject);
        else if ((int)subject >= _over)
            Begin((int)subject);
    }

    /// <summary>The storm is over.</summary>
    public void BlowOver()
    {
        for (var i = _over; i < _lasting.Count; i++)
        {
            End(i);
            Look(i);
        }
        _over = _lasting.Count;
    }

    private void Begin(int number)
    {
        var fault = _world.Scenario.Faults[number];
        var whom = _struck[number] is { } struck ? [struck] : WhomOf(fault);
        if (fault.IsDamage)
            whom.RemoveAll(node => _world.Computers[node] is MemberComputer member && !_world.Atlas.MayBefall(fault, member));
        if (whom.Count == 0)
            return;
        if (fault.Cue != FaultCue.None && _struck[number] is null)
        {
            AwaitCue(number, whom);
            return;
        }
        if (fault.Kind == FaultKind.Crash && fault.Mode != CrashMode.Keep && fault.Cue == FaultCue.None && Waits(number, whom))
            return;
        _world.Court.Write(FaultText.Print(fault));
        _before[number] = Happened(fault.Kind);
        var lasting = new Lasting(fault, whom, Directions(fault, whom), []);
        _world.Recording?.Befell(number, fault, whom, lasting.Directions);
        foreach (var node in whom)
            Befall(lasting, node);
        foreach (var (from, to) in lasting.Directions)
            Obstruct(fault, from, to);
        Look(number);
        if (fault.Kind == FaultKind.Rot)
            _before[number] = null;   // it has its effect at once or never; what rots later is not its doing
        _world.Health.Review();
        if (!fault.Lasts)
            return;
        _lasting[number] = lasting;
        _world.Agenda.Add(_world.Now + fault.For, this, Ends, (ulong)number);
    }

    /// <summary>
    /// A crash is the more telling the more is in doubt: one that may lose something waits a while for writes that are not flushed.
    /// </summary>
    private bool Waits(int number, List<int> whom)
    {
        if (_world.Now - (TrueTime.Start + _world.Scenario.Faults[number].At) > CrashWait)
            return false;
        foreach (var node in whom)
            if (_world.Computers[node] is MemberComputer { IsUp: true } member && member.Disk.HasUnflushed)
                return false;
        _world.Agenda.Add(_world.Now + CrashWaitStep, this, Begins, (ulong)number);
        return true;
    }

    /// <summary>
    /// The first of them to flush what the fault names is struck, at the same moment and behind whatever else happens in it.
    /// </summary>
    private void AwaitCue(int number, List<int> whom)
    {
        var fault = _world.Scenario.Faults[number];
        foreach (var node in whom)
            if (_world.Computers[node] is MemberComputer member)
                member.Disk.Await(fault.Cue, fault.File, () =>
                {
                    if (number < _over || _struck[number] is not null)
                        return false;
                    _struck[number] = node;
                    _world.Agenda.Add(_world.Now, this, Begins, (ulong)number);
                    return true;
                });
    }

    private void Look(int number) =>
        _took[number] |= _before[number] is { } before && Happened(_world.Scenario.Faults[number].Kind) > before;

    /// <summary>How often the world has seen what a kind of fault does.</summary>
    private long Happened(FaultKind kind) => kind switch
    {
        FaultKind.Pause => _world.Counts[FaultClass.Pause],
        FaultKind.Kill or FaultKind.Crash =>
            _world.Counts[FaultClass.Kill] + _world.Counts[FaultClass.Crash] + _world.Counts[FaultClass.ClientCrash],
        FaultKind.Restart => _world.Counts[FaultClass.Restart],
        FaultKind.Cut => _world.Counts[FaultClass.Cut],
        FaultKind.Clog => _world.Counts[FaultClass.Clog],
        FaultKind.Jump => _world.Counts[FaultClass.ClockJump],
        FaultKind.Rate => _world.Counts[FaultClass.ClockRate],
        FaultKind.Slow => _world.Counts[FaultClass.SlowDisk],
        FaultKind.Full => _world.Counts[FaultClass.DiskFull],
        FaultKind.FailWrites => _world.Counts[FaultClass.FailedWrite],
        FaultKind.FailFlushes => _world.Counts[FaultClass.FailedFlush],
        FaultKind.Rot => _world.Counts[FaultClass.BitRot],
        FaultKind.Misdirect => _world.Counts[FaultClass.Misdirection],
        FaultKind.Lie => _world.Counts[FaultClass.Lie],
        FaultKind.Wipe => _world.Counts[FaultClass.Wipe],
        FaultKind.Drop => _world.Counts[FaultClass.Loss],
        FaultKind.Hold => _world.Counts[FaultClass.Reorder],
        _ => _asked,
    };

    private void End(int number)
    {
        if (_lasting[number] is not { } lasting)
            return;
        Look(number);
        _lasting[number] = null;
        _world.Recording?.Passed(number);
        for (var i = 0; i < lasting.Whom.Count; i++)
            Relieve(lasting, i);
        foreach (var (from, to) in lasting.Directions)
            if (lasting.Fault.Kind == FaultKind.Cut)
                _world.Network.Mend(from, to);
            else if (lasting.Fault.IsOfFrames)
                _world.Network.Unsift(from, to, lasting.Fault);
        _world.Health.Review();
    }

    private void Befall(Lasting lasting, int node)
    {
        var fault = lasting.Fault;
        var computer = _world.Computers[node];
        switch (fault.Kind)
        {
            case FaultKind.Pause:
                _world.Counts.Fired(FaultClass.Pause);
                computer.Pause(_world.Now + fault.For);
                break;
            case FaultKind.Jump:
                _world.Counts.Fired(FaultClass.ClockJump);
                computer.Clock.Jump(TimeSpan.FromMilliseconds(fault.Amount));
                break;
            case FaultKind.Rate:
                _world.Counts.Fired(FaultClass.ClockRate);
                lasting.Before.Add(computer.Clock.Drift);
                computer.Clock.SetDrift(_world.Now, fault.Amount);
                computer.Reconsider();
                break;
            case FaultKind.Crash or FaultKind.Kill when computer is ClientComputer client:
                client.PutDown();
                break;
            default:
                if (computer is MemberComputer member)
                    Befall(fault, member);
                break;
        }
    }

    private void Befall(Fault fault, MemberComputer member)
    {
        switch (fault.Kind)
        {
            case FaultKind.Crash:
                member.PutDown(fault.Mode);
                break;
            case FaultKind.Kill:
                member.PutDown(mode: null);
                break;
            case FaultKind.Restart:
                if (member.IsUp)
                    _world.Counts.Fired(FaultClass.Restart);
                member.Ask(OperatorRequest.Stop);
                break;
            case FaultKind.Snapshot:
                _asked += member.IsUp ? 1 : 0;
                member.Ask(OperatorRequest.Snapshot);
                break;
            case FaultKind.Transfer:
                _asked += member.Leads ? 1 : 0;
                member.Ask(OperatorRequest.TransferLeadership);
                break;
            case FaultKind.Reconfig:
                _asked++;
                _world.Desk.Ask(fault.Change, member.Id);
                break;
            case FaultKind.Slow:
                _world.Counts.Fired(FaultClass.SlowDisk);
                member.Disk.Slowness = fault.Amount;
                break;
            case FaultKind.Full:
                member.Disk.IsFull = true;
                break;
            case FaultKind.FailWrites:
                member.Disk.FailingWrites = fault.Amount;
                break;
            case FaultKind.FailFlushes:
                member.Disk.FailingFlushes = fault.Amount;
                break;
            case FaultKind.Rot:
                member.Disk.Damage.Rot(member.Disk.Files, fault.File, (file, sector) => _world.Atlas.MayRot(member, file, sector));
                break;
            case FaultKind.Misdirect:
                member.Disk.Damage.MisdirectNext(fault.File);
                break;
            case FaultKind.Lie:
                member.Disk.Damage.IsLying = true;
                break;
            case FaultKind.Wipe:
                member.Wipe();
                break;
        }
    }

    private void Relieve(Lasting lasting, int position)
    {
        var computer = _world.Computers[lasting.Whom[position]];
        switch (lasting.Fault.Kind)
        {
            case FaultKind.Rate:
                computer.Clock.SetDrift(_world.Now, lasting.Before[position]);
                computer.Reconsider();
                break;
            case FaultKind.Crash or FaultKind.Kill when computer is ClientComputer client:
                client.LetUp();
                break;
            case FaultKind.Crash or FaultKind.Kill or FaultKind.Wipe when computer is MemberComputer member:
                member.LetUp();
                break;
            case FaultKind.Slow when computer is MemberComputer member:
                member.Disk.Slowness = 1;
                break;
            case FaultKind.Full when computer is MemberComputer member:
                member.Disk.IsFull = false;
                break;
            case FaultKind.FailWrites when computer is MemberComputer member:
                member.Disk.FailingWrites = 0;
                break;
            case FaultKind.FailFlushes when computer is MemberComputer member:
                member.Disk.FailingFlushes = 0;
                break;
            case FaultKind.Lie when computer is MemberComputer member:
                member.Disk.Damage.IsLying = false;
                break;
        }
    }

    private void Obstruct(Fault fault, int from, int to)
    {
        if (fault.Kind == FaultKind.Cut)
            _world.Network.Cut(from, to);
        else if (fault.IsOfFrames)
            _world.Network.Sift(from, to, fault);
        else
            _world.Network.Clog(from, to, _world.Now + fault.For);
    }

    private List<(int, int)> Directions(Fault fault, List<int> senders)
    {
        var directions = new List<(int, int)>();
        if (!fault.IsBetween)
            return directions;
        foreach (var from in senders)
            foreach (var to in Resolve(fault.To, besides: senders))
            {
                directions.Add((from, to));
                if (fault.BothWays)
                    directions.Add((to, from));
            }
        return directions;
    }

    /// <summary>Where the others are the senders, the receivers say who they are.</summary>
    private List<int> WhomOf(Fault fault) =>
        Resolve(fault.Whom, besides: fault.Whom.Contains(Party.Others) ? Resolve(fault.To, besides: []) : []);

    private MemberComputer? Follower()
    {
        var (leader, former) = (_world.Leader, _world.Former);
        return _world.Members.FirstOrDefault(member => member.IsUp && member != leader && member != former)
            ?? _world.Members.FirstOrDefault(member => member.IsUp && member != leader);
    }

    private List<int> Resolve(IReadOnlyList<Party> parties, List<int> besides)
    {
        var nodes = new List<int>();
        foreach (var party in parties)
            switch (party.Kind)
            {
                case PartyKind.Member:
                    Include(_world.NodeOf(new((byte)party.Number)));
                    break;
                case PartyKind.Client:
                    Include(_world.Members.Length + party.Number - 1);
                    break;
                case PartyKind.Leader when _world.Leader is { } leader:
                    Include(leader.Node);
                    break;
                case PartyKind.Former when _world.Former is { } former:
                    Include(former.Node);
                    break;
                case PartyKind.Follower when Follower() is { } follower:
                    Include(follower.Node);
                    break;
                case PartyKind.Holder when _world.Offices.Holder is { } holder:
                    Include(holder);
                    break;
                case PartyKind.Others:
                    foreach (var member in _world.Members)
                        Include(member.Node);
                    break;
                case PartyKind.Clients:
                    foreach (var actor in _world.Actors)
                        Include(actor.Node);
                    break;
            }
        return nodes;

        void Include(int node)
        {
            if (!besides.Contains(node) && !nodes.Contains(node))
                nodes.Add(node);
        }
    }
}
