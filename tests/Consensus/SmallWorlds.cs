using System.Collections;
using System.Reflection;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Consensus;

/// <summary>
/// Two or three members and everything that can happen to them within so many events, tried one by one: which frame arrives or is lost, whose
/// disk is done, whose patience ends, who crashes. Election safety, leader completeness and the agreement of what is committed are checked by
/// <see cref="RaftWorld"/> as it happens, log matching after every event.
/// </summary>
/// <remarks>
/// Frames of one link arrive in order, as they do on the links that hosts provide. States that were seen before, by whatever way, are not gone
/// on from; of times only matters whether they have come, and whether they are less than an election timeout ago. Each exploration says what it
/// must have reached somewhere: with a depth that is too small for it nothing would be shown, and nothing would fail.
/// </remarks>
public class SmallWorlds
{
    [Fact]
    public void Two_members_from_their_first_start() => Explore(
        new(2), depth: 13, new() { Timeouts = 3, Losses = 1, Crashes = 1, Proposals = 1 }, Reached.Leader | Reached.LaterLeader | Reached.NewCommit);

    [Fact]
    public void Three_members_from_their_first_start() =>
        Explore(new(3), depth: 8, new() { Timeouts = 2, Losses = 1, Crashes = 1 }, Reached.Leader);

    [Fact]
    public void Three_members_from_their_first_start_while_nothing_is_lost() =>
        Explore(new(3), depth: 12, new() { Timeouts = 2 }, Reached.Leader | Reached.LaterLeader | Reached.NewCommit);

    [Fact]
    public void Three_members_whose_leader_has_something_new() => Explore(
        new(3) { Prepare = Elect }, depth: 6, new() { Timeouts = 2, Losses = 2, Crashes = 1, Proposals = 1 }, Reached.Commit);

    [Fact]
    public void Three_members_whose_leader_has_something_new_when_another_stands() => Explore(
        new(3) { Prepare = Elect }, depth: 10, new() { Stands = 1, Losses = 1, Proposals = 1 },
        Reached.Commit | Reached.LaterLeader | Reached.NewCommit);

    [Fact]
    public void A_deposed_leader_with_an_entry_of_its_own_and_two_who_stand() =>
        Explore(Deposed, depth: 8, new() { Stands = 2, Losses = 1, Crashes = 1 }, Reached.LaterLeader);

    [Fact]
    public void A_deposed_leader_with_an_entry_of_its_own() =>
        Explore(Deposed, depth: 10, new() { Stands = 1, Losses = 1, Crashes = 1 }, Reached.LaterLeader | Reached.NewCommit);

    private static readonly Beginning Deposed = new(3)
    {
        Prepare = world =>
        {
            Elect(world);
            world.Isolate(1);
            world[1].Propose("own");
            world.Settle();
            world.Heal();
        },
    };

    private static void Elect(RaftWorld world)
    {
        world.Stand(1);
        world.Settle();
    }

    private sealed record Beginning(int Members)
    {
        public Action<RaftWorld> Prepare { get; init; } = _ => { };
    }

    /// <summary>How often each thing may still happen.</summary>
    private readonly record struct Budget
    {
        public int Timeouts { get; init; }
        public int Stands { get; init; }
        public int Losses { get; init; }
        public int Crashes { get; init; }
        public int Proposals { get; init; }
    }

    private enum What : byte
    {
        Arrive,
        Lose,
        Write,
        Timeout,
        Stand,
        Crash,
        Propose,
    }

    /// <summary>What a depth must reach somewhere: a smaller one would pass too, and show nothing.</summary>
    [Flags]
    private enum Reached
    {
        Nothing = 0,
        /// <summary>Somebody is elected, in the first term.</summary>
        Leader = 1,
        /// <summary>Somebody is elected in a later one.</summary>
        LaterLeader = 2,
        /// <summary>Something is committed of the term that it began with.</summary>
        Commit = 4,
        /// <summary>Something is committed of a term that began meanwhile.</summary>
        NewCommit = 8,
    }

    private readonly record struct Event(What What, byte Member, byte To);

    private static void Explore(Beginning beginning, int depth, Budget budget, Reached expected)
    {
        var seen = new HashSet<ulong>();
        var first = new SortedDictionary<Reached, int>();
        var start = budget;
        var origin = Replay(beginning, [], ref start);
        var frontier = new List<(Event[] Path, List<Event> Choices)> { ([], Choices(origin, budget)) };
        for (var d = 1; d <= depth; d++)
        {
            var next = new List<(Event[], List<Event>)>();
            foreach (var (path, choices) in frontier)
                foreach (var choice in choices)
                {
                    Event[] longer = [.. path, choice];
                    var left = budget;
                    var world = Replay(beginning, longer, ref left);
                    world.ExpectLogsMatch();
                    if (!seen.Add(StateHash.Of(world, left.GetHashCode())))
                        continue;
                    next.Add((longer, Choices(world, left)));
                    foreach (var reached in Since(origin, world))
                        first.TryAdd(reached, d);
                }
            frontier = next;
        }
        var found = string.Join(", ", first.Select(pair => $"{pair.Key} after {pair.Value} events"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{seen.Count} states: {found}");
        Assert.True(seen.Count > 1000, $"only {seen.Count} states");
        Assert.Equal(expected, first.Keys.Aggregate(Reached.Nothing, (all, one) => all | one));
    }

    /// <summary>What has come about that had not at the beginning.</summary>
    private static IEnumerable<Reached> Since(RaftWorld origin, RaftWorld world)
    {
        var term = origin.HasLeader ? origin.Leader.Raft.Term : default;
        if (world.HasLeader && world.Leader.Raft.Term > term)
            yield return world.Leader.Raft.Term.Value > Math.Max(1, term.Value) ? Reached.LaterLeader : Reached.Leader;
        if (world.Canonical.Count > origin.Canonical.Count)
            yield return world.Canonical[^1].Term > term ? Reached.NewCommit : Reached.Commit;
    }

    private static RaftWorld Replay(Beginning beginning, Event[] path, ref Budget budget)
    {
        var world = new RaftWorld(beginning.Members, limits: Tiny);
        beginning.Prepare(world);
        foreach (var happening in path)
            budget = Happen(world, happening, budget);
        return world;
    }

    private static readonly Limits Tiny = new() { LogRingBytes = 512, LogRingEntries = 16, FrameBytes = 64, IdentityBytes = 0, InflightFrames = 4 };

    private static List<Event> Choices(RaftWorld world, Budget left)
    {
        var choices = new List<Event>();
        foreach (var link in world.Flights.Select(flight => (flight.From, flight.To)).Distinct())
        {
            choices.Add(new(What.Arrive, link.From.Value, link.To.Value));
            if (left.Losses > 0)
                choices.Add(new(What.Lose, link.From.Value, link.To.Value));
        }
        foreach (var member in world.All)
        {
            var id = member.Id.Value;
            if (member.DiskWaiting > 0)
                choices.Add(new(What.Write, id, 0));
            if (left.Timeouts > 0)
                choices.Add(new(What.Timeout, id, 0));
            if (left.Stands > 0 && member.Raft.Role != Role.Leader)
                choices.Add(new(What.Stand, id, 0));
            if (left.Crashes > 0)
                choices.Add(new(What.Crash, id, 0));
            if (left.Proposals > 0 && member.Raft.LeadsFirmly)
                choices.Add(new(What.Propose, id, 0));
        }
        return choices;
    }

    private static Budget Happen(RaftWorld world, Event happening, Budget left)
    {
        var member = world[happening.Member];
        switch (happening.What)
        {
            case What.Arrive:
                world.Deliver(First(world, happening));
                return left;
            case What.Lose:
                world.Flights.Remove(First(world, happening));
                return left with { Losses = left.Losses - 1 };
            case What.Write:
                member.FinishDisk();
                return left;
            case What.Timeout:
                member.Now = member.Now with { Instant = Instant.Later(member.Now.Instant, member.Raft.NextDeadline) };
                member.Step(() => { });
                return left with { Timeouts = left.Timeouts - 1 };
            case What.Stand:
                world.Stand(happening.Member);
                return left with { Stands = left.Stands - 1 };
            case What.Crash:
                world.Start(happening.Member);
                return left with { Crashes = left.Crashes - 1 };
            default:
                member.Propose("x");
                return left with { Proposals = left.Proposals - 1 };
        }
    }

    private static Flight First(RaftWorld world, Event happening) =>
        world.Flights.First(flight => flight.From.Value == happening.Member && flight.To.Value == happening.To);

    /// <summary>A number for a state: everything a member knows, by reflection, and what is on its way to others and to disks.</summary>
    private static class StateHash
    {
        private static readonly Type[] Ignored = [typeof(Dice), typeof(Settings), typeof(Limits), typeof(Kernel.ITrace), typeof(IReplica), typeof(WallTime), typeof(TimeSpan), typeof(byte[])];
        private static readonly string[] IgnoredNames = ["_answers", "_frames", "_framedBytes", "_digestTold"];
        private static readonly Dictionary<Type, FieldInfo[]> Fields = [];

        public static ulong Of(RaftWorld world, int budget)
        {
            var hash = (ulong)budget;
            foreach (var flight in world.Flights.OrderBy(flight => (flight.From.Value, flight.To.Value)))
                Add(ref hash, Mix.Bytes(flight.Frame, flight.From.Value * 256ul + flight.To.Value));
            foreach (var member in world.All)
            {
                foreach (var number in member.DiskState())
                    Add(ref hash, number);
                Add(ref hash, member.Raft, member.Now.Instant, world.ElectionTimeout);
            }
            return hash;
        }

        private static void Add(ref ulong hash, ulong value) => hash = Mix.Bits(hash ^ value) + 0x9E3779B97F4A7C15;

        private static void Add(ref ulong hash, object? value, Instant now, TimeSpan timeout)
        {
            switch (value)
            {
                case null:
                    Add(ref hash, 1);
                    break;
                case Instant at:
                    Add(ref hash, at == Instant.Never ? 2ul : at > now ? 3 : now - at < timeout ? 4ul : 5);
                    break;
                case Enum or bool or byte or int or uint or long or ulong:
                    Add(ref hash, unchecked((ulong)Convert.ToInt64(value is ulong large ? unchecked((long)large) : value)));
                    break;
                case EntryLog log:
                    for (var index = log.Base; index <= log.Last; index = index.Next)
                        Add(ref hash, log.ChainAt(index));
                    break;
                case Membership membership:
                    Add(ref hash, (ulong)membership.GetHashCode());
                    break;
                case Inflights inflights:
                    Add(ref hash, (ulong)inflights.Count);
                    break;
                case Array { Length: > 64 }:
                    break;   // by id; what is in them is in the list of peers too
                case IEnumerable all:
                    foreach (var one in all)
                        Add(ref hash, one, now, timeout);
                    break;
                default:
                    foreach (var field in FieldsOf(value.GetType()))
                        Add(ref hash, field.GetValue(value), now, timeout);
                    break;
            }
        }

        private static FieldInfo[] FieldsOf(Type type)
        {
            if (!Fields.TryGetValue(type, out var fields))
                Fields[type] = fields = [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                    .Where(field => !Ignored.Contains(field.FieldType) && !IgnoredNames.Contains(field.Name))];
            return fields;
        }
    }
}
