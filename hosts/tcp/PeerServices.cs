using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>What all links of a server share.</summary>
/// <param name="Self">Who this server is.</param>
/// <param name="Tls">How links are encrypted; null if they are not.</param>
/// <param name="AnyMachine">Whether a member on another machine may be linked; else only those on this one.</param>
/// <param name="Mailbox">The way to the kernel thread.</param>
/// <param name="FrameBytesMax">The largest frame.</param>
/// <param name="OwedBytesMax">A member that is owed more is given up.</param>
/// <param name="Silence">After this long without a sign that what was sent has arrived, a connection is given up.</param>
/// <param name="Log">Where lines go.</param>
/// <param name="Ration">Keeps them few.</param>
internal sealed record PeerServices(
    PeerSelf Self,
    PeerTls? Tls,
    bool AnyMachine,
    Mailbox<Mail> Mailbox,
    int FrameBytesMax,
    long OwedBytesMax,
    TimeSpan Silence,
    ILogger Log,
    LogRation Ration)
{
    private const int LinuxTcp = 6;
    private const int LinuxUserTimeout = 18;

    /// <summary>Whether the other end of a connection is on this machine.</summary>
    public static bool IsNear(Socket socket)
    {
        var address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
        return IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }

    /// <summary>Makes a connection fit for frames between members.</summary>
    /// <remarks>
    /// Who lives is judged by consensus, which has timers of its own; here it is only seen to that a connection which leads nowhere is given
    /// up, because the next one, made when the network is whole again, works at once, while TCP would wait ever longer before it tries.
    /// </remarks>
    public void Prepare(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 1);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(LinuxTcp, LinuxUserTimeout, BitConverter.GetBytes((int)Silence.TotalMilliseconds));
    }
}
