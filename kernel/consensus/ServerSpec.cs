using System.Globalization;
using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Consensus;

/// <summary>A member as ZooKeeper writes it: server.N=host:peerPort:electionPort[:role];[address:]clientPort.</summary>
/// <param name="Member">Who it is and where; its birth is not written.</param>
/// <param name="IsObserver">It follows without a vote.</param>
internal readonly record struct ServerSpec(Member Member, bool IsObserver)
{
    private const string Prefix = "server.";
    private const string AnyAddress = "0.0.0.0";

    /// <summary>Reads a line of a reconfig request.</summary>
    /// <returns>Ok; MarshallingError if the id is no number; BadArguments if it is otherwise no line with three ports.</returns>
    public static ErrorCode Parse(string text, out ServerSpec spec)
    {
        spec = default;
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            return ErrorCode.BadArguments;
        var key = text[..equals].Trim();
        var dot = key.LastIndexOf('.');
        if (ParseId(key[(dot + 1)..], out var id) is var wrong and not ErrorCode.Ok)
            return wrong;
        var sides = text[(equals + 1)..].Trim().Split(';');
        if (key[..(dot + 1)] != Prefix || sides.Length != 2 || !TryParseMember(sides[0], out var peer, out var isObserver) || !TryParseClient(sides[1], out var client))
            return ErrorCode.BadArguments;
        spec = new(new(id, peer, client), isObserver);
        return ErrorCode.Ok;
    }

    /// <summary>Reads the id of a member, from 1 to 255.</summary>
    /// <returns>Ok; MarshallingError if it is no number; BadArguments if it is too large or too small.</returns>
    public static ErrorCode ParseId(string text, out ServerId id)
    {
        id = default;
        if (!long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return ErrorCode.MarshallingError;
        if (number is < 1 or > byte.MaxValue)
            return ErrorCode.BadArguments;
        id = new((byte)number);
        return ErrorCode.Ok;
    }

    /// <summary>The lines of a configuration, by ascending id, each with its end: role always, client address if it is known.</summary>
    public static byte[] Lines(Membership membership)
    {
        var text = new StringBuilder();
        foreach (var member in membership.Members)
        {
            if (member.PeerAddress.Length == 0)
                continue;   // a server by itself
            text.Append(Prefix).Append(member.Id).Append('=').Append(member.PeerAddress);
            text.Append(membership.IsObserver(member.Id) ? ":observer" : ":participant");
            if (member.ClientAddress.Length > 0)
                text.Append(';').Append(member.ClientAddress);
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>host:peerPort:electionPort, perhaps with the role behind.</summary>
    private static bool TryParseMember(string text, out string address, out bool isObserver)
    {
        (address, isObserver) = ("", false);
        if (!TryFields(text, out var host, out var rest) || rest.Length is < 2 or > 3 || !IsPort(rest[0]) || !IsPort(rest[1]))
            return false;
        if (rest.Length == 3)
        {
            isObserver = rest[2].Equals("observer", StringComparison.OrdinalIgnoreCase);
            if (!isObserver && !rest[2].Equals("participant", StringComparison.OrdinalIgnoreCase))
                return false;
        }
        address = $"{host}:{rest[0]}:{rest[1]}";
        return true;
    }

    /// <summary>[address:]clientPort.</summary>
    private static bool TryParseClient(string text, out string address)
    {
        address = $"{AnyAddress}:{text.Trim()}";
        if (IsPort(text.Trim()))
            return true;
        if (!TryFields(text, out var host, out var rest) || rest.Length != 1 || !IsPort(rest[0]))
            return false;
        address = $"{host}:{rest[0]}";
        return true;
    }

    /// <summary>What stands between colons: first the host, which has colons of its own only in brackets.</summary>
    private static bool TryFields(string text, out string host, out string[] rest)
    {
        text = text.Trim();
        var end = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        (host, rest) = ("", []);
        if (end <= 0 || end >= text.Length || text[end] != ':')
            return false;
        host = text[..end];
        rest = text[(end + 1)..].Split(':');
        return true;
    }

    private static bool IsPort(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0;
}
