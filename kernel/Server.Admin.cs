using Quorate.Kernel.Fronts;

namespace Quorate.Kernel;

/// <summary>What the four-letter words and the hosts' metrics may see.</summary>
public sealed partial class Server : IAdminView
{
    private Instant _startedAt;
    private readonly DigestLog _digests = new();

    /// <summary>What the server has counted since it began to serve, for hosts that publish it; null before.</summary>
    public ServerCounters? Counters => _front?.Statistics.Counters();

    /// <summary>Open client connections.</summary>
    public int ConnectionCount => _front?.ConnectionCount ?? 0;

    /// <summary>Znodes, the system nodes included.</summary>
    public int ZnodeCount => _machine.Tree.Count;

    /// <summary>Open sessions.</summary>
    public int SessionCount => _machine.Sessions.Count;

    Moment IAdminView.Now => _now;
    TimeSpan IAdminView.Uptime => _now.Instant - _startedAt;
    bool IAdminView.IsServing => State is ServerState.Serving;
    string IAdminView.Mode =>
        _raft.IsAlone ? "standalone"
        : _raft.Role == Consensus.Role.Leader ? "leader"
        : _raft.IsVoter ? "follower" : "observer";
    EnsembleFigures? IAdminView.Ensemble => _raft.IsAlone
        ? null
        : new(
            _raft.Term, Math.Max(_raft.Committed.Value - _raft.Applied.Value, _raft.FurthestBehind), _confirmed,
            _raft.Followers(isSynced: false), _raft.Followers(isSynced: true));
    Zxid IAdminView.Zxid => _machine.Zxid;
    int IAdminView.EphemeralCount => _machine.Tree.EphemeralCount;
    long IAdminView.ApproximateDataSize => _machine.Tree.Bytes;
    int IAdminView.OutstandingRequests => _front!.OutstandingRequests;
    int IAdminView.WatchCount => _front!.WatchCount;
    (int Connections, int Paths, int Watches) IAdminView.DataWatches => _front!.DataWatches;
    (long Snapshots, long Journal) IAdminView.DiskBytes => (_snapshotFiles.Bytes, _journal.Bytes);
    ServerStatistics IAdminView.Statistics => _front!.Statistics;
    DigestLog IAdminView.Digests => _digests;
    long IAdminView.TraceMask { get; set; } = 306;
    void IAdminView.ResetConnectionStatistics() => _front!.ResetConnectionStatistics();
    void IAdminView.ListConnections(IAdminListing to) => _front!.ListConnections(to);
    void IAdminView.ListSessions(IAdminListing to) => _front!.ListSessions(to);
    void IAdminView.ListDataWatches(IAdminListing to) => _front!.ListDataWatches(to);

    void IAdminView.ListEphemerals(IAdminListing to)
    {
        var tree = _machine.Tree;
        foreach (var session in tree.EphemeralOwners())
            for (var slot = tree.FirstEphemeral(session); slot != Trees.Tree.None; slot = tree.NextEphemeral(slot))
                to.Path(session, tree.PathOf(slot));
    }

    private void NoteDigest(Zxid zxid)
    {
        if (zxid.Counter % DigestLog.Interval == 0)
            _digests.Applied(zxid, _machine.Digest);
    }
}
