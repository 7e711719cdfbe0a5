using System.Threading.Channels;
using Quorate.Kernel.Ground;

namespace Quorate.Hosts.Memory;

/// <summary>A client's connection to an in-memory server: frames in, frames out, no socket.</summary>
public sealed class MemoryConnection
{
    private readonly Channel<byte[]> _output = Channel.CreateUnbounded<byte[]>();
    private readonly MemoryMember _member;
    private int _delivered;

    internal MemoryConnection(MemoryMember member, ConnectionId id)
    {
        _member = member;
        Id = id;
    }

    internal ConnectionId Id { get; }

    /// <summary>How often something was left to be received; the end counts too.</summary>
    internal int Delivered => Volatile.Read(ref _delivered);

    /// <summary>Whether the server, or <see cref="Close"/>, has closed the connection. What was received before can still be read.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Sends bytes as a client would on a socket: any number of frames, each with its length in front, in any split.</summary>
    public void Send(ReadOnlySpan<byte> bytes) => _member.Receive(this, bytes.ToArray());

    /// <summary>The next bytes from the server, one or more whole frames, if there are any now.</summary>
    public bool TryReceive(out byte[] frames)
    {
        var found = _output.Reader.TryRead(out var bytes);
        frames = bytes ?? [];
        return found;
    }

    /// <summary>Waits for the next bytes from the server; empty when it has closed.</summary>
    public async ValueTask<byte[]> ReceiveAsync(CancellationToken cancellation = default) =>
        await _output.Reader.WaitToReadAsync(cancellation) && _output.Reader.TryRead(out var bytes) ? bytes : [];

    /// <summary>Closes the connection; the session lives on until its timeout.</summary>
    public void Close() => _member.Close(this);

    internal void Deliver(ReadOnlySpan<byte> frames)
    {
        if (IsClosed)
            return;
        Interlocked.Increment(ref _delivered);
        _output.Writer.TryWrite(frames.ToArray());
    }

    internal void MarkClosed()
    {
        IsClosed = true;
        Interlocked.Increment(ref _delivered);
        _output.Writer.TryComplete();
    }
}
