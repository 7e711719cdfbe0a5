namespace Quorate.Kernel.Trees;

/// <summary>When a container or a TTL znode has outlived its use. Semantics reference §7.</summary>
/// <remarks>
/// Asked twice: by the leader, who looks for candidates by its own clock and settings, and when the deletion is applied, by the entry's
/// time and no setting at all. Between the two a child may have come or the data may have been set.
/// </remarks>
internal static class Upkeep
{
    /// <summary>Whether the leader should propose a znode's deletion.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="slot">Any znode.</param>
    /// <param name="now">The time by which age is judged.</param>
    /// <param name="neverUsed">A container that never had a child goes when it is older than this; zero: it stays.</param>
    public static bool IsDue(Tree tree, int slot, WallTime now, TimeSpan neverUsed) =>
        MayDelete(tree, slot, now) && (Owners.IsTtl(tree.OwnerOf(slot)) || WasUsed(tree, slot) || IsOlder(tree, slot, now, neverUsed));

    /// <summary>Whether a proposed deletion still applies: a container without children, or a TTL znode without children whose time is up.</summary>
    public static bool MayDelete(Tree tree, int slot, WallTime now)
    {
        if (tree.ChildCountOf(slot) != 0)
            return false;
        var owner = tree.OwnerOf(slot);
        return owner == Owners.Container || (Owners.IsTtl(owner) && Age(tree, slot, now) > Owners.TtlOf(owner));
    }

    private static bool WasUsed(Tree tree, int slot) => tree.CversionOf(slot) > 0;

    private static bool IsOlder(Tree tree, int slot, WallTime now, TimeSpan span) =>
        span > TimeSpan.Zero && Age(tree, slot, now) > (long)span.TotalMilliseconds;

    private static long Age(Tree tree, int slot, WallTime now) => now.Milliseconds - tree.MtimeOf(slot);
}
