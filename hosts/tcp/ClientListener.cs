using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Quorate.Kernel.Fronts;

namespace Quorate.Hosts.Tcp;

/// <summary>One port that clients connect to, plain or TLS. Bound when it is made: a taken port shows before anything else begins.</summary>
internal sealed class ClientListener : IDisposable
{
    /// <summary>After a failed accept, as when the process is out of file handles, this long is waited before the next.</summary>
    private static readonly TimeSpan Respite = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// What the system keeps for a connection in each direction. Left to itself it grows them to megabytes, which a client that does not read
    /// fills with what it is owed and with what it goes on asking for.
    /// </summary>
    private const int SendBufferBytes = 256 << 10;
    private const int ReceiveBufferBytes = 128 << 10;

    private readonly Socket _socket;
    private readonly ConnectionCensus _census;
    private readonly ClientServices _services;
    private readonly TlsGate? _tls;

    /// <summary>Binds.</summary>
    /// <exception cref="StartRefusedException">The port is taken or the address is not of this machine.</exception>
    public ClientListener(ListenAddress address, int backlog, ConnectionCensus census, ClientServices services, TlsGate? tls)
    {
        _census = census;
        _services = services;
        _tls = tls;
        _socket = address.Bind(backlog);
        _socket.SendBufferSize = SendBufferBytes;         // the accepted inherit them
        _socket.ReceiveBufferSize = ReceiveBufferBytes;
        Local = (IPEndPoint)_socket.LocalEndPoint!;
    }

    /// <summary>Where clients connect.</summary>
    public IPEndPoint Local { get; }

    /// <summary>Accepts until the listener is disposed.</summary>
    public async Task Run()
    {
        HostLog.Listening(_services.Log, _tls is null ? Local.ToString() : $"{Local} (TLS)");
        while (true)
        {
            try
            {
                Admit(await _socket.AcceptAsync());
            }
            catch (SocketException e) when (e.SocketErrorCode is not (SocketError.OperationAborted or SocketError.NotSocket))
            {
                HostLog.AcceptFailed(_services.Log, Local.ToString(), e.Message);
                await Task.Delay(Respite);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>Accepts no more.</summary>
    public void Dispose() => _socket.Dispose();

    private void Admit(Socket socket)
    {
        if (socket.RemoteEndPoint is not IPEndPoint remote)
        {
            socket.Dispose();
            return;
        }
        remote = new(remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address, remote.Port);
        if (_census.Enter(remote.Address) is { } reason)
        {
            HostLog.ConnectionRefused(_services.Log, remote, reason);
            HostMeters.ConnectionsRefused.Add(1);
            socket.Dispose();
            return;
        }
        HostMeters.Connections.Add(1);
        _ = Serve(socket, remote);
    }

    private async Task Serve(Socket socket, IPEndPoint remote)
    {
        try
        {
            socket.NoDelay = true;
            if (_tls is null)
                await Serve(new PlainTransport(socket), remote, ReadOnlyMemory<byte>.Empty);
            else if (await _tls.Shake(socket, remote) is var (transport, vouched))
                await Serve(transport, remote, vouched);
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            // It was gone before it was served.
        }
        catch (Exception e)
        {
            HostLog.ConnectionBroke(_services.Log, e, remote);
        }
        finally
        {
            socket.Dispose();
            _census.Leave(remote.Address);
            HostMeters.Connections.Add(-1);
        }
    }

    private async Task Serve(Transport transport, IPEndPoint remote, ReadOnlyMemory<byte> vouched)
    {
        var gone = new TaskCompletionSource();
        await new ClientSocket(transport, remote, vouched, _services) { Gone = gone.SetResult }.Run();
        await gone.Task;
    }
}
