using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Quorate.Hosts.Tcp;

/// <summary>Where a member is reached by others: what the kernel keeps as host:peerPort:electionPort, the host in brackets if it has colons.</summary>
/// <remarks>The election port is kept for ZooKeeper's tools; Quorate elects over the one link that a pair of members has.</remarks>
internal sealed record PeerAddress(string Host, int Port)
{
    /// <summary>host:peerPort.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    /// <summary>Reads the kernel's form.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PeerAddress? address)
    {
        address = null;
        var end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        if (end <= 0 || end >= text.Length || text[end] != ':')
            return false;
        var port = text.AsSpan(end + 1);
        if (port.IndexOf(':') is var second and >= 0)
            port = port[..second];
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            return false;
        address = new(text[..end].Trim('[', ']'), number);
        return true;
    }
}
