using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>Three clients, tapped, at the real server of one member in virtual time, with all judges listening; one lie may be told them.</summary>
internal sealed class Play : ITrace
{
    private sealed class Client(int number, ClientTap tap)
    {
        public int Number => number;
        public ClientTap Tap => tap;
        public MemoryConnection? Connection { get; set; }
        public SessionId Session { get; set; }
        public byte[] Password { get; set; } = new byte[16];
        public int Xid { get; set; }
    }

    private readonly ManualTime _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly MemoryEnsemble _ensemble;
    private readonly Canon _canon = new();
    private readonly SessionExpiry _expiry;
    private readonly WingGong _search = new(readsAreLinearizable: true);
    private readonly WatchRegistry _registry = new();
    private readonly HistoryJudge[] _judges;
    private readonly History _history;
    private readonly Liar _liar;
    private readonly Workload _workload;
    private readonly Client[] _clients;

    public Play(ulong seed, Lie lie = Lie.None, int after = 0)
    {
        _expiry = new(_canon, new(() => Now, ReadsAreLinearizable: true, SkipAcl: false, DriftPartsPerMillion: 0, TimeSpan.FromSeconds(5)));
        _judges =
        [
            new Durability(_canon), new ZxidReplay(_canon, readsAreLinearizable: true), new SeenOrder(), new SessionOrder(_canon),
            new WatchOrder(_canon), new EphemeralOwnership(_canon), _expiry, _search, _registry,
        ];
        _liar = new(lie, after, [.. _judges.Where(judge => judge != _registry)]);
        _history = new(_liar, _registry);
        _workload = new(new(seed));
        _clients = [.. Enumerable.Range(1, 3).Select(number => new Client(number, new(_history, number, () => Now)))];
        _expiry.Quorum(true);
        _ensemble = MemoryEnsemble.Start(new()
        {
            Time = _time,
            Trace = this,
            Seed = seed,
            Settings = new() { ExtendedTypes = true, ContainerCheckInterval = TimeSpan.FromSeconds(1) },
        });
    }

    public string? Finding => _judges.Prepend<Judge>(_canon).Where(judge => judge.Finding is not null)
        .Select(judge => $"{judge.Name}: {judge.Finding}").Concat(_clients.Select(client => client.Tap.Fault)).FirstOrDefault(f => f is not null);

    public IEnumerable<OpCode> Answered => _history.Operations.Where(operation => operation.Answer is { Error: ErrorCode.Ok })
        .Select(operation => operation.Request.Op).Distinct();

    public IEnumerable<(WatchEvent, bool)> Told => _history.Watches.Select(seen => (seen.What, seen.Zxid == WatchSeen.CaughtUp)).Distinct();

    public IEnumerable<SessionChange> Learnt => _history.Sessions.Select(seen => seen.What).Distinct();

    public bool HasLied => _liar.HasLied;

    public (int, int) Islands => _search.Count;

    private TrueTime Now => new(_time.Now.Instant.Ticks);

    bool ITrace.SeesEntries => true;

    bool ITrace.SeesCommits => false;

    public void Run(int steps)
    {
        for (var i = 0; i < steps && Finding is null; i++)
            Step(_clients[_workload.Below(_clients.Length)]);
        foreach (var client in _clients.Where(client => client.Connection is not null))
            Send(client, new Request.Sync("/"));
        foreach (var judge in _judges)
            judge.Closing(Now);
    }

    private void Step(Client client)
    {
        switch (_workload.Below(30))
        {
            case 0 when client.Connection is not null:
                client.Connection.Close();
                Listen();
                break;
            case 1:
                _ensemble.Advance(TimeSpan.FromMilliseconds(_workload.Below(800)));
                Listen();
                break;
            case 2 when _workload.Below(6) == 0:
                _ensemble.Advance(TimeSpan.FromSeconds(6));
                Listen();
                break;
            case 3 or 4 when client.Connection is not null && _workload.Below(2) == 0:
                Send(client, new Request.Plain(OpCode.Ping), xid: -2);
                break;
            case 5 when client.Connection is not null:
                Send(client, new Request.Auth("digest", "bob:pw"u8.ToArray()), xid: -4);
                break;
            case 6 when client.Connection is not null && _workload.Below(4) == 0:
                Send(client, new Request.Plain(OpCode.CloseSession));
                client.Session = default;
                break;
            case < 26 when client.Connection is null:
                break;   // meanwhile the others go on
            default:
                if (client.Connection is null)
                    Connect(client);
                var glued = Enumerable.Range(0, 1 + _workload.Below(4)).Select(_ => (++client.Xid, _workload.Next())).ToArray();
                Send(client, glued);
                break;
        }
    }

    private void Connect(Client client)
    {
        if (client.Session == default)
            _registry.Forget(client.Number);
        client.Connection = _ensemble.Connect();
        client.Tap.Opened(new(1));
        var ask = Frames.Connect(_registry.Seen(client.Number), 4000, client.Session, client.Password);
        client.Tap.Sent(ask);
        client.Connection.Send(ask);
        Assert.True(client.Connection.TryReceive(out var answer));
        client.Tap.Received(answer);
        var reader = new JuteReader(answer);
        reader.Int();   // the frame's length
        reader.Int();   // the protocol's version
        var timeout = reader.Int();
        client.Session = new(reader.Long());
        client.Password = reader.Buffer(out _).ToArray();
        if (timeout == 0)
        {
            (client.Session, client.Password) = (default, new byte[16]);
            Listen();
            Connect(client);
        }
        else if (_registry.Replay(client.Number) is { } replay)
            Send(client, replay, xid: -8);
    }

    private void Send(Client client, Request request, int xid = 0) => Send(client, (xid == 0 ? ++client.Xid : xid, request));

    private void Send(Client client, params (int Xid, Request Request)[] requests)
    {
        byte[] bytes = [.. requests.SelectMany(request => Frames.Of(request.Xid, request.Request))];
        client.Tap.Sent(bytes);
        _expiry.Heard(client.Session);
        client.Connection!.Send(bytes);
        Listen();
    }

    private void Listen()
    {
        foreach (var client in _clients)
        {
            while (client.Connection?.TryReceive(out var bytes) == true)
                client.Tap.Received(bytes);
            if (client.Connection?.IsClosed == true)
            {
                client.Tap.Closed();
                client.Connection = null;
            }
        }
    }

    void ITrace.Applied(in AppliedEntry entry)
    {
        _canon.Applied(new(1), entry);
        foreach (var judge in _judges)
            judge.Applied(new(1), entry);
    }

    void ITrace.Note(NoteLevel level, ulong subject, string text) { }

    void ITrace.Became(Role role, Term term, ServerId leader) { }

    void ITrace.Committed(LogIndex index, Term term, ulong chain) { }

    void ITrace.Installed(LogIndex index, Zxid zxid, Digest digest) { }
}
