using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// The independent opinion on linearizability: it looks at no zxid, only at calls, returns and values, and searches for an order of the
/// operations that explains them all and respects real time (Wing and Gong's search with Lowe's memory, as Porcupine does it).
/// </summary>
/// <remarks>
/// <para>
/// Operations are drawn over islands, subtrees that no operation crosses, so the history falls apart into small ones; by single path it
/// would not, since create and delete touch the parent. An island with an ephemeral, a container or a TTL znode on it, which others than
/// clients delete, is left out.
/// </para>
/// <para>
/// Writes are linearizable; a read is if the servers say so, or if it was issued right behind a sync, and then it counts from the sync's
/// call on. What is unknown may be anywhere after its call, the end included, where it is as good as never.
/// </para>
/// </remarks>
/// <param name="prefix">What the names of islands begin with: /isle1, /isle2.</param>
/// <param name="readsAreLinearizable">Whether servers answer every read as if behind a sync.</param>
/// <param name="stepsMost">After so many steps the search of an island gives up.</param>
internal sealed class WingGong(string prefix = "/isle", bool readsAreLinearizable = false, int stepsMost = 1_000_000) : HistoryJudge
{
    private readonly SortedDictionary<string, Island> _islands = new(StringComparer.Ordinal);
    private readonly Dictionary<Operation, (string Island, int Call, Operation? Behind)> _calls = [];
    private readonly Dictionary<int, (Operation Operation, int Call)> _last = [];
    private int _clock;

    private sealed class Island
    {
        public List<Try> Tries { get; } = [];
        public bool IsLeftOut { get; set; }
    }

    /// <summary>How many islands were searched to the end, and how many searches gave up.</summary>
    public (int Judged, int Undecided) Count { get; private set; }

    /// <inheritdoc/>
    public override void Called(Operation operation)
    {
        var call = _clock++;
        if (IslandOf(operation.Request) is { } island && IslandNamed(island) is { IsLeftOut: false })
        {
            if (operation.Request.IsWrite || readsAreLinearizable)
                _calls[operation] = (island, call, null);
            else if (_last.TryGetValue(operation.Client, out var before) && before.Operation.Request is Request.Sync)
                _calls[operation] = (island, before.Call, before.Operation);
        }
        _last[operation.Client] = (operation, call);
    }

    /// <inheritdoc/>
    public override void Returned(Operation operation)
    {
        var at = _clock++;
        if (!_calls.Remove(operation, out var call) || (operation.Answer is null && !(operation.Request.IsWrite && operation.WasSent)))
            return;
        if (call.Behind is { } sync && (sync.Connection != operation.Connection || sync.Answer is not { Error: ErrorCode.Ok }))
            return;
        IslandNamed(call.Island).Tries.Add(new(operation, call.Call, operation.Answer is null ? int.MaxValue : at));
    }

    /// <inheritdoc/>
    public override void Closing(TrueTime now)
    {
        // What is still open when the run ends is unknown as well.
        foreach (var (operation, call) in _calls.OrderBy(pair => pair.Value.Call))
            if (operation.Request.IsWrite)
                IslandNamed(call.Island).Tries.Add(new(operation, call.Call, int.MaxValue));
        foreach (var (name, island) in _islands)
            if (!island.IsLeftOut && island.Tries.Count > 0)
                Judge(name, island);
    }

    private void Judge(string name, Island island)
    {
        var search = new Search(island.Tries, stepsMost);
        var verdict = search.Run();
        Count = (Count.Judged + (verdict is null ? 0 : 1), Count.Undecided + (verdict is null ? 1 : 0));
        if (verdict == false)
            Accuse($"No order explains the {island.Tries.Count} operations on {name}; the longest explains {search.Longest}, and then {search.Stuck}.");
    }

    private Island IslandNamed(string name)
    {
        if (!_islands.TryGetValue(name, out var island))
            _islands[name] = island = new();
        return island;
    }

    /// <summary>
    /// The island of an operation; null when it is on none. One that the small model cannot follow leaves its island out.
    /// </summary>
    private string? IslandOf(Request request)
    {
        if (request is Request.Multi multi)
        {
            var all = multi.Parts.Select(IslandOf).ToList();
            if (all.TrueForAll(island => island == all[0]))
                return all.Count == 0 ? null : all[0];
            foreach (var crossed in all.OfType<string>())
                IslandNamed(crossed).IsLeftOut = true;
            return null;
        }
        if (!request.Path.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var end = request.Path.IndexOf('/', 1);
        var name = end < 0 ? request.Path : request.Path[..end];
        var isKnown = request switch
        {
            Request.Create create =>
                create.Op is OpCode.Create or OpCode.Create2 && create.Flags is 0 or 2 && (create.Flags == 0 || end >= 0)
                && create.Acl == Acl.Open && PathRules.IsValid(create.Path),
            Request.Delete or Request.SetData or Request.Check => true,
            Request.SetAcl or Request.DeleteContainer => false,
            Request.Read { Op: OpCode.Exists or OpCode.GetData or OpCode.GetChildren or OpCode.GetChildren2 } => true,
            _ => (bool?)null,
        };
        IslandNamed(name).IsLeftOut |= isKnown == false;
        return isKnown == true ? name : null;
    }

    /// <summary>One operation on an island: between which ticks of the history it may have taken effect.</summary>
    internal readonly record struct Try(Operation Operation, int Call, int Return);

    /// <summary>The search over one island.</summary>
    private sealed class Search
    {
        private sealed class Entry
        {
            public required int Place { get; init; }
            public Entry? Return { get; init; }   // null in a return
            public Entry? Next { get; set; }
            public Entry Previous { get; set; } = null!;
        }

        private readonly List<Try> _tries;
        private readonly int _stepsMost;
        private readonly Entry _head = new() { Place = -1 };
        private readonly HashSet<(UInt128 Taken, ulong State)> _met = [];

        public Search(List<Try> tries, int stepsMost)
        {
            (_tries, _stepsMost) = (tries, stepsMost);
            var events = new List<(int At, bool IsCall, Entry Entry)>();
            for (var i = 0; i < tries.Count; i++)
            {
                var end = new Entry { Place = i };
                events.Add((tries[i].Call, true, new() { Place = i, Return = end }));
                events.Add((tries[i].Return, false, end));
            }
            var last = _head;
            foreach (var (_, _, entry) in events.OrderBy(e => e.At).ThenBy(e => !e.IsCall).ThenBy(e => e.Entry.Place))
            {
                entry.Previous = last;
                last = last.Next = entry;
            }
        }

        /// <summary>How many operations the longest order explains.</summary>
        public int Longest { get; private set; }

        /// <summary>What could not come next in it.</summary>
        public Operation? Stuck { get; private set; }

        /// <summary>Whether there is an order; null when the search gave up.</summary>
        public bool? Run()
        {
            var state = IslandModel.Empty;
            var path = new Stack<(Entry Entry, IslandModel Before)>();
            var taken = UInt128.Zero;
            var steps = 0;
            for (var entry = _head.Next; _head.Next is not null;)
            {
                if (entry!.Return is null)
                {
                    // A return whose call is not in the order: what was tried last is wrong.
                    if (path.Count >= Longest)
                        (Longest, Stuck) = (path.Count, _tries[entry.Place].Operation);
                    if (path.Count == 0)
                        return false;
                    var undone = path.Pop();
                    state = undone.Before;
                    taken -= Mark(undone.Entry.Place);
                    PutBack(undone.Entry);
                    entry = undone.Entry.Next;
                    continue;
                }
                if (++steps > _stepsMost)
                    return null;
                var tried = _tries[entry.Place].Operation;
                if (state.TryStep(tried.Request, tried.Answer, out var next) && _met.Add((taken + Mark(entry.Place), next.Print)))
                {
                    path.Push((entry, state));
                    state = next;
                    taken += Mark(entry.Place);
                    Lift(entry);
                    entry = _head.Next;
                }
                else
                    entry = entry.Next;
            }
            return true;
        }

        /// <summary>Sets of operations are known by the sum of their members' marks, 128 bits wide.</summary>
        private static UInt128 Mark(int place) => new(Mix.Bits((ulong)place * 2 + 1), Mix.Bits((ulong)place * 2 + 2));

        private static void Lift(Entry call)
        {
            Unlink(call);
            Unlink(call.Return!);
        }

        private static void PutBack(Entry call)
        {
            Link(call.Return!);
            Link(call);
        }

        private static void Unlink(Entry entry)
        {
            entry.Previous.Next = entry.Next;
            if (entry.Next is not null)
                entry.Next.Previous = entry.Previous;
        }

        private static void Link(Entry entry)
        {
            entry.Previous.Next = entry;
            if (entry.Next is not null)
                entry.Next.Previous = entry;
        }
    }
}
