using System.Buffers.Binary;
using System.Text;

namespace Quorate.Tests.Transcripts;

/// <summary>
/// The session beside the scenario: empties the tree before it and ends what it left behind, so that scenarios do not see each other.
/// </summary>
internal sealed class ControlSession : IDisposable
{
    /// <summary>The node below which every scenario works.</summary>
    public const string Root = "/v";

    /// <summary>Credentials of the super user on the server under test.</summary>
    public const string Super = "super:secret";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);
    private readonly ITranscriptConnection _connection;

    private ControlSession(ITranscriptConnection connection) => _connection = connection;

    /// <summary>Removes everything but the system nodes, creates <see cref="Root"/>, and closes: the zxid of that is the base.</summary>
    public static long Prepare(ITranscriptTarget target)
    {
        using var session = new ControlSession(target.Open());
        if (session.Connect(0, new byte[16]) == 0)
            throw new InvalidDataException("the control session is refused");
        session.Call(-4, 100, new JuteBytes().Int(0).Text("digest").Text(Super));
        session.Wipe("/");
        session.Wipe("/zookeeper/quota");
        var created = session.Call(1, 1, new JuteBytes().Text(Root).Buffer([]).Acl().Int(0));
        if (created.Error != 0)
            throw new InvalidDataException($"cannot create {Root}: error {created.Error}");
        return session.CloseSession();
    }

    /// <summary>Closes the sessions that a scenario has left alive, so that none expires in the middle of the next.</summary>
    public static void Finish(ITranscriptTarget target, RunSymbols symbols)
    {
        foreach (var (id, password) in symbols.Granted)
        {
            using var session = new ControlSession(target.Open());
            try
            {
                if (session.Connect(id, password) != 0)
                    session.CloseSession();
            }
            catch (InvalidDataException)
            {
                // It was over already, and the server said so by closing.
            }
        }
    }

    private int Connect(long session, byte[] password)
    {
        _connection.Send(new JuteBytes().Int(0).Long(0).Int(10_000).Long(session).Buffer(password).Bool(false).ToFrame());
        return BinaryPrimitives.ReadInt32BigEndian(Frame().AsSpan(8));
    }

    public void Dispose() => _connection.Dispose();

    private long CloseSession() => Call(1, -11, new()).Zxid;

    private void Wipe(string path)
    {
        foreach (var name in Children(path))
        {
            var child = (path == "/" ? "" : path) + "/" + name;
            if (child == "/zookeeper")
                continue;
            Wipe(child);
            Call(1, 2, new JuteBytes().Text(child).Int(-1));
        }
    }

    private List<string> Children(string path)
    {
        var reply = Call(1, 8, new JuteBytes().Text(path).Bool(false));
        var names = new List<string>();
        if (reply.Error != 0)
            return names;
        var rest = reply.Body.AsSpan();
        for (var left = Int(ref rest); left > 0; left--)
        {
            var length = Int(ref rest);
            names.Add(Encoding.UTF8.GetString(rest[..length]));
            rest = rest[length..];
        }
        return names;

        static int Int(ref Span<byte> bytes)
        {
            var value = BinaryPrimitives.ReadInt32BigEndian(bytes);
            bytes = bytes[4..];
            return value;
        }
    }

    private (long Zxid, int Error, byte[] Body) Call(int xid, int operation, JuteBytes body)
    {
        _connection.Send(new JuteBytes().Int(xid).Int(operation).Raw(body.ToArray()).ToFrame());
        while (true)
        {
            var frame = Frame();
            var header = frame.AsSpan(4);
            if (BinaryPrimitives.ReadInt32BigEndian(header) == xid)
                return (BinaryPrimitives.ReadInt64BigEndian(header[4..]), BinaryPrimitives.ReadInt32BigEndian(header[12..]), frame[20..]);
        }
    }

    private byte[] Frame() => _connection.ReceiveFrame(Patience, out var frame) == Arrival.Frame
        ? frame
        : throw new InvalidDataException("no answer to the control session");
}
