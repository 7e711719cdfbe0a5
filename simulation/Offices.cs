using Quorate.Kernel.Ground;
using Quorate.Simulation.Actors;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>
/// What those who stand in queues say about themselves, for the judges: whose turn it is, what they do with it, in true time. And what they
/// act on: a resource for each queue that has one, and the way there, which may be long.
/// </summary>
internal sealed class Offices : IDue
{
    private readonly World _world;
    private readonly SortedDictionary<string, FencedResource> _resources = new(StringComparer.Ordinal);
    private readonly List<Hold> _onTheirWay = [];

    public Offices(World world)
    {
        _world = world;
        Exclusion = new(() => world.Now, world.Scenario.IsWithinBound);
        foreach (var trade in Trade.All)
        {
            if (trade.HasResource)
                _resources.Add(trade.Queue, new(trade.Queue, () => world.Now, Acted));
            world.Jury.Guarded.Watch(trade.Done, trade.HasOneWriter);
        }
    }

    /// <summary>Judges whether two ever hold what only one may hold.</summary>
    public LockExclusion Exclusion { get; }

    /// <summary>Judges whether those stop whose znode somebody else deleted.</summary>
    public Dispossession Dispossession { get; } = new();

    /// <summary>Judges how much is watched.</summary>
    public Herd Herd { get; } = new();

    /// <summary>How often it was somebody's turn.</summary>
    public long Turns { get; private set; }

    /// <summary>How often a turn ended because its fence was reached.</summary>
    public long Fenced { get; private set; }

    /// <summary>How often somebody acted, and was let.</summary>
    public long Acts { get; private set; }

    /// <summary>How often somebody was refused.</summary>
    public long Refusals { get; private set; }

    /// <summary>
    /// Those judges whose rules hold in this world. Who may act is a question of clocks; who is dispossessed is told too late by nature;
    /// but the resource's order holds whatever happens.
    /// </summary>
    public IEnumerable<Judge> Judges
    {
        get
        {
            yield return Exclusion;
            yield return Dispossession;
            yield return Herd;
            foreach (var resource in _resources.Values)
            {
                yield return resource.TokenOrder;
                if (_world.Scenario.IsWithinBound && !_world.Scenario.HasEvictions)
                    yield return resource.StaleMaster;
            }
        }
    }

    /// <summary>The place in the network of somebody whose turn it is and who may act, offices first; null when there is nobody.</summary>
    public int? Holder
    {
        get
        {
            var hold = Exclusion.Holds.FirstOrDefault(hold => hold.MayAct(_world.Now) && hold.Queue == Trade.All[0].Queue)
                ?? Exclusion.Holds.FirstOrDefault(hold => hold.MayAct(_world.Now));
            return hold is null ? null : NodeOf(hold.Who);
        }
    }

    /// <summary>A program begins anew: what it held before it knows nothing of.</summary>
    public void Began(string who)
    {
        foreach (var hold in Exclusion.Holds.Where(hold => hold.Who == who).ToList())
        {
            _world.Recording?.Ended(hold);
            Exclusion.Ended(hold);
        }
    }

    /// <summary>It is somebody's turn.</summary>
    public void Won(Hold hold)
    {
        Turns++;
        Say(hold.Who, $"{hold}: its turn");
        _world.Recording?.Won(NodeOf(hold.Who), hold);
        Exclusion.Won(hold);
    }

    /// <summary>It is not any more.</summary>
    public void Ended(Hold hold, Kernel.Recipes.Ending reason)
    {
        Fenced += reason == Kernel.Recipes.Ending.Fenced ? 1 : 0;
        Say(hold.Who, $"{hold}: its turn is over, {reason}");
        _world.Recording?.Ended(hold);
        Exclusion.Ended(hold);
    }

    /// <summary>Somebody is about to delete somebody else's znode.</summary>
    public void Evicts(string znode) => Exclusion.Evicted(znode);

    /// <summary>A holder has looked whether it may, and acts in the same moment.</summary>
    public void Act(Hold hold, bool mayAct) => _resources[hold.Queue].Act(hold.Who, hold.Token, mayAct, "");

    /// <summary>A holder acts that has looked a while ago.</summary>
    public void ActLate(Hold hold) => _resources[hold.Queue].Act(hold.Who, hold.Token, mayAct: true, "", isLate: true);

    /// <summary>A holder sends what takes its time to arrive.</summary>
    public void Send(Hold hold, TimeSpan takes)
    {
        _onTheirWay.Add(hold);
        _world.Agenda.Add(_world.Now + takes, this, 0, (ulong)_onTheirWay.Count - 1);
    }

    /// <inheritdoc/>
    public void Due(int what, ulong subject, Bytes bytes) => ActLate(_onTheirWay[(int)subject]);

    private void Acted(Act act)
    {
        (Acts, Refusals) = act.Accepted ? (Acts + 1, Refusals) : (Acts, Refusals + 1);
        if (!act.Accepted)
            Say(act.Who, act.ToString());
    }

    private void Say(string who, string text)
    {
        _world.Court.Write(text);
        _world.Recording?.Said(NodeOf(who), text);
    }

    private int NodeOf(string who) => _world.Actors.First(actor => actor.Name == who).Node;
}
