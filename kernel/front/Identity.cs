using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>Who a connection may come to be: proven by auth packets or vouched for by the host. Protocol reference §14.</summary>
/// <remarks>
/// A wrong password is not a failure: it yields a digest identity that matches nothing, as in ZooKeeper. Only a scheme that cannot be
/// proven at all fails, and then the connection ends. Identities are kept once each; the bound on their bytes is the caller's.
/// </remarks>
internal sealed class Identity
{
    private delegate int Hash(ReadOnlySpan<byte> source, Span<byte> destination);

    private readonly bool _digestEnabled;
    private readonly Hash _hash;
    private readonly byte[]? _superDigest, _superX509;

    /// <exception cref="ArgumentException">The settings name a hash that there is not.</exception>
    public Identity(Settings settings)
    {
        _digestEnabled = settings.DigestEnabled;
        _hash = Algorithm(settings.DigestAlgorithm);
        _superDigest = settings.SuperDigest is { } digest ? Encoding.UTF8.GetBytes(digest) : null;
        _superX509 = settings.SuperX509 is { } name ? Encoding.UTF8.GetBytes(name) : null;
    }

    /// <summary>Judges an auth packet and appends what it proves to the encoding of the connection's identities.</summary>
    /// <param name="scheme">The packet's scheme; empty when null.</param>
    /// <param name="credentials">The packet's bytes; for digest user:password.</param>
    /// <param name="existing">What the connection has proven so far, encoded.</param>
    /// <param name="appendTo">Gets the identities that are new.</param>
    /// <returns>False when the connection must end with AuthFailed; nothing is appended then.</returns>
    public bool TryAuthenticate(ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> credentials, ReadOnlySpan<byte> existing, JuteWriter appendTo)
    {
        if (scheme.SequenceEqual(Schemes.Digest) && _digestEnabled)
        {
            Prove(credentials, existing, appendTo);
            return true;
        }
        if (scheme.SequenceEqual(Schemes.X509))
            return new Identities(existing).HasScheme(Schemes.X509);
        return scheme.SequenceEqual(Schemes.Ip);
    }

    /// <summary>Appends what the host has verified when the connection opened, and super if a certificate is the super user's.</summary>
    public void Vouched(Identities vouched, ReadOnlySpan<byte> existing, JuteWriter appendTo)
    {
        var start = appendTo.Position;
        foreach (var identity in vouched)
        {
            Add(identity.Scheme, identity.Id, existing, appendTo, start);
            if (_superX509 is not null && identity.Scheme.SequenceEqual(Schemes.X509) && identity.Id.SequenceEqual(_superX509))
                Add(Schemes.Super, default, existing, appendTo, start);
        }
    }

    private void Prove(ReadOnlySpan<byte> credentials, ReadOnlySpan<byte> existing, JuteWriter appendTo)
    {
        var colon = credentials.IndexOf((byte)':');
        var start = appendTo.Position;
        appendTo.Buffer(Schemes.Digest);
        var length = appendTo.Gap();
        appendTo.Raw(colon < 0 ? credentials : credentials[..colon]);
        appendTo.Raw(":"u8);
        AppendHash(credentials, appendTo);
        appendTo.Patch(length, appendTo.Position - length - sizeof(int));

        // Only now that it is written can the identity be compared; one that is not new is taken back.
        var id = appendTo.Arena.Written[(length + sizeof(int))..];
        var isSuper = _superDigest is not null && id.SequenceEqual(_superDigest);
        if (new Identities(existing).Contains(Schemes.Digest, id))
            appendTo.Arena.CutTo(start);
        if (isSuper)
            Add(Schemes.Super, default, existing, appendTo, start);
    }

    private void AppendHash(ReadOnlySpan<byte> credentials, JuteWriter appendTo)
    {
        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        Span<byte> base64 = stackalloc byte[(SHA512.HashSizeInBytes + 2) / 3 * 4];
        Base64.EncodeToUtf8(hash[.._hash(credentials, hash)], base64, out _, out var written);
        appendTo.Raw(base64[..written]);
    }

    private static void Add(ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> id, ReadOnlySpan<byte> existing, JuteWriter appendTo, int start)
    {
        if (!new Identities(existing).Contains(scheme, id) && !new Identities(appendTo.Arena.Written[start..]).Contains(scheme, id))
            Identities.Write(appendTo, scheme, id);
    }

    private static Hash Algorithm(string name) => name switch
    {
        "SHA1" => SHA1.HashData,
        "SHA256" => SHA256.HashData,
        "SHA512" => SHA512.HashData,
        _ => throw new ArgumentException($"DigestAlgorithm is '{name}'; allowed are SHA1, SHA256 and SHA512."),
    };
}
