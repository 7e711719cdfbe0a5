namespace Quorate.Kernel.Trees;

/// <summary>Limits and counters for subtrees, which clients put into a mirror of the tree at /zookeeper/quota. Semantics §12.</summary>
/// <remarks>
/// The znodes are the whole state. A quota is in force while its limits znode exists; the counters are the text in its stats znode, kept
/// up to date in place. So neither snapshot nor undo knows about quotas. What is kept here is how many limits there are, so that a tree
/// without quotas pays nothing, and what the quotas were like before the current transaction: its operations are judged by that, and may
/// overshoot together.
/// </remarks>
internal sealed class Quotas
{
    private struct Former : IHashed
    {
        public Slice Subtree;
        public bool IsActive;
        public bool HasStats;
        public QuotaFigures Limits;
        public QuotaFigures Stats;
        public uint Hash;
        public int Next;

        readonly uint IHashed.Hash => Hash;

        int ISlot.Next { readonly get => Next; set => Next = value; }
    }

    private readonly Tree _tree;
    private readonly ulong _key;
    private readonly Arena _path = new(256);
    private readonly Arena _subtrees = new(256);
    private readonly Slab<Former> _former = new();
    private readonly HashChains<Former> _chains;
    private bool _remembers;

    internal Quotas(Tree tree, ulong key)
    {
        (_tree, _key) = (tree, key);
        _chains = new(_former);
    }

    private static ReadOnlySpan<byte> Limits => "/zookeeper_limits"u8;

    private static ReadOnlySpan<byte> Stats => "/zookeeper_stats"u8;

    /// <summary>How many quotas are in force.</summary>
    public int Active { get; private set; }

    /// <summary>Whether the nearest quota at or above the path may grow by so much, by its hard limits before the transaction.</summary>
    /// <remarks>A figure that does not change is not judged, even where it is beyond its limit already.</remarks>
    public bool Allows(ReadOnlySpan<byte> path, long countDelta, long bytesDelta)
    {
        if (Active == 0 && _former.Live == 0)
            return true;
        var nearest = path[..Nearest(path, former: true)];
        if (nearest.IsEmpty)
            return true;
        var quota = Recall(nearest) is var known && known != Tree.None ? _former[known] : Read(nearest);
        if (!quota.HasStats)
            return true;
        return Within(quota.Stats.Count, countDelta, quota.Limits.CountHardLimit)
            && Within(quota.Stats.Bytes, bytesDelta, quota.Limits.ByteHardLimit);
    }

    /// <summary>A znode appeared in the tree, by whatever way.</summary>
    internal void Entered(ReadOnlySpan<byte> path) => Active += IsLimits(path) ? 1 : 0;

    /// <summary>A znode left the tree, by whatever way.</summary>
    internal void Left(ReadOnlySpan<byte> path) => Active -= IsLimits(path) ? 1 : 0;

    /// <summary>From here on, until <see cref="Forget"/>, what changes is also remembered as it was.</summary>
    internal void Begin() => _remembers = true;

    /// <summary>Remembers the quota that a change of this znode is about to alter, if it does and is the first to do so.</summary>
    internal void Remember(ReadOnlySpan<byte> path)
    {
        if (!_remembers)
            return;
        var suffix = IsLimits(path) ? Limits.Length : IsFigure(path, Stats) ? Stats.Length : 0;
        if (suffix != 0)
            RememberSubtree(path[SystemNodes.Quota.Length..^suffix]);
    }

    /// <summary>The transaction is over.</summary>
    internal void Forget()
    {
        _remembers = false;
        if (_former.Live == 0)
            return;
        _former.Clear();
        _chains.Clear();
        _subtrees.Clear();
    }

    /// <summary>A client created a znode: new stats begin with a fresh count, and the nearest quota has one znode more.</summary>
    /// <remarks>Stats inside of a quota's own subtree weigh what the client sent, as in ZooKeeper, not the text that replaced it.</remarks>
    internal void Created(int slot, int dataLength)
    {
        var path = _tree.PathOf(slot);
        if (IsStats(path))
            Recount(slot, path[SystemNodes.Quota.Length..^Stats.Length]);
        if (Active > 0)
            Move(path, 1, dataLength);
    }

    /// <summary>A znode was deleted.</summary>
    internal void Deleted(ReadOnlySpan<byte> path, int dataLength)
    {
        if (Active > 0)
            Move(path, -1, -dataLength);
    }

    /// <summary>A client set data.</summary>
    internal void DataSet(ReadOnlySpan<byte> path, int growth)
    {
        if (Active > 0)
            Move(path, 0, growth);
    }

    /// <summary>Whether a path is that of a limits znode with an effect.</summary>
    internal static bool IsLimits(ReadOnlySpan<byte> path) => IsFigure(path, Limits);

    private static bool Within(long figure, long delta, long limit) => delta == 0 || limit < 0 || figure + delta <= limit;

    private static bool IsFigure(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name) =>
        path.EndsWith(name) && path.StartsWith(SystemNodes.Quota) && path.Length > SystemNodes.Quota.Length + name.Length
        && path[SystemNodes.Quota.Length] == '/';

    /// <summary>As <see cref="IsFigure"/>, but the stats of the root, which has no quota, are counted once as well.</summary>
    private static bool IsStats(ReadOnlySpan<byte> path) =>
        IsFigure(path, Stats)
        || path.Length == SystemNodes.Quota.Length + Stats.Length && path.StartsWith(SystemNodes.Quota) && path.EndsWith(Stats);

    private void Move(ReadOnlySpan<byte> path, int count, int bytes)
    {
        var nearest = path[..Nearest(path, former: false)];
        if (nearest.IsEmpty || FigureOf(nearest, Stats) is var stats && stats == Tree.None)
            return;
        RememberSubtree(nearest);
        var figures = QuotaFigures.Parse(_tree.DataOf(stats, out _));
        WriteStats(stats, figures.Count + count, figures.Bytes + bytes);
    }

    private void Recount(int stats, ReadOnlySpan<byte> subtree)
    {
        var (count, bytes) = (0L, 0L);
        var top = _tree.Find(subtree);
        for (var at = top; at != Tree.None; at = _tree.NextInSubtree(at, top))
        {
            count++;
            bytes += _tree.DataOf(at, out _).Length;
        }
        WriteStats(stats, count, bytes);
    }

    private void WriteStats(int slot, long count, long bytes)
    {
        Span<byte> text = stackalloc byte[QuotaFigures.StatsLengthMax];
        _tree.Overwrite(slot, text[..QuotaFigures.WriteStats(text, count, bytes)]);
    }

    /// <summary>The length of the deepest path at or above <paramref name="path"/> that has a quota in force; 0 if there is none.</summary>
    private int Nearest(ReadOnlySpan<byte> path, bool former)
    {
        former &= _former.Live > 0;
        var nearest = 0;
        for (var end = 1; end <= path.Length; end++)
        {
            if (end < path.Length && path[end] != '/')
                continue;
            var subtree = path[..end];
            if (former && Recall(subtree) is var known && known != Tree.None)
                nearest = _former[known].IsActive ? end : nearest;
            else if (FigureOf(subtree, Limits) != Tree.None)
                nearest = end;
            else if (!former && FigureOf(subtree, default) == Tree.None)
                break;   // without the mirroring znode there is nothing below it either
        }
        return nearest;
    }

    private int FigureOf(ReadOnlySpan<byte> subtree, ReadOnlySpan<byte> name)
    {
        _path.Clear();
        _path.Append(SystemNodes.Quota);
        _path.Append(subtree);
        _path.Append(name);
        return _tree.Find(_path.Written);
    }

    private Former Read(ReadOnlySpan<byte> subtree)
    {
        var (limits, stats) = (FigureOf(subtree, Limits), FigureOf(subtree, Stats));
        return new()
        {
            IsActive = limits != Tree.None,
            HasStats = stats != Tree.None,
            Limits = limits == Tree.None ? default : QuotaFigures.Parse(_tree.DataOf(limits, out _)),
            Stats = stats == Tree.None ? default : QuotaFigures.Parse(_tree.DataOf(stats, out _)),
        };
    }

    private void RememberSubtree(ReadOnlySpan<byte> subtree)
    {
        if (!_remembers || Recall(subtree) != Tree.None)
            return;
        var former = _former.Take();
        _former[former] = Read(subtree) with { Subtree = _subtrees.Append(subtree), Hash = HashOf(subtree) };
        _chains.Add(former);
    }

    private int Recall(ReadOnlySpan<byte> subtree)
    {
        if (_former.Live == 0)
            return Tree.None;
        var former = _chains.First(HashOf(subtree));
        while (former != Tree.None && !_subtrees[_former[former].Subtree].SequenceEqual(subtree))
            former = _former[former].Next;
        return former;
    }

    private uint HashOf(ReadOnlySpan<byte> subtree) => (uint)Mix.Bytes(subtree, _key);
}
