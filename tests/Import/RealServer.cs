using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Import;

/// <summary>Debian's ZooKeeper as a process on a free port, with its data in a folder of its own.</summary>
internal sealed class RealServer : IDisposable
{
    private const string Jar = "/usr/share/java/zookeeper.jar";
    private readonly Process _process;

    /// <summary>Starts a server on what is in <paramref name="folder"/>.</summary>
    public RealServer(string folder, params string[] properties)
    {
        Port = ServerProcess.FreePort();
        var config = Path.Combine(folder, "zoo.cfg");
        File.WriteAllLines(config, ["tickTime=2000", $"dataDir={folder}", $"clientPort={Port}", "clientPortAddress=127.0.0.1",
            "admin.enableServer=false", "4lw.commands.whitelist=srvr"]);
        var start = new ProcessStartInfo("java") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-Xmx256m", "-Dzookeeper.extendedTypesEnabled=true", "-Dzookeeper.preAllocSize=64",
            "-Dznode.container.checkIntervalMs=3600000",   // the tree changes by what is asked, and by nothing else
            .. properties,
            "-cp", $"{Jar}:/usr/share/java/slf4j-simple.jar", "org.apache.zookeeper.server.quorum.QuorumPeerMain", config])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Port { get; }

    /// <summary>Skips the test where there is no ZooKeeper, and fails it where there must be one.</summary>
    public static void IsNeeded()
    {
        var isThere = File.Exists(Jar) && Environment.GetEnvironmentVariable("PATH")!.Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, "java")));
        if (!isThere && Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail("ZooKeeper and Java must be installed here: apt-get install zookeeper");
        Assert.SkipUnless(isThere, "ZooKeeper or Java is not installed");
    }

    /// <summary>A new session, as soon as the server serves; only one, however long it takes.</summary>
    public RawSession Connect(int timeoutMilliseconds = 30_000)
    {
        for (var patience = Stopwatch.StartNew(); !Serves(); Thread.Sleep(50))
            Assert.True(!_process.HasExited && patience.Elapsed < TimeSpan.FromMinutes(2), "ZooKeeper does not serve.");
        return new(Port, timeoutMilliseconds);
    }

    /// <summary>Ends the server as a crash would.</summary>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>A connection that comes while the server is starting can stay unread for ever, so this is asked again and again.</summary>
    private bool Serves()
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", Port) { ReceiveTimeout = 3000 };
            client.GetStream().Write("srvr"u8);
            using var answer = new StreamReader(client.GetStream());
            return answer.ReadToEnd().Contains("Mode: ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}

/// <summary>One session over a plain socket: requests out, replies in, nothing clever.</summary>
internal sealed class RawSession : IDisposable
{
    private readonly Stream _stream;
    private int _xid;

    public RawSession(int port, int timeoutMilliseconds, SessionId session = default, byte[]? password = null)
        : this(new TcpClient("127.0.0.1", port).GetStream(), timeoutMilliseconds, session, password)
    {
    }

    /// <summary>A session over any stream: a new one, or one that is there already.</summary>
    public RawSession(Stream stream, int timeoutMilliseconds, SessionId session = default, byte[]? password = null)
    {
        _stream = stream;
        if (_stream.CanTimeout)
            _stream.ReadTimeout = 60_000;
        Send(writer =>
        {
            writer.Int(0);
            writer.Long(0);
            writer.Int(timeoutMilliseconds);
            writer.Long(session.Value);
            writer.Buffer(password ?? new byte[16]);
            writer.Bool(false);
        });
        var reader = new JuteReader(Receive());
        reader.Int();
        TimeoutMilliseconds = reader.Int();
        Id = new(reader.Long());
        Password = reader.Buffer(out _).ToArray();
    }

    public SessionId Id { get; }
    public int TimeoutMilliseconds { get; }
    public byte[] Password { get; }

    /// <summary>Sends a request without waiting for its reply.</summary>
    public void Post(OpCode op, Action<JuteWriter> record, int? xid = null) => Send(writer =>
    {
        writer.Int(xid ?? ++_xid);
        writer.Int((int)op);
        record(writer);
    });

    /// <summary>The next reply: its error, and the record behind its header.</summary>
    public (ErrorCode Error, byte[] Record) Next()
    {
        var frame = Receive();
        return ((ErrorCode)BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(12)), frame[16..]);
    }

    /// <summary>A request and its reply.</summary>
    public byte[] Ask(OpCode op, Action<JuteWriter> record, int? xid = null)
    {
        Post(op, record, xid);
        var (error, reply) = Next();
        Assert.Equal(ErrorCode.Ok, error);
        return reply;
    }

    public void Authenticate(string digest) => Ask(OpCode.Auth, writer =>
    {
        writer.Int(0);
        writer.Buffer("digest"u8);
        writer.Buffer(Encoding.UTF8.GetBytes(digest));
    }, xid: -4);

    /// <summary>Everything below and including a path, a line for each znode, as this server shows it.</summary>
    public List<string> Tree(string path = "/")
    {
        var lines = new List<string>();
        var reader = new JuteReader(Ask(OpCode.GetData, writer => { Path(writer, path); writer.Bool(false); }));
        var data = reader.Buffer(out var isNull).ToArray();
        var stat = Stat.Read(ref reader);
        reader = new JuteReader(Ask(OpCode.GetAcl, writer => Path(writer, path)));
        lines.Add(Line(path, Vectors.Hex(data, isNull), Vectors.Acl(AclList.Read(ref reader)), stat));
        reader = new JuteReader(Ask(OpCode.GetChildren, writer => { Path(writer, path); writer.Bool(false); }));
        foreach (var child in PathList.Read(ref reader))
            lines.AddRange(Tree($"{(path == "/" ? "" : path)}/{Encoding.UTF8.GetString(child)}"));
        return lines;
    }

    public static void Path(JuteWriter writer, string path) => writer.Buffer(Encoding.UTF8.GetBytes(path));

    public static string Line(string path, string data, string acl, Stat stat) =>
        string.Create(CultureInfo.InvariantCulture, $"{path} data={data} acl={acl} {stat}");

    /// <summary>Closes the socket; the session lives on.</summary>
    public void Dispose() => _stream.Dispose();

    private void Send(Action<JuteWriter> body)
    {
        var arena = new Arena();
        var writer = new JuteWriter(arena);
        var frame = writer.BeginFrame();
        body(writer);
        writer.EndFrame(frame);
        _stream.Write(arena.Written);
    }

    private byte[] Receive()
    {
        var length = new byte[4];
        _stream.ReadExactly(length);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        _stream.ReadExactly(frame);
        return frame;
    }
}
