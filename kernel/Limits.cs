namespace Quorate.Kernel;

/// <summary>Every bound in the system. What happens at each is said beside it; nothing else bounds memory.</summary>
/// <remarks>Bounds that can change the outcome of an entry are replicated facts, set through the log (A7); they are marked so.</remarks>
public sealed record Limits
{
    /// <summary>Largest client frame in bytes (jute.maxbuffer); a larger one closes the connection.</summary>
    public int FrameBytes { get; init; } = 0xfffff;

    /// <summary>Connections in all; one more is hung up at once.</summary>
    public int Connections { get; init; } = 100_000;

    /// <summary>Unanswered requests of one connection; at the bound it is held until half are answered.</summary>
    public int RequestsPerConnection { get; init; } = 1_000;

    /// <summary>Bytes of unanswered requests of one connection; at the bound it is held until half are answered.</summary>
    public int RequestBytesPerConnection { get; init; } = 4 << 20;

    /// <summary>Unanswered requests of all connections (globalOutstandingLimit is per ZooKeeper's meaning; here a memory bound); at the bound
    /// connections that send are held.</summary>
    public int RequestsOutstanding { get; init; } = 200_000;

    /// <summary>Bytes of answers to reads that one connection gets in a batch, the last answer not counted; beyond, its reads wait for the next
    /// batch, and no further one is answered while its client does not read.</summary>
    public int AnswerBytesPerBatch { get; init; } = 128 << 10;

    /// <summary>Reads of one connection that are answered whatever their size; those behind wait until these are answered.</summary>
    public int ReadsPromised { get; init; } = 256;

    /// <summary>Bytes of proposed but uncommitted entries; beyond, connections that write are held.</summary>
    public long UncommittedBytes { get; init; } = 64L << 20;

    /// <summary>With <see cref="Settings.FlushBeforeReply"/> off: bytes of entries that are acknowledged but not flushed; beyond, replies wait
    /// for the disk.</summary>
    public long UnflushedBytes { get; init; } = 16L << 20;

    /// <summary>Bytes of recent entries kept in memory; the oldest applied ones are dropped.</summary>
    public int LogRingBytes { get; init; } = 16 << 20;

    /// <summary>Bytes of one frame between members; entries, commands and pieces of a snapshot travel in portions of at most this.</summary>
    public int PeerFrameBytes { get; init; } = 2 << 20;

    /// <summary>Frames of entries that a follower may have unanswered; the leader then waits for it.</summary>
    public int InflightFrames { get; init; } = 64;

    /// <summary>Bytes of entries that a follower may have unanswered.</summary>
    public int InflightBytes { get; init; } = 8 << 20;

    /// <summary>Number of recent entries kept in memory.</summary>
    public int LogRingEntries { get; init; } = 1 << 16;

    /// <summary>Sessions; one more is refused. Replicated.</summary>
    public int Sessions { get; init; } = 1_000_000;

    /// <summary>Watches of one connection; beyond, the connection is closed.</summary>
    public int WatchesPerConnection { get; init; } = 1_000_000;

    /// <summary>Identities of one connection, in encoded bytes; beyond, an auth packet fails.</summary>
    public int IdentityBytes { get; init; } = 16 << 10;

    /// <summary>Ephemerals of one session: they are deleted in one transaction. Beyond, create is refused as QuotaExceeded. Replicated.</summary>
    public int EphemeralsPerSession { get; init; } = 100_000;

    /// <summary>Znodes; beyond, creates are refused as QuotaExceeded. Replicated.</summary>
    public int Znodes { get; init; } = 64_000_000;

    /// <summary>Bytes of paths and data; beyond, writes that grow are refused as QuotaExceeded. Replicated.</summary>
    public long BlobBytes { get; init; } = 16L << 30;

    /// <summary>Operations of one multi; more is a malformed multi. Replicated.</summary>
    public int MultiOperations { get; init; } = 100_000;

    /// <summary>Bytes of snapshot chunks written but not yet done; beyond, the cursor waits.</summary>
    public int SnapshotBytesInFlight { get; init; } = 4 << 20;

    /// <summary>The zxid counter's last value; the next entry needs a new term.</summary>
    public uint ZxidCounter { get; init; } = uint.MaxValue;

    /// <summary>Checks the bounds against each other.</summary>
    /// <exception cref="ArgumentException">Two bounds contradict; the message names them.</exception>
    public Limits Validated()
    {
        Demand(FrameBytes >= 1024, "FrameBytes must be at least 1024");
        Demand(LogRingBytes >= 4L * FrameBytes, "LogRingBytes must hold at least four frames of FrameBytes");
        Demand(LogRingBytes >= FrameBytes + (long)IdentityBytes + 1024, "LogRingBytes must hold one frame of FrameBytes with IdentityBytes of identities");
        Demand(PeerFrameBytes >= FrameBytes + (long)IdentityBytes + 1024, "PeerFrameBytes must hold one frame of FrameBytes with IdentityBytes of identities");
        Demand(InflightFrames >= 1 && InflightBytes >= 1, "InflightFrames and InflightBytes must be at least 1");
        Demand(LogRingEntries >= 16, "LogRingEntries must be at least 16");
        Demand(RequestBytesPerConnection >= FrameBytes, "RequestBytesPerConnection must hold one frame of FrameBytes");
        Demand(UnflushedBytes >= 0, "UnflushedBytes must not be negative");
        Demand(RequestsPerConnection >= 1, "RequestsPerConnection must be at least 1");
        Demand(AnswerBytesPerBatch >= 1 && ReadsPromised >= Fronts.Shares.FirstWindow, "AnswerBytesPerBatch must be at least 1, ReadsPromised at least 2");
        Demand(RequestsOutstanding >= RequestsPerConnection, "RequestsOutstanding must be at least RequestsPerConnection");
        Demand(Connections >= 1 && Sessions >= 1 && Znodes >= 16, "Connections, Sessions and Znodes must be positive");
        Demand(ZxidCounter >= 16, "ZxidCounter must be at least 16");
        return this;
    }

    private static void Demand(bool holds, string rule)
    {
        if (!holds)
            throw new ArgumentException("Limits: " + rule + ".");
    }
}
