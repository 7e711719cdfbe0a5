namespace Quorate.Kernel.Fronts;

/// <summary>A server's own counters at one moment, since its start or the last srst. Hosts may publish it from any thread.</summary>
public sealed record ServerCounters
{
    /// <summary>Frames received from clients.</summary>
    public required long PacketsReceived { get; init; }
    /// <summary>Bytes received from clients.</summary>
    public required long BytesReceived { get; init; }
    /// <summary>Frames sent to clients.</summary>
    public required long PacketsSent { get; init; }
    /// <summary>Bytes sent to clients.</summary>
    public required long BytesSent { get; init; }
    /// <summary>Connections refused by a limit.</summary>
    public required long ConnectionsRejected { get; init; }
    /// <summary>ConnectRequests received.</summary>
    public required long ConnectRequests { get; init; }
    /// <summary>Connections closed because their handshake took too long.</summary>
    public required long HandshakesExpired { get; init; }
    /// <summary>Sessions closed for their silence.</summary>
    public required long SessionsExpired { get; init; }
    /// <summary>Auth packets that failed.</summary>
    public required long AuthFailures { get; init; }
    /// <summary>Entries proposed by this member.</summary>
    public required long Proposals { get; init; }
    /// <summary>Entries applied by this member.</summary>
    public required long Commits { get; init; }
    /// <summary>Snapshots finished.</summary>
    public required long Snapshots { get; init; }
    /// <summary>All requests, from arrival to reply.</summary>
    public required LatencySummary Requests { get; init; }
    /// <summary>Requests that read.</summary>
    public required LatencySummary Reads { get; init; }
    /// <summary>Requests that write.</summary>
    public required LatencySummary Updates { get; init; }
    /// <summary>Flushes of the journal.</summary>
    public required LatencySummary Flushes { get; init; }
    /// <summary>Snapshots, from first to last byte.</summary>
    public required LatencySummary SnapshotTimes { get; init; }
}

/// <summary>How long things took, in short.</summary>
public readonly record struct LatencySummary(
    long Count, TimeSpan Total, TimeSpan Min, TimeSpan Max, TimeSpan P50, TimeSpan P95, TimeSpan P99, TimeSpan P999);
