namespace Quorate.Kernel.Trees;

/// <summary>From a full path to its slot: one bucket, one slot, one comparison. The root, which has two names, is not in it.</summary>
/// <remarks>The key is the server's own, so that clients cannot choose paths that collide; nothing observable depends on it.</remarks>
internal sealed class PathIndex(Slab<Znode> slots, Blobs blobs, ulong key)
{
    private readonly HashChains<Znode> _chains = new(slots);

    /// <summary>How many paths there are.</summary>
    public int Count => _chains.Count;

    /// <summary>The slot of a path, or <see cref="Tree.None"/>.</summary>
    public int Find(ReadOnlySpan<byte> path)
    {
        var hash = HashOf(path);
        for (var slot = _chains.First(hash); slot != Tree.None; slot = slots[slot].Next)
        {
            ref readonly var znode = ref slots[slot];
            if (znode.Hash == hash && znode.Path.Length == path.Length && blobs[znode.Path].SequenceEqual(path))
                return slot;
        }
        return Tree.None;
    }

    /// <summary>Enters a slot under the path it holds.</summary>
    public void Add(int slot)
    {
        ref var znode = ref slots[slot];
        znode.Hash = HashOf(blobs[znode.Path]);
        _chains.Add(slot);
    }

    public void Remove(int slot) => _chains.Remove(slot);

    private uint HashOf(ReadOnlySpan<byte> path) => (uint)Mix.Bytes(path, key);
}
