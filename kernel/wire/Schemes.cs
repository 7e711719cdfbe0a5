namespace Quorate.Kernel.Wire;

/// <summary>The schemes of identities and ACL entries that a server knows, as they stand on the wire.</summary>
internal static class Schemes
{
    /// <summary>Everybody; its only id is <see cref="Anyone"/>.</summary>
    public static ReadOnlySpan<byte> World => "world"u8;
    public static ReadOnlySpan<byte> Anyone => "anyone"u8;
    /// <summary>In a list that a client sends: whoever the client has proven to be.</summary>
    public static ReadOnlySpan<byte> Auth => "auth"u8;
    /// <summary>A user name and a password, as user:base64 of a hash.</summary>
    public static ReadOnlySpan<byte> Digest => "digest"u8;
    /// <summary>The address a client comes from.</summary>
    public static ReadOnlySpan<byte> Ip => "ip"u8;
    /// <summary>The subject of a client certificate.</summary>
    public static ReadOnlySpan<byte> X509 => "x509"u8;
    /// <summary>An identity to which lists do not apply; never part of a list.</summary>
    public static ReadOnlySpan<byte> Super => "super"u8;
}
