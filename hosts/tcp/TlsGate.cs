using System.Formats.Asn1;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Quorate.Kernel.Wire;

namespace Quorate.Hosts.Tcp;

/// <summary>Shakes hands with the clients of the secure port, and learns from their certificates who they are.</summary>
/// <remarks>A handshake is the expensive part of a connection: there are limits to how many are under way and how long one takes.</remarks>
internal sealed class TlsGate
{
    private const int HandshakesMax = 512;

    private readonly TlsOptions _options;
    private readonly SslStreamCertificateContext _own;
    private readonly X509ChainPolicy _policy;
    private readonly TimeSpan _patience;
    private readonly ILogger _log;
    private int _handshakes;

    /// <summary>Reads the certificates.</summary>
    /// <exception cref="StartRefusedException">A file cannot be used.</exception>
    public TlsGate(TlsOptions options, TimeSpan patience, ILogger log)
    {
        _patience = patience;
        _log = log;
        var (own, others) = TlsFiles.Identity(options.KeyStore, options.KeyStorePassword);
        _options = options;
        _own = SslStreamCertificateContext.Create(own, others, offline: true);
        _policy = Policy(options);
    }

    /// <summary>Makes a connection secure; null, and the socket closed, if the client cannot or may not.</summary>
    public async Task<(Transport Transport, ReadOnlyMemory<byte> Vouched)?> Shake(Socket socket, IPEndPoint remote)
    {
        if (Interlocked.Increment(ref _handshakes) > HandshakesMax)
        {
            Interlocked.Decrement(ref _handshakes);
            HostLog.ConnectionRefused(_log, remote, $"{HandshakesMax} TLS handshakes are under way, the limit");
            socket.Dispose();
            return null;
        }
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var handshake = new TlsHandshake(_options, _own, _policy);
        try
        {
            using var late = new CancellationTokenSource(_patience);
            await stream.AuthenticateAsServerAsync(handshake.Terms, null, late.Token);
            return (new TlsTransport(socket, stream), Vouched(stream.RemoteCertificate));
        }
        catch (Exception e) when (e is AuthenticationException or AsnContentException || Transport.IsEnd(e))
        {
            if (Explain(handshake, e) is { } fault)
                HostLog.ClientRefused(_log, remote, fault);
            await stream.DisposeAsync();
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _handshakes);
        }
    }

    /// <summary>What is said of a failed handshake; null of a client that went before it began one, as those do that only try the port.</summary>
    private string? Explain(TlsHandshake handshake, Exception trouble)
    {
        if (handshake.Refusal is { } refusal)
            return refusal;
        if (trouble is OperationCanceledException)
            return string.Create(CultureInfo.InvariantCulture, $"no TLS handshake within {_patience.TotalSeconds} s");
        if (handshake.HasBegun)
            return $"the TLS handshake failed: {trouble.GetBaseException().Message.TrimEnd('.')}";
        return trouble is AuthenticationException ? "it does not speak TLS on a port with TLS" : null;
    }

    private static X509ChainPolicy Policy(TlsOptions options)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = options.CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
            // A certificate must not make the server fetch what it names: clients send the certificates between theirs and the root.
            DisableCertificateDownloads = true,
        };
        if (options.TrustStore is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(TlsFiles.Trusted(options.TrustStore, options.TrustStorePassword));
        }
        return policy;
    }

    private static ReadOnlyMemory<byte> Vouched(X509Certificate? certificate)
    {
        if (certificate is null)
            return ReadOnlyMemory<byte>.Empty;
        using var full = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        var arena = new Arena(256);
        Identities.Write(new JuteWriter(arena), "x509"u8, Encoding.UTF8.GetBytes(SubjectName.Text(full.SubjectName)));
        return arena.Written.ToArray();
    }
}
