using System.Buffers.Binary;
using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Wire;
using Quorate.Tests.Front;

namespace Quorate.Tests.Servers;

/// <summary>Whatever clients send, no exception leaves a step, the state stays sound, and the client beside them is served.</summary>
public class FuzzTests
{
    private static readonly Limits Small = new()
    {
        FrameBytes = 4096, IdentityBytes = 1024, LogRingBytes = 64 << 10, LogRingEntries = 64, RequestBytesPerConnection = 1 << 20,
        WatchesPerConnection = 50, EphemeralsPerSession = 20, Znodes = 200, BlobBytes = 100_000, MultiOperations = 20, Connections = 6,
    };

    private static readonly Gen<byte[]> GenValid = GenFrame();

    private static readonly Gen<byte[]> GenMutated = Gen.Select(GenValid, Gen.Int[0, 7], Gen.Int[0, 100_000], Gen.Byte, (frame, how, where, value) =>
    {
        var at = where % frame.Length;
        switch (how)
        {
            case 0:
                frame[at] ^= value;
                return frame;
            case 1:
                return frame[..at];
            case 2:
                return [.. frame[..at], .. frame];
            case 3:
                return [.. frame, .. frame[at..]];
            case 4:
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(Math.Min(at & ~3, frame.Length - 4)), int.MaxValue - value);
                return frame;
            case 5:
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(Math.Min(at & ~3, frame.Length - 4)), -value);
                return frame;
            case 6:
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(Math.Min(at, frame.Length - 4)), value);
                return frame;
            default:
                return frame;
        }
    });

    private static readonly Gen<byte[]> GenFrames = Gen.Frequency(
        (6, GenMutated), (6, GenValid), (1, Gen.Byte.Array[1, 200]),
        (1, Gen.Select(Gen.Int[-20, 110], Gen.Byte.Array[0, 100], (op, rest) => (byte[])[.. Ask.Request(7, (OpCode)op, _ => { }), .. rest])));

    [Fact]
    public void Frames_of_any_content_leave_the_server_sound() =>
        Gen.Select(Gen.Bool.Array[3], Gen.Select(Gen.Int[0, 2], GenFrames).Array[1, 60], Gen.Int[1, 4]).Sample((connected, sent, slow) =>
        {
            var world = World.Serving(limits: Small);
            var healthy = world.Client(timeout: 40_000);
            healthy.Create("/healthy", "0").Go().Expect("create /healthy");
            var wild = connected.Select(up => Wild(world, up)).ToArray();
            for (var i = 0; i < sent.Length; i++)
            {
                var (client, frame) = sent[i];
                world.SlowDisk = i % slow == 0;
                if (wild[client].IsGone)
                    wild[client] = Wild(world, up: true);
                if (frame.Length is > 0 and <= 4096)
                    world.Deliver(InputKind.ClientFrame, wild[client].Id.Value, frame);
                if (i % 3 == 0)
                    world.Settle();
            }
            world.SlowDisk = false;
            world.Settle();
            AssertSound(world, healthy);
        }, print: run => string.Join('\n', run.Item2.Select(f => $"{f.Item1} {Convert.ToHexString(f.Item2)}")));

    [Fact]
    public void Byte_streams_of_any_content_and_any_split_leave_the_server_sound() =>
        Gen.Select(GenStream().Array[1, 4], Gen.Int[1, 700]).Sample((streams, split) =>
        {
            var world = World.Serving(new() { WordsAllowed = ["*"] }, Small);
            var healthy = world.Client(timeout: 40_000);
            healthy.Create("/healthy", "0").Go().Expect("create /healthy");
            foreach (var stream in streams)
                Pour(world, stream, split);
            AssertSound(world, healthy);
        }, print: run => $"{run.Item2} " + string.Join('\n', run.Item1.Select(Convert.ToHexString)));

    private static WorldClient Wild(World world, bool up)
    {
        var client = up ? world.Client() : world.Open();
        client.IsDeaf = true;
        return client;
    }

    /// <summary>The bytes of one connection as a host takes them from a socket.</summary>
    private static void Pour(World world, byte[] stream, int split)
    {
        var client = world.Open();
        client.IsDeaf = true;
        var splitter = new FrameSplitter(Small.FrameBytes);
        var received = Array.Empty<byte>();
        for (var at = 0; at < stream.Length && !client.IsGone; at += split)
        {
            received = [.. received, .. stream.AsSpan(at, Math.Min(split, stream.Length - at))];
            while (splitter.Next(received, out var start, out var length, out var consumed) is var kind && kind != FrameKind.NeedMore)
            {
                if (kind == FrameKind.Bad)
                {
                    Assert.NotNull(splitter.Fault);
                    world.Close(client);
                    return;
                }
                world.Deliver(kind == FrameKind.Word ? InputKind.ClientWord : InputKind.ClientFrame, client.Id.Value, received.AsSpan(start, length));
                received = received[consumed..];
            }
            world.Settle();
        }
        world.Close(client);
    }

    private static void AssertSound(World world, WorldClient healthy)
    {
        Assert.Equal(ServerState.Serving, world.Server.State);
        healthy.Set("/healthy", "1").Get("/healthy").Ping().Go();
        var heard = healthy.Take();
        Assert.Equal(3, heard.Length);
        Assert.Contains("pong", heard);
        Assert.StartsWith("set ", heard.First(h => h != "pong"), StringComparison.Ordinal);
        Assert.False(healthy.IsHeld || healthy.IsHungUp);
        world.CheckInvariants();
        var digest = world.Server.Machine.Digest;
        var index = world.Server.Machine.AppliedIndex;
        world.SlowDisk = true;
        world.KillAndRestart();
        while (world.Server.State == ServerState.Recovering)
            world.Finish(1);
        Assert.Equal((index, digest), (world.Server.Machine.AppliedIndex, world.Server.Machine.Digest));
    }

    private static Gen<byte[]> GenStream()
    {
        var framed = GenFrames.Where(f => f.Length > 0).Select(frame => (byte[])[.. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(frame.Length)), .. frame]);
        var begins = Gen.OneOf(Gen.Const(Connect), Gen.Const(Connect), Gen.Byte.Array[0, 20], Gen.OneOf("ruok", "srvr", "stmk", "mntr", "what").Select(Encode));
        return Gen.Select(begins, Gen.OneOf(framed, framed, framed, Gen.Byte.Array[1, 30]).Array[0, 30], (begin, rest) => (byte[])[.. begin, .. rest.SelectMany(r => r)]);
    }

    private static byte[] Encode(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static byte[] Connect => [.. new byte[] { 0, 0, 0, 45 }, .. Ask.Connect()];

    private static Gen<byte[]> GenFrame()
    {
        var path = Gen.OneOf("/", "/a", "/b", "/a/c", "/a/d", "/zookeeper", "/zookeeper/config", "/healthy", "", "a", "/a//b", "/a/", "/..", "/a\0", "/\ud7ff\ufffe",
            "/zookeeper/quota/a/zookeeper_limits", "/zookeeper/quota/a/zookeeper_stats", "/zookeeper/quota/a");
        var text = Gen.OneOf("", "x", "count=-1,bytes=-1;byteHardLimit=5;countHardLimit=1", new string('y', 900));
        var ops = new (OpCode, Func<string, string, int, Action<JuteWriter>>)[]
        {
            (OpCode.Create, (p, t, n) => w => { Ask.Text(w, p); Ask.Text(w, t); Ask.Open(w); w.Int(n % 9 - 1); }),
            (OpCode.Create2, (p, t, n) => w => { Ask.Text(w, p); w.Null(); Ask.Acl(w, (n % 32, "digest", "a:b"), (31, "auth", "")); w.Int(n % 4); }),
            (OpCode.CreateContainer, (p, t, n) => w => { Ask.Text(w, p); Ask.Text(w, t); Ask.Open(w); w.Int(4); }),
            (OpCode.CreateTtl, (p, t, n) => w => { Ask.Text(w, p); Ask.Text(w, t); Ask.Open(w); w.Int(5 + n % 2); w.Long(n - 3); }),
            (OpCode.Delete, (p, t, n) => w => { Ask.Text(w, p); w.Int(n % 4 - 1); }),
            (OpCode.SetData, (p, t, n) => w => { Ask.Text(w, p); Ask.Text(w, t); w.Int(n % 4 - 1); }),
            (OpCode.SetAcl, (p, t, n) => w => { Ask.Text(w, p); Ask.Acl(w, (n % 32, "ip", "10.0.0.0/8"), (n % 32, "world", "anyone")); w.Int(-1); }),
            (OpCode.Check, (p, t, n) => w => { Ask.Text(w, p); w.Int(n % 4 - 1); }),
            (OpCode.DeleteContainer, (p, t, n) => w => Ask.Text(w, p)),
            (OpCode.GetData, (p, t, n) => w => { Ask.Text(w, p); w.Bool(n % 2 == 0); }),
            (OpCode.Exists, (p, t, n) => w => { Ask.Text(w, p); w.Bool(n % 2 == 0); }),
            (OpCode.GetChildren2, (p, t, n) => w => { Ask.Text(w, p); w.Bool(n % 2 == 0); }),
            (OpCode.GetAcl, (p, t, n) => w => Ask.Text(w, p)),
            (OpCode.Sync, (p, t, n) => w => Ask.Text(w, p)),
            (OpCode.GetEphemerals, (p, t, n) => w => Ask.Text(w, p)),
            (OpCode.GetAllChildrenNumber, (p, t, n) => w => Ask.Text(w, p)),
            (OpCode.AddWatch, (p, t, n) => w => { Ask.Text(w, p); w.Int(n % 3); }),
            (OpCode.RemoveWatches, (p, t, n) => w => { Ask.Text(w, p); w.Int(n % 6); }),
            (OpCode.CheckWatches, (p, t, n) => w => { Ask.Text(w, p); w.Int(n % 6); }),
            (OpCode.WhoAmI, (p, t, n) => _ => { }),
            (OpCode.Ping, (p, t, n) => _ => { }),
            (OpCode.Reconfig, (p, t, n) => w => { Ask.Text(w, p); Ask.Text(w, t); Ask.Text(w, ""); w.Long(n); }),
            (OpCode.Auth, (p, t, n) => w => { w.Int(0); Ask.Text(w, n % 4 == 0 ? "ip" : "digest"); Ask.Text(w, $"u{n}:{t}"); }),
            (OpCode.Sasl, (p, t, n) => w => Ask.Text(w, t)),
            (OpCode.SetWatches2, (p, t, n) => w => { w.Long(n); for (var list = 0; list < 5; list++) { w.Int(2); Ask.Text(w, p); Ask.Text(w, "/a"); } }),
            (OpCode.Multi, (p, t, n) => w =>
            {
                for (var i = 0; i <= n % 5; i++)
                {
                    var op = new[] { OpCode.Create, OpCode.Delete, OpCode.SetData, OpCode.Check }[(n + i) % 4];
                    w.Int((int)op); w.Bool(false); w.Int(-1);
                    Ask.Text(w, p + i);
                    if (op is OpCode.Create or OpCode.SetData) Ask.Text(w, t);
                    if (op is OpCode.Create) Ask.Open(w);
                    w.Int(op is OpCode.Create ? n % 4 : -1);
                }
                w.Int(-1); w.Bool(true); w.Int(-1);
            }),
            (OpCode.MultiRead, (p, t, n) => w =>
            {
                w.Int((int)OpCode.GetData); w.Bool(false); w.Int(-1); Ask.Text(w, p); w.Bool(false);
                w.Int(-1); w.Bool(true); w.Int(-1);
            }),
            (OpCode.CloseSession, (p, t, n) => _ => { }),
        };
        var request = Gen.Select(Gen.Int[0, ops.Length - 1], path, text, Gen.Int[0, 1000], (op, p, t, n) => Ask.Request(n, ops[op].Item1, ops[op].Item2(p, t, n)));
        return Gen.Frequency((30, request), (1, Gen.Select(Gen.Long, Gen.Int, Gen.Byte.Array[0, 20], (session, timeout, password) => Ask.Connect(session % 50, password, timeout))));
    }
}
