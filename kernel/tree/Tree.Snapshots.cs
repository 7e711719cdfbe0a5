using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Trees;

/// <summary>The tree as the content of a snapshot: written by a cursor while it changes, loaded from records in any order.</summary>
internal sealed partial class Tree
{
    private TreeCursor? _cursor;
    private int _snapshots;
    private Loading? _loading;

    /// <summary>Whether a snapshot is going on.</summary>
    public bool IsInSnapshot => _cursor is not null;

    /// <summary>All slots ever used lie below.</summary>
    internal int HighWater => _slots.HighWater;

    /// <summary>Begins a snapshot of the present state; only one at a time, and not inside a transaction.</summary>
    public void BeginSnapshot(ISnapshotSink sink)
    {
        Invariant.Holds(_cursor is null && !_undo.IsOpen);
        _cursor = new(this, sink, ++_snapshots);
    }

    /// <summary>Carries the snapshot on by up to <paramref name="budget"/> znodes, fewer when its sink is full.</summary>
    /// <returns>Whether it is finished; then it has also ended.</returns>
    public bool Advance(int budget)
    {
        Invariant.Holds(_cursor is not null);
        if (!_cursor.Advance(budget))
            return false;
        _cursor = null;
        return true;
    }

    /// <summary>Gives the snapshot up, if there is one.</summary>
    public void AbandonSnapshot() => _cursor = null;

    /// <summary>Writes a znode's record, with its ACL under the number that the list has in the snapshot.</summary>
    /// <returns>All that the znode contributes to the digest.</returns>
    internal Digest Record(int slot, int aclNumber, ISnapshotSink sink)
    {
        ref readonly var znode = ref _slots[slot];
        var path = _blobs[znode.Path];
        var data = _blobs[znode.Data];
        var ephemeralOrdinal = znode.IsEphemeral ? _ephemerals.OrdinalOf(slot) : 0;
        ZnodeRecord.Write(sink, znode, aclNumber, ephemeralOrdinal, path, data, znode.Data.IsNull);
        var pathKey = TreeDigest.PathKey(path);
        return TreeDigest.Rest(pathKey, znode, Acls.DigestKeyOf(znode.Acl)) + TreeDigest.Data(pathKey, data, znode.Data.IsNull);
    }

    /// <summary>Whether a slot below the high-water mark holds a znode.</summary>
    internal bool IsLive(int slot) => !_slots[slot].IsFree;

    /// <summary>All that a znode contributes to the digest.</summary>
    internal Digest ContributionOf(int slot) => Contribution(slot, UndoKind.Created);

    /// <summary>Takes one record of a snapshot. The first one replaces the system's own znodes: the tree must hold no others.</summary>
    public void Load(ReadOnlySpan<byte> record)
    {
        _loading ??= BeginLoad();
        switch (record[0])
        {
            case ZnodeRecord.AclTag:
                _loading.Lists.Add(Acls.InternBytes(record[1..]));
                break;
            case ZnodeRecord.Tag:
                var reader = new JuteReader(record[1..]);
                var znode = ZnodeRecord.Read(ref reader);
                Invariant.Holds(!reader.Failed && reader.Rest.IsEmpty);
                Load(znode, _loading);
                break;
            default:
                Invariant.Broken($"a snapshot record has the unknown tag {record[0]}");
                break;
        }
    }

    /// <summary>Completes loading: links children to their parents, and puts them and each session's ephemerals into their order.</summary>
    public void FinishLoad()
    {
        Invariant.Holds(_loading is not null && IsLive(Root));
        for (var slot = Root + 1; slot < HighWater; slot++)
            if (IsLive(slot))
                LinkToParent(slot, _loading);
        foreach (var parent in _loading.DisorderedParents)
            _siblings.Sort(parent);
        foreach (var session in _loading.DisorderedSessions)
            _ephemerals.Sort(new(session));
        foreach (var list in _loading.Lists)
            Acls.Release(list);
        _loading = null;
    }

    private Loading BeginLoad()
    {
        Invariant.Holds(Count == SystemNodes.Count && HighWater == SystemNodes.Count && !_undo.IsOpen && _cursor is null);
        for (var slot = HighWater - 1; slot >= Root; slot--)
            Uncreate(slot);
        _slots.TakeBack(Root);   // kept for the root, whose record may come at any time
        Digest = Digest.Empty;
        return new();
    }

    private void Load(in ZnodeRecord record, Loading loading)
    {
        Invariant.Holds(record.Acl >= 0 && record.Acl <= loading.Lists.Count);
        var isRoot = record.Path.IsEmpty;
        Invariant.Holds(isRoot ? !IsLive(Root) : _index.Find(record.Path) == None);
        var slot = isRoot ? Root : _slots.Take();
        ref var znode = ref _slots[slot];
        znode = record.Znode;
        (znode.Parent, znode.FirstChild, znode.LastChild, znode.PreviousSibling, znode.NextSibling) = (None, None, None, None, None);
        znode.Acl = record.Acl == 0 ? AclTable.OpenToAll : loading.Lists[record.Acl - 1];
        Acls.Retain(znode.Acl);
        (znode.Path, znode.Data) = (_blobs.Store(record.Path), _blobs.Store(record.Data, record.DataIsNull));
        if (znode.IsEphemeral && !_ephemerals.Add(slot, record.EphemeralOrdinal))
            loading.DisorderedSessions.Add(znode.Owner);
        Enter(slot);
        Settle(slot, UndoKind.Created);
    }

    private void LinkToParent(int slot, Loading loading)
    {
        ref var znode = ref _slots[slot];
        var parent = Find(Paths.Parent(_blobs[znode.Path]));
        Invariant.Holds(parent != None && !_slots[parent].IsEphemeral);
        if (znode.Ordinal < _siblings.NextOrdinal(parent))
            loading.DisorderedParents.Add(parent);
        znode.Parent = parent;
        _siblings.Append(slot);
    }

    /// <summary>What is known while loading, and needed until it is complete.</summary>
    private sealed class Loading
    {
        /// <summary>The ids of the ACL lists that have come, in the order of their numbers; a reference is held on each.</summary>
        public List<int> Lists { get; } = [];

        /// <summary>Parents of children that did not come in their order.</summary>
        public SortedSet<int> DisorderedParents { get; } = [];

        /// <summary>Sessions whose ephemerals did not.</summary>
        public SortedSet<long> DisorderedSessions { get; } = [];
    }
}
