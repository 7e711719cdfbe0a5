using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Quorate.Hosts.Tcp;

/// <summary>Hears the members that call this one, and everybody else who finds the port.</summary>
internal sealed class PeerListener : IDisposable
{
    private const int Backlog = 128;

    /// <summary>Connections that are being greeted: more are closed at once, so that strangers can hold only so many.</summary>
    private const int GreetingsMax = 256;

    private static readonly TimeSpan Respite = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly PeerServices _services;
    private readonly Func<ServerId, PeerSeat> _seats;
    private int _greetings;

    /// <summary>Binds.</summary>
    /// <exception cref="StartRefusedException">The port is taken or the address is not of this machine.</exception>
    public PeerListener(ListenAddress address, PeerServices services, Func<ServerId, PeerSeat> seats)
    {
        _services = services;
        _seats = seats;
        _socket = address.Bind(Backlog);
        Local = (IPEndPoint)_socket.LocalEndPoint!;
    }

    /// <summary>Where members connect.</summary>
    public IPEndPoint Local { get; }

    /// <summary>Accepts until the listener is disposed.</summary>
    public async Task Run()
    {
        HostLog.PeersExpected(_services.Log, Local.ToString());
        while (true)
        {
            try
            {
                _ = Serve(await _socket.AcceptAsync());
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

    /// <summary>Hears no more callers; links stay.</summary>
    public void Dispose() => _socket.Dispose();

    private async Task Serve(Socket socket)
    {
        // Elsewhere than on the loop that accepts: a greeting computes.
        await Task.Yield();
        using (socket)
        {
            if (await Greeted(socket) is { } link)
                await link.Receive();
        }
    }

    private async Task<PeerSocket?> Greeted(Socket socket)
    {
        var caller = "";
        try
        {
            if (Interlocked.Increment(ref _greetings) > GreetingsMax)
            {
                Refuse("anyone", PeerFaults.Words(PeerFault.Crowd));
                return null;
            }
            caller = PlaceOf(socket);
            using var late = new CancellationTokenSource(PeerLinks.GreetingPatience);
            using var cut = late.Token.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
            return await Greet(socket, caller);
        }
        catch (Exception e) when (e is AuthenticationException || Transport.IsEnd(e))
        {
            Refuse(caller, e is AuthenticationException ? e.Message : PeerFaults.Words(PeerFault.Silent));
            return null;
        }
        catch (Exception e)
        {
            HostLog.PeerBroke(_services.Log, e, caller);
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _greetings);
        }
    }

    private async Task<PeerSocket?> Greet(Socket socket, string caller)
    {
        _services.Prepare(socket);
        var isNear = PeerServices.IsNear(socket);
        var (transport, certificate) = _services.Tls is { } tls ? await tls.Hear(socket) : (new PlainTransport(socket), null);
        var greeting = new PeerGreeting(_services.Self, transport);
        var fault = await greeting.Hear();
        if (greeting.Peer.Value > 0)
            caller = string.Create(CultureInfo.InvariantCulture, $"{caller}, which says to be member {greeting.Peer}");
        if (fault != PeerFault.None)
            return Refuse(caller, PeerFaults.Words(fault));

        var seat = _seats(greeting.Peer);
        if (!isNear && !_services.AnyMachine)
            return Refuse(caller, PeerFaults.Words(await greeting.Refuse(PeerFault.Unproved)));
        if (_services.Tls?.IsFor(certificate, seat.Address?.Host) == false)
            return Refuse(caller, PeerFaults.Words(await greeting.Refuse(PeerFault.Certificate)));

        var place = PlaceOf(socket);
        (var link, fault) = await seat.Take(greeting.Run, async () =>
        {
            await greeting.Welcome();
            return new(greeting.Peer, greeting.Run, isCaller: false, place, transport, _services);
        });
        if (fault != PeerFault.None)
            Refuse(caller, $"{PeerFaults.Words(await greeting.Refuse(fault))} (the one that is linked is at {seat.LinkedPlace})");
        return link;
    }

    private PeerSocket? Refuse(string caller, string why)
    {
        // Once in a while for each address and reason: the port differs each time.
        if (_services.Ration.Allows(caller[..Math.Max(0, caller.LastIndexOf(':'))] + why))
            HostLog.CallerRefused(_services.Log, caller, why);
        return null;
    }

    private static string PlaceOf(Socket socket)
    {
        var remote = (IPEndPoint)socket.RemoteEndPoint!;
        return new IPEndPoint(remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address, remote.Port).ToString();
    }
}
