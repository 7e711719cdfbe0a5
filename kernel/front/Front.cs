using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// The server-local half: from client frames to commands for the log, and from applied entries to replies and watch events.
/// </summary>
/// <remarks>
/// Nothing in here is replicated. It is a state machine like the rest: each call takes what happened and the time, and appends to the
/// effects what must happen next. The rooms it is made of know each other only as far as their constructors say.
/// </remarks>
internal sealed class Front
{
    private readonly Settings _settings;
    private readonly AdminWords _words;
    private readonly WatchTable _watchTable;
    private readonly Connections _connections;
    private readonly Authentication _authentication;
    private readonly Touches _touches;
    private readonly Throttle _throttle;
    private readonly Backlog _backlog;
    private readonly Handshake _handshake;
    private readonly Watches _watches;
    private readonly ReadyReads _ready;
    private readonly Shares _shares;
    private readonly Pipeline _pipeline;

    public Front(
        Settings settings,
        Limits limits,
        Machine machine,
        IReplication replication,
        Dice dice,
        ITrace trace,
        Incarnation incarnation)
    {
        _settings = settings;
        _words = new(settings);
        _watchTable = new(dice.Next());
        _connections = new(settings, limits, _watchTable, Statistics, trace);
        _authentication = new(settings, limits, _connections, Statistics);
        Claims = new(incarnation);
        _touches = new(replication, machine, Expiry, Claims);
        _throttle = new(settings, limits, _connections, _touches);
        _backlog = new(replication, _throttle);
        _handshake = new(settings, machine, replication, dice, incarnation, _connections, _touches, _backlog, Statistics);
        _watches = new(_watchTable, _connections, machine, settings, limits);
        _ready = new(new(machine, settings));
        _shares = new(limits);
        var watchRequests = new WatchRequests(_watches, _watchTable, new(_watches, _connections, machine), _connections, machine);
        _pipeline = new(
            settings, incarnation, machine, replication, _connections, _touches, _throttle, _backlog, _ready, _shares, _watches, watchRequests, Statistics);
    }

    /// <summary>The timers of sessions, for whoever leads: the front tells it what it hears, the server asks it whom to close.</summary>
    public Expiry Expiry { get; } = new();

    /// <summary>What the leader is to be told, if it is another.</summary>
    public Claims Claims { get; }

    public ServerStatistics Statistics { get; } = new();

    /// <summary>Open connections.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Requests that wait for their answer.</summary>
    public int OutstandingRequests => _connections.Unanswered;

    /// <summary>Watches on data and on children; a persistent one counts as both.</summary>
    public int WatchCount => _watchTable.DataCount + _watchTable.ChildCount;

    /// <summary>Of the watches on data: by how many connections, on how many paths, and how many in all.</summary>
    public (int Connections, int Paths, int Watches) DataWatches => WatchSurvey.DataWatches(_watchTable, _connections.Slots);

    /// <summary>When <see cref="Elapse"/> has something to do. The timers of sessions are not part of it.</summary>
    public Instant NextDeadline => Instant.Earlier(_connections.NextHandshake, _throttle.NextDeadline);

    /// <summary>A client connected.</summary>
    public void Opened(ConnectionId id, ReadOnlySpan<byte> origin, Moment now, Effects effects)
    {
        _connections.Now = now;
        var from = ClientOrigin.Read(origin);
        if (_connections.Open(id, from.Endpoint, now.Instant + _settings.HandshakeTimeout) is not { } connection)
        {
            effects.HangUp(id);
            return;
        }
        if (!_authentication.Opened(connection, from))
            _connections.Refuse(connection, "its certificate names more than the bound on identities allows", effects);
    }

    /// <summary>A whole frame of a client. Of one that was hung up or has closed its session it is dropped.</summary>
    public void Frame(ConnectionId id, ReadOnlySpan<byte> frame, Moment now, Effects effects)
    {
        _connections.Now = now;
        if (_connections.Find(id) is not { } connection)
            return;
        switch (connection.State)
        {
            case ConnectionState.Established:
                _connections.CountReceived(connection, frame.Length);
                _touches.Heard(connection, now);
                Dispatch(connection, frame, effects);
                break;
            case ConnectionState.Fresh:
                _connections.CountReceived(connection, frame.Length);
                _handshake.Begin(connection, frame, effects);
                break;
            case ConnectionState.Connecting:
                _connections.CountReceived(connection, frame.Length);
                new JuteWriter(connection.Early ??= new(256)).Buffer(frame);
                _throttle.Took(connection, frame.Length, effects);
                break;
        }
    }

    /// <summary>A four-letter word in place of a client's first frame: text, then the end.</summary>
    public void Word(ConnectionId id, ReadOnlySpan<byte> word, IAdminView view, Moment now, Effects effects)
    {
        _connections.Now = now;
        if (_connections.Find(id) is not { State: ConnectionState.Fresh } connection)
            return;
        var start = effects.Arena.Length;
        if (_words.TryAnswer(word, view, effects.Arena))
            effects.Reply(id, start);
        _connections.HangUp(connection, effects);
    }

    /// <summary>A client does not read what it is owed: nothing more is answered than has been promised.</summary>
    public void Stalled(ConnectionId id)
    {
        if (_connections.Find(id) is { } connection)
            _connections.Stall(connection, true);
    }

    /// <summary>A client has read what it was owed.</summary>
    public void Drained(ConnectionId id, Moment now, Effects effects)
    {
        _connections.Now = now;
        if (_connections.Find(id) is not { IsStalled: true, IsGone: false } connection)
            return;
        _connections.Stall(connection, false);
        _pipeline.GoOn(connection, effects);
    }

    /// <summary>A connection is gone, whoever closed it. What it asked to be written is still proposed.</summary>
    public void Closed(ConnectionId id)
    {
        if (_connections.Find(id) is { State: ConnectionState.Established or ConnectionState.Closing } connection)
            _pipeline.ProposeRest(connection);
        _connections.Closed(id);
    }

    /// <summary>Time has passed: handshakes that took too long, sessions of connections that are not read from.</summary>
    public void Elapse(Moment now, Effects effects)
    {
        _connections.Now = now;
        _connections.Elapse(effects);
        _throttle.Elapse();
    }

    /// <summary>At the end of each step: records and proposes what had to wait, as far as consensus takes it, and relaxes back-pressure.</summary>
    public void Pump(Effects effects)
    {
        _touches.RecordRest(_connections.Now);
        _throttle.Relax(effects);
        while (_backlog.TryTake(out var connection))
        {
            if (connection.IsGone)
                continue;
            if (connection.State == ConnectionState.Connecting)
                _handshake.Propose(connection);
            else
                _pipeline.Propose(connection, effects);
            _backlog.Served(connection, effects);
        }
    }

    /// <summary>
    /// Whether an entry may be applied now: not while a read of its session that came before it is ready and unanswered (A1). To be asked
    /// just before each entry is applied, since what applying overwrites is noted here.
    /// </summary>
    public bool MayApply(in Command command)
    {
        if (!_pipeline.MayApply(command))
            return false;
        if (command.Kind is CommandKind.Attach or CommandKind.CloseSession or CommandKind.ExpireSession)
            _touches.Note(command.Session);
        return true;
    }

    /// <summary>An entry was applied: watch events first, then the reply, then what waited for it.</summary>
    public void Applied(in Command command, in Outcome outcome, Changes changes, ReadOnlySpan<byte> body, Moment now, Effects effects)
    {
        _connections.Now = now;
        if (outcome.Verdict != Verdict.Applied)
            return;
#if MUTANTS
        if (Mutant.Is(Mutants.EventsAfterReply) && command.Kind == CommandKind.Write)
        {
            Answer(command, outcome, body, effects);
            _watches.Fire(changes, effects);
            return;
        }
#endif
        _watches.Fire(changes, effects);
        switch (command.Kind)
        {
            case CommandKind.Write:
            case CommandKind.CloseSession:
                Answer(command, outcome, body, effects);
                break;
            case CommandKind.CreateSession:
            case CommandKind.Attach:
                SessionUp(command, outcome, effects);
                break;
            case CommandKind.ExpireSession:
                SessionEnded(outcome.Session, effects);
                break;
            case CommandKind.Membership:
                _pipeline.MembershipChanged(effects);
                break;
        }
    }

    /// <summary>
    /// This leader has appended what a client asked for: that touches its session in the same step (A6). An attach does so only with the right
    /// password: who merely knows an id must not keep a dead session alive.
    /// </summary>
    public void Appended(in Command command, Moment now)
    {
        if (command.Kind is CommandKind.Write or CommandKind.CloseSession)
            _touches.Appended(command.Session, now);
        else if (command.Kind == CommandKind.Attach)
            _touches.Claimed(command.Session, SessionCommand.Read(command.Body).Password, now);
    }

    /// <summary>Another member has heard from a session; this one leads.</summary>
    public ClaimVerdict Claimed(in Claim claim, Moment now) => _touches.Claimed(claim, now);

    /// <summary>This member leads from now on, or follows another leader.</summary>
    public void LeaderChanged(Moment now) => _touches.LeaderChanged(now);

    /// <summary>
    /// The leader promises a session nothing any more: its owner learns where it stands when it connects again. If it has done so meanwhile,
    /// what was refused is its former attachment, and the connection that carries the session now is not meant.
    /// </summary>
    public void Refused(SessionId session, Effects effects)
    {
        if (Claims.Claiming(session) is { } connection)
            _connections.HangUp(connection, effects);
    }

    /// <summary>A confirmation round has ended: what was registered for it or an earlier one may leave.</summary>
    public void Confirmed(ulong round, Effects effects) => _pipeline.Confirmed(round, effects);

    /// <summary>How many reads are ready to be answered; the state is frozen until the next step.</summary>
    public int ReadyReads => _ready.Count;

    /// <summary>Whether there are reads that wait for the next batch because their connections have had their share of this one.</summary>
    public bool AnyReadWaits => _shares.AnyWaits;

    /// <summary>A batch begins: connections that had their share of the last one go on.</summary>
    public void ShareAnew(Moment now, Effects effects)
    {
        _connections.Now = now;
        _pipeline.ShareAnew(effects);
    }

    /// <summary>Computes the answer of one ready read: pure, on any thread, each thread with its own writer.</summary>
    public void Answer(int read, ReplyWriter reply) => _ready.Answer(read, reply);

    /// <summary>The first of the ready reads are answered: joins the answers to the output in read order.</summary>
    public void FinishReads(int answered, Moment now, Effects effects)
    {
        _connections.Now = now;
        _pipeline.FinishReads(answered, effects);
    }

    /// <summary>Hangs up every connection and forgets what it waited for: this member no longer serves, or lost what it saw (A2).</summary>
    public void HangUpAll(Effects effects)
    {
        _connections.HangUpAll(effects);
        _handshake.Clear();
        _backlog.Clear();
        _touches.Clear();
        _ready.Clear();
        _shares.Clear();
    }

#if MUTANTS
    /// <summary>Goes on with the connections of a former front that wait for no reply, as if nothing had been missed; the others are hung up.</summary>
    public void TakeOver(Front former, Moment now, Effects effects)
    {
        _connections.Now = now;
        for (var slot = 0; slot < former._connections.Slots; slot++)
            if (former._connections[slot] is { State: ConnectionState.Established, Requests.Count: 0, Held: HoldReasons.None } connection
                && _handshake.TakesOver(connection))
                former._connections.Closed(connection.Id);
        former.HangUpAll(effects);
    }
#endif

    /// <summary>Sets the statistics of every connection back to nothing.</summary>
    public void ResetConnectionStatistics()
    {
        for (var slot = 0; slot < _connections.Slots; slot++)
            if (_connections[slot] is { } connection)
                connection.Statistics = ConnectionStatistics.Fresh;
    }

    /// <summary>Lists every connection.</summary>
    public void ListConnections(IAdminListing to)
    {
        for (var slot = 0; slot < _connections.Slots; slot++)
            if (_connections[slot] is { } connection)
                to.Connection(connection.View(_touches.DeadlineOf(connection)));
    }

    /// <summary>Lists every session of which this member judges the silence, with its deadline.</summary>
    public void ListSessions(IAdminListing to) => _touches.List(to);

    /// <summary>Lists every watch on data, persistent ones included, with the session that has it.</summary>
    public void ListDataWatches(IAdminListing to) => WatchSurvey.ListData(_watchTable, _connections, to);

    private void Dispatch(Connection connection, ReadOnlySpan<byte> frame, Effects effects)
    {
        if (!RequestHeader.TryRead(frame, out var header, out var record))
        {
            _connections.Refuse(connection, "a request without a readable header", effects);
            return;
        }
        switch (header.Op)
        {
            case OpCode.Auth:
                _authentication.Authenticate(connection, header.Xid, record, effects);
                break;
            case OpCode.Sasl:
                _authentication.Sasl(connection, header.Xid, record, effects);
                break;
            case var _ when !_authentication.Suffices(connection):
                _authentication.Refuse(
                    connection, header.Xid, ErrorCode.SessionClosedRequireSaslAuth, "a request before it has authenticated (enforce.auth.schemes)", effects);
                break;
            case OpCode.Ping:
                _throttle.Took(connection, frame.Length, effects);
                _touches.Pinged(connection, frame.Length, _connections.Now.Instant);
#if MUTANTS
                if (Mutant.Is(Mutants.PongsUnconfirmed))
                    _pipeline.Confirmed(0, effects);
#endif
                break;
            default:
                _pipeline.Take(connection, header, record, effects);
                break;
        }
    }

    private void Answer(in Command command, in Outcome outcome, ReadOnlySpan<byte> body, Effects effects)
    {
        var connection = _connections.Carrying(command.Session);
        if (connection is not null && command.Origin == _settings.Id && command.Attachment == connection.Attachment)
            _pipeline.Applied(connection, command, outcome, body, effects);
        if (command.Kind == CommandKind.CloseSession && outcome.Error == ErrorCode.Ok)
            SessionEnded(command.Session, effects);
    }

    private void SessionUp(in Command command, in Outcome outcome, Effects effects)
    {
        if (outcome.Error == ErrorCode.Ok)
        {
            if (command.Kind == CommandKind.CreateSession)
                _touches.Opened(outcome.Session, _connections.Now);
            else
                _touches.Attached(_connections.Now);
        }
        if (_handshake.Applied(command, outcome, effects) is { } connection)
            ServeEarly(connection, effects);
    }

    /// <summary>The frames that were pipelined behind the ConnectRequest take their turn.</summary>
    private void ServeEarly(Connection connection, Effects effects)
    {
        if (connection.Early is not { } early)
            return;
        connection.Early = null;
        var reader = new JuteReader(early.Written);
        while (!reader.Rest.IsEmpty && !connection.IsGone)
        {
            var frame = reader.Buffer(out _);
            _throttle.Answered(connection, frame.Length, effects);   // it counts again as what it turns out to be
            if (connection.State == ConnectionState.Established)
                Dispatch(connection, frame, effects);
        }
    }

    /// <summary>The session is over: a connection that still carries it is closed, without a word.</summary>
    private void SessionEnded(SessionId session, Effects effects)
    {
        _touches.Ended();
        if (_connections.Carrying(session) is { } connection)
            _connections.HangUp(connection, effects);
    }
}
