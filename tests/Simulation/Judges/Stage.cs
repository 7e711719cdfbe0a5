using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations.Judges;

/// <summary>
/// Where histories are made by hand. A log that is always right grows entry by entry, answered as the model answers; what clients are told
/// of it is for the test to say. A millisecond passes with everything that happens.
/// </summary>
internal sealed class Stage
{
    public const int TimeoutMilliseconds = 4000;

    private readonly ZnodeModel _truth = new();
    private ulong _index;
    private uint _term;

    public Stage(bool readsAreLinearizable = false)
    {
        Jury = new(new(() => Now, readsAreLinearizable, SkipAcl: false, DriftPartsPerMillion: 0, TimeSpan.FromSeconds(1))
        {
            KeptSince = _ => KeptSince,
            TouchTime = TimeSpan.FromSeconds(1),
        });
        Jury.Expiry.Quorum(true);
        OpenTerm();
    }

    public Jury Jury { get; }

    /// <summary>Since when a server holds back whatever connection there is; null for none.</summary>
    public TrueTime? KeptSince { get; set; }

    public History History => Jury.History;

    public TrueTime Now { get; private set; }

    /// <summary>The last zxid taken.</summary>
    public Zxid Head => _truth.Zxid;

    /// <summary>What one judge has found; null while it is content.</summary>
    public string? Finding<T>() where T : Judge => Jury.All.OfType<T>().Single().Finding;

    /// <summary>What any judge has found.</summary>
    public string? Anything => Jury.All.FirstOrDefault(judge => judge.Finding is not null) is { } judge ? $"{judge.Name}: {judge.Finding}" : null;

    public TrueTime Pass(double milliseconds = 1) => Now += TimeSpan.FromMilliseconds(milliseconds);

    public string? Close()
    {
        foreach (var judge in Jury.All)
            judge.Closing(Now);
        return Anything;
    }

    public void OpenTerm()
    {
        _term++;
        Append(CommandKind.Open);
    }

    /// <summary>A client with a session of its own.</summary>
    public Player Enter(int number, int timeout = TimeoutMilliseconds)
    {
        var asked = Pass();
        var session = Append(CommandKind.CreateSession, timeout: timeout).Session;
        return new Player(this, number, session).Connect(asked, timeout: timeout);
    }

    public CanonEntry Expire(Player player) => Append(CommandKind.ExpireSession, player.Session);

    /// <summary>The next entry, answered as it must be, or as told.</summary>
    public CanonEntry Append(CommandKind kind, SessionId session = default, uint attachment = 0, ulong sequence = 0, Request? request = null,
        ErrorCode? answered = null, int timeout = TimeoutMilliseconds)
    {
        Pass();
        _index++;
        var time = new WallTime(1_000_000 + Now.Ticks / TimeSpan.TicksPerMillisecond);
        CanonEntry Entry(ErrorCode? answer, Zxid zxid) => new()
        {
            Index = new(_index),
            Term = new(_term),
            Time = time,
            Kind = kind,
            Session = kind == CommandKind.CreateSession ? new(zxid.Value) : session,
            Attachment = attachment,
            Sequence = sequence,
            Request = request,
            Rules = Rules.ExtendedTypes,
            Timeout = TimeSpan.FromMilliseconds(timeout),
            Answer = answer,
            Zxid = zxid,
        };
        var isOwn = kind is CommandKind.CreateSession or CommandKind.Attach;
        var truth = _truth.Apply(Entry(isOwn ? ErrorCode.Ok : null, _truth.Zxid));
        var entry = Entry(answered ?? (isOwn ? ErrorCode.Ok : truth?.Error), _truth.Zxid);
        Jury.Canon.Append(entry);
        return entry;
    }

    /// <summary>What a read is truly answered at a zxid.</summary>
    public Answer Truth(Request request, Zxid at, SessionId session) =>
        request is Request.Read or Request.Sync ? _truth.Read(request, at, session, AccessRules.Nobody, skipAcl: false)! : new(ErrorCode.Ok, at);
}

/// <summary>A client on the stage, whose every step is for the test to say.</summary>
internal sealed class Player(Stage stage, int number, SessionId session)
{
    private ulong _written;

    public int Number => number;
    public SessionId Session => session;
    public int Connection { get; private set; }
    public ServerId Server { get; private set; } = new(1);
    public uint Attachment { get; set; } = 1;

    public Player Connect(TrueTime asked, byte server = 1, int timeout = Stage.TimeoutMilliseconds)
    {
        (Connection, Server, _written) = (Connection + 1, new(server), 0);
        Learn(SessionChange.Connected, asked, timeout);
        return this;
    }

    /// <summary>The connection breaks, and another is made.</summary>
    public Player Reconnect(byte server = 2, params Operation[] lost)
    {
        foreach (var operation in lost)
            stage.History.Lose(stage.Pass(), operation);
        Learn(SessionChange.Disconnected, stage.Now, 0);
        var asked = stage.Pass();
        stage.Append(CommandKind.Attach, session);
        Attachment++;
        return Connect(asked, server);
    }

    /// <summary>Asks, and no more.</summary>
    public Operation Ask(Request request)
    {
        var operation = stage.History.Call(stage.Pass(), number, request);
        stage.History.Send(stage.Now, operation, session, Connection, Server);
        stage.Jury.Expiry.Heard(session);
        return operation;
    }

    /// <summary>The log takes a write, as the next one of this connection unless told otherwise.</summary>
    public CanonEntry Apply(Operation operation, uint? attachment = null, ulong? sequence = null) => stage.Append(
        operation.Request.Op == OpCode.CloseSession ? CommandKind.CloseSession : CommandKind.Write, session, attachment ?? Attachment,
        sequence ?? ++_written, operation.Request);

    public void Return(Operation operation, Answer answer) => stage.History.Return(stage.Pass(), operation, answer);

    /// <summary>A write from beginning to end; what is returned may be bent on the way.</summary>
    public Answer Write(Request request, Func<Answer, Answer>? bend = null)
    {
        var operation = Ask(request);
        var answer = Apply(operation).Expected!;
        answer = bend?.Invoke(answer) ?? answer;
        Return(operation, answer);
        return answer;
    }

    /// <summary>A read from beginning to end, by a server that has applied everything up to a zxid.</summary>
    public Answer Read(Request request, Zxid? at = null, Func<Answer, Answer>? bend = null)
    {
        var operation = Ask(request);
        var answer = stage.Truth(request, at ?? stage.Head, session);
        answer = bend?.Invoke(answer) ?? answer;
        Return(operation, answer);
        return answer;
    }

    public void Hear(WatchEvent what, string path, Zxid? zxid = null) =>
        stage.History.See(new WatchSeen(number, session, Connection, what, path, zxid ?? stage.Head, stage.Pass()));

    private void Learn(SessionChange what, TrueTime asked, int timeout) => stage.History.See(
        new SessionSeen(number, what, session, Connection, Server, TimeSpan.FromMilliseconds(timeout), asked, stage.Pass()));
}

/// <summary>Requests in short.</summary>
internal static class Requests
{
    public static Request Create(string path, string data = "", int flags = 0) =>
        new Request.Create(OpCode.Create2, path, System.Text.Encoding.ASCII.GetBytes(data), Acl.Open, flags);

    public static Request Set(string path, string data, int version = -1) =>
        new Request.SetData(path, System.Text.Encoding.ASCII.GetBytes(data), version);

    public static Request Delete(string path) => new Request.Delete(path);

    public static Request Get(string path, bool watch = false) => new Request.Read(OpCode.GetData, path, watch);

    public static Request Exists(string path, bool watch = false) => new Request.Read(OpCode.Exists, path, watch);

    public static Request Children(string path, bool watch = false) => new Request.Read(OpCode.GetChildren2, path, watch);

    public static Request Sync() => new Request.Sync("/");

    public static Request Replay(Zxid seen, string[]? data = null, string[]? exist = null, string[]? child = null, string[]? persistent = null) =>
        new Request.SetWatches(OpCode.SetWatches2, seen, data ?? [], exist ?? [], child ?? [], persistent ?? [], []);
}
