namespace Quorate.Kernel.Trees;

/// <summary>Changing znodes, alone or in transactions.</summary>
internal sealed partial class Tree
{
    /// <summary>Creates a znode below an existing parent, whose cversion and pzxid move. Takes over the reference on the ACL.</summary>
    /// <returns>Its slot.</returns>
    public int Create(
        int parent, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool dataIsNull, int acl, long owner, Zxid zxid, long time)
    {
        Invariant.Holds(!_slots[parent].IsEphemeral);
        Quotas.Remember(path);
        Touch(parent, UndoKind.Children);
        ref var above = ref _slots[parent];
        if (above.Cversion != int.MaxValue)   // there it stays: the counter of sequential names never goes back
            above.Cversion++;
        above.Pzxid = zxid;
        Settle(parent, UndoKind.Children);

        var znode = new Znode { Parent = parent, Acl = acl, Owner = owner, Czxid = zxid, Mzxid = zxid, Pzxid = zxid };
        (znode.Ctime, znode.Mtime) = (time, time);
        var slot = Insert(znode, path, data, dataIsNull);
        Quotas.Created(slot, data.Length);
        return slot;
    }

    /// <summary>Deletes a znode without children. Moves the parent's pzxid; its persisted cversion counts creates only.</summary>
    public void Delete(int slot, Zxid zxid)
    {
        Invariant.Holds(slot != Root && _slots[slot].ChildCount == 0);
        Quotas.Remember(PathOf(slot));
        Touch(slot, UndoKind.Deleted);
        var gone = _slots[slot];
        Leave(slot);
        _siblings.Remove(slot);
        Free(slot);

        Touch(gone.Parent, UndoKind.Children);
        ref var above = ref _slots[gone.Parent];
        if (zxid > above.Pzxid)
            above.Pzxid = zxid;
        Settle(gone.Parent, UndoKind.Children);

        Acls.Release(gone.Acl);
        Quotas.Deleted(_blobs[gone.Path], gone.Data.Size);
        if (!_undo.IsOpen)
            Drop(gone);
    }

    /// <summary>Sets the data; the version moves also when they are equal.</summary>
    public void SetData(int slot, ReadOnlySpan<byte> data, bool dataIsNull, Zxid zxid, long time)
    {
        Quotas.Remember(PathOf(slot));
        var growth = data.Length - _slots[slot].Data.Size;
        Touch(slot, UndoKind.Data);
        Replace(slot, data, dataIsNull);
        ref var znode = ref _slots[slot];
        znode.Version = unchecked(znode.Version + 1);
        (znode.Mzxid, znode.Mtime) = (zxid, time);
        Settle(slot, UndoKind.Data);
        Quotas.DataSet(PathOf(slot), growth);
    }

    /// <summary>Replaces the data and nothing else: how the system itself keeps a znode up to date.</summary>
    internal void Overwrite(int slot, ReadOnlySpan<byte> data)
    {
        Touch(slot, UndoKind.Data);
        Replace(slot, data, isNull: false);
        Settle(slot, UndoKind.Data);
    }

    /// <summary>Replaces the data of the configuration's znode, whose version is −1 once it has any (semantics reference §8).</summary>
    internal void Publish(int slot, ReadOnlySpan<byte> data, Zxid zxid, long time)
    {
        Touch(slot, UndoKind.Data);
        Replace(slot, data, isNull: false);
        ref var znode = ref _slots[slot];
        (znode.Version, znode.Mzxid, znode.Mtime) = (-1, zxid, time);
        Settle(slot, UndoKind.Data);
    }

    /// <summary>Sets the ACL, taking over the caller's reference on it.</summary>
    public void SetAcl(int slot, int acl)
    {
        Touch(slot, UndoKind.Acl);
        ref var znode = ref _slots[slot];
        Acls.Release(znode.Acl);
        znode.Acl = acl;
        znode.Aversion = unchecked(znode.Aversion + 1);
        Settle(slot, UndoKind.Acl);
    }

    /// <summary>Puts a znode, complete but for its links and bytes, behind its siblings.</summary>
    internal int Insert(in Znode znode, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool dataIsNull)
    {
        var slot = _slots.Take();
        _cursor?.Born(slot);
        ref var fresh = ref _slots[slot];
        fresh = znode;
        (fresh.FirstChild, fresh.LastChild, fresh.PreviousSibling, fresh.NextSibling, fresh.ChildCount) = (None, None, None, None, 0);
        (fresh.Path, fresh.Data) = (_blobs.Store(path), _blobs.Store(data, dataIsNull));
        if (slot != Root)
        {
            fresh.Ordinal = _siblings.NextOrdinal(fresh.Parent);
            _siblings.Append(slot);
        }
        if (fresh.IsEphemeral)
            _ephemerals.Add(slot);
        Enter(slot);
        _undo.Note(UndoKind.Created, slot, fresh);
        Settle(slot, UndoKind.Created);
        return slot;
    }

    /// <summary>Begins a transaction; every change from here is undone by <see cref="Rollback"/> or kept by <see cref="Commit"/>.</summary>
    public void Begin()
    {
        _undo.Begin(Digest);
        Quotas.Begin();
    }

    /// <summary>Keeps the changes of the transaction.</summary>
    public void Commit()
    {
        for (var i = 0; i < _undo.Count; i++)
        {
            ref readonly var entry = ref _undo[i];
            if (entry.Kind == UndoKind.Data)
                _blobs.Free(entry.Before.Data);
            else if (entry.Kind == UndoKind.Deleted)
                Drop(entry.Before);
        }
        _undo.End();
        Quotas.Forget();
    }

    /// <summary>Undoes the changes of the transaction, the last one first.</summary>
    public void Rollback()
    {
        for (var i = _undo.Count - 1; i >= 0; i--)
        {
            ref readonly var entry = ref _undo[i];
            if (entry.Kind == UndoKind.Created)
                Uncreate(entry.Slot);
            else if (entry.Kind == UndoKind.Deleted)
                Undelete(entry);
            else
                Revert(entry);
        }
        Digest = _undo.End();
        Quotas.Forget();
    }

    private void Revert(in Undo.Entry entry)
    {
        ref var znode = ref _slots[entry.Slot];
        ref readonly var before = ref entry.Before;
        switch (entry.Kind)
        {
            case UndoKind.Children:
#if MUTANTS
                if (Mutant.Is(Mutants.UndoForgetsPzxid))
                    znode.Cversion = before.Cversion;
                else
#endif
                (znode.Cversion, znode.Pzxid) = (before.Cversion, before.Pzxid);
                break;
            case UndoKind.Data:
                Bytes += before.Data.Size - znode.Data.Size;
                _blobs.Free(znode.Data);
                (znode.Data, znode.Version, znode.Mzxid, znode.Mtime) = (before.Data, before.Version, before.Mzxid, before.Mtime);
                break;
            case UndoKind.Acl:
                Acls.Retain(before.Acl);
                Acls.Release(znode.Acl);
                (znode.Acl, znode.Aversion) = (before.Acl, before.Aversion);
                break;
        }
    }

    private void Uncreate(int slot)
    {
        var gone = _slots[slot];
        Leave(slot);
        if (slot != Root)
            _siblings.Remove(slot);
        Free(slot);
        Acls.Release(gone.Acl);
        Drop(gone);
    }

    private void Undelete(in Undo.Entry entry)
    {
        var slot = entry.Slot;
        _slots.TakeBack(slot);
        _slots[slot] = entry.Before;
#if MUTANTS
        if (!Mutant.Is(Mutants.UndoLosesAcl))
#endif
        Acls.Retain(entry.Before.Acl);
        _siblings.Restore(slot);
        if (entry.Before.IsEphemeral)
            _ephemerals.Restore(slot, entry.Place);
        Enter(slot);
    }

    /// <summary>Before any change: the snapshot writes the old image, the transaction notes it, the digest loses it.</summary>
    private void Touch(int slot, UndoKind kind)
    {
        _cursor?.BeforeChange(slot);
        ref readonly var znode = ref _slots[slot];
        _undo.Note(kind, slot, znode, kind == UndoKind.Deleted && znode.IsEphemeral ? _ephemerals[slot] : default);
        Digest -= Contribution(slot, kind);
    }

    /// <summary>After any change: the digest gains the new image.</summary>
    private void Settle(int slot, UndoKind kind) => Digest += Contribution(slot, kind);

    /// <summary>The part of a znode's contribution that a change of this kind can alter.</summary>
    private Digest Contribution(int slot, UndoKind kind)
    {
        ref readonly var znode = ref _slots[slot];
        var pathKey = TreeDigest.PathKey(_blobs[znode.Path]);
        var rest = TreeDigest.Rest(pathKey, znode, Acls.DigestKeyOf(znode.Acl));
        return kind is UndoKind.Children or UndoKind.Acl ? rest : rest + TreeDigest.Data(pathKey, _blobs[znode.Data], znode.Data.IsNull);
    }

    private void Replace(int slot, ReadOnlySpan<byte> data, bool isNull)
    {
        ref var znode = ref _slots[slot];
        Bytes += data.Length - znode.Data.Size;
        var old = znode.Data;
        znode.Data = _blobs.Store(data, isNull);
        if (!_undo.IsOpen)
            _blobs.Free(old);
    }

    /// <summary>Makes a znode known wherever znodes are looked for, but for its siblings and its session.</summary>
    private void Enter(int slot)
    {
        ref readonly var znode = ref _slots[slot];
        if (slot != Root)
            _index.Add(slot);
        if (Owners.NeedsUpkeep(znode.Owner))
            _upkeep.Add(slot);
        Bytes += PathOf(slot).Length + znode.Data.Size;
        Quotas.Entered(PathOf(slot));
    }

    /// <summary>The reverse of <see cref="Enter"/>; the session forgets it, too.</summary>
    private void Leave(int slot)
    {
        ref readonly var znode = ref _slots[slot];
        if (slot != Root)
            _index.Remove(slot);
        if (znode.IsEphemeral)
            _ephemerals.Remove(slot);
        if (Owners.NeedsUpkeep(znode.Owner))
            _upkeep.Remove(slot);
        Bytes -= PathOf(slot).Length + znode.Data.Size;
        Quotas.Left(PathOf(slot));
    }

    private void Free(int slot)
    {
        _slots[slot].Parent = Znode.Free;
        _slots.Return(slot);
    }

    private void Drop(in Znode gone)
    {
        _blobs.Free(gone.Path);
        _blobs.Free(gone.Data);
    }
}
