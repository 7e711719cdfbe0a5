using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Quorate.Hosts.Tcp;

/// <summary>Where clients, or other members, connect.</summary>
/// <param name="Host">An address or a name of this machine; null for every address it has.</param>
/// <param name="Port">The port; 0 lets the system choose one.</param>
/// <param name="Key">The configuration key that sets the port, for messages.</param>
public sealed record ListenAddress(string? Host, int Port, string Key)
{
    /// <summary>The server line that sets the port, for messages; null if the key does.</summary>
    public string? Line { get; init; }

    /// <summary>host:port, with * for every address.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host is { } host && host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : Host ?? "*")}:{Port}");

    /// <summary>A socket that listens here.</summary>
    /// <exception cref="StartRefusedException">That is not possible; the message says what to change.</exception>
    internal Socket Bind(int backlog)
    {
        var address = Resolve();
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(new IPEndPoint(address, Port));
            socket.Listen(backlog < 0 ? int.MaxValue : Math.Max(1, backlog));
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new StartRefusedException(e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"Port {Port} on {Host ?? "this machine"} is taken by another process. "
                    + $"Choose another one: {AnotherPort}.",
                SocketError.AddressNotAvailable => $"This machine has no address {Host}. {AnotherHost}.",
                SocketError.AccessDenied => $"This user may not listen on port {Port}. Choose one above 1023: {AnotherPort}.",
                _ => $"Cannot listen on {this} ({Key}): {e.Message}",
            });
        }
    }

    private string AnotherPort => Line is null
        ? $"--{Key} PORT, or {Key}=PORT in the configuration"
        : $"the {Key} of {Line}, in the configuration of every member";

    private string AnotherHost => Line is null
        ? $"Set {Key}Address to one that it has, or leave it out for all"
        : $"Correct {Line}; if it names this machine as others see it, set quorumListenOnAllIPs=true";

    private IPAddress Resolve()
    {
        if (Host is null)
            return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        if (IPAddress.TryParse(Host, out var literal))
            return literal;
        try
        {
            return Dns.GetHostAddresses(Host)[0];
        }
        catch (Exception e) when (e is SocketException or ArgumentException or IndexOutOfRangeException)
        {
            throw new StartRefusedException(Line is not null
                ? $"{Line}: there is no host {Host}. {AnotherHost}."
                : $"{Key}Address={Host}: no such host. Give an address or a name of this machine.");
        }
    }
}
