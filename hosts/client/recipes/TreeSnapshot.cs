using System.Collections.Immutable;

namespace Quorate.Client;

/// <summary>A subtree as it was at one moment. It does not change.</summary>
public sealed class TreeSnapshot
{
    private readonly ImmutableSortedDictionary<string, ZnodeData> _nodes;

    internal TreeSnapshot(ImmutableSortedDictionary<string, ZnodeData> nodes, bool isOneMoment) =>
        (_nodes, IsOneMoment) = (nodes, isOneMoment);

    internal static TreeSnapshot Empty { get; } = new(ImmutableSortedDictionary.Create<string, ZnodeData>(StringComparer.Ordinal),
        isOneMoment: false);

    /// <summary>
    /// Whether all of it was so at one and the same moment. It is, except when changes came faster than they could be read for a while;
    /// then each znode is as it was a moment ago, but not all at the same.
    /// </summary>
    public bool IsOneMoment { get; }

    /// <summary>The paths, in ordinal order.</summary>
    public IEnumerable<string> Paths => _nodes.Keys;

    /// <summary>How many znodes there are.</summary>
    public int Count => _nodes.Count;

    /// <summary>Finds a znode.</summary>
    public bool TryGet(string path, out ZnodeData node) => _nodes.TryGetValue(path, out node);

    /// <summary>The data of a znode; null if there is none.</summary>
    public byte[]? this[string path] => _nodes.TryGetValue(path, out var node) ? node.Data : null;

    /// <summary>The names of a znode's children, in ordinal order. It looks at all paths.</summary>
    public IReadOnlyList<string> Children(string path) =>
        [.. _nodes.Keys.Where(child => child.Length > path.Length && child.Length > 1 && ZnodePath.Parent(child) == path).Select(
            ZnodePath.Name)];

    /// <summary>
    /// What is different from an earlier snapshot, in the order of the paths. A znode that was deleted and created anew has changed.
    /// </summary>
    public IReadOnlyList<TreeChange> Since(TreeSnapshot former)
    {
        ArgumentNullException.ThrowIfNull(former);
        var changes = new List<TreeChange>();
        using var before = former._nodes.GetEnumerator();
        using var after = _nodes.GetEnumerator();
        var (hasBefore, hasAfter) = (before.MoveNext(), after.MoveNext());
        while (hasBefore || hasAfter)
        {
            var order = !hasBefore ? 1 : !hasAfter ? -1 : string.CompareOrdinal(before.Current.Key, after.Current.Key);
            if (order < 0)
                changes.Add(new(TreeChangeKind.Removed, before.Current.Key, before.Current.Value));
            else if (order > 0)
                changes.Add(new(TreeChangeKind.Added, after.Current.Key, after.Current.Value));
            else if (before.Current.Value.Stat.Mzxid != after.Current.Value.Stat.Mzxid)
                changes.Add(new(TreeChangeKind.Changed, after.Current.Key, after.Current.Value));
            if (order <= 0)
                hasBefore = before.MoveNext();
            if (order >= 0)
                hasAfter = after.MoveNext();
        }
        return changes;
    }
}

/// <summary>What became of a znode.</summary>
public enum TreeChangeKind
{
    /// <summary>It is new.</summary>
    Added,
    /// <summary>Its data were set, or it was deleted and created anew.</summary>
    Changed,
    /// <summary>It is gone.</summary>
    Removed,
}

/// <summary>A difference between two snapshots.</summary>
/// <param name="Kind">What became of the znode.</param>
/// <param name="Path">Which.</param>
/// <param name="Node">What it is, or was.</param>
public readonly record struct TreeChange(TreeChangeKind Kind, string Path, ZnodeData Node);
