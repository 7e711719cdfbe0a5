using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Quorate.Hosts.Tcp;

/// <summary>Reads certificates and keys from PEM and PKCS#12 files, told apart by their content, whatever they are called.</summary>
internal static class TlsFiles
{
    private static readonly byte[] JavaKeyStore = [0xfe, 0xed, 0xfe, 0xed];

    /// <summary>The server's own certificate with its key, and the certificates between it and its root.</summary>
    /// <exception cref="StartRefusedException">The file cannot be used; the message names it and the remedy.</exception>
    public static (X509Certificate2 Own, X509Certificate2Collection Others) Identity(string path, string? password, string key = "ssl.keyStore")
    {
        var all = Load(path, password, key);
        var own = all.FirstOrDefault(static certificate => certificate.HasPrivateKey)
            ?? throw new StartRefusedException($"{key}.location={path}: there is no private key in it, only certificates.");
        all.Remove(own);
        return (own, all);
    }

    /// <summary>The certificates that the other side's certificate must come from.</summary>
    /// <exception cref="StartRefusedException">The file cannot be used; the message names it and the remedy.</exception>
    public static X509Certificate2Collection Trusted(string path, string? password, string key = "ssl.trustStore")
    {
        var all = Load(path, password, key);
        return all.Count > 0 ? all : throw new StartRefusedException($"{key}.location={path}: there is no certificate in it.");
    }

    private static X509Certificate2Collection Load(string path, string? password, string key)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.AsSpan().StartsWith(JavaKeyStore))
                throw new StartRefusedException(
                    $"{key}.location={path} is a Java key store (JKS), which only Java reads. Convert it: keytool -importkeystore -srckeystore {path} "
                    + $"-destkeystore {Path.ChangeExtension(path, ".p12")} -deststoretype PKCS12");
            return bytes.AsSpan().IndexOf("-----BEGIN "u8) >= 0 ? Pem(path, bytes, password, key) : Pkcs12(bytes, password);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new StartRefusedException(
                $"{key}.location={path}: not a readable PEM or PKCS#12 file, or {key}.password is wrong ({e.Message}).", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{key}.location={path}: {e.Message}", e);
        }
    }

    private static X509Certificate2Collection Pem(string path, ReadOnlySpan<byte> bytes, string? password, string key)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(path);
        if (all.Count == 0 || bytes.IndexOf("PRIVATE KEY-----"u8) < 0)
            return all;
        var isEncrypted = bytes.IndexOf("-----BEGIN ENCRYPTED PRIVATE KEY-----"u8) >= 0;
        if (isEncrypted && string.IsNullOrEmpty(password))
            throw new StartRefusedException($"{key}.location={path}: its private key is encrypted. Set {key}.password, or {key}.passwordPath.");
        // The first certificate of the file is the server's own, the key is its key.
        all[0] = isEncrypted ? X509Certificate2.CreateFromEncryptedPemFile(path, password) : X509Certificate2.CreateFromPemFile(path);
        return all;
    }

    private static X509Certificate2Collection Pkcs12(byte[] bytes, string? password) =>
        X509CertificateLoader.LoadPkcs12Collection(bytes, password, X509KeyStorageFlags.DefaultKeySet);
}
