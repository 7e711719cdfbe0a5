using System.Text;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Clients;

/// <summary>A client whose server is played by the test: every frame it sees, and every moment, is the test's.</summary>
internal sealed class Puppet(ClientSettings settings, ulong seed = 1, int version = ProtocolVersion.ConfirmedPongs)
{
    public const int SessionNumber = 0x51;

    private readonly ClientEffects _effects = new();
    private readonly List<string> _said = [];

    public Puppet() : this(new()) { }

    /// <summary>A client of ZooKeeper's servers, whose owner goes by the fence.</summary>
    public static Puppet AtZooKeeper()
    {
        var puppet = new Puppet(new(), version: ProtocolVersion.ZooKeeper);
        return puppet.Rely();
    }

    public Kernel.Clients.Client Client { get; } = new(settings, seed);

    public Instant Now { get; private set; } = new(1000 * TimeSpan.TicksPerSecond);

    /// <summary>The number of the newest connection asked for, and its server.</summary>
    public ulong Link { get; private set; }

    public int Server { get; private set; }

    /// <summary>Whole frames as they were sent, without lengths.</summary>
    public List<byte[]> Frames { get; } = [];

    /// <summary>What the client did since the last look.</summary>
    public IReadOnlyList<string> Said()
    {
        string[] said = [.. _said];
        _said.Clear();
        return said;
    }

    public Puppet Tick() => Step(new() { Now = Now, Kind = ClientInputKind.Tick });

    /// <summary>Lets time pass, with a tick at each deadline on the way.</summary>
    public Puppet Advance(TimeSpan span)
    {
        var end = Now + span;
        while (Client.NextDeadline <= end)
        {
            Now = Instant.Later(Now, Client.NextDeadline);
            Tick();
        }
        Now = end;
        return this;
    }

    public Puppet Advance(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Lets time pass while the client is not run.</summary>
    public Puppet Sleep(double seconds)
    {
        Now += TimeSpan.FromSeconds(seconds);
        return this;
    }

    public Puppet Rely() => Step(new() { Now = Now, Kind = ClientInputKind.Rely });

    public Puppet Opened(ulong? link = null) => Step(new() { Now = Now, Kind = ClientInputKind.Opened, Subject = link ?? Link });

    public Puppet Closed(ulong? link = null) => Step(new() { Now = Now, Kind = ClientInputKind.Closed, Subject = link ?? Link });

    /// <summary>Opens the connection and grants the session.</summary>
    public Puppet Grant(int timeout = 9000, long session = SessionNumber) => Opened().Granted(timeout, session);

    public Puppet Granted(int timeout = 9000, long session = SessionNumber) =>
        Frame(w => ConnectResponse.WriteGranted(w, version, timeout, new(session), Enumerable.Repeat((byte)7, 16).ToArray(), withReadOnly: false));

    public Puppet Refuse() => Opened().Frame(w => ConnectResponse.WriteRefused(w, withReadOnly: true));

    /// <summary>A client whose session is up, and what it said on the way forgotten.</summary>
    public Puppet Up(int timeout = 9000)
    {
        Tick().Grant(timeout).Said();
        return this;
    }

    /// <summary>The connection breaks, and the next one is up; what was said on the way is forgotten.</summary>
    public Puppet Reconnect(int timeout = 9000)
    {
        Closed().Advance(settings.BackoffMax.TotalSeconds).Said();
        return Grant(timeout);
    }

    public Puppet Ask(ulong ticket, OpCode op, string path = "/a", bool watch = false) => Ask(ticket, op, Record(op, path, watch));

    public Puppet Ask(ulong ticket, OpCode op, byte[] record) =>
        Step(new() { Now = Now, Kind = ClientInputKind.Request, Subject = ticket, Op = op, Bytes = record });

    public Puppet Reply(int xid, long zxid, ErrorCode error = ErrorCode.Ok, Action<JuteWriter>? body = null) => Frame(w =>
    {
        var frame = w.BeginFrame();
        ReplyHeader.Write(w, xid, new(zxid), error);
        body?.Invoke(w);
        w.EndFrame(frame);
    });

    public Puppet Pong(long zxid) => Reply(-2, zxid);

    public Puppet Event(WatchEvent what, string path, long zxid) => Frame(w => Notification.Write(w, what, Encoding.UTF8.GetBytes(path), new(zxid)));

    public Puppet Frame(Action<JuteWriter> write)
    {
        foreach (var frame in Spoken.Frames(Spoken.Record(write)))
            Step(new() { Now = Now, Kind = ClientInputKind.Frame, Subject = Link, Bytes = frame });
        return this;
    }

    public Puppet Step(ClientInput input)
    {
        Client.Step(input, _effects);
        _said.AddRange(Spoken.Of(_effects));
        for (var i = 0; i < _effects.Count; i++)
            if (_effects[i].Kind == ClientEffectKind.Connect)
                (Link, Server) = (_effects[i].Subject, _effects[i].Server);
            else if (_effects[i].Kind == ClientEffectKind.Send)
                Frames.AddRange(Spoken.Frames(_effects.Bytes(_effects[i]).ToArray()));
        _effects.Clear();
        return this;
    }

    private static byte[] Record(OpCode op, string path, bool watch) => Spoken.Record(w =>
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        switch (op)
        {
            case OpCode.Create:
                RequestRecord.Create(w, bytes, "data"u8, AclList.Open, ZnodeKind.Persistent);
                break;
            case OpCode.SetData:
                RequestRecord.SetData(w, bytes, "data"u8, -1);
                break;
            case OpCode.Delete:
                RequestRecord.Versioned(w, bytes, -1);
                break;
            case OpCode.Auth:
                RequestRecord.Auth(w, "digest"u8, bytes);
                break;
            case OpCode.Sync:
                RequestRecord.Path(w, bytes);
                break;
            case OpCode.CloseSession:
                break;
            default:
                RequestRecord.Read(w, bytes, watch);
                break;
        }
    });
}
