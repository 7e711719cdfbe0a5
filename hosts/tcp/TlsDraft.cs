using System.Security.Authentication;

namespace Quorate.Hosts.Tcp;

/// <summary>What the keys of one kind of TLS connection said.</summary>
/// <param name="prefix">What those keys begin with.</param>
internal sealed class TlsDraft(string prefix)
{
    private const SslProtocols BothProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    public string? KeyStore { get; set; }
    public string? KeyStorePassword { get; set; }
    public string? TrustStore { get; set; }
    public string? TrustStorePassword { get; set; }
    public ClientCertificates ClientCertificates { get; set; } = ClientCertificates.Need;
    public SslProtocols? Protocol { get; set; }
    public SslProtocols? EnabledProtocols { get; set; }
    public bool CheckRevocation { get; set; }

    /// <summary>Puts them together.</summary>
    /// <param name="because">What asks for TLS, for the message that something is missing.</param>
    /// <exception cref="StartRefusedException">There is no certificate.</exception>
    public TlsOptions Build(string because) => new()
    {
        KeyStore = KeyStore ?? throw new StartRefusedException(
            $"{because}, but {prefix}keyStore.location is not set: name a PEM or PKCS#12 file with this server's certificate and key."),
        KeyStorePassword = KeyStorePassword,
        TrustStore = TrustStore,
        TrustStorePassword = TrustStorePassword,
        Clients = ClientCertificates,
        Protocols = EnabledProtocols ?? Protocol ?? BothProtocols,
        CheckRevocation = CheckRevocation,
    };
}
