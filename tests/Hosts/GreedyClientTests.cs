using System.Buffers.Binary;
using System.Net.Sockets;
using Quorate.Tests.Crashes;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Hosts;

/// <summary>Clients that ask for more than they read: what that costs is the memory of the whole process, so no other test runs beside.</summary>
[Collection("alone")]
public sealed class GreedyClientTests : IDisposable
{
    private const int GetData = 4;

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_client_that_asks_and_does_not_read_is_held_back_and_gets_everything_when_it_reads()
    {
        const int Size = 200_000, Requests = 600;
        await using var server = await RunningServer.Start(_folder.Path, Cancel);
        using var other = await RawClient.Connect(server.Port, 40_000, Cancel);
        await other.Create("/big", new byte[Size], 0, Cancel);

        using var greedy = await QuorateServerTests.Dial(server.Port);
        await greedy.SendAsync(new JuteBytes().Int(0).Long(0).Int(30_000).Long(0).Buffer(new byte[16]).Bool(false).ToFrame(), Cancel);
        await QuorateServerTests.Exactly(greedy, new byte[41]);
        var requests = Enumerable.Range(1, Requests)
            .SelectMany(xid => new JuteBytes().Int(xid).Int(GetData).Text("/big").Bool(false).ToFrame())
            .ToArray();
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < requests.Length;)
                at += await greedy.SendAsync(requests.AsMemory(at), Cancel);
        }, Cancel);

        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 50; i++)
            Assert.Equal(0, (await other.Set("/big", new byte[Size], Cancel)).Error);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Requests / 2 * Size);

        var length = new byte[sizeof(int)];
        for (var xid = 1; xid <= Requests; xid++)
        {
            await QuorateServerTests.Exactly(greedy, length);
            var reply = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await QuorateServerTests.Exactly(greedy, reply);
            Assert.Equal((xid, 0), (BinaryPrimitives.ReadInt32BigEndian(reply), BinaryPrimitives.ReadInt32BigEndian(reply.AsSpan(12))));
            Assert.True(reply.Length > Size);
        }
        await sending;
    }

    [Fact]
    public async Task Reads_that_wait_for_a_write_are_not_all_answered_at_once_when_it_is_applied()
    {
        const int Size = 1_000_000, Requests = 900, Greedy = 6;
        await using var server = await RunningServer.Start(_folder.Path, Cancel);
        using var other = await RawClient.Connect(server.Port, 40_000, Cancel);
        await other.Create("/big", new byte[Size], 0, Cancel);

        byte[] requests =
        [
            .. new JuteBytes().Int(1).Int(2).Text("/none").Int(-1).ToFrame(),
            .. Enumerable.Range(2, Requests).SelectMany(xid => new JuteBytes().Int(xid).Int(GetData).Text("/big").Bool(false).ToFrame()),
        ];
        var greedy = new List<Socket>();
        for (var i = 0; i < Greedy; i++)
        {
            greedy.Add(await QuorateServerTests.Dial(server.Port));
            await greedy[i].SendAsync(
                new JuteBytes().Int(0).Long(0).Int(30_000).Long(0).Buffer(new byte[16]).Bool(false).ToFrame(), Cancel);
            await QuorateServerTests.Exactly(greedy[i], new byte[41]);
        }
        foreach (var socket in greedy)
            await socket.SendAsync(requests, Cancel);

        // Six times 900 MB, more than an array holds, if the server made them all: it makes a little and lets go of those who do not read.
        for (var i = 0; i < 100; i++)
            Assert.Equal(0, (await other.Exists("/big", Cancel)).Error);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, 1L << 30);
        foreach (var socket in greedy)
            socket.Dispose();
    }
}
