using System.Net.Sockets;

namespace Quorate.Hosts.Tcp;

/// <summary>The bytes of one connection, plain or encrypted. One receive and one send may be under way at a time.</summary>
internal abstract class Transport : IDisposable
{
    /// <summary>Receives into <paramref name="buffer"/>; 0 when the other side has ended, or this side has hung up.</summary>
    public abstract ValueTask<int> Receive(Memory<byte> buffer);

    /// <summary>Sends what can be sent without waiting; returns how much that was.</summary>
    /// <exception cref="SocketException">The connection is broken.</exception>
    public abstract int TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Sends some of <paramref name="bytes"/>, at least one, waiting for room; returns how many.</summary>
    public abstract ValueTask<int> Send(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends both directions in order; a pending receive then ends with 0. Never fails: at worst the other side was faster.</summary>
    public abstract ValueTask Shutdown();

    /// <summary>Gives the connection up. Everything pending fails.</summary>
    public abstract void Dispose();

    /// <summary>Whether an exception of a receive or a send means that the connection has ended.</summary>
    public static bool IsEnd(Exception e) =>
        e is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;
}
