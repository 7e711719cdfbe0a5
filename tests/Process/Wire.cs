using System.Net;
using System.Net.Sockets;

namespace Quorate.Tests.Crashes;

/// <summary>
/// The way from one member to another, which the test can cut. A wire that is cut keeps the connections that are open and carries nothing,
/// like a cable that was pulled: neither end hears that the other is gone. When it is whole again it goes on with what it has taken.
/// </summary>
internal sealed class Wire : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _sockets = [];
    private readonly object _gate = new();
    private readonly int _to;
    private volatile TaskCompletionSource _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="to">The port at the far end.</param>
    public Wire(int to)
    {
        _to = to;
        _whole.SetResult();
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _ = Accept();
    }

    /// <summary>The near end.</summary>
    public int Port { get; }

    /// <summary>Carries nothing from now on.</summary>
    public void Cut()
    {
        if (_whole.Task.IsCompleted)
            _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Carries again.</summary>
    public void Mend() => _whole.TrySetResult();

    public void Dispose()
    {
        lock (_gate)
        {
            _listener.Dispose();
            foreach (var socket in _sockets)
                socket.Dispose();
        }
        Mend();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
                _ = Carry(Kept(await _listener.AcceptAsync()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task Carry(Socket near)
    {
        using (near)
        {
            using var far = Kept(new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            try
            {
                await _whole.Task;
                await far.ConnectAsync(IPAddress.Loopback, _to);
                await Task.WhenAny(Pump(near, far), Pump(far, near));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Nobody is there: the caller finds out by the end of its connection.
            }
        }
    }

    private async Task Pump(Socket from, Socket to)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var received)
            {
                await _whole.Task;
                for (var sent = 0; sent < received;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, received - sent));
            }
            await _whole.Task;   // the end of a connection is news as well
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of the two ends is gone.
        }
    }

    private Socket Kept(Socket socket)
    {
        socket.NoDelay = true;
        lock (_gate)
            _sockets.Add(socket);
        return socket;
    }
}
