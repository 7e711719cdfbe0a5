using System.Globalization;
using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Importing;

/// <summary>A snapshot, and the logged transactions after it applied one by one, as ZooKeeper itself would on a restart.</summary>
/// <remarks>
/// A snapshot is written while transactions go on, so it may already show some of those that are applied to it again. Each is therefore
/// applied by what it says, not by what it would mean afresh: versions are absolute, counters and zxids of a parent only rise, what exists
/// already is not created again, and what is missing is not an error. Semantics reference §20.2.
/// </remarks>
internal sealed class ZooKeeperState
{
    private readonly string _origin;
    private readonly DigestCheck _check;
    private Zxid _through;
    private Zxid _previous;

    private ZooKeeperState(string origin, Zxid through, bool ignoreDigests)
    {
        (_origin, _through, _check) = (origin, through, new(ignoreDigests));
        Tree.LastZxid = through;
    }

    /// <summary>The tree and sessions as of the last transaction applied.</summary>
    public ImportedTree Tree { get; } = new();

    /// <summary>How many transactions were applied, failed ones included.</summary>
    public int Applied { get; private set; }

    /// <summary>The state of a server that never had a transaction.</summary>
    public static ZooKeeperState Empty(bool ignoreDigests)
    {
        var state = new ZooKeeperState("", Zxid.Zero, ignoreDigests);
        state.AddSystemNodes();
        return state;
    }

    /// <summary>The state that a snapshot holds.</summary>
    /// <param name="snapshot">The snapshot; its znodes become the tree's.</param>
    /// <param name="zxid">The number in its name: the last transaction that it holds for certain.</param>
    /// <param name="ignoreDigests">Whether to leave ZooKeeper's digests uncompared.</param>
    /// <param name="flaw">Why it cannot be loaded, or null.</param>
    public static ZooKeeperState Load(ZooKeeperSnapshot snapshot, Zxid zxid, bool ignoreDigests, out Flaw? flaw)
    {
        var state = new ZooKeeperState(snapshot.File, zxid, ignoreDigests);
        foreach (var session in snapshot.Sessions)
            state.Tree.OpenSession(session);
        flaw = snapshot.Nodes.Count == 0 ? Senseless(snapshot, "The snapshot has no znodes, not even the root") : null;
        foreach (var node in snapshot.Nodes)
            if (!state.Tree.TryAdd(node))
                flaw ??= Senseless(snapshot, $"Znode {Name(node)} comes twice, or before its parent, or its path is impossible");
        state.Require(snapshot.Digest?.Zxid ?? Zxid.Zero);
        state.Require(snapshot.LastProcessed ?? Zxid.Zero);
        state._check.Begin(snapshot, zxid, state.Tree.Digest);
        return state;
    }

    /// <summary>Demands that the replay reaches a transaction of which the folder bears witness.</summary>
    public void Require(Zxid zxid) => _through = zxid > _through ? zxid : _through;

    /// <summary>Applies the next record of the log; one that the snapshot is sure to hold is passed over.</summary>
    public Flaw? Apply(in LogRecord record)
    {
        var header = record.Header;
        if (header.Zxid < _previous)
            return record.Flaw($"the log goes back from {_previous}", "Do the files come from different servers? " + Flaw.AnotherCopy);
        _previous = header.Zxid;
        if (header.Zxid <= Tree.LastZxid)
            return null;
        var reader = new JuteReader(record.Body);
        if (!TryApply(ref reader, header, header.Type) || (reader.Rest.Length != 0 && reader.Rest.Length != TxnDigest.Length))
            return Unknown(record);
        Tree.LastZxid = header.Zxid;
        Applied++;
        return _check.After(record, reader.Rest.IsEmpty ? null : TxnDigest.Read(ref reader), Tree.Digest);
    }

    /// <summary>Ends the replay: makes sure that nothing is missing, and does what a server does before it serves.</summary>
    public Flaw? Finish(List<string> notes)
    {
        if (Tree.LastZxid < _through)
            return new(_origin, null, $"The logs end at transaction {Tree.LastZxid}, but the folder has seen {_through}", Incomplete);
        if (_check.Finish() is { } flaw)
            return flaw;
        foreach (var node in Tree.Nodes)
            if (Unfinished(node) is { } missing)
                return missing;
        AddSystemNodes();
        DropOrphans(notes);
        QuotaStats.Recompute(Tree);
        return null;
    }

    private const string Incomplete = "Logs are missing: is there a dataLogDir of its own that was not named? " + Flaw.AnotherCopy;

    private static Flaw Senseless(ZooKeeperSnapshot snapshot, string what) => new(snapshot.File, null, what, Flaw.AnotherCopy);

    private static Flaw Unknown(in LogRecord record)
    {
        var type = ((int)record.Header.Type).ToString(CultureInfo.InvariantCulture);
        return record.Flaw(
            $"a transaction of type {type} is unknown or makes no sense, although its checksum fits",
            "Was the folder written by a newer ZooKeeper, or by something else? " + Flaw.AnotherCopy);
    }

    private Flaw? Unfinished(ImportedNode node)
    {
        if (node.Czxid > Tree.LastZxid || node.Mzxid > Tree.LastZxid || node.Pzxid > Tree.LastZxid)
            return new(_origin, null, $"Znode {Name(node)} was changed after {Tree.LastZxid}, where the logs end", Incomplete);
        return node.Acl.IsEmpty ? new(_origin, null, $"The ACL of znode {Name(node)} is in neither snapshot nor logs", Incomplete) : null;
    }

    /// <summary>A server deletes the ephemerals of sessions that it does not know before it serves.</summary>
    private void DropOrphans(List<string> notes)
    {
        var orphans = new List<ImportedNode>();
        foreach (var node in Tree.Nodes)
            if (node.Session != SessionId.None && !Tree.IsOpen(node.Session))
                orphans.Add(node);
        if (orphans.Count == 0)
            return;
        var (count, first) = (orphans.Count.ToString(CultureInfo.InvariantCulture), orphans[0]);
        notes.Add($"{count} ephemerals of sessions that do not exist are left out, among them {Name(first)} of session {first.Session}.");
        foreach (var orphan in orphans)
            Delete(orphan.Path.Span, Tree.LastZxid);
    }

    private bool TryApply(ref JuteReader reader, in TxnHeader header, OpCode type)
    {
        switch (type)
        {
            case OpCode.CreateSession:
                var timeout = reader.Int();
                Tree.OpenSession(new(header.Session, timeout));
                return !reader.Failed;
            case OpCode.CloseSession:
                var close = CloseSessionTxn.Read(ref reader);
                return !reader.Failed && CloseSession(close, header);
            case OpCode.Multi:
                var multi = MultiTxn.Read(ref reader);
                return !reader.Failed && TryApply(multi, header);
            default:
                return TryApplyPart(ref reader, header, type);
        }
    }

    private bool TryApply(MultiTxn multi, in TxnHeader header)
    {
        // A multi that failed is logged with errors among its parts, and with parts before them that were taken back.
        if (multi.HasError)
            return true;
        foreach (var part in multi)
        {
            var reader = new JuteReader(part.Record);
            if (!TryApplyPart(ref reader, header, part.Type) || !reader.Rest.IsEmpty)
                return false;
        }
        return true;
    }

    /// <summary>Applies what may stand alone as well as in a multi. False if it cannot be read.</summary>
    private bool TryApplyPart(ref JuteReader reader, in TxnHeader header, OpCode type)
    {
        switch (type)
        {
            case OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl:
                var create = CreateTxn.Read(ref reader, type, header.Session);
                return !reader.Failed && Create(create, header);
            case OpCode.Delete or OpCode.DeleteContainer:
                var path = reader.NonNull();
                return !reader.Failed && Delete(path, header.Zxid);
            case OpCode.SetData or OpCode.Reconfig:
                var setData = SetDataTxn.Read(ref reader);
                return !reader.Failed && SetData(setData, header);
            case OpCode.SetAcl:
                var setAcl = SetAclTxn.Read(ref reader);
                return !reader.Failed && SetAcl(setAcl);
            case OpCode.Check:
                reader.NonNull();
                reader.Int();
                return !reader.Failed;
            case OpCode.Error:
                reader.Int();
                return !reader.Failed;
            default:
                return false;
        }
    }

    private bool Create(CreateTxn txn, in TxnHeader header)
    {
        if (!ImportedTree.TryParent(txn.Path, out var parentPath))
            return false;
        if (Tree.Find(parentPath) is not { } parent)
            return true;
        var acl = AclOf(txn.Acl);
        if (Tree.Find(txn.Path) is not { } node)
        {
            node = NewNode(txn, header);
            Tree.TryAdd(node);
        }
        if (node.Acl.IsEmpty)
            node.Acl = acl;

        // The znode may have been deleted again before the snapshot came to its parent: then the parent is ahead of this transaction.
        var cversion = txn.ParentCversion == -1 ? parent.Cversion + 1 : txn.ParentCversion;
        if (cversion > parent.Cversion)
        {
            parent.Cversion = cversion;
            parent.Pzxid = header.Zxid;
            Tree.Changed(parent);
        }
        return true;
    }

    private static ImportedNode NewNode(CreateTxn txn, in TxnHeader header) => new()
    {
        Path = txn.Path.ToArray(),
        Data = txn.Data.ToArray(),
        DataIsNull = txn.DataIsNull,
        Czxid = header.Zxid,
        Mzxid = header.Zxid,
        Pzxid = header.Zxid,
        Ctime = header.Time,
        Mtime = header.Time,
        Owner = txn.Owner,
    };

    private bool Delete(ReadOnlySpan<byte> path, Zxid zxid)
    {
        if (!ImportedTree.TryParent(path, out var parentPath))
            return false;
        // Even if the znode is gone: the snapshot may have seen its parent before the deletion and the place where it stood after it.
        if (Tree.Find(parentPath) is { } parent && zxid > parent.Pzxid)
        {
            parent.Pzxid = zxid;
            Tree.Changed(parent);
        }
        if (Tree.Find(path) is { } node)
            Tree.Remove(node);
        return true;
    }

    private bool SetData(SetDataTxn txn, in TxnHeader header)
    {
        if (Tree.Find(txn.Path) is not { } node)
            return true;
        node.Data = txn.Data.ToArray();
        node.DataIsNull = txn.DataIsNull;
        node.Version = txn.Version;
        node.Mzxid = header.Zxid;
        node.Mtime = header.Time;
        Tree.Changed(node);
        return true;
    }

    private bool SetAcl(SetAclTxn txn)
    {
        if (Tree.Find(txn.Path) is not { } node)
            return true;
        node.Acl = AclOf(txn.Acl);
        node.Aversion = txn.Aversion;
        Tree.Changed(node);
        return true;
    }

    private bool CloseSession(CloseSessionTxn txn, in TxnHeader header)
    {
        Tree.CloseSession(header.Session);
        foreach (var path in txn.Paths)
            if (!Delete(path, header.Zxid))
                return false;
        // Older logs do not list them, and no ephemeral may outlive its session whatever the list says.
        while (Tree.NewestEphemeral(header.Session) is { } ephemeral)
            Delete(ephemeral.Path.Span, header.Zxid);
        return true;
    }

    private ReadOnlyMemory<byte> AclOf(AclList acl) => acl.IsNull ? ZooKeeperSnapshot.OpenAcl : Tree.Intern(acl.Bytes);

    /// <summary>Adds those that are not there: old versions did not have all of them.</summary>
    private void AddSystemNodes()
    {
        byte[] readOnly = [.. ZooKeeperSnapshot.OpenAcl.Span];
        readOnly[2 * sizeof(int) - 1] = (byte)Permissions.Read;
        AddSystemNode("", ZooKeeperSnapshot.OpenAcl, 0);
        AddSystemNode("/zookeeper", ZooKeeperSnapshot.OpenAcl, 0);
        AddSystemNode("/zookeeper/quota", ZooKeeperSnapshot.OpenAcl, 0);
        AddSystemNode("/zookeeper/config", readOnly, -1);
    }

    private void AddSystemNode(string path, ReadOnlyMemory<byte> acl, int aversion) => Tree.TryAdd(new()
    {
        Path = Encoding.UTF8.GetBytes(path),
        Acl = acl,
        Aversion = aversion,
        Czxid = Zxid.Zero,
        Mzxid = Zxid.Zero,
        Pzxid = Zxid.Zero,
        Ctime = 0,
        Mtime = 0,
        Owner = 0,
    });

    private static string Name(ImportedNode node) => node.Path.IsEmpty ? "/" : Encoding.UTF8.GetString(node.Path.Span);
}
