using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>What a client believes it watches, by the rules of ZooKeeper's own client: sets by path, kept across reconnects.</summary>
internal sealed class WatchRegistry : HistoryJudge
{
    private sealed class Belief
    {
        public SortedSet<string> Data { get; } = new(StringComparer.Ordinal);
        public SortedSet<string> Exist { get; } = new(StringComparer.Ordinal);
        public SortedSet<string> Child { get; } = new(StringComparer.Ordinal);
        public SortedSet<string> Persistent { get; } = new(StringComparer.Ordinal);
        public SortedSet<string> Recursive { get; } = new(StringComparer.Ordinal);
        public Zxid Seen { get; set; }
    }

    private readonly Dictionary<int, Belief> _beliefs = [];

    public Zxid Seen(int client) => Of(client).Seen;

    /// <summary>What a client sends when it has its session back; null when there is nothing to say.</summary>
    public Request? Replay(int client)
    {
        var belief = Of(client);
        return belief.Data.Count + belief.Exist.Count + belief.Child.Count + belief.Persistent.Count + belief.Recursive.Count == 0
            ? null
            : new Request.SetWatches(OpCode.SetWatches2, belief.Seen, [.. belief.Data], [.. belief.Exist], [.. belief.Child],
                [.. belief.Persistent], [.. belief.Recursive]);
    }

    /// <summary>A new session watches nothing.</summary>
    public void Forget(int client) => _beliefs.Remove(client);

    public override void Returned(Operation operation)
    {
        if (operation.Answer is not { } answer)
            return;
        var belief = Of(operation.Client);
        if (answer.Zxid > Zxid.Zero)
            belief.Seen = answer.Zxid;
        var isOk = answer.Error == ErrorCode.Ok;
        switch (operation.Request)
        {
            case Request.Read { Watch: true, Op: OpCode.Exists } read when isOk || answer.Error == ErrorCode.NoNode:
                (isOk ? belief.Data : belief.Exist).Add(read.Path);
                break;
            case Request.Read { Watch: true, Op: OpCode.GetData } read when isOk:
                belief.Data.Add(read.Path);
                break;
            case Request.Read { Watch: true } read when isOk:
                belief.Child.Add(read.Path);
                break;
            case Request.AddWatch add when isOk:
                (add.Recursive ? belief.Recursive : belief.Persistent).Add(add.Path);
                break;
            case Request.Watches { Op: OpCode.RemoveWatches } remove when isOk:
                Remove(belief, remove);
                break;
        }
    }

    public override void Saw(WatchSeen seen)
    {
        var belief = Of(seen.Client);
        if (seen.What != WatchEvent.NodeChildrenChanged)
        {
            belief.Data.Remove(seen.Path);
            belief.Exist.Remove(seen.Path);
        }
        if (seen.What is WatchEvent.NodeChildrenChanged or WatchEvent.NodeDeleted)
            belief.Child.Remove(seen.Path);
    }

    private static void Remove(Belief belief, Request.Watches remove)
    {
        if (remove.Type is 2 or 3)
        {
            belief.Data.Remove(remove.Path);
            belief.Exist.Remove(remove.Path);
        }
        if (remove.Type is 1 or 3)
            belief.Child.Remove(remove.Path);
        if (remove.Type is 3 or 4)
            belief.Persistent.Remove(remove.Path);
        if (remove.Type is 3 or 5)
            belief.Recursive.Remove(remove.Path);
    }

    private Belief Of(int client)
    {
        if (!_beliefs.TryGetValue(client, out var belief))
            _beliefs[client] = belief = new();
        return belief;
    }
}
