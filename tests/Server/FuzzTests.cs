using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Servers;

/// <summary>Whatever clients send, no exception leaves a step, the state stays sound, and the client beside them is served.</summary>
public class FuzzTests
{
    private static readonly Limits Small = new()
    {
        FrameBytes = 4096,
        IdentityBytes = 1024,
        LogRingBytes = 64 << 10,
        LogRingEntries = 64,
        RequestBytesPerConnection = 1 << 20,
        WatchesPerConnection = 50,
        EphemeralsPerSession = 20,
        Znodes = 200,
        BlobBytes = 100_000,
        MultiOperations = 20,
        Connections = 6,
    };

    private static readonly Gen<(int Client, byte[] Frame)> GenSent = Gen.Select(Gen.Int[0, 2], WildFrames.GenAny);

    [Fact]
    public void Frames_of_any_content_leave_the_server_sound() =>
        Gen.Select(Gen.Bool.Array[3], GenSent.Array[1, 60], Gen.Int[1, 4]).Sample((connected, sent, slow) =>
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
        }, print: run => string.Join('\n', run.Item2.Select(f => $"{f.Client} {Convert.ToHexString(f.Frame)}")));

    [Fact]
    public void Byte_streams_of_any_content_and_any_split_leave_the_server_sound() =>
        Gen.Select(WildFrames.GenStream.Array[1, 4], Gen.Int[1, 700]).Sample((streams, split) =>
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
                var input = kind == FrameKind.Word ? InputKind.ClientWord : InputKind.ClientFrame;
                world.Deliver(input, client.Id.Value, received.AsSpan(start, length));
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
}
