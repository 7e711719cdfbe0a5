using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Quorate.Hosts.Tcp;

/// <summary>TLS between members: both show a certificate, and both certificates come from the trusted authority.</summary>
internal sealed class PeerTls
{
    private const string KeyStoreKey = "ssl.quorum.keyStore";
    private const string TrustStoreKey = "ssl.quorum.trustStore";

    private readonly SslStreamCertificateContext _own;
    private readonly X509ChainPolicy _policy;
    private readonly SslProtocols _protocols;
    private readonly bool _verifyHosts;

    /// <summary>Reads the certificates.</summary>
    /// <exception cref="StartRefusedException">A file cannot be used.</exception>
    public PeerTls(TlsOptions options, bool verifyHosts)
    {
        var (own, others) = TlsFiles.Identity(options.KeyStore, options.KeyStorePassword, KeyStoreKey);
        _own = SslStreamCertificateContext.Create(own, others, offline: true);
        _protocols = options.Protocols;
        _verifyHosts = verifyHosts;
        _policy = new()
        {
            RevocationMode = options.CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
        // With the authorities that a machine trusts anyhow, anyone in the world could be a member.
        var trusted = options.TrustStore ?? throw new StartRefusedException(
            $"{TrustStoreKey}.location is not set: name a PEM or PKCS#12 file with the authority that the members' certificates come from.");
        _policy.CustomTrustStore.AddRange(TlsFiles.Trusted(trusted, options.TrustStorePassword, TrustStoreKey));
    }

    /// <summary>Makes a connection to a member secure.</summary>
    /// <exception cref="AuthenticationException">That failed; the message says why.</exception>
    public async Task<Transport> Call(Socket socket, string host)
    {
        var refusal = "";
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var terms = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificateContext = _own,
            EnabledSslProtocols = _protocols,
            CertificateChainPolicy = _policy,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                (refusal = Refusal(certificate, chain, _verifyHosts ? errors : errors & ~SslPolicyErrors.RemoteCertificateNameMismatch)).Length == 0,
        };
        await Shake(stream, stream.AuthenticateAsClientAsync(terms), () => refusal);
        return new TlsTransport(socket, stream);
    }

    /// <summary>Makes a caller's connection secure; gives also the certificate that it showed.</summary>
    /// <exception cref="AuthenticationException">That failed; the message says why.</exception>
    public async Task<(Transport Transport, X509Certificate2? Certificate)> Hear(Socket socket)
    {
        var refusal = "";
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var terms = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _own,
            ClientCertificateRequired = true,
            EnabledSslProtocols = _protocols,
            CertificateChainPolicy = _policy,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => (refusal = Refusal(certificate, chain, errors)).Length == 0,
        };
        await Shake(stream, stream.AuthenticateAsServerAsync(terms), () => refusal);
        return (new TlsTransport(socket, stream), stream.RemoteCertificate as X509Certificate2);
    }

    /// <summary>Whether a caller's certificate is that of a member on a host; null if it is not known where that member is.</summary>
    public bool IsFor(X509Certificate2? certificate, string? host) =>
        !_verifyHosts || (certificate is not null && host is not null && certificate.MatchesHostname(host));

    private static async Task Shake(SslStream stream, Task handshake, Func<string> refusal)
    {
        try
        {
            await handshake;
        }
        catch (Exception e) when (e is AuthenticationException || Transport.IsEnd(e))
        {
            await stream.DisposeAsync();
            throw new AuthenticationException(
                refusal() is { Length: > 0 } why ? why : $"the TLS handshake failed ({e.GetBaseException().Message.TrimEnd('.')})", e);
        }
    }

    private static string Refusal(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return "it shows no certificate";
        if (errors == SslPolicyErrors.None)
            return "";
        return errors == SslPolicyErrors.RemoteCertificateNameMismatch
            ? $"its certificate {certificate.Subject} does not name the host of its server line (ssl.quorum.hostnameVerification)"
            : $"its certificate {certificate.Subject} {TlsHandshake.Faults(chain, TrustStoreKey + ".location")}";
    }
}
