namespace Quorate.Kernel.Trees;

/// <summary>Whether the tree's parts agree with each other: for tests, the simulator and a doubtful moment.</summary>
internal sealed partial class Tree
{
    /// <summary>The digest from scratch.</summary>
    public Digest RecomputeDigest()
    {
        var digest = Digest.Empty;
        for (var slot = Root; slot < HighWater; slot++)
            if (IsLive(slot))
                digest += ContributionOf(slot);
        return digest;
    }

    /// <summary>Audits links, counts, index, bytes, references, ephemerals and digest; outside of transactions, and in O(n).</summary>
    public void CheckInvariants()
    {
        Invariant.Holds(!_undo.IsOpen && _loading is null);
        var (live, children, ephemerals, upkeep, limits) = (0, 0, 0, 0, 0);
        var (bytes, stored) = (0L, 0L);
        var (blobs, references) = (0, new int[Acls.HighWater]);
        for (var slot = Root; slot < HighWater; slot++)
        {
            if (!IsLive(slot))
                continue;
            ref readonly var znode = ref _slots[slot];
            live++;
            bytes += PathOf(slot).Length + znode.Data.Size;
            stored += znode.Path.Size + znode.Data.Size;
            blobs += (znode.Path.Size > 0 ? 1 : 0) + (znode.Data.Size > 0 ? 1 : 0);
            references[znode.Acl]++;
            children += CheckChildren(slot);
            ephemerals += znode.IsEphemeral ? 1 : 0;
            upkeep += Owners.NeedsUpkeep(znode.Owner) ? 1 : 0;
            Invariant.Holds(_upkeep.Contains(slot) == Owners.NeedsUpkeep(znode.Owner));
            Invariant.Holds(Find(PathOf(slot)) == slot);
            Invariant.Holds(slot == Root ? znode.Parent == None : Find(Paths.Parent(PathOf(slot))) == znode.Parent);
            limits += Quotas.IsLimits(PathOf(slot)) ? 1 : 0;
        }
        Acls.CheckInvariants(references, out var lists, out var listBytes);
        _blobs.CheckInvariants();
        _ephemerals.CheckInvariants();
        Invariant.Holds(live == Count && children == Count - 1 && _index.Count == Count - 1);
        Invariant.Holds(ephemerals == EphemeralCount);
        Invariant.Holds(upkeep == _upkeep.Count);
        Invariant.Holds(limits == Quotas.Active);
        Invariant.Holds(bytes == Bytes);
        Invariant.Holds(stored + listBytes == _blobs.Bytes && blobs + lists == _blobs.Count);
        Invariant.Holds(RecomputeDigest() == Digest);
    }

    private int CheckChildren(int parent)
    {
        var (previous, count, ordinal) = (None, 0, -1L);
        for (var child = FirstChild(parent); child != None; child = NextSibling(child))
        {
            ref readonly var znode = ref _slots[child];
            Invariant.Holds(znode.Parent == parent && znode.PreviousSibling == previous && znode.Ordinal > ordinal);
            (previous, ordinal) = (child, znode.Ordinal);
            count++;
        }
        Invariant.Holds(count == ChildCountOf(parent) && (_slots[parent].IsEphemeral || _slots[parent].LastChild == previous));
        return count;
    }
}
