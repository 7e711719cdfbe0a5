using System.Text;
using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Clients;

/// <summary>A client in front of the real server, in one process and in virtual time: what is asked is answered before the call returns.</summary>
internal sealed class Owner : IDisposable
{
    private readonly ClientEffects _effects = new();
    private readonly ManualTime _time;
    private readonly MemoryEnsemble _ensemble;
    private readonly Queue<(ulong Link, byte[] Frame)> _inbox = new();
    private readonly Dictionary<ulong, Reply> _replies = [];
    private MemoryConnection? _connection;
    private ulong _link, _lastTicket;

    public Owner(MemoryEnsemble ensemble, ManualTime time, ClientSettings? settings = null, ulong seed = 1)
    {
        (_ensemble, _time) = (ensemble, time);
        Client = new(settings ?? new(), seed);
        Run();
    }

    public sealed record Reply(Fate Fate, ErrorCode Error, Zxid Zxid, byte[] Body);

    public Kernel.Clients.Client Client { get; }

    public Instant Now => _time.Now.Instant;

    /// <summary>What the client told its owner besides completions.</summary>
    public List<string> Told { get; } = [];

    /// <summary>Whether the server takes new connections.</summary>
    public bool IsCutOff { get; set; }

    public static (MemoryEnsemble Ensemble, ManualTime Time) Start()
    {
        var time = new ManualTime(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));
        return (MemoryEnsemble.Start(new() { Time = time, Settings = new() { SuperDigest = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=" } }), time);
    }

    public Reply Ask(OpCode op, Action<JuteWriter> record) => _replies[Begin(op, record)];

    /// <summary>Asks without waiting for the answer; the number to ask <see cref="Find"/> with.</summary>
    public ulong Begin(OpCode op, Action<JuteWriter> record)
    {
        var bytes = Spoken.Record(record);
        Step(new() { Now = Now, Kind = ClientInputKind.Request, Subject = ++_lastTicket, Op = op, Bytes = bytes });
        Run();
        return _lastTicket;
    }

    public Reply? Find(ulong ticket) => _replies.GetValueOrDefault(ticket);

    public Reply Create(string path, string data = "", ZnodeKind kind = ZnodeKind.Persistent) =>
        Ask(OpCode.Create, w => RequestRecord.Create(w, Bytes(path), Bytes(data), AclList.Open, kind));

    public Reply Set(string path, string data, int version = -1) => Ask(OpCode.SetData, w => RequestRecord.SetData(w, Bytes(path), Bytes(data), version));

    public Reply Delete(string path) => Ask(OpCode.Delete, w => RequestRecord.Versioned(w, Bytes(path), -1));

    public Reply Read(OpCode op, string path, bool watch = false) => Ask(op, w => RequestRecord.Read(w, Bytes(path), watch));

    public Reply Path(OpCode op, string path) => Ask(op, w => RequestRecord.Path(w, Bytes(path)));

    /// <summary>Breaks the connection without a word.</summary>
    public void Break()
    {
        _connection?.Close();
        Run();
    }

    /// <summary>Lets time pass for server and client alike.</summary>
    public void Advance(TimeSpan span)
    {
        for (var end = Now + span; Now < end; Run())
        {
            var next = Instant.Earlier(end, Instant.Later(Client.NextDeadline, Now + TimeSpan.FromMilliseconds(1)));
            _ensemble.Advance(next - Now);
        }
    }

    /// <summary>Lets time pass for the server while the client sleeps.</summary>
    public void Sleep(TimeSpan span) => _ensemble.Advance(span);

    public void Dispose() => _connection?.Close();

    /// <summary>Runs the client until it has nothing more to do at this moment.</summary>
    public void Run()
    {
        do
        {
            while (Receive(out var link, out var frame))
                Step(new() { Now = Now, Kind = ClientInputKind.Frame, Subject = link, Bytes = frame });
            if (_connection is { IsClosed: true } && _inbox.Count == 0)
            {
                _connection = null;
                Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = _link });
            }
            if (Client.NextDeadline <= Now)
                Step(new() { Now = Now, Kind = ClientInputKind.Tick });
        }
        while (Client.NextDeadline <= Now || _inbox.Count > 0 || Receives());
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private bool Receive(out ulong link, out byte[] frame)
    {
        Receives();
        var found = _inbox.TryDequeue(out var mail);
        (link, frame) = mail;
        return found;
    }

    private bool Receives()
    {
        while (_connection is not null && _connection.TryReceive(out var frames))
            foreach (var frame in Spoken.Frames(frames))
                _inbox.Enqueue((_link, frame));
        return _inbox.Count > 0 || _connection is { IsClosed: true };
    }

    private void Step(in ClientInput input)
    {
        Client.Step(input, _effects);
        for (var i = 0; i < _effects.Count; i++)
            Perform(_effects[i], _effects.Bytes(_effects[i]).ToArray());
        _effects.Clear();
        if (_connection is not null && _opened != _link)
        {
            _opened = _link;
            Step(new() { Now = Now, Kind = ClientInputKind.Opened, Subject = _link });
        }
    }

    private ulong _opened;

    private void Perform(in ClientEffect effect, byte[] bytes)
    {
        switch (effect.Kind)
        {
            case ClientEffectKind.Connect:
                _link = effect.Subject;
                _connection = IsCutOff ? null : _ensemble.Connect();
                break;
            case ClientEffectKind.Send:
                _connection?.Send(bytes);
                break;
            case ClientEffectKind.HangUp:
                _connection?.Close();
                _connection = null;
                break;
            case ClientEffectKind.Completed:
                _replies.Add(effect.Subject, new(effect.Fate, effect.Error, effect.Zxid, bytes));
                break;
            case ClientEffectKind.Event:
                Told.Add($"{effect.Event} {Encoding.UTF8.GetString(bytes)} for {effect.Watches}");
                break;
            default:
                Told.Add($"{effect.State}");
                break;
        }
    }
}
