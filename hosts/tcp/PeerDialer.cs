using System.Net.Sockets;
using System.Security.Authentication;

namespace Quorate.Hosts.Tcp;

/// <summary>Calls one member, and again whenever the link with it has ended.</summary>
internal sealed class PeerDialer(PeerSeat seat, PeerServices services)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);

    /// <summary>A call costs little, and a member that has come back must not wait for long.</summary>
    private static readonly TimeSpan LastRetry = TimeSpan.FromMilliseconds(500);

    /// <summary>A link that was up for so long was a good one: its end is not another failure.</summary>
    private static readonly TimeSpan GoodLink = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(1);

    private readonly Backoff _backoff = new(FirstRetry, LastRetry);

    /// <summary>Calls until it is told to stop. A link that exists then stays.</summary>
    public async Task Run(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested && seat.Address is { } address)
            {
                await seat.Gone.WaitAsync(stop);
                await Call(address, stop);
                await Task.Delay(_backoff.Next(), stop);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    /// <summary>Calls once; if that makes a link, serves it to its end.</summary>
    private async Task Call(PeerAddress address, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (await Linked(socket, address, stop) is not { } link)
            return;
        var begun = SystemMoment.Instant();
        await link.Receive();
        if (SystemMoment.Instant() - begun > GoodLink)
            _backoff.Reset();
    }

    private async Task<PeerSocket?> Linked(Socket socket, PeerAddress address, CancellationToken stop)
    {
        try
        {
            using (var late = CancellationTokenSource.CreateLinkedTokenSource(stop))
            {
                late.CancelAfter(ConnectPatience);
                await socket.ConnectAsync(address.Host, address.Port, late.Token);
            }
            using var slow = CancellationTokenSource.CreateLinkedTokenSource(stop);
            slow.CancelAfter(PeerLinks.GreetingPatience);
            using var cut = slow.Token.UnsafeRegister(static socket => ((Socket)socket!).Dispose(), socket);
            return await Greet(socket, address);
        }
        catch (AuthenticationException e)
        {
            Refused(address, e.Message);
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            if (!stop.IsCancellationRequested)
                Unreached(address, e is SocketException ? e.Message.TrimEnd('.') : "it does not answer");
        }
        catch (Exception e)
        {
            HostLog.PeerBroke(services.Log, e, address.ToString());
        }
        return null;
    }

    private async Task<PeerSocket?> Greet(Socket socket, PeerAddress address)
    {
        // A port from the range that the system gives to callers can, with nobody there, be given to this very call.
        if (Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
            return Unreached(address, "nobody is there");
        services.Prepare(socket);
        if (!services.AnyMachine && !PeerServices.IsNear(socket))
            return Refused(address, PeerFaults.Words(PeerFault.Unproved));
        var transport = services.Tls is { } tls ? await tls.Call(socket, address.Host) : new PlainTransport(socket);
        var greeting = new PeerGreeting(services.Self, transport);
        var fault = await greeting.Call(seat.Id);
        if (fault == PeerFault.Silent)
            return Unreached(address, PeerFaults.Words(fault));
        if (fault != PeerFault.None)
            return Refused(address, PeerFaults.Words(fault) + (greeting.ByPeer ? " (so it says)" : ""));
        var (link, _) = await seat.Take(
            greeting.Run, () => Task.FromResult<PeerSocket>(new(seat.Id, greeting.Run, isCaller: true, address.ToString(), transport, services)));
        return link;
    }

    private PeerSocket? Refused(PeerAddress address, string why)
    {
        if (services.Ration.Allows($"{seat.Id} {address} {why}"))
            HostLog.PeerRefused(services.Log, seat.Id, address.ToString(), why);
        return null;
    }

    private PeerSocket? Unreached(PeerAddress address, string why)
    {
        if (services.Ration.Allows($"{seat.Id} {address} {why}"))
            HostLog.PeerUnreached(services.Log, seat.Id, address.ToString(), why);
        return null;
    }
}
