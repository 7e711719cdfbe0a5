using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Trees;

/// <summary>The znodes: slots in chunked arrays, found by full path, their children in the order of creation.</summary>
/// <remarks>
/// Every change passes one choke-point, <c>Touch</c> before and <c>Settle</c> after: there the snapshot in progress writes the old image,
/// the transaction notes what undoes the change, and the digest exchanges the old contribution for the new. What is allowed is the
/// machine's business; the tree carries out. Reading changes nothing, so any number of threads may read while nobody writes.
/// Spans that are handed out lie in the tree's own memory and are good until the next change.
/// </remarks>
internal sealed partial class Tree
{
    /// <summary>No slot.</summary>
    public const int None = -1;

    /// <summary>The slot of the root.</summary>
    public const int Root = 0;

    private readonly Slab<Znode> _slots = new();
    private readonly Blobs _blobs = new();
    private readonly PathIndex _index;
    private readonly Siblings _siblings;
    private readonly Ephemerals _ephemerals;
    private readonly SlotSet _upkeep = new();
    private readonly Undo _undo = new();

    /// <summary>A tree of nothing but the system's own znodes.</summary>
    public Tree(ulong hashKey)
    {
        HashKey = hashKey;
        _index = new(_slots, _blobs, hashKey);
        _siblings = new(_slots);
        _ephemerals = new(_slots, hashKey);
        Acls = new(_blobs, hashKey);
        Quotas = new(this, hashKey);
        var root = Insert(new() { Parent = None, Acl = AclTable.OpenToAll }, default, default, dataIsNull: false);
        Invariant.Holds(root == Root);
        SystemNodes.CreateIn(this);
    }

    /// <summary>The key of all hash tables: the server's own, and nothing observable depends on it.</summary>
    public ulong HashKey { get; }

    /// <summary>Znodes, the root and the system nodes included.</summary>
    public int Count => _slots.Live;

    /// <summary>Bytes of paths and data.</summary>
    public long Bytes { get; private set; }

    /// <summary>The sum of what all znodes contribute: equal for equal trees.</summary>
    public Digest Digest { get; private set; }

    public AclTable Acls { get; }

    public Quotas Quotas { get; }

    /// <summary>The slot of a path or None; "" and "/" are the root.</summary>
    public int Find(ReadOnlySpan<byte> path) => path.IsEmpty || path.Length == 1 && path[0] == '/' ? Root : _index.Find(path);

    public ReadOnlySpan<byte> PathOf(int slot) => slot == Root ? "/"u8 : _blobs[_slots[slot].Path];

    public ReadOnlySpan<byte> NameOf(int slot) => Paths.Name(PathOf(slot));

    public ReadOnlySpan<byte> DataOf(int slot, out bool isNull)
    {
        ref readonly var znode = ref _slots[slot];
        isNull = znode.Data.IsNull;
        return _blobs[znode.Data];
    }

    /// <summary>What clients see: cversion counts creates and deletes, containers and TTL znodes have no owner.</summary>
    public Stat StatOf(int slot)
    {
        ref readonly var znode = ref _slots[slot];
        return new()
        {
            Czxid = znode.Czxid,
            Mzxid = znode.Mzxid,
            Ctime = znode.Ctime,
            Mtime = znode.Mtime,
            Version = znode.Version,
            Cversion = unchecked(2 * znode.Cversion - znode.ChildCount),
            Aversion = znode.Aversion,
            EphemeralOwner = znode.EphemeralOwner,
            DataLength = znode.Data.Size,
            NumChildren = znode.ChildCount,
            Pzxid = znode.Pzxid,
        };
    }

    public int AclOf(int slot) => _slots[slot].Acl;

    public int ParentOf(int slot) => _slots[slot].Parent;

    public int ChildCountOf(int slot) => _slots[slot].ChildCount;

    public int VersionOf(int slot) => _slots[slot].Version;

    public int AversionOf(int slot) => _slots[slot].Aversion;

    /// <summary>Persisted form: the number of children ever created; the next sequential suffix.</summary>
    public int CversionOf(int slot) => _slots[slot].Cversion;

    /// <summary>Stored form (Owners.Container, Owners.Ttl…).</summary>
    public long OwnerOf(int slot) => _slots[slot].Owner;

    public Zxid MzxidOf(int slot) => _slots[slot].Mzxid;

    public Zxid PzxidOf(int slot) => _slots[slot].Pzxid;

    public long MtimeOf(int slot) => _slots[slot].Mtime;

    /// <summary>The oldest child, or None.</summary>
    public int FirstChild(int slot) => _slots[slot].ChildCount == 0 ? None : _slots[slot].FirstChild;

    /// <summary>The next child of the same parent in the order of creation, or None.</summary>
    public int NextSibling(int slot) => _slots[slot].NextSibling;

    /// <summary>Descendants at any depth.</summary>
    public int DescendantsOf(int slot)
    {
        if (slot == Root)
            return Count - 1;
        var count = 0;
        for (var at = NextInSubtree(slot, slot); at != None; at = NextInSubtree(at, slot))
            count++;
        return count;
    }

    /// <summary>The slot after <paramref name="slot"/> in a walk through everything at and below <paramref name="top"/>, or None.</summary>
    internal int NextInSubtree(int slot, int top) => _siblings.NextInSubtree(slot, top);

    /// <summary>Ephemerals of a session in creation order.</summary>
    public int FirstEphemeral(SessionId session) => _ephemerals.First(session);

    public int NextEphemeral(int slot) => _ephemerals.Next(slot);

    public int EphemeralCountOf(SessionId session) => _ephemerals.CountOf(session);

    public int EphemeralCount => _ephemerals.Count;

    /// <summary>Sessions that own ephemerals, ascending by id.</summary>
    public IEnumerable<SessionId> EphemeralOwners() => _ephemerals.Owners();

    /// <summary>Containers and TTL znodes, in slot order from a position: for the janitor. Returns None at the end.</summary>
    public int NextUpkeep(int after) => _upkeep.Next(after);
}
