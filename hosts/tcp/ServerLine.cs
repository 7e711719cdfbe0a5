using System.Globalization;
using System.Net;

namespace Quorate.Hosts.Tcp;

/// <summary>A server.N line of a configuration: one member, as all of them name it.</summary>
/// <param name="Id">N.</param>
/// <param name="Host">An address or a name; IPv6 without brackets.</param>
/// <param name="PeerPort">Where the other members connect.</param>
/// <param name="ElectionPort">ZooKeeper's second port; kept, and not used.</param>
/// <param name="IsObserver">The member has no vote.</param>
/// <param name="ClientHost">Where clients connect; null for every address of the member, or if the line does not say.</param>
/// <param name="ClientPort">The port for clients; null if the line does not say.</param>
/// <param name="Source">The line.</param>
internal sealed record ServerLine(
    ServerId Id, string Host, int PeerPort, int ElectionPort, bool IsObserver, string? ClientHost, int? ClientPort, ConfigValue Source)
{
    /// <summary>What the key of such a line begins with.</summary>
    public const string Prefix = "server.";

    private const string Form = "host:peerPort:electionPort[:participant or :observer][;[address:]clientPort], as in host1:2888:3888;2181";

    /// <summary>host:peerPort:electionPort, as the kernel keeps it.</summary>
    public string PeerAddress => string.Create(CultureInfo.InvariantCulture, $"{Bracketed(Host)}:{PeerPort}:{ElectionPort}");

    /// <summary>address:clientPort, as the kernel keeps it; empty if the line does not say.</summary>
    public string ClientAddress =>
        ClientPort is { } port ? string.Create(CultureInfo.InvariantCulture, $"{Bracketed(ClientHost ?? "0.0.0.0")}:{port}") : "";

    /// <summary>Whether the member is surely on this machine.</summary>
    public bool IsNear => Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Reads a line.</summary>
    /// <exception cref="StartRefusedException">It is none; the message shows the form.</exception>
    public static ServerLine Parse(ConfigValue line)
    {
        if (!byte.TryParse(line.Key.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
            throw line.Refused("N in server.N is a number from 1 to 255, the myid of that member");
        if (line.Value.Contains('|', StringComparison.Ordinal))
            throw line.Refused("one address for each member; several, joined by |, are not offered");
        var parts = line.Value.Split(';', StringSplitOptions.TrimEntries);
        if (parts.Length > 2)
            throw line.Refused(Form);

        var fields = Fields(parts[0]);
        if (fields.Count is < 3 or > 4 || fields[0].Length == 0)
            throw line.Refused(Form);
        var isObserver = fields.Count == 4 && (fields[3].ToUpperInvariant() switch
        {
            "OBSERVER" => true,
            "PARTICIPANT" => false,
            _ => throw line.Refused("participant or observer as the role, and " + Form),
        });
        var (clientHost, clientPort) = parts.Length == 2 ? Client(line, parts[1]) : (null, null);
        return new(new(id), fields[0], Port(line, fields[1]), Port(line, fields[2]), isObserver, clientHost, clientPort, line);
    }

    private static (string? Host, int? Port) Client(ConfigValue line, string text)
    {
        var fields = Fields(text);
        return fields switch
        {
            [var port] => (null, Port(line, port)),
            ["0.0.0.0" or "::", var port] => (null, Port(line, port)),
            [{ Length: > 0 } host, var port] => (host, Port(line, port)),
            _ => throw line.Refused(Form),
        };
    }

    private static int Port(ConfigValue line, string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? port
            : throw line.Refused($"\"{text}\" is no port from 1 to 65535 in {Form}");

    /// <summary>What stands between colons; those in brackets do not separate.</summary>
    private static List<string> Fields(string text)
    {
        var fields = new List<string>();
        var end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : -1;
        if (end > 0)
        {
            fields.Add(text[1..end]);
            text = text[(end + 1)..];
            if (!text.StartsWith(':'))
                return [];
            text = text[1..];
        }
        fields.AddRange(text.Split(':', StringSplitOptions.TrimEntries));
        return fields;
    }

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
}
