using System.Net.Security;
using System.Net.Sockets;

namespace Quorate.Hosts.Tcp;

/// <summary>A TLS session over a TCP socket, after its handshake.</summary>
/// <remarks>It never sends at once: encryption is work, and the kernel thread, which tries first, has better things to do.</remarks>
internal sealed class TlsTransport(Socket socket, SslStream stream) : Transport
{
    private static readonly TimeSpan GoodbyePatience = TimeSpan.FromSeconds(2);

    public override ValueTask<int> Receive(Memory<byte> buffer) => stream.ReadAsync(buffer);

    public override int TrySend(ReadOnlySpan<byte> bytes) => 0;

    public override async ValueTask<int> Send(ReadOnlyMemory<byte> bytes)
    {
        await Task.Yield();
        await stream.WriteAsync(bytes);
        return bytes.Length;
    }

    public override async ValueTask Shutdown()
    {
        try
        {
            // Says goodbye, so that the other side can tell an end from a cut. One that does not read may leave no room for that.
            await stream.ShutdownAsync().WaitAsync(GoodbyePatience);
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (TimeoutException)
        {
            Dispose();
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The other side was faster.
        }
    }

    public override void Dispose() => stream.Dispose();
}
