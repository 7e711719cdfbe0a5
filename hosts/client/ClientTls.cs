using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quorate.Client;

/// <summary>Makes TLS options of certificates as operators keep them.</summary>
public static class ClientTls
{
    /// <summary>Options that trust an authority, and show a certificate if there is one, from PEM files.</summary>
    /// <param name="authorityFile">The certificates of whom to trust; null for the authorities that this computer trusts.</param>
    /// <param name="certificateFile">
    /// The certificate to show to servers, which may make it an identity of the session (x509); null for none.
    /// </param>
    /// <param name="keyFile">Its private key; null if that stands in <paramref name="certificateFile"/> as well.</param>
    /// <exception cref="ArgumentException">A file cannot be used; the message says which and why.</exception>
    public static SslClientAuthenticationOptions FromPem(string? authorityFile, string? certificateFile = null, string? keyFile = null)
    {
        var options = new SslClientAuthenticationOptions();
        if (authorityFile is not null)
        {
            var authorities = new X509Certificate2Collection();
            Load(authorityFile, file => authorities.ImportFromPemFile(file));
            if (authorities.Count == 0)
                throw new ArgumentException(
                    $"'{authorityFile}' holds no certificate; expected: PEM, -----BEGIN CERTIFICATE-----.", nameof(authorityFile));
            options.CertificateChainPolicy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        if (certificateFile is not null)
            Load(certificateFile, file => options.ClientCertificateContext =
                SslStreamCertificateContext.Create(
                    X509Certificate2.CreateFromPemFile(file, keyFile), additionalCertificates: null, offline: true));
        return options;
    }

    private static void Load(string file, Action<string> load)
    {
        try
        {
            load(file);
        }
        catch (Exception problem)
            when (problem is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ArgumentException(
                $"'{file}' cannot be used for TLS: {problem.Message} " +
                "Expected: a PEM file with a certificate, and for the one to show its key.", problem);
        }
    }
}
