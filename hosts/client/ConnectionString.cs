using System.Globalization;

namespace Quorate.Client;

/// <summary>
/// ZooKeeper's connection string: <c>host[:port],host[:port],…[/chroot]</c>. The port is 2181 unless it is said; an IPv6 address with a
/// port stands in brackets. All paths of the client are below the chroot.
/// </summary>
/// <param name="Servers">At least one.</param>
/// <param name="Chroot">Empty, or a path that does not end with a slash.</param>
public sealed record ConnectionString(IReadOnlyList<ServerAddress> Servers, string Chroot)
{
    private const int DefaultPort = 2181;

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="ArgumentException">It cannot be read; the message says which part, and what was expected.</exception>
    public static ConnectionString Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var (list, chroot) = slash < 0 ? (text, "") : (text[..slash], text[slash..].TrimEnd('/'));
        var servers = new List<ServerAddress>();
        foreach (var part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            servers.Add(ParseServer(part, text));
        if (servers.Count == 0)
            throw Wrong(text, "it names no server", "host:port,host:port/chroot");
        if (chroot.Length > 0 && ZnodePath.Fault(chroot) is { } fault)
            throw Wrong(text, $"its chroot '{chroot}' {fault}", "a path such as /production");
        return new(servers, chroot);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Servers) + Chroot;

    private static ServerAddress ParseServer(string part, string text)
    {
        var (host, port) = (part, "");
        var bracket = part.LastIndexOf(']');
        var colon = part.LastIndexOf(':');
        if (bracket >= 0 || part[0] == '[')
        {
            if (part[0] != '[' || bracket < 0 || (bracket != part.Length - 1 && colon != bracket + 1))
                throw Wrong(text, $"'{part}' has a bracket in the wrong place", "[::1]:2181");
            (host, port) = (part[1..bracket], part[(bracket + 1)..].TrimStart(':'));
        }
        else if (colon >= 0 && part.IndexOf(':', StringComparison.Ordinal) == colon)
            (host, port) = (part[..colon], part[(colon + 1)..]);
        if (host.Length == 0)
            throw Wrong(text, $"'{part}' has no host", "host:port");
        var number = DefaultPort;
        var saysPort = port.Length > 0 || part.EndsWith(':');
        if (saysPort
            && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number is < 1 or > ushort.MaxValue))
            throw Wrong(text, $"the port of '{part}' is not a number from 1 to 65535", "host:2181");
        return new(host, number);
    }

    private static ArgumentException Wrong(string text, string fault, string expected) =>
        new($"The connection string '{text}' cannot be used: {fault}. Expected: {expected}.", nameof(text));
}
