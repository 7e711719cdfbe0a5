using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Quorate.Tests.Foreign;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Crashes;

/// <summary>
/// A ZooKeeper client without any cleverness: one request at a time, no pings, no reconnect, every byte in the caller's hand.
/// A connection that breaks is an <see cref="IOException"/>; the request that was on its way may or may not have happened.
/// </summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private int _xid;

    private RawClient()
    {
    }

    public long Session { get; private set; }

    public byte[] Password { get; private set; } = new byte[16];

    /// <summary>What the server granted, in milliseconds; zero when the session is refused or over.</summary>
    public int Timeout { get; private set; }

    /// <summary>Frames with xid −1 that came between replies, in order of arrival.</summary>
    public List<byte[]> Notifications { get; } = [];

    /// <summary>Opens a session, or reattaches to one that is given.</summary>
    public static Task<RawClient> Connect(int port, int timeout, CancellationToken cancel, long session = 0, byte[]? password = null) =>
        Connect(new IPEndPoint(IPAddress.Loopback, port), timeout, session, password, cancel);

    /// <summary>Opens a session.</summary>
    public static Task<RawClient> Connect(ServerProcess server, int timeout, CancellationToken cancel) =>
        Connect(new IPEndPoint(server.Address, server.Port), timeout, session: 0, password: null, cancel);

    private static async Task<RawClient> Connect(IPEndPoint server, int timeout, long session, byte[]? password, CancellationToken cancel)
    {
        var client = new RawClient();
        try
        {
            await Wrapped(() => client.Dial(server, cancel));
            var request = new JuteBytes().Int(0).Long(0).Int(timeout).Long(session).Buffer(password ?? client.Password).Bool(false);
            await client.Send(request.ToFrame(), cancel);
            var response = await client.Frame(cancel);
            client.Timeout = BinaryPrimitives.ReadInt32BigEndian(response.AsSpan(8));
            client.Session = BinaryPrimitives.ReadInt64BigEndian(response.AsSpan(12));
            client.Password = response[24..40];
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task<RawReply> Create(string path, byte[] data, int flags, CancellationToken cancel) =>
        await Call(1, new JuteBytes().Text(path).Buffer(data).Acl().Int(flags), cancel);

    public async Task<RawReply> Delete(string path, CancellationToken cancel) => await Call(2, new JuteBytes().Text(path).Int(-1), cancel);

    public async Task<RawReply> Set(string path, byte[] data, CancellationToken cancel) =>
        await Call(5, new JuteBytes().Text(path).Buffer(data).Int(-1), cancel);

    public async Task<RawReply> Exists(string path, CancellationToken cancel) =>
        await Call(3, new JuteBytes().Text(path).Bool(false), cancel);

    public async Task<RawReply> Get(string path, CancellationToken cancel) => await Call(4, new JuteBytes().Text(path).Bool(false), cancel);

    public async Task<RawReply> Children(string path, CancellationToken cancel) =>
        await Call(8, new JuteBytes().Text(path).Bool(false), cancel);

    /// <summary>Waits until this server has what was written anywhere before.</summary>
    public async Task<RawReply> Sync(string path, CancellationToken cancel) => await Call(9, new JuteBytes().Text(path), cancel);

    /// <summary>Ends the session, with its ephemeral nodes.</summary>
    public async Task<RawReply> Close(CancellationToken cancel) => await Call(-11, new(), cancel);

    /// <summary>Any request; the body follows the header as it is.</summary>
    public async Task<RawReply> Call(int operation, JuteBytes body, CancellationToken cancel, int? xid = null)
    {
        var number = xid ?? ++_xid;
        await Send(new JuteBytes().Int(number).Int(operation).Raw(body.ToArray()).ToFrame(), cancel);
        while (true)
        {
            var frame = await Frame(cancel);
            if (BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)) != -1)
                return new(frame);
            Notifications.Add(frame);
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> Dial(IPEndPoint server, CancellationToken cancel)
    {
        await _socket.ConnectAsync(server, cancel);
        return true;
    }

    private async Task Send(byte[] bytes, CancellationToken cancel)
    {
        for (var sent = 0; sent < bytes.Length;)
            sent += await Wrapped(() => _socket.SendAsync(bytes.AsMemory(sent), cancel).AsTask());
    }

    private async Task<byte[]> Frame(CancellationToken cancel)
    {
        var length = await Exactly(4, cancel);
        return [.. length, .. await Exactly(BinaryPrimitives.ReadInt32BigEndian(length), cancel)];
    }

    private async Task<byte[]> Exactly(int count, CancellationToken cancel)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var received = await Wrapped(() => _socket.ReceiveAsync(bytes.AsMemory(at), cancel).AsTask());
            if (received == 0)
                throw new IOException("closed by the server");
            at += received;
        }
        return bytes;
    }

    private static async Task<T> Wrapped<T>(Func<Task<T>> operation)
    {
        try
        {
            return await operation();
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            throw new IOException(problem.Message, problem);
        }
    }
}

/// <summary>A reply frame, length prefix included, and what most callers want of it.</summary>
internal sealed class RawReply(byte[] frame)
{
    private const int Body = 20;
    private const int StatLength = 68;
    private const int CreatedInStat = 16;
    private const int OwnerInStat = 44;

    public byte[] Frame => frame;

    public long Zxid => BinaryPrimitives.ReadInt64BigEndian(frame.AsSpan(8));

    public int Error => BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(16));

    /// <summary>The buffer or path that the body begins with.</summary>
    public byte[] Data => frame[(Body + 4)..(Body + 4 + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(Body))))];

    /// <summary>The owner in the Stat that the body ends with.</summary>
    public long EphemeralOwner => BinaryPrimitives.ReadInt64BigEndian(frame.AsSpan(frame.Length - StatLength + OwnerInStat));

    /// <summary>When the znode was created, in the Stat that the body ends with: milliseconds since 1970.</summary>
    public long CreatedAt => BinaryPrimitives.ReadInt64BigEndian(frame.AsSpan(frame.Length - StatLength + CreatedInStat));

    /// <summary>The names of a getChildren reply, sorted.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            var names = new List<string>();
            var at = Body + 4;
            for (var left = BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(Body)); left > 0; left--)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(at));
                names.Add(Encoding.UTF8.GetString(frame, at + 4, length));
                at += 4 + length;
            }
            names.Sort(StringComparer.Ordinal);
            return names;
        }
    }
}
