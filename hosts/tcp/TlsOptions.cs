using System.Security.Authentication;

namespace Quorate.Hosts.Tcp;

/// <summary>What is asked of a client's certificate.</summary>
public enum ClientCertificates
{
    /// <summary>Nothing: clients are not asked for one.</summary>
    None,
    /// <summary>Clients may show one; a bad one is refused.</summary>
    Want,
    /// <summary>Clients must show a good one.</summary>
    Need,
}

/// <summary>How the secure port speaks TLS.</summary>
public sealed record TlsOptions
{
    /// <summary>The server's certificate with its key: a PEM or PKCS#12 file (ssl.keyStore.location).</summary>
    public required string KeyStore { get; init; }

    /// <summary>The password of that file, null for none.</summary>
    public string? KeyStorePassword { get; init; }

    /// <summary>The certificates that client certificates must come from; null for those the machine trusts.</summary>
    public string? TrustStore { get; init; }

    /// <summary>The password of that file, null for none.</summary>
    public string? TrustStorePassword { get; init; }

    /// <summary>What is asked of clients.</summary>
    public ClientCertificates Clients { get; init; } = ClientCertificates.Need;

    /// <summary>The protocol versions that are spoken.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Whether it is looked up if a client's certificate has been revoked (ssl.crl, ssl.ocsp).</summary>
    public bool CheckRevocation { get; init; }
}
