namespace Quorate.Kernel.Wire;

/// <summary>
/// What client and server say where ZooKeeper has a protocol version that nobody looks at: its clients send 0, and its servers answer 0
/// whatever was sent. So a client learns in the handshake itself whose pongs it will get.
/// </summary>
public static class ProtocolVersion
{
    /// <summary>What ZooKeeper says.</summary>
    public const int ZooKeeper = 0;

    /// <summary>
    /// "Quor". A client that sends it asks whether pongs are confirmed: sent only when a leader who leads has heard of the session. A server that
    /// answers it promises that.
    /// </summary>
    public const int ConfirmedPongs = 0x51756F72;
}

/// <summary>The first frame of a client: asks for a new session, or for its old one back. Protocol reference §3.1.</summary>
public readonly ref struct ConnectRequest
{
    /// <summary>Whether the client asks for <see cref="ProtocolVersion.ConfirmedPongs"/>; a server that has them answers with it.</summary>
    public bool AsksForConfirmedPongs { get; private init; }
    /// <summary>The newest zxid the client has seen.</summary>
    public Zxid LastZxidSeen { get; private init; }
    /// <summary>The session timeout the client wants, in milliseconds.</summary>
    public int TimeoutMilliseconds { get; private init; }
    /// <summary>The session to re-attach, or none.</summary>
    public SessionId Session { get; private init; }
    /// <summary>The session's password.</summary>
    public ReadOnlySpan<byte> Password { get; private init; }
    /// <summary>Whether the optional last byte was there; the response then has it too.</summary>
    public bool HasReadOnly { get; private init; }
    /// <summary>Whether the client accepts a read-only server.</summary>
    public bool ReadOnly { get; private init; }

    /// <summary>Decodes the frame; false when it is cut short or malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out ConnectRequest request)
    {
        var reader = new JuteReader(frame);
        var version = reader.Int();
        var zxid = reader.Long();
        var timeout = reader.Int();
        var session = reader.Long();
        var password = reader.Buffer(out _);
        var hasReadOnly = !reader.Failed && reader.Rest.Length > 0;
        var readOnly = hasReadOnly && reader.Bool();
        request = new()
        {
            AsksForConfirmedPongs = version == ProtocolVersion.ConfirmedPongs,
            LastZxidSeen = new(zxid),
            TimeoutMilliseconds = timeout,
            Session = new(session),
            Password = password,
            HasReadOnly = hasReadOnly,
            ReadOnly = readOnly,
        };
        return !reader.Failed;
    }

    /// <summary>Appends a whole frame that asks for confirmed pongs, without the optional last byte.</summary>
    public static void Write(JuteWriter writer, Zxid lastZxidSeen, int timeoutMilliseconds, SessionId session, ReadOnlySpan<byte> password)
    {
        Invariant.Holds(password.Length == ConnectResponse.PasswordLength);
        var frame = writer.BeginFrame();
        writer.Int(ProtocolVersion.ConfirmedPongs);
        writer.Long(lastZxidSeen.Value);
        writer.Int(timeoutMilliseconds);
        writer.Long(session.Value);
        writer.Buffer(password);
        writer.EndFrame(frame);
    }
}

/// <summary>The server's answer to a <see cref="ConnectRequest"/>. Protocol reference §3.2.</summary>
public static class ConnectResponse
{
    /// <summary>Length of a session password, in bytes; the C client insists on it.</summary>
    public const int PasswordLength = 16;

    /// <summary>Appends a whole frame that grants the session.</summary>
    public static void WriteGranted(
        JuteWriter writer, int version, int timeoutMilliseconds, SessionId session, ReadOnlySpan<byte> password, bool withReadOnly)
    {
        Invariant.Holds(password.Length == PasswordLength);
        var frame = writer.BeginFrame();
        writer.Int(version);
        writer.Int(timeoutMilliseconds);
        writer.Long(session.Value);
        writer.Buffer(password);
        if (withReadOnly)
            writer.Bool(false);
        writer.EndFrame(frame);
    }

    /// <summary>Appends a whole frame that refuses: timeout 0, session 0.</summary>
    public static void WriteRefused(JuteWriter writer, bool withReadOnly)
    {
        Span<byte> zeros = stackalloc byte[PasswordLength];
        zeros.Clear();
        WriteGranted(writer, ProtocolVersion.ZooKeeper, 0, SessionId.None, zeros, withReadOnly);
    }
}

/// <summary>The answer to a <see cref="ConnectRequest"/> as its client reads it.</summary>
public readonly ref struct ConnectAnswer
{
    /// <summary>Whether the server's pongs are confirmed.</summary>
    public bool ConfirmsPongs { get; private init; }
    /// <summary>The session timeout granted, in milliseconds; 0 when refused.</summary>
    public int TimeoutMilliseconds { get; private init; }
    /// <summary>The session; none when refused.</summary>
    public SessionId Session { get; private init; }
    /// <summary>The session's password.</summary>
    public ReadOnlySpan<byte> Password { get; private init; }

    /// <summary>Whether there is such a session, or none could be opened.</summary>
    public bool IsRefused => TimeoutMilliseconds <= 0 || Session == SessionId.None;

    /// <summary>Decodes the frame, whether or not it has the optional last byte; false when it is cut short or malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out ConnectAnswer answer)
    {
        var reader = new JuteReader(frame);
        answer = new()
        {
            ConfirmsPongs = reader.Int() == ProtocolVersion.ConfirmedPongs,
            TimeoutMilliseconds = reader.Int(),
            Session = new(reader.Long()),
            Password = reader.NonNull(),
        };
        return !reader.Failed && answer.Password.Length == ConnectResponse.PasswordLength;
    }
}
