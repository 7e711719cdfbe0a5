using System.Net.Sockets;

namespace Quorate.Hosts.Tcp;

/// <summary>A bare TCP socket.</summary>
internal sealed class PlainTransport : Transport
{
    private readonly Socket _socket;

    public PlainTransport(Socket socket)
    {
        _socket = socket;
        // Makes Send return what it could rather than wait; asynchronous operations do not care.
        _socket.Blocking = false;
    }

    public override ValueTask<int> Receive(Memory<byte> buffer) => _socket.ReceiveAsync(buffer, SocketFlags.None);

    public override int TrySend(ReadOnlySpan<byte> bytes)
    {
        var sent = _socket.Send(bytes, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }

    public override ValueTask<int> Send(ReadOnlyMemory<byte> bytes) => _socket.SendAsync(bytes, SocketFlags.None);

    public override ValueTask Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The other side was faster.
        }
        return ValueTask.CompletedTask;
    }

    public override void Dispose() => _socket.Dispose();
}
