namespace Quorate.Kernel.Importing;

/// <summary>Compares the tree with the digests that ZooKeeper left in its snapshot and behind its transactions.</summary>
/// <remarks>
/// The snapshot's own digest is that of the moment at which it was finished. Until replay has come that far the tree may show a mixture
/// that never existed, so nothing is compared. One transaction more may have been halfway in the tree just then: a snapshot digest that
/// does not fit is therefore only a doubt, which the digest of the next transaction settles either way.
/// </remarks>
internal sealed class DigestCheck(bool ignore)
{
    private SnapshotDigest? _awaited;
    private string _snapshot = "";
    private Flaw? _doubt;

    /// <summary>Starts with the tree of a snapshot, before any transaction.</summary>
    public void Begin(ZooKeeperSnapshot snapshot, Zxid zxid, ulong digest)
    {
        // A server that has applied nothing since its start writes zxid 0, and no digest. An old digest is one of another tree.
        if (snapshot.Digest is not { Version: ZooKeeperDigest.Version } found || found.Zxid == Zxid.Zero || found.Zxid < zxid)
            return;
        _awaited = found;
        _snapshot = snapshot.File;
        if (found.Zxid == zxid)
            Reach(found, digest);
    }

    /// <summary>Compares after a transaction.</summary>
    /// <param name="record">The transaction's record.</param>
    /// <param name="digest">The digest behind the record, if it has one.</param>
    /// <param name="actual">The digest of the tree now.</param>
    public Flaw? After(in LogRecord record, TxnDigest? digest, ulong actual)
    {
        if (_awaited is { } awaited && record.Header.Zxid <= awaited.Zxid)
        {
            if (record.Header.Zxid == awaited.Zxid)
                Reach(awaited, actual);
            return null;
        }
        _awaited = null;
        if (ignore || digest is not { Version: ZooKeeperDigest.Version } expected)
            return null;
        if (expected.Value != actual)
            return _doubt ?? record.Flaw("the tree's digest is not the one that ZooKeeper logged with it", Remedy);
        _doubt = null;
        return null;
    }

    /// <summary>Ends the replay: a doubt that nothing settled is an error.</summary>
    public Flaw? Finish() => ignore ? null : _doubt;

    private const string Remedy =
        "Files are missing or come from different servers: check that the snapshot and all logs since are there. " + Flaw.AnotherCopy;

    private void Reach(SnapshotDigest awaited, ulong actual)
    {
        _awaited = null;
        if (awaited.Value != actual)
            _doubt = new(_snapshot, null, $"The tree's digest after transaction {awaited.Zxid} is not the one in the snapshot", Remedy);
    }
}
