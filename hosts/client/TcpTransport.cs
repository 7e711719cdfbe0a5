using System.Net.Security;

namespace Quorate.Client;

/// <summary>Connections over TCP, with TLS if it is wanted.</summary>
public sealed class TcpTransport : ClientTransport
{
    private readonly SslClientAuthenticationOptions? _tls;

    /// <param name="tls">How to speak TLS; null for plain TCP. Without a TargetHost it is the name of the server that is connected to.</param>
    public TcpTransport(SslClientAuthenticationOptions? tls = null) => _tls = tls;

    /// <inheritdoc/>
    public override TimeProvider Time => BootTime.Instance;

    /// <inheritdoc/>
    public override IClientLink Connect(ServerAddress server, ILinkOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        var link = new TcpLink(server, owner, _tls);
        link.Start();
        return link;
    }
}
