using System.Buffers.Binary;
using Quorate.Kernel;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;
using Quorate.Tests.Hosts;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Servers;

/// <summary>The worlds differ in their ports only: a client receives the same bytes, but for what chance and clocks decide.</summary>
public sealed class SameBytesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task One_conversation_has_the_same_bytes_in_memory_and_over_TCP()
    {
        using var memory = new MemoryTarget(new() { WordsAllowed = ["*"] });
        await using var server = await RunningServer.Start(_folder.Path, TestContext.Current.CancellationToken);
        var (expected, actual) = (Converse(memory), Converse(new TcpTarget(server.Port)));
        Assert.Equal(expected, actual);
        Assert.InRange(expected.Count, 45, 60);
    }

    private static List<string> Converse(ITranscriptTarget target)
    {
        var talk = new Talk(target);
        var (a, b) = (talk.Open(), talk.Open());
        talk.Say(a, 1, Ask.Connect(timeout: 30_000));
        talk.Say(b, 1, Ask.Connect(timeout: 30_000, readOnly: null));

        // Writes and reads glued into one segment, then a watch that fires in between.
        talk.Say(a, 6,
            Ask.Create(1, "/a", "0"), Ask.Read(2, OpCode.GetData, "/a"), Ask.SetData(3, "/a", "1"), Ask.Read(4, OpCode.GetData, "/a"),
            Ask.Delete(5, "/a"), Ask.Read(6, OpCode.Exists, "/a"));
        talk.Say(a, 4, Ask.Create(7, "/b", "x"), Ask.Read(8, OpCode.GetData, "/b", watch: true), Ask.SetData(9, "/b", "y"));

        // What another client is told, and what it is not allowed.
        talk.Say(b, 2, Ask.Read(1, OpCode.Exists, "/e", watch: true), Ask.Read(2, OpCode.GetChildren2, "/", watch: true));
        talk.Say(a, 1, Ask.Create(10, "/e", "", flags: 1));
        talk.Hear(b, 2);
        talk.Say(a, 3,
            Ask.Auth("digest", "me:secret"), Ask.Create(11, "/mine", "m", acl: w => Ask.Acl(w, (31, "auth", ""))),
            Ask.Path(12, OpCode.GetAcl, "/mine"));
        talk.Say(b, 2, Ask.Read(3, OpCode.GetData, "/mine"), Ask.Path(4, OpCode.WhoAmI, ""));

        // Sequences, multis that succeed and fail, errors of every kind, sync and ping.
        talk.Say(a, 3, Ask.Create(13, "/s-", "", flags: 2), Ask.Request(14, OpCode.Create2, SequentialWithoutData), Ask.Create(15, "/b", ""));
        talk.Say(a, 2,
            Multi(16, Operations.Create("/m"), Operations.Set("/m", "z"), Operations.Check("/m", 1)),
            Multi(17, Operations.Delete("/m"), Operations.Check("/b", 77)));
        talk.Say(a, 5,
            Ask.Create(18, "no slash", ""), Ask.Delete(19, "/missing"), Ask.PathInt(20, OpCode.Delete, "/b", 9),
            Ask.Request(21, OpCode.SetData, w => w.Int(3)), Ask.Path(22, OpCode.Sync, "/b"));
        talk.Say(a, 1, Ask.Ping);
        talk.Say(a, 3,
            Ask.PathInt(23, OpCode.AddWatch, "/", 1), Ask.PathInt(24, OpCode.CheckWatches, "/", 5),
            Ask.PathInt(25, OpCode.RemoveWatches, "/", 5));
        talk.Say(a, 2, Ask.Path(26, OpCode.GetEphemerals, "/"), Ask.Path(27, OpCode.GetAllChildrenNumber, "/"));

        // The session moves to another connection, and ends; what was its own goes with it.
        var again = talk.Open();
        talk.Say(again, 1, Ask.Connect(talk.Session, talk.Password, 30_000));
        talk.End(a);
        talk.Say(b, 1, Ask.Read(5, OpCode.Exists, "/e", watch: true));
        talk.Say(again, 2, Ask.Read(1, OpCode.GetData, "/b"), Ask.Close(2));
        talk.End(again);
        talk.Hear(b, 1);

        // Bad company.
        talk.Say(b, 1, Ask.Request(6, (OpCode)999, _ => { }));
        talk.End(b);
        var (word, garbage) = (talk.Open(), talk.Open());
        talk.SayRaw(word, "ruok"u8);
        talk.End(word);
        talk.SayRaw(garbage, [0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
        talk.End(garbage);
        return talk.Heard;
    }

    private static void SequentialWithoutData(JuteWriter writer)
    {
        Ask.Text(writer, "/s-");
        writer.Null();
        Ask.Open(writer);
        writer.Int(2);
    }

    private static byte[] Multi(int xid, params (OpCode Op, Action<JuteWriter> Record)[] operations) =>
        Ask.Request(xid, OpCode.Multi, w => Operations.Write(w, operations));

    /// <summary>Several connections, and everything that came on them, with chance and time masked.</summary>
    private sealed class Talk(ITranscriptTarget target)
    {
        private const int PasswordAt = 24;

        private readonly List<ITranscriptConnection> _open = [];
        private readonly HashSet<ITranscriptConnection> _up = [];

        public List<string> Heard { get; } = [];
        public long Session { get; private set; }
        public byte[] Password { get; private set; } = [];

        public ITranscriptConnection Open()
        {
            var connection = target.Open();
            _open.Add(connection);
            return connection;
        }

        public void Say(ITranscriptConnection connection, int answers, params byte[][] frames)
        {
            connection.Send(frames.SelectMany(Framed).ToArray());
            Hear(connection, answers);
        }

        public void SayRaw(ITranscriptConnection connection, ReadOnlySpan<byte> bytes) => connection.Send(bytes);

        public void Hear(ITranscriptConnection connection, int answers)
        {
            for (; answers > 0; answers--)
            {
                Assert.Equal(Arrival.Frame, connection.ReceiveFrame(Patience, out var frame));
                if (_up.Add(connection))
                    Granted(frame);
                Note(connection, frame);
            }
        }

        public void End(ITranscriptConnection connection)
        {
            Assert.Equal(Arrival.Closed, connection.ReceiveUntilClosed(Patience, out var rest));
            Note(connection, rest);
            connection.Dispose();
        }

        private void Granted(byte[] frame)
        {
            if (Session == 0)
                (Session, Password) = (BinaryPrimitives.ReadInt64BigEndian(frame.AsSpan(12)), frame[PasswordAt..(PasswordAt + 16)]);
            frame.AsSpan(PasswordAt, 16).Clear();
        }

        private void Note(ITranscriptConnection connection, byte[] bytes)
        {
            var now = target.Clock.ToUnixTimeMilliseconds();
            for (var at = 0; at + 8 <= bytes.Length; at++)
                if (Math.Abs(BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(at)) - now) < 600_000)
                    bytes.AsSpan(at, 8).Fill(0xcc);
            Heard.Add($"{_open.IndexOf(connection)}: {Convert.ToHexString(bytes)}");
        }

        private static byte[] Framed(byte[] frame)
        {
            var framed = new byte[4 + frame.Length];
            BinaryPrimitives.WriteInt32BigEndian(framed, frame.Length);
            frame.CopyTo(framed, 4);
            return framed;
        }
    }
}
