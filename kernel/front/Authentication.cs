using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// auth and sasl packets, and what a connection must have proven before it may do anything else. Protocol reference §14.
/// </summary>
/// <remarks>They are handled as they are read, outside the order of requests: their replies may overtake others, and carry zxid 0.</remarks>
internal sealed class Authentication(Settings settings, Limits limits, Connections connections, ServerStatistics statistics)
{
    private readonly Identity _identity = new(settings);
    private readonly byte[][] _required = Encode(settings.RequiredSchemes);
    private readonly Arena _proven = new(256, 64 << 10);

    /// <summary>A connection has its address, and what the host vouches for, from the start.</summary>
    /// <returns>False when that is more than there is room for.</returns>
    public bool Opened(Connection connection, ClientOrigin origin)
    {
        _proven.Clear();
        _identity.Vouched(origin.Vouched, default, new(_proven));
        Identities.Write(new(_proven), Schemes.Ip, origin.Address);
        if (_proven.Length > limits.IdentityBytes)
            return false;
        connection.Prove(_proven.Written);
        return true;
    }

    /// <summary>Takes an auth packet.</summary>
    public void Authenticate(Connection connection, int xid, ReadOnlySpan<byte> record, Effects effects)
    {
        var reader = new JuteReader(record);
        var request = AuthRequest.Read(ref reader);
        if (reader.Failed)
        {
            connections.Refuse(connection, "an auth packet that cannot be read", effects);
            return;
        }
        _proven.Clear();
        _proven.Append(connection.Identities);
        var succeeded = _identity.TryAuthenticate(request.Scheme, request.Credentials, connection.Identities, new(_proven));
        if (!succeeded || _proven.Length > limits.IdentityBytes)
        {
            statistics.AuthFailures++;
            Refuse(connection, xid, ErrorCode.AuthFailed, "its auth packet failed", effects);
            return;
        }
        if (_proven.Length > connection.Identities.Length)
            connection.Prove(_proven.Written);
        Reply(connection, xid, ErrorCode.Ok, effects);
    }

    /// <summary>Takes a sasl packet: without SASL a server answers every token with a null one.</summary>
    public void Sasl(Connection connection, int xid, ReadOnlySpan<byte> record, Effects effects)
    {
        var reader = new JuteReader(record);
        reader.Buffer(out _);
        if (reader.Failed)
        {
            connections.Refuse(connection, "a sasl packet that cannot be read", effects);
            return;
        }
        var start = effects.Writer.BeginFrame();
        ReplyHeader.Write(effects.Writer, xid, Zxid.Zero, ErrorCode.Ok);
        effects.Writer.Null();
        effects.Writer.EndFrame(start);
        connections.Reply(connection, start, effects);
    }

    /// <summary>Whether a connection has proven enough to be served (enforce.auth).</summary>
    public bool Suffices(Connection connection)
    {
        if (_required.Length == 0)
            return true;
        foreach (var scheme in _required)
            if (new Identities(connection.Identities).HasScheme(scheme))
                return true;
        return false;
    }

    /// <summary>Answers with an error, and closes the connection.</summary>
    public void Refuse(Connection connection, int xid, ErrorCode error, string fault, Effects effects)
    {
        Reply(connection, xid, error, effects);
        connections.Refuse(connection, fault, effects);
    }

    private void Reply(Connection connection, int xid, ErrorCode error, Effects effects)
    {
        var start = effects.Arena.Length;
        ReplyHeader.WriteFrame(effects.Writer, xid, Zxid.Zero, error);
        connections.Reply(connection, start, effects);
    }

    private static byte[][] Encode(IReadOnlyList<string> schemes)
    {
        var encoded = new byte[schemes.Count][];
        for (var i = 0; i < encoded.Length; i++)
            encoded[i] = Encoding.UTF8.GetBytes(schemes[i]);
        return encoded;
    }
}
