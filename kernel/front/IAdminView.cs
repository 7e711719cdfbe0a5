using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>What the four-letter words may see of a server, and the few things they may reset.</summary>
internal interface IAdminView
{
    /// <summary>The time of the present step.</summary>
    Moment Now { get; }
    /// <summary>Since the server started.</summary>
    TimeSpan Uptime { get; }
    /// <summary>Whether clients are served; if not, most words say only that.</summary>
    bool IsServing { get; }
    /// <summary>Who is missing for a majority, in words; null when that is not what keeps the server from serving.</summary>
    string? Missing { get; }
    /// <summary>standalone, leader, follower or observer.</summary>
    string Mode { get; }
    /// <summary>Where this member stands among the others; null in an ensemble of one.</summary>
    EnsembleFigures? Ensemble { get; }

    /// <summary>The last zxid taken.</summary>
    Zxid Zxid { get; }
    /// <summary>Znodes, the root once and the system nodes included.</summary>
    int ZnodeCount { get; }
    /// <summary>Ephemerals of all sessions.</summary>
    int EphemeralCount { get; }
    /// <summary>Bytes of all paths and data.</summary>
    long ApproximateDataSize { get; }
    /// <summary>Open sessions.</summary>
    int SessionCount { get; }
    /// <summary>Open connections.</summary>
    int ConnectionCount { get; }
    /// <summary>Requests that wait for their answer.</summary>
    int OutstandingRequests { get; }
    /// <summary>Watches on data and on children.</summary>
    int WatchCount { get; }
    /// <summary>Of the watches on data: by how many connections, on how many paths, and how many in all.</summary>
    (int Connections, int Paths, int Watches) DataWatches { get; }
    /// <summary>Bytes on disk: snapshots, and the journal.</summary>
    (long Snapshots, long Journal) DiskBytes { get; }
    /// <summary>What the server counts.</summary>
    ServerStatistics Statistics { get; }
    /// <summary>The digests of some past states.</summary>
    DigestLog Digests { get; }

    /// <summary>Kept for stmk and gtmk, and without any effect. ZooKeeper's starts as 306.</summary>
    long TraceMask { get; set; }
    /// <summary>Sets the statistics of every connection back to nothing.</summary>
    void ResetConnectionStatistics();

    // What is listed is sorted by whoever lists it: any order will do here, as long as equal servers have equal ones.

    /// <summary>Lists every connection, the one that asks included.</summary>
    void ListConnections(IAdminListing to);
    /// <summary>Lists every session with the instant at which its silence would end it; none where that is not judged here.</summary>
    void ListSessions(IAdminListing to);
    /// <summary>Lists every ephemeral with its owner.</summary>
    void ListEphemerals(IAdminListing to);
    /// <summary>Lists every watch on data, persistent ones included, with the session that has it.</summary>
    void ListDataWatches(IAdminListing to);
}

/// <summary>Where a member stands among the others.</summary>
/// <param name="Term">The newest term it knows of.</param>
/// <param name="Lag">Entries that it knows to be committed and has not applied; of a leader, if that is more, those that the linked member which
/// is furthest behind does not hold.</param>
/// <param name="Rounds">Confirmation rounds that have ended for its clients.</param>
/// <param name="Followers">Of a leader: members that are linked with it, voters and observers.</param>
/// <param name="SyncedFollowers">Of a leader: those of them that hold everything committed.</param>
internal readonly record struct EnsembleFigures(Term Term, ulong Lag, ulong Rounds, int Followers, int SyncedFollowers);

/// <summary>Where an <see cref="IAdminView"/> lists things.</summary>
internal interface IAdminListing
{
    /// <summary>A connection.</summary>
    void Connection(in ConnectionView connection);
    /// <summary>A session and when it would expire.</summary>
    void Session(SessionId session, Instant deadline);
    /// <summary>A path that a session owns or watches.</summary>
    void Path(SessionId session, ReadOnlySpan<byte> path);
}

/// <summary>A connection as cons shows it. Latencies are milliseconds.</summary>
internal readonly ref struct ConnectionView
{
    public required ConnectionId Id { get; init; }
    /// <summary>Address and port.</summary>
    public required ReadOnlySpan<byte> Endpoint { get; init; }
    /// <summary>Whether it is not being read from.</summary>
    public required bool IsHeld { get; init; }
    /// <summary>Requests that wait for their answer.</summary>
    public required int Outstanding { get; init; }
    public required long PacketsReceived { get; init; }
    public required long PacketsSent { get; init; }
    /// <summary>When the handshake must be done or the session would expire; never where this member does not judge that.</summary>
    public required Instant Deadline { get; init; }
    /// <summary>None before the handshake is done; then the rest is void.</summary>
    public required SessionId Session { get; init; }
    public int TimeoutMilliseconds { get; init; }
    public WallTime Established { get; init; }
    /// <summary>Of the last answer; <see cref="OpCode.Notification"/> before the first.</summary>
    public OpCode LastOperation { get; init; }
    /// <summary>The last request's xid; negative ones are not shown.</summary>
    public int LastXid { get; init; }
    /// <summary>The zxid in the last answer; −1 before the first.</summary>
    public Zxid LastZxid { get; init; }
    /// <summary>When the last answer was written.</summary>
    public Instant LastResponse { get; init; }
    public long LastLatency { get; init; }
    public long MinLatency { get; init; }
    public long AverageLatency { get; init; }
    public long MaxLatency { get; init; }
}
