using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;

namespace Quorate.Tests.Servers;

/// <summary>
/// A client that says in one line what it asks and in another what it expects. Requests gather until <see cref="Go"/> sends them glued into
/// one batch; replies are rendered in the words of the request. Header zxids must never go back: that is checked for every reply (A12).
/// </summary>
internal sealed class WorldClient(World world, ConnectionId id)
{
    private readonly List<byte[]> _pending = [];
    private readonly Queue<byte[]> _inbox = new();
    private readonly List<string> _heard = [];
    private readonly Dictionary<int, string> _asked = [];
    private int _xid;
    private bool _connecting;

    public ConnectionId Id { get; } = id;
    public long Session { get; private set; }
    public byte[] Password { get; private set; } = [];
    public int Timeout { get; private set; }
    public bool IsHungUp { get; set; }
    public bool IsGone { get; set; }
    public bool IsHeld { get; set; }

    /// <summary>Whether it does not look at what comes: it may be anything.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>The zxid of the newest reply.</summary>
    public long LastZxid { get; private set; }

    /// <summary>Whether the host has frames that it may deliver.</summary>
    public bool CanFeed => !IsHeld && !IsGone && _inbox.Count > 0;

    /// <summary>Frames that the host does not read, because the connection is held.</summary>
    public int Unread => _inbox.Count;

    /// <summary>How many replies and events came and were not looked at.</summary>
    public int Count => _heard.Count;

    public WorldClient Connect(int timeout = 8000)
    {
        Handshake(0, new byte[16], timeout).Go();
        _heard.Clear();
        Assert.NotEqual(0, Session);
        return this;
    }

    /// <summary>A new connection of the same owner, which asks for the session back.</summary>
    public WorldClient Reattach(int? timeout = null, byte[]? password = null)
    {
        var client = world.Open().Handshake(Session, password ?? Password, timeout ?? Timeout, LastZxid);
        client.LastZxid = LastZxid;
        client.Go();
        return client;
    }

    public WorldClient Handshake(long session, byte[] password, int timeout, long lastZxid = 0)
    {
        _connecting = true;
        return Send(Ask.Connect(session, password, timeout, lastZxid));
    }

    public WorldClient Create(string path, string data = "", int flags = 0) => Send("create", xid => Ask.Create(xid, path, data, flags));

    public WorldClient Ephemeral(string path) => Create(path, "", 1);

    public WorldClient Delete(string path) => Send("delete", xid => Ask.Delete(xid, path));

    public WorldClient Set(string path, string data) => Send("set", xid => Ask.SetData(xid, path, data));

    public WorldClient Get(string path, bool watch = false) => Send("get", xid => Ask.Read(xid, OpCode.GetData, path, watch));

    public WorldClient Exists(string path, bool watch = false) => Send("exists", xid => Ask.Read(xid, OpCode.Exists, path, watch));

    public WorldClient Children(string path, bool watch = false) => Send("children", xid => Ask.Read(xid, OpCode.GetChildren, path, watch));

    public WorldClient Sync(string path) => Send("sync", xid => Ask.Path(xid, OpCode.Sync, path));

    public WorldClient RemoveWatches(string path, int type) => Send("remove", xid => Ask.PathInt(xid, OpCode.RemoveWatches, path, type));

    public WorldClient CheckWatches(string path, int type) => Send("check", xid => Ask.PathInt(xid, OpCode.CheckWatches, path, type));

    public WorldClient AddWatch(string path, int mode) => Send("add", xid => Ask.PathInt(xid, OpCode.AddWatch, path, mode));

    public WorldClient CloseSession() => Send("close", Ask.Close);

    public WorldClient Ping()
    {
        _asked[-2] = "pong";
        return Send(Ask.Ping);
    }

    public WorldClient Auth(string scheme, string credentials)
    {
        _asked[-4] = "auth";
        return Send(Ask.Auth(scheme, credentials));
    }

    public WorldClient SetWatches(long zxid, params string[] data)
    {
        _asked[-8] = "rearm";
        return Send(Ask.SetWatches(zxid, data, [], []));
    }

    public WorldClient Request(string name, OpCode op, Action<JuteWriter> record) => Send(name, xid => Ask.Request(xid, op, record));

    /// <summary>A multi of <see cref="Operations"/>.</summary>
    public WorldClient Multi(params (OpCode Op, Action<JuteWriter> Record)[] operations) =>
        Request("multi", OpCode.Multi, w => Operations.Write(w, operations));

    /// <summary>Sends a frame as it is.</summary>
    public WorldClient Send(byte[] frame)
    {
        _pending.Add(frame);
        return this;
    }

    /// <summary>Sends what has gathered in one batch; everything that follows from it has happened when the call returns.</summary>
    public WorldClient Go()
    {
        foreach (var frame in _pending)
            _inbox.Enqueue(frame);
        _pending.Clear();
        Feed();
        world.Settle();
        return this;
    }

    /// <summary>The host delivers what it has read, and stops reading from a connection that is held.</summary>
    public void Feed()
    {
        while (CanFeed)
            world.Deliver(InputKind.ClientFrame, Id.Value, _inbox.Dequeue());
    }

    /// <summary>What has come since the last look, exactly and in order.</summary>
    public WorldClient Expect(params string[] heard)
    {
        Assert.Equal<IEnumerable<string>>(heard, _heard);
        _heard.Clear();
        return this;
    }

    /// <summary>What has come since the last look.</summary>
    public string[] Take()
    {
        var heard = _heard.ToArray();
        _heard.Clear();
        return heard;
    }

    /// <summary>Sends and takes the one answer.</summary>
    public string Call()
    {
        Go();
        return Assert.Single(Take());
    }

    public void ExpectHangUp() => Assert.True(IsHungUp, "the server should have hung up");

    public void Receive(ReadOnlySpan<byte> frames)
    {
        Assert.False(IsHungUp, "something was sent after the hang-up");
        if (IsDeaf)
            return;
        var reader = new JuteReader(frames);
        while (!reader.Rest.IsEmpty)
            Hear(reader.Buffer(out _).ToArray());
        Assert.False(reader.Failed, "the reply is no whole frame");
    }

    private WorldClient Send(string name, Func<int, byte[]> frame)
    {
        _asked[++_xid] = name;
        return Send(frame(_xid));
    }

    private void Hear(byte[] frame)
    {
        var reader = new JuteReader(frame);
        if (_connecting)
        {
            _connecting = false;
            Granted(ref reader);
            return;
        }
        var (xid, zxid, error) = (reader.Int(), reader.Long(), (ErrorCode)reader.Int());
        Assert.False(reader.Failed);
        if (zxid > 0)
        {
            Assert.True(zxid >= LastZxid, $"a header zxid went back from {LastZxid:x} to {zxid:x}");
            LastZxid = zxid;
        }
        var heard = new Heard(xid, zxid, error, reader.Rest.ToArray());
        _heard.Add(xid == Notification.Xid ? "! " + heard.Event : Render(_asked.GetValueOrDefault(xid, $"xid {xid}"), heard));
    }

    private void Granted(ref JuteReader reader)
    {
        reader.Int();
        Timeout = reader.Int();
        var session = reader.Long();
        if (session != 0)
            (Session, Password) = (session, reader.Buffer(out _).ToArray());
        _heard.Add(session == 0 ? "refused" : "granted");
    }

    private static string Render(string name, Heard heard)
    {
        if (heard.Error != ErrorCode.Ok)
            return $"{name} {heard.Error}";
        return name switch
        {
            "create" or "get" => $"{name} {heard.Text}",
            "set" or "exists" => $"{name} v{VersionIn(heard.Body)}",
            "children" => $"{name} {string.Join(',', Texts(heard.Body))}".TrimEnd(),
            _ => name,
        };
    }

    private static int VersionIn(byte[] body)
    {
        var reader = new JuteReader(body);
        return Stat.Read(ref reader).Version;
    }

    private static List<string> Texts(byte[] body)
    {
        var reader = new JuteReader(body);
        var texts = new List<string>();
        for (var left = reader.Int(); left > 0; left--)
            texts.Add(System.Text.Encoding.UTF8.GetString(reader.Buffer(out _)));
        return texts;
    }
}
