using System.Buffers.Binary;
using System.Security.Cryptography;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// From a ConnectRequest to a session: a new one is opened, an old one attached, by an entry of the log either way. Protocol reference §3.
/// </summary>
/// <remarks>
/// What a member proposes on its own behalf is numbered by its incarnation, so that a proposal that reaches the log twice counts once (A4).
/// Nothing about a session is decided here: a member that lags may not know it yet, so even "no such session" is the machine's to say (C3).
/// </remarks>
internal sealed class Handshake(
    Settings settings,
    Machine machine,
    IReplication replication,
    Dice dice,
    Incarnation incarnation,
    Connections connections,
    Touches touches,
    Backlog backlog,
    ServerStatistics statistics)
{
    private const int BodyLength = ConnectResponse.PasswordLength + sizeof(int);

    private const int PasswordKeyLength = 32;

    private readonly byte[] _passwordKey = PasswordKey(dice);   // followed by room for a number
    private ulong _passwords;
    private readonly Ring<(ulong Number, Connection Connection)> _proposed = new(int.MaxValue);
    private ulong _lastNumber;

    /// <summary>Takes a connection's first frame.</summary>
    public void Begin(Connection connection, ReadOnlySpan<byte> frame, Effects effects)
    {
        if (!ConnectRequest.TryRead(frame, out var request))
        {
            connections.Refuse(connection, "its first frame is not a ConnectRequest", effects);
            return;
        }
        if (request.LastZxidSeen > machine.Zxid)
        {
            // Without a reply: the client tries another server.
            connections.Refuse(connection, $"it has seen zxid {request.LastZxidSeen}, this server only {machine.Zxid}", effects);
            return;
        }
        statistics.ConnectRequests++;
        connections.Spoke(connection);
        connection.State = ConnectionState.Connecting;
        (connection.HasReadOnly, connection.AsksForConfirmedPongs) = (request.HasReadOnly, request.AsksForConfirmedPongs);
        connection.Session = request.Session;
        connection.TimeoutMilliseconds = Negotiate(request.TimeoutMilliseconds);
        connection.Password = request.Session == SessionId.None ? NewPassword() : PasswordOf(request);
        if (request.Session != SessionId.None)
        {
            // The old connection goes first, even if the password turns out to be wrong.
            if (connections.Carrying(request.Session) is { } old)
                connections.HangUp(old, effects);
            if (request.Password.Length != ConnectResponse.PasswordLength)
            {
                Refuse(connection, effects);
                return;
            }
            touches.Claimed(request.Session, connection.Password, connections.Now);
        }
        if (replication.MayPropose)
            Propose(connection);
        else
            backlog.Wait(connection, effects);
    }

    /// <summary>Proposes to open or to attach the session of a connection.</summary>
    public void Propose(Connection connection)
    {
        // What is appended for a session touches it in the same step (A6), if it is its owner's.
        if (connection.Session != SessionId.None)
            touches.Claimed(connection.Session, connection.Password, connections.Now);
        Span<byte> body = stackalloc byte[BodyLength];
        BinaryPrimitives.WriteUInt128BigEndian(body, connection.Password);
        BinaryPrimitives.WriteInt32LittleEndian(body[ConnectResponse.PasswordLength..], connection.TimeoutMilliseconds);
        _proposed.Enqueue((++_lastNumber, connection));
        replication.Propose(new()
        {
            Kind = connection.Session == SessionId.None ? CommandKind.CreateSession : CommandKind.Attach,
            Origin = settings.Id,
            Session = connection.Session,
            Sequence = _lastNumber,
            Incarnation = incarnation,
            Body = body,
        });
    }

    /// <summary>
    /// A session was opened or attached, or refused: answers the connection that asked, if it was one of this server and is still there.
    /// </summary>
    /// <returns>The connection whose session is up; null when there is none.</returns>
    public Connection? Applied(in Command command, in Outcome outcome, Effects effects)
    {
        if (outcome.Error == ErrorCode.Ok && connections.Carrying(outcome.Session) is { } former)
            connections.HangUp(former, effects);
        if (!TryTake(command, out var connection) || connection.IsGone)
            return null;
        if (outcome.Error != ErrorCode.Ok)
        {
            Refuse(connection, effects);
            return null;
        }
        Establish(connection, command, outcome);
        Grant(connection, effects);
        return connection;
    }

#if MUTANTS
    /// <summary>A connection whose session is attached as it was goes on, and knows nothing of its watches.</summary>
    public bool TakesOver(Connection former)
    {
        var row = machine.Sessions.Find(former.Session);
        if (row == Sessions.None || machine.Sessions[row].Attachment != former.Attachment)
            return false;
        var connection = connections.Open(former.Id, former.Endpoint, Instant.Never)!;
        connections.Spoke(connection);
        connection.State = ConnectionState.Established;
        (connection.Session, connection.Row, connection.Attachment) = (former.Session, row, former.Attachment);
        (connection.TimeoutMilliseconds, connection.LastSequence) = (former.TimeoutMilliseconds, former.LastSequence);
        connection.Prove(former.Identities);
        connections.Bind(connection);
        return true;
    }
#endif

    /// <summary>Forgets who waits for a session: all connections have been hung up.</summary>
    public void Clear() => _proposed.Clear();

    private bool TryTake(in Command command, out Connection connection)
    {
        connection = null!;
        if (command.Origin != settings.Id || command.Incarnation != incarnation)
            return false;
        // Proposals are applied in the order of their numbers; those before this one were dropped when all connections were hung up.
        while (_proposed.Count > 0 && _proposed[0].Number < command.Sequence)
            _proposed.Dequeue();
        if (_proposed.Count == 0 || _proposed[0].Number != command.Sequence)
            return false;
        connection = _proposed.Dequeue().Connection;
        return true;
    }

    private void Establish(Connection connection, in Command command, in Outcome outcome)
    {
        connection.State = ConnectionState.Established;
        connection.Session = outcome.Session;
        connection.Row = machine.Sessions.Find(outcome.Session);
        connection.Attachment = outcome.Attachment;
        connection.TimeoutMilliseconds = machine.Sessions[connection.Row].TimeoutMilliseconds;
        connection.AwaitsFirstRequest = command.Kind == CommandKind.Attach;
        connections.Bind(connection);
    }

    private void Grant(Connection connection, Effects effects)
    {
        Span<byte> password = stackalloc byte[ConnectResponse.PasswordLength];
        BinaryPrimitives.WriteUInt128BigEndian(password, connection.Password);
        var start = effects.Arena.Length;
        // Pongs of this server are confirmed (design §7.4); who does not ask gets what ZooKeeper says.
        var version = connection.AsksForConfirmedPongs ? ProtocolVersion.ConfirmedPongs : ProtocolVersion.ZooKeeper;
        ConnectResponse.WriteGranted(effects.Writer, version, connection.TimeoutMilliseconds, connection.Session, password, connection.HasReadOnly);
        connections.Reply(connection, start, effects);
    }

    private void Refuse(Connection connection, Effects effects)
    {
        var start = effects.Arena.Length;
        ConnectResponse.WriteRefused(effects.Writer, connection.HasReadOnly);
        connections.Reply(connection, start, effects);
        connections.HangUp(connection, effects);
    }

    private int Negotiate(int milliseconds) => Math.Clamp(
        milliseconds,
        (int)settings.MinSessionTimeout.TotalMilliseconds,
        (int)settings.MaxSessionTimeout.TotalMilliseconds);

    /// <summary>
    /// Plain throws would give the dice away to whoever opens a few sessions, and with them the password of everybody else's. A hash under a
    /// key that nobody is shown gives nothing away.
    /// </summary>
    private UInt128 NewPassword()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(_passwordKey.AsSpan(PasswordKeyLength), ++_passwords);
        SHA256.HashData(_passwordKey, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static byte[] PasswordKey(Dice dice)
    {
        var key = new byte[PasswordKeyLength + sizeof(ulong)];
        dice.Fill(key.AsSpan(0, PasswordKeyLength));
        return key;
    }

    private static UInt128 PasswordOf(in ConnectRequest request) => request.Password.Length == ConnectResponse.PasswordLength
        ? BinaryPrimitives.ReadUInt128BigEndian(request.Password)
        : UInt128.Zero;
}
