using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Histories;

/// <summary>
/// Listens at a client's end of its connections and writes its part of the history: what bytes it sent, what bytes it got, in that order.
/// Whatever program plays the client, its history then cannot be coloured by what the program believes.
/// </summary>
/// <remarks>An operation counts as called when its frame is sent. Pings and setWatches are recorded like everything else.</remarks>
internal sealed class ClientTap(History history, int client, Func<TrueTime> now)
{
    private readonly List<(int Xid, Operation Operation)> _waiting = [];
    private Stream _out = new(), _in = new();
    private int _connection;
    private ServerId _server;
    private SessionId _session;
    private TrueTime _asked;
    private bool _isOpen, _isUp;

    /// <summary>What the protocol does not allow a server to send; null while there was nothing of that kind.</summary>
    public string? Fault { get; private set; }

    /// <summary>The session of the present connection, or of the last.</summary>
    public SessionId Session => _session;

    /// <summary>A connection to a member was begun. Bytes may be sent before it stands.</summary>
    public void Opened(ServerId server)
    {
        Closed();
        (_out, _in) = (new(), new());
        (_connection, _server, _isOpen, _isUp) = (_connection + 1, server, true, false);
    }

    /// <summary>The client appended bytes to the stream.</summary>
    public void Sent(ReadOnlySpan<byte> bytes)
    {
        _out.Append(bytes);
        while (_isOpen && _out.TryTake(out var frame, out var isFirst))
            if (isFirst)
                Ask(frame);
            else
                Send(frame);
    }

    /// <summary>Bytes of the stream reached the client.</summary>
    public void Received(ReadOnlySpan<byte> bytes)
    {
        _in.Append(bytes);
        while (_isOpen && _in.TryTake(out var frame, out var isFirst))
            if (isFirst)
                Attach(frame);
            else
                Receive(frame);
    }

    /// <summary>The connection is gone, whoever ended it.</summary>
    public void Closed()
    {
        if (!_isOpen)
            return;
        foreach (var (_, operation) in _waiting)
            history.Lose(now(), operation);
        _waiting.Clear();
        if (_isUp)
            See(SessionChange.Disconnected, _session);
        (_isOpen, _isUp) = (false, false);
    }

    private void See(SessionChange what, SessionId session, TimeSpan timeout = default) =>
        history.See(new SessionSeen(client, what, session, _connection, _server, timeout, _asked, now()));

    private void Ask(ReadOnlySpan<byte> frame)
    {
        _asked = now();
        if (ConnectRequest.TryRead(frame, out var request))
            _session = request.Session;
    }

    private void Attach(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        reader.Int();
        var timeout = TimeSpan.FromMilliseconds(reader.Int());
        var session = new SessionId(reader.Long());
        if (timeout == TimeSpan.Zero)
        {
            See(SessionChange.Expired, _session);
            return;
        }
        (_session, _isUp) = (session, true);
        See(SessionChange.Connected, session, timeout);
    }

    private void Send(ReadOnlySpan<byte> frame)
    {
        if (!RequestHeader.TryRead(frame, out var header, out var record))
            return;
        var operation = history.Call(now(), client, RequestReader.Read(header.Op, record));
        history.Send(now(), operation, _session, _connection, _server);
        _waiting.Add((header.Xid, operation));
    }

    private void Receive(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        var xid = reader.Int();
        var zxid = new Zxid(reader.Long());
        var error = (ErrorCode)reader.Int();
        if (xid == Notification.Xid)
        {
            Notify(zxid, ref reader);
            return;
        }
        var place = 0;   // mostly the first
        while (place < _waiting.Count && _waiting[place].Xid != xid)
            place++;
        if (place == _waiting.Count)
        {
            Fault ??= $"a reply with xid {xid}, which answers nothing";
            return;
        }
        var operation = _waiting[place].Operation;
        _waiting.RemoveAt(place);
        if (!AnswerReader.TryRead(operation.Request, zxid, error, reader.Rest, out var answer))
            Fault ??= $"a reply to {operation} that cannot be read";
        history.Return(now(), operation, answer);
        if (operation.Request.Op == OpCode.CloseSession)
            See(SessionChange.Closed, _session);
    }

    private void Notify(Zxid zxid, scoped ref JuteReader reader)
    {
        var what = (WatchEvent)reader.Int();
        reader.Int();   // the state, always SyncConnected
        history.See(new WatchSeen(client, _session, _connection, what, RequestReader.Text(reader.NonNull()), zxid, now()));
    }

    /// <summary>One direction of a connection, cut into frames.</summary>
    private struct Stream()
    {
        private const int FrameBytesMost = 1 << 30;

        private FrameSplitter _splitter = new(FrameBytesMost);
        private readonly Backlog _backlog = new();
        private bool _begun;

        public void Append(ReadOnlySpan<byte> bytes) => _backlog.Add(bytes);

        /// <summary>The next whole frame, valid until bytes are appended.</summary>
        public bool TryTake(out ReadOnlySpan<byte> frame, out bool isFirst)
        {
            var buffered = _backlog.Bytes;
            isFirst = !_begun;
            frame = default;
            if (_splitter.Next(buffered, out var start, out var length, out var consumed) != FrameKind.Frame)
                return false;
            frame = buffered.Slice(start, length);
            _backlog.Skip(consumed);
            return _begun = true;
        }
    }
}
