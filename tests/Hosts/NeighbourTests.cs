using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Tests.Crashes;

namespace Quorate.Tests.Hosts;

/// <summary>
/// Whole members over TCP, and what a bad neighbour sends them or says of itself: a line in the log that names it, and those who are well go on.
/// </summary>
public sealed class NeighbourTests : IAsyncDisposable
{
    private const int Timeout = 30_000;

    private readonly TempFolder _folder = new();
    private readonly Dictionary<int, RunningServer> _running = [];
    private readonly Dictionary<int, LogLines> _logs = new() { [1] = new(), [2] = new(), [3] = new() };
    private readonly int[] _ports = [0, FreePort(), FreePort(), FreePort()];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _running.Values)
            await member.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Frames_that_are_garbled_cut_or_unknown_are_dropped_with_one_line_and_the_member_is_heard_when_it_speaks_well()
    {
        await Start(1, 2, 3);
        await Write("/before");
        await Stop(3);
        foreach (var id in (int[])[1, 2])
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, _ports[id], Cancel);
            using var transport = new PlainTransport(socket);
            Assert.Equal(PeerFault.None, await new PeerGreeting(PeerSelf.Of(new(3), null), transport).Call(new((byte)id)));
            var heard = await Frame(socket);
            var random = new Random(id);
            for (var i = 0; i < 500; i++)
                await socket.SendAsync(Length(Spoilt(heard, random)), Cancel);
            await _logs[id].Has("Member 3 sent a frame that this version cannot read", Cancel);
            await Write($"/during-{id}");
        }
        await Start(3);
        await Write("/after");
        Assert.All((int[])[1, 2], id => Assert.Single(_logs[id].All, line => line.Contains("cannot read", StringComparison.Ordinal)));
        AssertUnbroken();
    }

    [Fact]
    public async Task A_member_of_another_ensemble_is_not_listened_to_and_does_not_serve()
    {
        await Start("other", 1, 2, 3);
        await Write("/theirs");
        await Stop(1, 2, 3);
        await Start(1, 2, 3);
        await Write("/ours");
        await Stop(1, 2, 3);

        await Start("other", 3);
        await Start(1, 2);
        await Write("/go-on", 1, 2);
        await Task.WhenAny(_logs[1].Has("Member 3 belongs to another ensemble", Cancel), _logs[2].Has("Member 3 belongs to another ensemble", Cancel)).Unwrap();
        Assert.Contains("not currently serving", await Srvr(3), StringComparison.Ordinal);
        using var client = await RawClient.Connect(_running[1].Port, Timeout, Cancel);
        Assert.Equal(-101, (await client.Exists("/theirs", Cancel)).Error);
        AssertUnbroken();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_list_that_contradicts_the_others_founds_nothing_until_it_is_put_right(int odd)
    {
        const string Words = "is configured with other members than this one: founders need the same server lines";
        foreach (var id in (int[])[1, 2, 3])
            await Launch(id, "data", id == odd ? (int[])[odd, 2] : [1, 2, 3]);
        await _logs[odd].Has(Words, Cancel);
        await _logs[2].Has($"Member {odd} belongs to no ensemble, either, and " + Words, Cancel);
        foreach (var id in _running.Keys)
            Assert.Contains("not currently serving", await Srvr(id), StringComparison.Ordinal);

        await Stop(odd);
        await Start(odd);
        await Write("/one", 1, 2, 3);
        AssertUnbroken();
    }

    private void AssertUnbroken() =>
        Assert.All(_logs.Values, log => Assert.DoesNotContain(log.All, line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Critical", StringComparison.Ordinal)));

    /// <summary>One of the ways in which a frame can be bad.</summary>
    private static byte[] Spoilt(byte[] frame, Random random)
    {
        var bytes = (byte[])frame.Clone();
        switch (random.Next(4))
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                return bytes[..random.Next(1, bytes.Length)];
            case 2:
                return [.. bytes, 0];
            default:
                bytes = new byte[random.Next(1, 200)];
                random.NextBytes(bytes);
                return bytes;
        }
    }

    private static byte[] Length(byte[] frame)
    {
        var bytes = new byte[PeerFrames.HeadLength + frame.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, frame.Length);
        frame.CopyTo(bytes, PeerFrames.HeadLength);
        return bytes;
    }

    /// <summary>The first frame that is said on a link.</summary>
    private static async Task<byte[]> Frame(Socket socket)
    {
        var head = new byte[PeerFrames.HeadLength];
        await Exactly(socket, head);
        var frame = new byte[BinaryPrimitives.ReadInt32LittleEndian(head)];
        await Exactly(socket, frame);
        return frame.Length > 0 ? frame : await Frame(socket);
    }

    private static async Task Exactly(Socket socket, byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var received = await socket.ReceiveAsync(bytes.AsMemory(at), Cancel);
            Assert.NotEqual(0, received);
            at += received;
        }
    }

    /// <summary>Writes at the first of some members and waits until it is seen at all of them.</summary>
    private async Task Write(string path, params int[] members)
    {
        if (members.Length == 0)
            members = [.. _running.Keys];
        using (var client = await RawClient.Connect(_running[members[0]].Port, Timeout, Cancel))
            Assert.Equal(0, (await client.Create(path, [], 0, Cancel)).Error);
        foreach (var member in members)
        {
            using var client = await RawClient.Connect(_running[member].Port, Timeout, Cancel);
            Assert.Equal(0, (await client.Sync(path, Cancel)).Error);
            Assert.Equal(0, (await client.Exists(path, Cancel)).Error);
        }
    }

    private async Task<string> Srvr(int id)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _running[id].Port, Cancel);
        await socket.SendAsync("srvr"u8.ToArray(), Cancel);
        using var answer = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
        return await answer.ReadToEndAsync(Cancel);
    }

    private Task Start(params int[] ids) => Start("data", ids);

    private async Task Start(string data, params int[] ids)
    {
        foreach (var id in ids)
            await Launch(id, data, [1, 2, 3]);
    }

    private async Task Launch(int id, string data, int[] known) =>
        _running[id] = await RunningServer.Start(Directory.CreateDirectory(_folder[$"{data}-{id}"]).FullName, Cancel, options => options with
        {
            Peers = new() { Listen = PeerEnd.Loopback(_ports[id]) },
            Settings = options.Settings with
            {
                Id = new((byte)id),
                Ensemble = [.. known.Select(member => new EnsembleMember(new((byte)member), $"127.0.0.1:{_ports[member]}:1"))],
            },
        }, _logs[id]);

    private async Task Stop(params int[] ids)
    {
        foreach (var id in ids)
        {
            await _running[id].DisposeAsync();
            _running.Remove(id);
        }
    }

    private static int FreePort() => Foreign.ServerProcess.FreePort();
}
