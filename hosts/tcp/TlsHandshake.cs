using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Quorate.Hosts.Tcp;

/// <summary>One handshake of the secure port: its terms, and what it has come to.</summary>
internal sealed class TlsHandshake(TlsOptions options, SslStreamCertificateContext own, X509ChainPolicy policy)
{
    /// <summary>Whether the client has begun one; before that it has not been seen to speak TLS at all.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Why the client's certificate was refused; null if it was not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>The terms, asked for when the client's first message is there.</summary>
    public ValueTask<SslServerAuthenticationOptions> Terms(SslStream stream, SslClientHelloInfo hello, object? state, CancellationToken cancel)
    {
        HasBegun = true;
        return new(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = own,
            EnabledSslProtocols = options.Protocols,
            ClientCertificateRequired = options.Clients != ClientCertificates.None,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = Accept,
        });
    }

    private bool Accept(object stream, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not null)
            Refusal = errors == SslPolicyErrors.None ? null : $"its certificate {certificate.Subject} {Faults(chain, "ssl.trustStore.location")}";
        else if (options.Clients == ClientCertificates.Need)
            Refusal = "it shows no certificate (ssl.clientAuth=need)";
        return Refusal is null;
    }

    /// <summary>What is wrong with a certificate, after the words "its certificate X".</summary>
    /// <param name="chain">What became of the attempt to lead it back to an authority.</param>
    /// <param name="trustKey">The key that says which authorities are trusted.</param>
    internal static string Faults(X509Chain? chain, string trustKey)
    {
        var faults = X509ChainStatusFlags.NoError;
        foreach (var status in chain?.ChainStatus ?? [])
            faults |= status.Status;
        return faults switch
        {
            _ when faults.HasFlag(X509ChainStatusFlags.Revoked) => "has been revoked",
            _ when (faults & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid)) != 0 =>
                $"comes from no trusted authority ({trustKey})",
            _ when faults.HasFlag(X509ChainStatusFlags.NotTimeValid) => "has expired, or is not valid yet",
            _ when faults.HasFlag(X509ChainStatusFlags.NotValidForUsage) => "is not meant for this use",
            _ => $"is not valid: {faults}",
        };
    }
}
