namespace Quorate.Kernel.Fronts;

/// <summary>What a server counts about itself since it started, or since srst: for people and their tools, never for a decision.</summary>
internal sealed class ServerStatistics
{
    /// <summary>Frames received from clients, and their bytes.</summary>
    public long PacketsReceived, BytesReceived;
    /// <summary>Frames sent to clients, and their bytes.</summary>
    public long PacketsSent, BytesSent;
    /// <summary>Connections refused by a limit.</summary>
    public long ConnectionsRejected;
    /// <summary>ConnectRequests received.</summary>
    public long ConnectRequests;
    /// <summary>Connections closed because they did not complete their handshake in time.</summary>
    public long HandshakesExpired;
    /// <summary>Sessions this member, leading, closed for their silence.</summary>
    public long SessionsExpired;
    /// <summary>Auth packets that failed.</summary>
    public long AuthFailures;
    /// <summary>Entries this member proposed.</summary>
    public long Proposals;
    /// <summary>Entries this member applied.</summary>
    public long Commits;
    /// <summary>Snapshots finished.</summary>
    public long Snapshots;

    /// <summary>From a request's arrival to its reply: all, reads, and writes.</summary>
    public Latencies Requests { get; } = new();
    /// <inheritdoc cref="Requests"/>
    public Latencies Reads { get; } = new();
    /// <inheritdoc cref="Requests"/>
    public Latencies Updates { get; } = new();
    /// <summary>Flushes of the journal, from request to completion.</summary>
    public Latencies Flushes { get; } = new();
    /// <summary>Snapshots, from first to last byte.</summary>
    public Latencies SnapshotTimes { get; } = new();

    /// <summary>Bytes of one reply's body.</summary>
    public Extent ResponseSize;
    /// <summary>Bytes of one proposed entry.</summary>
    public Extent ProposalSize;

    /// <summary>Starts again from nothing (srst).</summary>
    public void Reset()
    {
        PacketsReceived = BytesReceived = PacketsSent = BytesSent = 0;
        ConnectionsRejected = ConnectRequests = HandshakesExpired = SessionsExpired = AuthFailures = Proposals = Commits = Snapshots = 0;
        Requests.Reset();
        Reads.Reset();
        Updates.Reset();
        Flushes.Reset();
        SnapshotTimes.Reset();
        ResponseSize = ProposalSize = default;
    }

    /// <summary>A copy that a host may hand on.</summary>
    public ServerCounters Counters() => new()
    {
        PacketsReceived = PacketsReceived,
        BytesReceived = BytesReceived,
        PacketsSent = PacketsSent,
        BytesSent = BytesSent,
        ConnectionsRejected = ConnectionsRejected,
        ConnectRequests = ConnectRequests,
        HandshakesExpired = HandshakesExpired,
        SessionsExpired = SessionsExpired,
        AuthFailures = AuthFailures,
        Proposals = Proposals,
        Commits = Commits,
        Snapshots = Snapshots,
        Requests = Requests.Summary(),
        Reads = Reads.Summary(),
        Updates = Updates.Summary(),
        Flushes = Flushes.Summary(),
        SnapshotTimes = SnapshotTimes.Summary(),
    };
}

/// <summary>The newest, smallest and largest of some sizes; −1 before the first.</summary>
internal struct Extent
{
    private bool _any;
    private int _last, _min, _max;

    public readonly int Last => _any ? _last : -1;
    public readonly int Min => _any ? _min : -1;
    public readonly int Max => _any ? _max : -1;

    /// <summary>One more.</summary>
    public void Add(int size)
    {
        _min = _any ? Math.Min(_min, size) : size;
        _max = _any ? Math.Max(_max, size) : size;
        _last = size;
        _any = true;
    }
}
