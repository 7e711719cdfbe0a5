using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Trees;

/// <summary>The snapshot in progress: a position that moves through the slots while the tree goes on changing. Design §10.</summary>
/// <remarks>
/// A znode that the position has not reached is written early, before its first change; so each is written once, as it was at the start.
/// Slots taken since the start are born visited. The order of the records is therefore arbitrary, and loading does not rely on any.
/// The visits are marked here and not in the slots, where undoing a transaction would restore them (B6).
/// What was written must add up to the digest at the start: that is checked for every snapshot.
/// </remarks>
internal sealed class TreeCursor(Tree tree, ISnapshotSink sink, int number)
{
    /// <summary>How many slots are looked at for each one that may be written: free and visited ones cost little.</summary>
    private const int LooksPerRecord = 16;

    private readonly int _end = tree.HighWater;
    private readonly int _expectedCount = tree.Count;
    private readonly Digest _expected = tree.Digest;
    private readonly SlotSet _visited = new();
    private Digest _written;
    private int _count, _position, _lists;

    /// <summary>Writes up to <paramref name="budget"/> znodes, fewer when the sink is full.</summary>
    /// <returns>Whether everything is written.</returns>
    public bool Advance(int budget)
    {
        for (var looks = (long)budget * LooksPerRecord; budget > 0 && looks > 0 && _position < _end && !sink.IsFull; looks--)
        {
            var slot = _position++;
            if (!tree.IsLive(slot) || _visited.Contains(slot))
                continue;
            Write(slot);
            budget--;
        }
        if (_position < _end)
            return false;
        Invariant.Holds(_count == _expectedCount);
        Invariant.Holds(_written == _expected);
        return true;
    }

    /// <summary>A znode is about to change. It cannot wait: a full sink takes it all the same.</summary>
    public void BeforeChange(int slot)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.FuzzySnapshot))
            return;
#endif
        if (IsAhead(slot) && _visited.Add(slot))
            Write(slot);
    }

    /// <summary>A slot was taken for a znode that did not exist at the start.</summary>
    public void Born(int slot)
    {
        if (IsAhead(slot))
            _visited.Add(slot);
    }

    private bool IsAhead(int slot) => slot >= _position && slot < _end;

    private void Write(int slot)
    {
        if (tree.Acls.NumberIn(number, tree.AclOf(slot), ref _lists, out var acl))
        {
            var list = tree.Acls.BytesOf(tree.AclOf(slot));
            var record = sink.Record(1 + list.Length);
            record[0] = ZnodeRecord.AclTag;
            list.CopyTo(record[1..]);
        }
        _written += tree.Record(slot, acl, sink);
        _count++;
    }
}
