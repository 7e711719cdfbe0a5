using System.Globalization;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Drawing;

/// <summary>
/// What is kept of a run in order to draw it. Who was what when, faults and the members' words are kept from the beginning to the end; of
/// messages, disk requests and commits as many as a page can show, from a time on or up to the end.
/// </summary>
/// <remarks>
/// It sits among the judges, is told what they are told, and never accuses. Links and disks tell it the rest; a world without one pays
/// a comparison with null for each. Nothing of the world looks at it: a run has the same digest with and without.
/// </remarks>
/// <param name="from">Before this time no messages are kept.</param>
/// <param name="isNewest">Whether of too many messages the newest are wanted.</param>
internal sealed class Recording(TrueTime from, bool isNewest) : Judge
{
    /// <summary>So many messages, disk requests and commits are kept: a page of a few megabytes.</summary>
    private const int FlightsMost = 20_000, WorksMost = 10_000, CommitsMost = 10_000;

    /// <summary>So much is kept of what lasts from the beginning to the end. No run of the swarm comes near.</summary>
    private const int CoarseMost = 10_000;

    private readonly Kept<Flight> _flights = new(FlightsMost, isNewest);
    private readonly Kept<DiskWork> _works = new(WorksMost, isNewest);
    private readonly Kept<CommitMark> _commits = new(CommitsMost, isNewest);
    private readonly Kept<Stand> _stands = new(CoarseMost, isNewest: true);
    private readonly Kept<Saying> _sayings = new(CoarseMost, isNewest: true);
    private readonly List<(TrueTime At, Phase Phase)> _phases = [];
    private readonly List<Blow> _blows = [];
    private readonly List<Tenure> _tenures = [];
    private readonly SortedDictionary<int, Blow> _blowing = [];
    private readonly List<DiskWork> _working = [];
    private readonly SortedDictionary<int, CommitMark> _lastCommit = [];
    private World _world = null!;

    /// <summary>What happened to be drawn: messages, in the order in which they were sent.</summary>
    public IEnumerable<Flight> Flights => _flights.Things;

    /// <summary>Writes and flushes.</summary>
    public IEnumerable<DiskWork> Works => _works.Things;

    /// <summary>Commits.</summary>
    public IEnumerable<CommitMark> Commits => _commits.Things;

    /// <summary>Who was what.</summary>
    public IEnumerable<Stand> Stands => _stands.Things;

    /// <summary>What members said.</summary>
    public IEnumerable<Saying> Sayings => _sayings.Things;

    /// <summary>Faults.</summary>
    public IReadOnlyList<Blow> Blows => _blows;

    /// <summary>Turns in queues.</summary>
    public IReadOnlyList<Tenure> Tenures => _tenures;

    /// <summary>When the parts of the run began.</summary>
    public IReadOnlyList<(TrueTime At, Phase Phase)> Phases => _phases;

    /// <summary>The world whose run this is, once it has begun.</summary>
    public World World => _world;

    /// <summary>The world's time.</summary>
    public TrueTime Now => _world.Now;

    /// <summary>Between these times nothing is missing.</summary>
    public (TrueTime From, TrueTime To) Window => (
        TrueTime.Later(TrueTime.Later(from, _flights.Since), TrueTime.Later(_works.Since, _commits.Since)),
        TrueTime.Earlier(TrueTime.Earlier(Now, _flights.Until), TrueTime.Earlier(_works.Until, _commits.Until)));

    /// <summary>A world begins: the one that is recorded.</summary>
    public void Begin(World world) => _world = world;

    /// <summary>One direction of a link.</summary>
    public Route NewRoute(int sender, int receiver, ulong connection = 0) => new(this, sender, receiver, connection);

    /// <summary>A message was sent.</summary>
    public void Add(Flight flight)
    {
        if (Now >= from)
            _flights.Add(Now, flight);
    }

    /// <summary>A server asks its disk for something. What it reads is not drawn.</summary>
    public void Asked(int node, in Effect request)
    {
        if (Now < from || request.Kind is not (EffectKind.DiskWrite or EffectKind.DiskFlush))
            return;
        var work = new DiskWork(node, Now, request.Kind, request.Place, request.Ticket);
        _working.Add(work);
        _works.Add(Now, work);
    }

    /// <summary>A disk request ended.</summary>
    public void Done(int node, DiskTicket ticket, DiskOutcome outcome)
    {
        var place = _working.FindIndex(work => work.Node == node && work.Ticket == ticket);
        if (place < 0)
            return;
        (_working[place].Ended, _working[place].Outcome) = (Now, outcome);
        _working.RemoveAt(place);
    }

    /// <summary>It is somebody's turn.</summary>
    public void Won(int node, Hold hold)
    {
        if (_tenures.Count < CoarseMost)
            _tenures.Add(new(node, Now, hold));
    }

    /// <summary>It is so no more.</summary>
    public void Ended(Hold hold)
    {
        if (_tenures.FindLast(tenure => tenure.Hold == hold) is { } ended)
            (ended.Over, ended.Fence) = (Now, hold.Fence());
    }

    /// <summary>A fault of the scenario begins.</summary>
    public void Befell(int number, Fault fault, IReadOnlyList<int> whom, IReadOnlyList<(int From, int To)> directions)
    {
        var blow = new Blow(Now, TextOf.Name(fault.Kind), FaultText.Print(fault), whom, directions);
        _blows.Add(blow);
        if (fault.Lasts)
            _blowing[number] = blow;
        else
            blow.Over = Now;
    }

    /// <summary>A fault of the scenario is over.</summary>
    public void Passed(int number)
    {
        if (_blowing.Remove(number, out var blow))
            blow.Over = Now;
    }

    /// <inheritdoc/>
    public override void Started(ServerId member) => Stand(member, role: null, isUp: true, default, default);

    /// <inheritdoc/>
    public override void Ended(ServerId member)
    {
        Stand(member, role: null, isUp: false, default, default);
        foreach (var work in _working)
            if (work.Node == _world.NodeOf(member))
                work.Ended = Now;
        _working.RemoveAll(work => work.Node == _world.NodeOf(member));
    }

    /// <inheritdoc/>
    public override void Became(ServerId member, Role role, Term term, ServerId leader) => Stand(member, role, isUp: true, term, leader);

    /// <inheritdoc/>
    public override void Committed(ServerId member, LogIndex index, Term term, ulong chain)
    {
        if (Now < from)
            return;
        var node = _world.NodeOf(member);
        if (_lastCommit.TryGetValue(node, out var last) && last.At == Now && index == last.Last.Next)
        {
            last.Last = index;
            return;
        }
        _lastCommit[node] = new(node, Now, index);
        _commits.Add(Now, _lastCommit[node]);
    }

    /// <inheritdoc/>
    public override void Applied(ServerId member, in AppliedEntry entry)
    {
        if (!_lastCommit.TryGetValue(_world.NodeOf(member), out var mark) || mark.Texts.Count == CommitMark.TextsMost
            || entry.Index < mark.First || entry.Index > mark.Last)
            return;
        mark.Texts.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{entry.Index}: {PeerText.Of(entry.Command)}, {entry.Answer?.ToString() ?? "not its turn"}, zxid {entry.Zxid}"));
    }

    /// <inheritdoc/>
    public override void Noted(ServerId member, NoteLevel level, string text) =>
        _sayings.Add(Now, new(_world.NodeOf(member), Now, level, text));

    /// <summary>Something worth telling happened on a computer.</summary>
    public void Said(int node, string text) => _sayings.Add(Now, new(node, Now, NoteLevel.Information, text));

    /// <inheritdoc/>
    public override void Entered(Phase phase, TrueTime now)
    {
        _phases.Add((now, phase));
        if (phase == Phase.Calm && _world.Scenario.Others != OthersFate.Well)
            Abandon();
    }

    /// <summary>Whatever happens in the calm to the members outside of the core is a fault that never ends.</summary>
    private void Abandon()
    {
        foreach (var member in _world.Members)
        {
            if (_world.Scenario.Core.Contains(member.Id))
                continue;
            var others = _world.Computers.Where(other => other.Node != member.Node).Select(static other => other.Node).ToList();
            var outward = _world.Scenario.Others is OthersFate.CutOff or OthersFate.Mute
                ? others.Select(other => (member.Node, other))
                : [];
            var inward = _world.Scenario.Others is OthersFate.CutOff or OthersFate.Deaf ? others.Select(other => (other, member.Node)) : [];
            var words = _world.Scenario.Others == OthersFate.CutOff ? "cut off" : TextOf.Name(_world.Scenario.Others);
            _blows.Add(new(Now, _world.Scenario.Others == OthersFate.Down ? "crash" : "cut", $"member {member.Id} is {words} for good", [member.Node], [.. outward, .. inward]));
        }
    }

    private void Stand(ServerId member, Role? role, bool isUp, Term term, ServerId leader) =>
        _stands.Add(Now, new(_world.NodeOf(member), Now, role, isUp, term, leader));
}
