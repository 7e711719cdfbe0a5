namespace Quorate.Hosts.Tcp;

/// <summary>How a member is linked with the others; where they are, the settings of the kernel say.</summary>
public sealed record PeerOptions
{
    /// <summary>Where the others connect.</summary>
    public required ListenAddress Listen { get; init; }

    /// <summary>What all members know and nobody else (quorate.peerSecret); null for none.</summary>
    public string? Secret { get; init; }

    /// <summary>How links are encrypted (sslQuorum); null if they are not.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>A member's certificate must name the host of its server line (ssl.quorum.hostnameVerification).</summary>
    public bool VerifyHostNames { get; init; } = true;

    /// <summary>Members on other machines are linked even if nothing proves who they are (quorate.peerInsecure).</summary>
    public bool Insecure { get; init; }

    /// <summary>Bytes that a member may be owed; beyond, its link is given up and made anew.</summary>
    public long OwedBytesMax { get; init; } = 32 << 20;
}
