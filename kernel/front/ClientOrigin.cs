using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>Where a connection comes from and what the host vouches for, as the bytes of <see cref="InputKind.ClientOpened"/>.</summary>
/// <remarks>Encoded as two ustrings and the identities: the address with port for people (127.0.0.1:45446), the address alone for the ip
/// scheme, then what TLS proved (x509). The front adds the ip identity itself.</remarks>
public readonly ref struct ClientOrigin
{
    /// <summary>Address and port, for logs and four-letter words.</summary>
    public ReadOnlySpan<byte> Endpoint { get; private init; }
    /// <summary>The address alone. IPv4-mapped addresses are given as IPv4.</summary>
    public ReadOnlySpan<byte> Address { get; private init; }
    /// <summary>Identities that the host has verified.</summary>
    public Identities Vouched { get; private init; }

    /// <summary>Encodes an origin without vouched identities; append those with <see cref="Identities.Write"/>.</summary>
    public static void Write(JuteWriter writer, ReadOnlySpan<byte> endpoint, ReadOnlySpan<byte> address)
    {
        writer.Buffer(endpoint);
        writer.Buffer(address);
    }

    /// <summary>Decodes what a host encoded.</summary>
    public static ClientOrigin Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new JuteReader(bytes);
        var endpoint = reader.Buffer(out _);
        var address = reader.Buffer(out _);
        Invariant.Holds(!reader.Failed);
        return new() { Endpoint = endpoint, Address = address, Vouched = new(reader.Rest) };
    }
}
