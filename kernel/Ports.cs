namespace Quorate.Kernel;

/// <summary>What a world must provide. Spans are void when the call returns. No call blocks, none calls back into the server.</summary>
public interface IPorts
{
    /// <summary>Sends a frame to another member. May be lost.</summary>
    void Send(ServerId to, ReadOnlySpan<byte> frame);

    /// <summary>Appends whole frames to a connection's output; ignored when the connection is gone.</summary>
    void Reply(ConnectionId to, ReadOnlySpan<byte> frames);

    /// <summary>Closes a connection once its output is written; the server still gets its <see cref="InputKind.ClientClosed"/>.</summary>
    void HangUp(ConnectionId connection);

    /// <summary>Stops reading from a connection, or goes on.</summary>
    void Throttle(ConnectionId connection, bool hold);

    /// <summary>Begins a disk request of any of the five kinds; it ends later with <see cref="InputKind.DiskDone"/>.</summary>
    void Disk(in Effect request, ReadOnlySpan<byte> bytes);
}
