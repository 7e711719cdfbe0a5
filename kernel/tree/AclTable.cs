using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Trees;

/// <summary>Access control lists, each stored once, with a count of the references to it.</summary>
/// <remarks>
/// Most znodes are open to all: that list has the id 0, is never counted and never freed. A list that loses its last reference stays
/// readable until the next <see cref="Sweep"/>, because watch events about the entry just applied are still to be filtered by it, and
/// because a transaction that is rolled back takes its references again.
/// </remarks>
internal sealed class AclTable
{
    /// <summary>world:anyone, all permissions: never counted, never freed.</summary>
    public const int OpenToAll = 0;

    private const ulong DigestSalt = 0x6A09E667F3BCC908;

    private struct Entry : IHashed
    {
        public Blob List;
        public int References;
        public uint Hash;
        public int Next;
        public int Snapshot;     // the snapshot that has the list, and under which number
        public int Number;
        public bool Unreferenced;
        public ulong DigestKey;

        readonly uint IHashed.Hash => Hash;

        int ISlot.Next { readonly get => Next; set => Next = value; }
    }

    private readonly Slab<Entry> _entries = new();
    private readonly HashChains<Entry> _chains;
    private readonly Blobs _blobs;
    private readonly ulong _key;
    private int[] _unreferenced = new int[16];
    private int _unreferencedCount;

    internal AclTable(Blobs blobs, ulong key)
    {
        (_blobs, _key) = (blobs, key);
        _chains = new(_entries);
        var open = Add(OpenList, HashOf(OpenList));
        Invariant.Holds(open == OpenToAll);
    }

    /// <summary>world:anyone with all permissions, encoded.</summary>
    private static ReadOnlySpan<byte> OpenList => "\0\0\0\u0001\0\0\0\u001f\0\0\0\u0005world\0\0\0\u0006anyone"u8;

    /// <summary>A null list, encoded.</summary>
    private static ReadOnlySpan<byte> NullList => [0xff, 0xff, 0xff, 0xff];

    /// <summary>The list of an id, as a view that is good until the list is swept.</summary>
    public AclList this[int id]
    {
        get
        {
            var reader = new JuteReader(BytesOf(id));
            return AclList.Read(ref reader);
        }
    }

    /// <summary>The id of a list given as its encoded vector; the caller gets one reference.</summary>
    public int Intern(AclList list) => InternBytes(list.Bytes.IsEmpty ? NullList : list.Bytes);

    /// <summary>The id of an encoded list; the caller gets one reference.</summary>
    internal int InternBytes(ReadOnlySpan<byte> list)
    {
        var hash = HashOf(list);
        var id = _chains.First(hash);
        while (id != Tree.None && !(_entries[id].Hash == hash && BytesOf(id).SequenceEqual(list)))
            id = _entries[id].Next;
        if (id == Tree.None)
            id = Add(list, hash);
        Retain(id);
        return id;
    }

    /// <summary>One more reference to a list that has, or had until the last sweep, at least one.</summary>
    internal void Retain(int id)
    {
        if (id != OpenToAll)
            _entries[id].References++;
    }

    /// <summary>One reference fewer.</summary>
    public void Release(int id)
    {
        if (id == OpenToAll)
            return;
        ref var entry = ref _entries[id];
        Invariant.Holds(entry.References > 0);
        if (--entry.References > 0 || entry.Unreferenced)
            return;
        entry.Unreferenced = true;
        if (_unreferencedCount == _unreferenced.Length)
            Array.Resize(ref _unreferenced, _unreferencedCount * 2);
        _unreferenced[_unreferencedCount++] = id;
    }

    /// <summary>Frees the lists that have no reference any more. Never inside a transaction.</summary>
    public void Sweep()
    {
        while (_unreferencedCount > 0)
        {
            var id = _unreferenced[--_unreferencedCount];
            ref var entry = ref _entries[id];
            entry.Unreferenced = false;
            if (entry.References > 0)
                continue;
            _chains.Remove(id);
            _blobs.Free(entry.List);
            _entries.Return(id);
        }
    }

    /// <summary>The encoded list.</summary>
    internal ReadOnlySpan<byte> BytesOf(int id) => _blobs[_entries[id].List];

    /// <summary>What stands for the list's content in digests; the same on every member.</summary>
    internal ulong DigestKeyOf(int id) => _entries[id].DigestKey;

    /// <summary>The number of a list within a snapshot. True when it was given just now: the list itself is to be written first.</summary>
    /// <remarks>
    /// An id may come to mean another list while the snapshot runs, but never one that the snapshot still has to write: a znode not
    /// yet written keeps its reference.
    /// </remarks>
    internal bool NumberIn(int snapshot, int id, ref int lastNumber, out int number)
    {
        ref var entry = ref _entries[id];
        var isNew = id != OpenToAll && entry.Snapshot != snapshot;
        if (isNew)
            (entry.Snapshot, entry.Number) = (snapshot, ++lastNumber);
        number = entry.Number;
        return isNew;
    }

    /// <summary>Audits the counts: <paramref name="references"/> holds how many znodes have each id.</summary>
    internal void CheckInvariants(ReadOnlySpan<int> references, out int lists, out long bytes)
    {
        (lists, bytes) = (0, 0);
        for (var at = 0; at < _entries.HighWater; at++)
        {
            var id = Tree.None;
            for (var other = _chains.First(_entries[at].Hash); other != Tree.None; other = _entries[other].Next)
                if (other == at)
                    id = at;
            if (id == Tree.None)
                continue;
            lists++;
            bytes += _entries[id].List.Length;
            Invariant.Holds(id == OpenToAll || _entries[id].References == references[id]);
            Invariant.Holds(id == OpenToAll || _entries[id].References > 0 || _entries[id].Unreferenced);
        }
        Invariant.Holds(lists == _chains.Count && lists == _entries.Live);
    }

    /// <summary>All ids in use lie below.</summary>
    internal int HighWater => _entries.HighWater;

    private int Add(ReadOnlySpan<byte> list, uint hash)
    {
        var id = _entries.Take();
        _entries[id] = new() { List = _blobs.Store(list), Hash = hash, DigestKey = Mix.Bytes(list, DigestSalt) };
        _chains.Add(id);
        return id;
    }

    private uint HashOf(ReadOnlySpan<byte> list) => (uint)Mix.Bytes(list, _key);
}
