namespace Quorate.Kernel.Trees;

/// <summary>What a change did to a znode, and so what undoes it.</summary>
internal enum UndoKind : byte
{
    /// <summary>A child came or went: cversion and pzxid.</summary>
    Children,
    /// <summary>Data, version, mzxid and mtime.</summary>
    Data,
    /// <summary>ACL and aversion.</summary>
    Acl,
    /// <summary>The znode is new.</summary>
    Created,
    /// <summary>The znode is gone.</summary>
    Deleted,
}

/// <summary>The changes of the current transaction, in order, each with the znode as it was before.</summary>
/// <remarks>
/// Played backwards, each one meets the state that it left behind. So links need no journal of their own: a deleted znode's neighbours are
/// again the ones it had, and the slot it had is the one that was freed last. The snapshot's marks are not part of an image (B6): a znode
/// that the snapshot has written stays written, whatever becomes of the transaction.
/// Old bytes are kept until the transaction commits, since they may be wanted again.
/// </remarks>
internal sealed class Undo
{
    private const int Kept = 4096;

    internal struct Entry
    {
        public UndoKind Kind;
        public int Slot;
        public Znode Before;
        public Ephemerals.Place Place;   // of an ephemeral that is gone
    }

    private Entry[] _changes = new Entry[64];
    private Digest _digest;

    /// <summary>Whether a transaction is going on.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>How many changes there are.</summary>
    public int Count { get; private set; }

    /// <summary>The changes in their order.</summary>
    public ref readonly Entry this[int position] => ref _changes[position];

    /// <summary>Begins a transaction.</summary>
    public void Begin(Digest digest)
    {
        Invariant.Holds(!IsOpen);
        (IsOpen, _digest) = (true, digest);
    }

    /// <summary>Ends the transaction and forgets its changes.</summary>
    /// <returns>The digest at its beginning.</returns>
    public Digest End()
    {
        Invariant.Holds(IsOpen);
        (IsOpen, Count) = (false, 0);
        if (_changes.Length > Kept)
            _changes = new Entry[Kept];
        return _digest;
    }

    /// <summary>Notes a change that is about to be made. Without a transaction nothing is kept.</summary>
    public void Note(UndoKind kind, int slot, in Znode before, in Ephemerals.Place place = default)
    {
        if (!IsOpen)
            return;
        if (Count == _changes.Length)
            Array.Resize(ref _changes, Count * 2);
        ref var change = ref _changes[Count++];
        (change.Kind, change.Slot, change.Before, change.Place) = (kind, slot, before, place);
    }
}
