namespace Quorate.Kernel.Trees;

/// <summary>The children of each znode, in the order of their creation, as links through the slots.</summary>
/// <remarks>
/// The order is stated, because whatever enumerates children must do so alike on every member. A child's ordinal is one more than that of
/// the last child before it, so the order can be rebuilt from slots that come in any order, as they do from a snapshot.
/// </remarks>
internal sealed class Siblings(Slab<Znode> slots)
{
    /// <summary>The ordinal of the next child of <paramref name="parent"/>.</summary>
    public long NextOrdinal(int parent)
    {
        var last = slots[parent].LastChild;
        return last == Tree.None ? 0 : slots[last].Ordinal + 1;
    }

    /// <summary>Puts a child behind all others of its parent.</summary>
    public void Append(int child)
    {
        ref var znode = ref slots[child];
        (znode.PreviousSibling, znode.NextSibling) = (slots[znode.Parent].LastChild, Tree.None);
        Restore(child);
    }

    /// <summary>Puts a child between the neighbours that it names, which are neighbours of each other.</summary>
    public void Restore(int child)
    {
        ref readonly var znode = ref slots[child];
        ref var parent = ref slots[znode.Parent];
        (znode.PreviousSibling == Tree.None ? ref parent.FirstChild : ref slots[znode.PreviousSibling].NextSibling) = child;
        (znode.NextSibling == Tree.None ? ref parent.LastChild : ref slots[znode.NextSibling].PreviousSibling) = child;
        parent.ChildCount++;
    }

    /// <summary>Takes a child out; it goes on naming its neighbours.</summary>
    public void Remove(int child)
    {
        ref readonly var znode = ref slots[child];
        ref var parent = ref slots[znode.Parent];
        (znode.PreviousSibling == Tree.None ? ref parent.FirstChild : ref slots[znode.PreviousSibling].NextSibling) = znode.NextSibling;
        (znode.NextSibling == Tree.None ? ref parent.LastChild : ref slots[znode.NextSibling].PreviousSibling) = znode.PreviousSibling;
        parent.ChildCount--;
    }

    /// <summary>Puts the children of a parent, appended in any order, into the order of their ordinals.</summary>
    public void Sort(int parent)
    {
        ref var above = ref slots[parent];
        var (children, ordinals) = (new int[above.ChildCount], new long[above.ChildCount]);
        var count = 0;
        for (var child = above.FirstChild; child != Tree.None; child = slots[child].NextSibling)
            (children[count], ordinals[count++]) = (child, slots[child].Ordinal);
        Array.Sort(ordinals, children);
        (above.FirstChild, above.LastChild, above.ChildCount) = (Tree.None, Tree.None, 0);
        foreach (var child in children)
            Append(child);
    }

    /// <summary>The slot after <paramref name="slot"/> in a walk, parents first, through all at and below <paramref name="top"/>.</summary>
    public int NextInSubtree(int slot, int top)
    {
        if (slots[slot].ChildCount > 0)
            return slots[slot].FirstChild;
        while (slot != top && slots[slot].NextSibling == Tree.None)
            slot = slots[slot].Parent;
        return slot == top ? Tree.None : slots[slot].NextSibling;
    }
}
