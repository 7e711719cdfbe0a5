using System.Buffers.Binary;
using System.Text;
using Quorate.Hosts.Memory;
using Quorate.Tests.Crashes;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Ensembles;

/// <summary>A client without any cleverness at a member in this process: what it asks is on its way at once, and answered when it is.</summary>
internal sealed class MemoryClient
{
    private const int Create = 1, Delete = 2, GetData = 4, SetData = 5, GetChildren = 8, Sync = 9, Reconfig = 16, SetWatches = 101, Auth = 100;
    private const int NoticeXid = -1;

    private readonly Trio _trio;
    private readonly List<byte> _unread = [];
    private readonly Dictionary<int, RawReply> _replies = [];
    private readonly List<string> _events = [];
    private MemoryConnection _connection;
    private byte[]? _handshake;
    private int _xid;

    public MemoryClient(Trio trio, MemoryMember member, int timeout)
    {
        _trio = trio;
        _connection = Dial(member, timeout);
    }

    public long Session { get; private set; }

    public byte[] Password { get; private set; } = new byte[16];

    /// <summary>Paths of the events that came, in order.</summary>
    public IReadOnlyList<string> Events
    {
        get
        {
            Read();
            return _events;
        }
    }

    public bool IsClosed
    {
        get
        {
            Read();
            return _connection.IsClosed;
        }
    }

    /// <summary>Connects again, to whichever member, with the session that it has.</summary>
    public void Reconnect(MemoryMember member, int timeout = 10_000)
    {
        _unread.Clear();
        _connection = Dial(member, timeout);
    }

    public int BeginCreate(string path, string data = "", int flags = 0) =>
        Begin(Create, new JuteBytes().Text(path).Buffer(Encoding.UTF8.GetBytes(data)).Acl().Int(flags));

    public int BeginDelete(string path) => Begin(Delete, new JuteBytes().Text(path).Int(-1));

    public int BeginSet(string path, string data) => Begin(SetData, new JuteBytes().Text(path).Buffer(Encoding.UTF8.GetBytes(data)).Int(-1));

    public int BeginGet(string path, bool watch = false) => Begin(GetData, new JuteBytes().Text(path).Bool(watch));

    public int BeginChildren(string path) => Begin(GetChildren, new JuteBytes().Text(path).Bool(false));

    public int BeginSync() => Begin(Sync, new JuteBytes().Text("/"));

    /// <summary>A change of members, by difference or, with <paramref name="members"/>, as a whole.</summary>
    public int BeginReconfig(string? joining = null, string? leaving = null, string? members = null, long version = -1)
    {
        var body = new JuteBytes();
        foreach (var part in (string?[])[joining, leaving, members])
            _ = part is null ? body.Null() : body.Text(part);
        return Begin(Reconfig, body.Long(version));
    }

    /// <summary>Shows that it knows the super user's password.</summary>
    public void BecomeSuper() => Begin(Auth, new JuteBytes().Int(0).Text("digest").Text("super:secret"), xid: -4);

    /// <summary>Says again which data watches it has, and what it has seen.</summary>
    public int BeginSetWatches(long zxid, string path) => Begin(SetWatches, new JuteBytes().Long(zxid).Int(1).Text(path).Int(0).Int(0), xid: -8);

    /// <summary>The reply to a request, if it has come.</summary>
    public RawReply? Find(int xid)
    {
        Read();
        return _replies.GetValueOrDefault(xid);
    }

    /// <summary>Lets time pass until the reply to a request is there.</summary>
    public RawReply Await(int xid)
    {
        _trio.Until(() => Find(xid) is not null);
        return _replies[xid];
    }

    /// <summary>Whether the handshake is answered.</summary>
    public bool IsConnected
    {
        get
        {
            Read();
            return _handshake is not null;
        }
    }

    private MemoryConnection Dial(MemoryMember member, int timeout)
    {
        _handshake = null;
        var connection = member.Connect();
        connection.Send(new JuteBytes().Int(0).Long(0).Int(timeout).Long(Session).Buffer(Password).Bool(false).ToFrame());
        return connection;
    }

    private int Begin(int operation, JuteBytes body, int? xid = null)
    {
        var number = xid ?? ++_xid;
        _connection.Send(new JuteBytes().Int(number).Int(operation).Raw(body.ToArray()).ToFrame());
        return number;
    }

    private void Read()
    {
        while (_connection.TryReceive(out var bytes))
            _unread.AddRange(bytes);
        while (_unread.Count >= sizeof(int))
        {
            var all = _unread.ToArray();
            var length = BinaryPrimitives.ReadInt32BigEndian(all);
            if (all.Length < sizeof(int) + length)
                return;
            _unread.RemoveRange(0, sizeof(int) + length);
            Take(all[..(sizeof(int) + length)]);
        }
    }

    private void Take(byte[] frame)
    {
        if (_handshake is null)
        {
            _handshake = frame;
            Session = BinaryPrimitives.ReadInt64BigEndian(frame.AsSpan(12));
            Password = frame[24..40];
            return;
        }
        var xid = BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4));
        if (xid == NoticeXid)
            _events.Add(Encoding.UTF8.GetString(frame.AsSpan(32)));
        else
            _replies[xid] = new(frame);
    }
}
