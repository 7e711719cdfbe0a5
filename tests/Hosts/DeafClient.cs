using System.Net;
using System.Net.Sockets;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Hosts;

/// <summary>A client that asks for one znode over and over, for as long as the server takes its requests, and reads nothing.</summary>
internal sealed class DeafClient : IDisposable
{
    private const int GetData = 4;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
    private long _sent;

    private DeafClient()
    {
    }

    /// <summary>Bytes that the server, or the system, has taken.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Done when the connection is over.</summary>
    public Task Over { get; private set; } = Task.CompletedTask;

    public EndPoint Local => _socket.LocalEndPoint!;

    /// <summary>Opens a session and asks. An eager one asks before it has the session; the first request of one may be a write.</summary>
    public static async Task<DeafClient> Ask(
        int port, string path, CancellationToken cancel, bool eager = false, int timeout = 30_000, byte[]? first = null)
    {
        var client = new DeafClient();
        await client._socket.ConnectAsync(IPAddress.Loopback, port, cancel);
        await client._socket.SendAsync(
            new JuteBytes().Int(0).Long(0).Int(timeout).Long(0).Buffer(new byte[16]).Bool(false).ToFrame(), cancel);
        if (!eager)
            await client._socket.ReceiveAsync(new byte[41], cancel);
        var gets = Enumerable.Range(1, 64).SelectMany(xid => new JuteBytes().Int(xid).Int(GetData).Text(path).Bool(false).ToFrame()).ToArray();
        client.Over = client.AskOnAndOn([.. first ?? [], .. gets], gets, cancel);
        return client;
    }

    public void Dispose() => _socket.Dispose();

    private async Task AskOnAndOn(byte[] first, byte[] further, CancellationToken cancel)
    {
        try
        {
            for (var bytes = first; ; bytes = further)
                for (var at = 0; at < bytes.Length;)
                {
                    var sent = await _socket.SendAsync(bytes.AsMemory(at), cancel);
                    Interlocked.Add(ref _sent, sent);
                    at += sent;
                }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The server, or the test, has ended the connection.
        }
    }
}
