using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Histories;

/// <summary>A watch event that reached a client, as it came over the connection, once for each notification.</summary>
/// <param name="Client">Who got it.</param>
/// <param name="Session">In which session.</param>
/// <param name="Connection">On which of its connections, counted from 1.</param>
/// <param name="What">The kind of event.</param>
/// <param name="Path">The path it names.</param>
/// <param name="Zxid">The header's zxid: of the change, or −1 for what setWatches caught up on.</param>
/// <param name="At">When it came.</param>
internal sealed record WatchSeen(int Client, SessionId Session, int Connection, WatchEvent What, string Path, Zxid Zxid, TrueTime At)
{
    /// <summary>The zxid of events that a setWatches caught up on.</summary>
    public static readonly Zxid CaughtUp = new(-1);

    /// <inheritdoc/>
    public override string ToString() => $"{What} {Path} at {Zxid} for client {Client}, session {Session}, connection {Connection}";
}

/// <summary>What a client learnt about its session.</summary>
internal enum SessionChange : byte
{
    /// <summary>A server accepted the session on a new connection.</summary>
    Connected,
    /// <summary>The connection is gone; the session may live.</summary>
    Disconnected,
    /// <summary>A server said that the session is no more.</summary>
    Expired,
    /// <summary>The client's closeSession was answered, or the client gave the session up.</summary>
    Closed,
}

/// <summary>Something that a client learnt about its session.</summary>
/// <param name="Client">Who learnt it.</param>
/// <param name="What">What.</param>
/// <param name="Session">About which session.</param>
/// <param name="Connection">On which of its connections, counted from 1.</param>
/// <param name="Server">The member at the other end.</param>
/// <param name="Timeout">The timeout in force, as negotiated; of <see cref="SessionChange.Connected"/>.</param>
/// <param name="Asked">When the ConnectRequest was sent; of <see cref="SessionChange.Connected"/>.</param>
/// <param name="At">When it was learnt.</param>
internal sealed record SessionSeen(
    int Client, SessionChange What, SessionId Session, int Connection, ServerId Server, TimeSpan Timeout, TrueTime Asked, TrueTime At)
{
    /// <inheritdoc/>
    public override string ToString() => $"session {Session} of client {Client} {What}, connection {Connection} to member {Server}";
}
