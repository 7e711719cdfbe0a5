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
/// on from; of times only matters whether they have come, and whether they are less than an election timeout ago.
/// </remarks>
public class SmallWorlds
{
    [Fact]
    public void Two_members_from_their_first_start() => Explore(new(2), depth: 13, new() { Timeouts = 3, Losses = 1, Crashes = 1, Proposals = 1 });

    [Fact]
    public void Three_members_from_their_first_start() => Explore(new(3), depth: 8, new() { Timeouts = 2, Losses = 1, Crashes = 1 });

    [Fact]
    public void Three_members_whose_leader_has_something_new() =>
        Explore(new(3) { Prepare = Elect }, depth: 6, new() { Timeouts = 2, Losses = 2, Crashes = 1, Proposals = 1 });

    [Fact]
    public void A_deposed_leader_with_an_entry_of_its_own() =>
        Explore(new(3)
        {
            Prepare = world =>
            {
                Elect(world);
                world.Isolate(1);
                world[1].Propose("own");
                world.Settle();
                world.Heal();
            },
        }, depth: 8, new() { Stands = 2, Losses = 1, Crashes = 1 });

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

    private readonly record struct Event(What What, byte Member, byte To);

    private static void Explore(Beginning beginning, int depth, Budget budget)
    {
        var seen = new HashSet<ulong>();
        var start = budget;
        var frontier = new List<(Event[] Path, List<Event> Choices)> { ([], Choices(Replay(beginning, [], ref start), budget)) };
        for (var d = 0; d < depth; d++)
        {
            var next = new List<(Event[], List<Event>)>();
            foreach (var (path, choices) in frontier)
                foreach (var choice in choices)
                {
                    Event[] longer = [.. path, choice];
                    var left = budget;
                    var world = Replay(beginning, longer, ref left);
                    world.ExpectLogsMatch();
                    if (seen.Add(StateHash.Of(world, left.GetHashCode())))
                        next.Add((longer, Choices(world, left)));
                }
            frontier = next;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{seen.Count} states");
        Assert.True(seen.Count > 1000, $"only {seen.Count} states");
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
