using System.Net;
using System.Net.Sockets;
using System.Text;
using Quorate.Tests.Crashes;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Hosts;

/// <summary>Many bad clients at once: what they cost is bounded, and others are served meanwhile.</summary>
[Collection("alone")]
public sealed class FloodTests : IDisposable
{
    private const int BigBytes = 100_000;

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    /// <summary>What may be kept of each: what it is owed, what it asked and was not heard with, and a promised answer or a few.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Clients_that_ask_and_never_read_cost_less_than_a_megabyte_each(bool eager, bool behindAWrite)
    {
        const int Clients = 100;
        await using var server = await RunningServer.Start(_folder.Path, Cancel, options => options with { ConnectionsPerAddress = 0 });
        using var good = await RawClient.Connect(server.Port, 30_000, Cancel);
        await good.Create("/big", new byte[BigBytes], 0, Cancel);
        var first = behindAWrite ? new JuteBytes().Int(1000).Int(2).Text("/none").Int(-1).ToFrame() : null;
        // The server's own buffers have their size before it begins.
        using (var one = await DeafClient.Ask(server.Port, "/big", Cancel, eager, first: first))
            await Busy(good);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var deaf = new List<DeafClient>();
        for (var i = 0; i < Clients; i++)
            deaf.Add(await DeafClient.Ask(server.Port, "/big", Cancel, eager, first: first));
        await Quiet(deaf);
        await Busy(good);
        Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) / Clients, long.MinValue, 1 << 20);
        deaf.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task Connections_that_come_and_go_leave_nothing_behind()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel, options => options with { ConnectionsPerAddress = 0 });
        using var good = await RawClient.Connect(server.Port, 30_000, Cancel);
        await good.Create("/big", new byte[BigBytes], 0, Cancel);
        for (var round = 0; round < 20; round++)
        {
            var visitors = new List<Socket>();
            for (var i = 0; i < 20; i++)
            {
                visitors.Add(new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await visitors[^1].ConnectAsync(IPAddress.Loopback, server.Port, Cancel);
                await visitors[^1].SendAsync(new byte[i % 4], Cancel);
            }
            visitors.ForEach(static visitor => visitor.Dispose());
            var deaf = await DeafClient.Ask(server.Port, "/big", Cancel, eager: round % 2 == 0);
            await Task.Delay(10, Cancel);
            deaf.Dispose();
            Assert.Equal(0, (await good.Exists("/", Cancel)).Error);
        }
        // The good client, and the one that asks.
        for (var begun = Environment.TickCount64; await Word(server.Port, "cons") is var listed && listed.TrimEnd().Count(c => c == '\n') > 1;)
        {
            Assert.True(Environment.TickCount64 - begun < 60_000, listed);
            await Task.Delay(20, Cancel);
        }
    }

    private static async Task Busy(RawClient good)
    {
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(0, (await good.Exists("/big", Cancel)).Error);
            Assert.Equal(0, (await good.Set("/big", new byte[BigBytes], Cancel)).Error);
        }
    }

    /// <summary>Until the server takes no more of anybody's requests.</summary>
    private static async Task Quiet(List<DeafClient> clients)
    {
        long before, now = -1;
        do
        {
            await Task.Delay(300, Cancel);
            (before, now) = (now, clients.Sum(static client => client.Sent));
        }
        while (now != before);
    }

    private static async Task<string> Word(int port, string word)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Cancel);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(word), Cancel);
        using var answer = new StreamReader(client.GetStream());
        return await answer.ReadToEndAsync(Cancel);
    }
}
