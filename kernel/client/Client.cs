using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Clients;

/// <summary>
/// One session, seen from its owner: connects and reconnects, pipelines requests, pings, sets watches again, says what is unknown after a
/// lost connection, and until when the session can be relied on. No sockets, clocks or tasks: whoever drives it feeds inputs in and performs
/// the effects, so that a simulated client is the shipped one.
/// </summary>
/// <remarks>
/// A client lives as long as its session and no longer: what was decided under one session can never be carried out under the next (S-57).
/// <para>
/// When a connection is lost, everything asked before is completed, answered or not, in order; what is asked while there is no
/// connection waits for the next one. So of several requests sent behind each other, those that take effect are always the first.
/// </para>
/// <para>
/// Nothing is sent behind a ConnectRequest before its answer is here: the answer may grant a shorter timeout than before, and the
/// first request behind it tells the server that its owner knows (A5).
/// </para>
/// </remarks>
public sealed class Client
{
    private const int PingXid = -2, AuthXid = -4;
    private const ulong NobodysTicket = ulong.MaxValue;

    private readonly ClientSettings _settings;
    private readonly ServerList _servers;
    private readonly Heartbeat _heartbeat;
    private readonly Requests _requests;
    private readonly Credentials _credentials;
    private readonly WatchBook _watches;
    private readonly Arena _probe = new(64);
    private readonly byte[] _password = new byte[ConnectResponse.PasswordLength];
    private Instant _now = new(long.MinValue);
    private Phase _phase;
    private ulong _link;            // the number of the newest connection
    private Instant _deadline;      // for all phases but Up: when the next attempt begins, or this one is given up
    private Instant _greeted;       // when the ConnectRequest was sent
    private Zxid _caughtUp;         // every event up to here has been received
    private int _rearming;          // setWatches2 frames without a reply
    private bool _isClosing;

    private enum Phase : byte
    {
        Apart,
        Opening,
        Greeting,
        Up,
        Over,
    }

    /// <summary>A client that all follows from its settings, <paramref name="seed"/> and what happens to it. The first tick starts it.</summary>
    public Client(ClientSettings settings, ulong seed)
    {
        _settings = settings.Validated();
        var dice = new Dice(seed);
        _watches = new(dice.Next());
        _servers = new(settings, dice);
        _heartbeat = new(settings.ClockDrift);
        _requests = new(settings);
        _credentials = new(settings.CredentialsMax);
        Timeout = settings.SessionTimeout;
    }

    /// <summary>What is known about the session.</summary>
    public SessionState State { get; private set; }

    /// <summary>The session; none before a server granted it.</summary>
    public SessionId Session { get; private set; }

    /// <summary>The session timeout granted last; before that the one to ask for.</summary>
    public TimeSpan Timeout { get; private set; }

    /// <summary>The newest zxid seen in a reply or an event. No server that has not come so far will be listened to.</summary>
    public Zxid Seen { get; private set; }

    /// <summary>
    /// Before this local instant the session is not over, unless its owner closed it; from it on, assume nothing. It moves ahead with each
    /// request that a leader confirmed, and back only where a server granted a shorter timeout. At servers whose pongs are not confirmed it
    /// keeps moving only from <see cref="ClientInputKind.Rely"/> on.
    /// </summary>
    public Instant FenceAt => _heartbeat.FenceAt;

    /// <summary>Whether the server that the session was attached to last sends pongs only when a leader who leads has heard of the session.</summary>
    public bool ArePongsConfirmed => _heartbeat.ArePongsConfirmed;

    /// <summary>How many requests wait for their completion.</summary>
    public int Outstanding => _requests.Count;

    /// <summary>How many paths are watched.</summary>
    public int WatchedPaths => _watches.Count;

    /// <summary>Why the last connection was given up, or could not be used.</summary>
    public LinkFault Fault { get; private set; }

    /// <summary>When a tick is due at the latest.</summary>
    public Instant NextDeadline => _phase switch
    {
        Phase.Over => Instant.Never,
        Phase.Up => Instant.Earlier(Instant.Earlier(_heartbeat.PingAt, _heartbeat.ProveAt), _heartbeat.LeaveAt),
        _ => _deadline,
    };

    /// <summary>Takes one input. What must happen next is appended to <paramref name="effects"/>.</summary>
    public void Step(in ClientInput input, ClientEffects effects)
    {
        Invariant.Holds(input.Now >= _now);
        _now = input.Now;
        switch (input.Kind)
        {
            case ClientInputKind.Tick:
                Elapse(effects);
                break;
            case ClientInputKind.Request:
                Take(input.Subject, input.Op, input.Bytes, effects);
                break;
            case ClientInputKind.Rely:
                _heartbeat.RelyOn(_now);
                break;
            // Inputs of former connections may still be on their way; they mean nothing any more.
            case ClientInputKind.Opened when input.Subject == _link && _phase == Phase.Opening:
                Greet(effects);
                break;
            case ClientInputKind.Frame when input.Subject == _link && _phase is Phase.Greeting or Phase.Up:
                Receive(input.Bytes, effects);
                break;
            case ClientInputKind.Closed when input.Subject == _link && _phase is Phase.Opening or Phase.Greeting or Phase.Up:
                Detach(_phase == Phase.Opening ? LinkFault.Unreachable : LinkFault.Broken, effects);
                break;
        }
    }

    private void Elapse(ClientEffects effects)
    {
        if (_now < NextDeadline)
            return;
        if (_phase == Phase.Apart)
            Connect(effects);
        else if (_phase != Phase.Up)
            Leave(LinkFault.Unanswered, effects);
        else if (_now >= _heartbeat.LeaveAt)
            Leave(LinkFault.Unconfirmed, effects);
        else
        {
            if (_now >= _heartbeat.PingAt)
                Ping(effects);
            if (_now >= _heartbeat.ProveAt)
                Prove(effects);
        }
    }

    private void Connect(ClientEffects effects)
    {
        _phase = Phase.Opening;
        _deadline = _now + Timeout / 3;
        effects.Connect(++_link, _servers.Next());
    }

    private void Greet(ClientEffects effects)
    {
        _phase = Phase.Greeting;
        _greeted = _now;
        var start = effects.Arena.Length;
        ConnectRequest.Write(effects.Writer, Seen, (int)_settings.SessionTimeout.TotalMilliseconds, Session, _password);
        effects.Send(_link, start);
    }

    private void Ping(ClientEffects effects)
    {
        var start = effects.Writer.BeginFrame();
        new RequestHeader(PingXid, OpCode.Ping).Write(effects.Writer);
        effects.Writer.EndFrame(start);
        effects.Send(_link, start);
        _heartbeat.Pinged(_now);
    }

    /// <summary>A write that changes nothing, whatever there is by that name: no znode has such a version.</summary>
    private void Prove(ClientEffects effects)
    {
        _heartbeat.Probed(_now);
        if (_isClosing || !_requests.MayProve)
            return;
        _probe.Clear();
        RequestRecord.Versioned(new(_probe), "/quorate-fence"u8, int.MinValue);
        Send(NobodysTicket, OpCode.Delete, _probe.Written, effects);
    }

    private void Take(ulong ticket, OpCode op, ReadOnlySpan<byte> record, ClientEffects effects)
    {
        Invariant.Holds(Operations.IsRequest(op));
        var refusal = Judge(op, record);
        if (refusal != ErrorCode.Ok)
            effects.Complete(ticket, op, Fate.Lost, refusal);
        else if (op == OpCode.Auth)
            Show(ticket, record, effects);
        else if (op == OpCode.CloseSession && _phase != Phase.Up)
        {
            // There is nobody to tell: the session ends by its timeout.
            effects.Complete(ticket, op, Fate.Lost, ErrorCode.ConnectionLoss);
            End(SessionState.Closed, ErrorCode.SessionExpired, effects);
        }
        else if (_phase == Phase.Up)
            Send(ticket, op, record, effects);
        else
            _requests.Wait(ticket, op, record);
    }

    /// <summary>Whether a request is taken at all; what is refused here never left.</summary>
    private ErrorCode Judge(OpCode op, ReadOnlySpan<byte> record)
    {
        if (_isClosing || _phase == Phase.Over)
            return State == SessionState.AuthFailed ? ErrorCode.AuthFailed : ErrorCode.SessionExpired;
        if (record.Length > _settings.FrameBytes - RequestHeader.Length)
            return ErrorCode.BadArguments;
        if (op == OpCode.Auth)
            return _credentials.IsFull ? ErrorCode.ThrottledOp : ErrorCode.Ok;
        if (op == OpCode.CloseSession)
            return ErrorCode.Ok;
        var isTooMany = _requests.IsFull || _phase != Phase.Up && !_requests.MayWait(record.Length);
        var isWatchTooMany = _watches.Count + _requests.Watches >= _settings.WatchesMax &&
            op != OpCode.RemoveWatches && WatchRequests.SetsOrClears(op, record);
        return isTooMany || isWatchTooMany ? ErrorCode.ThrottledOp : ErrorCode.Ok;
    }

    private void Send(ulong ticket, OpCode op, ReadOnlySpan<byte> record, ClientEffects effects)
    {
        if (op == OpCode.CloseSession)
        {
            _isClosing = true;
            _heartbeat.Lapse();   // before it is sent: from here on it may be carried out
        }
        var start = effects.Arena.Length;
        _requests.Send(ticket, op, record, _now, effects.Writer);
        effects.Send(_link, start);
    }

    private void Show(ulong ticket, ReadOnlySpan<byte> record, ClientEffects effects)
    {
        _credentials.Add(ticket, record);
        if (_phase == Phase.Up)
            SendCredential(record, effects);
    }

    private void SendCredential(ReadOnlySpan<byte> record, ClientEffects effects)
    {
        var start = effects.Writer.BeginFrame();
        new RequestHeader(AuthXid, OpCode.Auth).Write(effects.Writer);
        effects.Writer.Raw(record);
        effects.Writer.EndFrame(start);
        effects.Send(_link, start);
    }

    private void Receive(ReadOnlySpan<byte> frame, ClientEffects effects)
    {
        var fault = _phase == Phase.Greeting ? Attach(frame, effects) : Reply(frame, effects);
        if (fault != LinkFault.None)
            Leave(fault, effects);
    }

    /// <summary>The answer to the ConnectRequest has come.</summary>
    /// <returns>What is wrong with the connection, if anything.</returns>
    private LinkFault Attach(ReadOnlySpan<byte> frame, ClientEffects effects)
    {
        if (!ConnectAnswer.TryRead(frame, out var answer))
            return LinkFault.Unreadable;
        if (answer.IsRefused && Session == SessionId.None)
            return LinkFault.Refused;
        if (answer.IsRefused)
        {
            End(SessionState.Expired, ErrorCode.SessionExpired, effects);
            return LinkFault.None;
        }
        if (Session != SessionId.None && answer.Session != Session)
            return LinkFault.OtherSession;
        _phase = Phase.Up;
        var isNew = Session == SessionId.None;
        Session = answer.Session;
        Timeout = TimeSpan.FromMilliseconds(answer.TimeoutMilliseconds);
        answer.Password.CopyTo(_password);
        _servers.Succeeded();
        _heartbeat.Attached(_greeted, Timeout, isNew, answer.ConfirmsPongs, _now);
        Become(SessionState.Connected, effects);
        Resume(effects);
        return LinkFault.None;
    }

    /// <summary>Gives a new connection what the former one knew, and then what waited for it.</summary>
    private void Resume(ClientEffects effects)
    {
        _credentials.Restart();
        for (var i = 0; i < _credentials.Count; i++)
            SendCredential(_credentials[i], effects);
        var start = effects.Arena.Length;
        _rearming = Rearming.Write(_watches, effects.Writer, _caughtUp, _settings.RearmingBytes);
        _requests.SendWaiting(_now, effects.Writer);
        effects.Send(_link, start);
    }

    private LinkFault Reply(ReadOnlySpan<byte> frame, ClientEffects effects)
    {
        if (!ReplyHeader.TryRead(frame, out var header, out var body))
            return LinkFault.Unreadable;
        return header.Xid switch
        {
            Notification.Xid => Notify(header, body, effects),
            PingXid => !_heartbeat.TryPong(_now) ? LinkFault.OutOfOrder : See(header.Zxid),
            AuthXid => Authenticate(header, effects),
            SetWatchesRequest.Xid => Rearm(header),
            _ => Answer(header, body, effects),
        };
    }

    /// <summary>A reply shows how far the server has come.</summary>
    /// <remarks>
    /// A server says on one connection first what watches saw and then replies that reveal it; so behind a reply no event up to its zxid is
    /// missing, and the next setWatches2 may begin there. An event alone does not show that: the next event of the same transaction may be
    /// missing yet. And while watches are being set again, neither does a reply: a pong overtakes, and what the former connection missed
    /// is told only with the last of the frames.
    /// </remarks>
    private LinkFault See(Zxid zxid)
    {
        if (zxid.Value <= 0)
            return LinkFault.None;   // some replies carry none
        if (zxid < Seen)
            return LinkFault.WentBack;
        Seen = zxid;
        if (_rearming == 0)
            _caughtUp = zxid;
        return LinkFault.None;
    }

    private LinkFault Notify(ReplyHeader header, ReadOnlySpan<byte> body, ClientEffects effects)
    {
        var reader = new JuteReader(body);
        var notice = WatchNotice.Read(ref reader);
        if (reader.Failed)
            return LinkFault.Unreadable;
        if (header.Zxid > Seen)
            Seen = header.Zxid;
        var watches = _watches.Fire(notice.Event, notice.Path);
        if (watches != Watching.None)
            effects.Tell(notice.Event, notice.Path, header.Zxid, watches);
        return LinkFault.None;
    }

    private LinkFault Authenticate(ReplyHeader header, ClientEffects effects)
    {
        if (!_credentials.TryAnswer(out var ticket, out var isNews))
            return LinkFault.OutOfOrder;
        if (isNews)
            effects.Complete(ticket, OpCode.Auth, Fate.Answered, header.Error);
        if (header.Error != ErrorCode.Ok)
            End(SessionState.AuthFailed, ErrorCode.AuthFailed, effects);
        return LinkFault.None;
    }

    private LinkFault Rearm(ReplyHeader header)
    {
        if (_rearming == 0)
            return LinkFault.OutOfOrder;
        if (header.Error != ErrorCode.Ok)
            return LinkFault.Unwatched;
        _rearming--;
        return See(header.Zxid);
    }

    private LinkFault Answer(ReplyHeader header, ReadOnlySpan<byte> body, ClientEffects effects)
    {
        if (_requests.Count == 0 || _requests.Oldest.Xid != header.Xid)
            return LinkFault.OutOfOrder;
        var fault = See(header.Zxid);
        if (fault != LinkFault.None)
            return fault;
        ref readonly var request = ref _requests.Oldest;
        if (Operations.Confirms(request.Op, header.Error))
            _heartbeat.Confirmed(request.Sent, isWrite: request.Op != OpCode.Sync, _now);
        if (request.IsAboutWatch)
            WatchRequests.Answered(_watches, request.Op, _requests.RecordOf(request), header.Error);
        if (request.Ticket != NobodysTicket)
            effects.Complete(request.Ticket, request.Op, Fate.Answered, header.Error, header.Zxid, body);
        var isClosed = request.Op == OpCode.CloseSession && header.Error == ErrorCode.Ok;
        _requests.Remove();
        if (isClosed)
            End(SessionState.Closed, ErrorCode.SessionExpired, effects);
        return LinkFault.None;
    }

    private void Leave(LinkFault fault, ClientEffects effects)
    {
        effects.HangUp(_link);
        Detach(fault, effects);
    }

    /// <summary>The connection is gone, from either side.</summary>
    private void Detach(LinkFault fault, ClientEffects effects)
    {
        Fault = fault;
        var wasUp = _phase == Phase.Up;
        _phase = Phase.Apart;
        _deadline = _now + _servers.Pause();
        _rearming = 0;
        if (!wasUp)
            return;   // what waits for a connection goes on waiting
#if MUTANTS
        if (Mutant.Is(Mutants.SuspensionTolerated))
            _heartbeat.Suspended(_now);
#endif
        Become(SessionState.Suspended, effects);
        Fail(ErrorCode.ConnectionLoss, effects);
        if (_isClosing)
            End(SessionState.Closed, ErrorCode.SessionExpired, effects);
    }

    /// <summary>Nothing more comes of this session.</summary>
    private void End(SessionState state, ErrorCode error, ClientEffects effects)
    {
        if (_phase is Phase.Opening or Phase.Greeting or Phase.Up)
            effects.HangUp(_link);
        _phase = Phase.Over;
        _heartbeat.Lapse();
        Become(state, effects);
        Fail(error, effects);
        while (_credentials.TryDrop(out var ticket))
            effects.Complete(ticket, OpCode.Auth, Fate.Lost, error);
    }

    /// <summary>Completes everything outstanding; only what was sent and changes something is unknown.</summary>
    private void Fail(ErrorCode error, ClientEffects effects)
    {
        while (_requests.Count > 0)
        {
            ref readonly var request = ref _requests.Oldest;
            var fate = request.IsSent && Operations.Changes(request.Op) ? Fate.Unknown : Fate.Lost;
            if (request.Ticket != NobodysTicket)
                effects.Complete(request.Ticket, request.Op, fate, error);
            _requests.Remove();
        }
    }

    private void Become(SessionState state, ClientEffects effects)
    {
        if (State == state)
            return;
        State = state;
        effects.Become(state);
    }
}
