using System.Net;
using System.Net.Sockets;
using System.Text;
using Quorate.Tests.Crashes;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Hosts;

/// <summary>Every connection that the server ends has one line in the log that says why, and no other connection notices.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly LogLines _log = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("FFFFFFFF", "negative frame length (-1 bytes")]
    [InlineData("00000000", "empty frame (0 bytes")]
    [InlineData("7FFFFFFF", "frame longer than the limit (2147483647 bytes; jute.maxbuffer allows 1048575)")]
    [InlineData("474554202F20485454502F312E310D0A", "frame longer than the limit (1195725856 bytes, as the text \"GET \" reads")]
    [InlineData("160301020001", "it speaks TLS on a port without TLS")]
    [InlineData("0000000400000000", "its first frame is not a ConnectRequest")]
    [InlineData("0000000AFFFFFFFFFFFFFFFFFFFF", "its first frame is not a ConnectRequest")]
    public async Task First_bytes_that_mean_nothing(string bytes, string why)
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel, log: _log);
        using var bad = await Dial(server.Port);
        await EndsWith(server.Port, bad, Convert.FromHexString(bytes), why);
    }

    [Theory]
    [InlineData("00000003000000", "a request without a readable header")]
    [InlineData("00000008000000010000270F", "a request of the unknown type 9999")]
    [InlineData("0000000CFFFFFFFC0000006400000000", "an auth packet that cannot be read")]
    [InlineData("0000000C000000010000006680000000", "a sasl packet that cannot be read")]
    [InlineData("0000000C000000010000000400000001FFFFFFFE", "negative frame length (-2 bytes")]
    public async Task Bytes_that_mean_nothing_after_a_session_is_there(string bytes, string why)
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel, log: _log);
        using var bad = await Dial(server.Port);
        await bad.SendAsync(new JuteBytes().Int(0).Long(0).Int(40_000).Long(0).Buffer(new byte[16]).Bool(false).ToFrame(), Cancel);
        Assert.Equal(41, await bad.ReceiveAsync(new byte[41], Cancel));
        await EndsWith(server.Port, bad, Convert.FromHexString(bytes), why);
    }

    [Fact]
    public async Task A_client_that_says_nothing()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel, options => options with
        {
            Settings = options.Settings with { HandshakeTimeout = TimeSpan.FromSeconds(3) },
        }, _log);
        using var bad = await Dial(server.Port);
        await EndsWith(server.Port, bad, [0, 0], "it has not asked for a session within 3 s");
    }

    [Fact]
    public async Task A_connection_too_many_from_one_address()
    {
        await using var server = await RunningServer.Start(
            _folder.Path, Cancel, options => options with { ConnectionsPerAddress = 2 }, _log);
        using var first = await RawClient.Connect(server.Port, 40_000, Cancel);
        using var second = await RawClient.Connect(server.Port, 40_000, Cancel);
        using var third = await Dial(server.Port);
        Assert.Equal(0, await third.ReceiveAsync(new byte[1], Cancel));
        await _log.Has($"{third.LocalEndPoint}: there are 2 connections from its address already, the limit (maxClientCnxns)", Cancel);
        Assert.Equal(0, (await first.Exists("/", Cancel)).Error);
        Assert.Equal(0, (await second.Exists("/", Cancel)).Error);
        AssertOneLine(third.LocalEndPoint!);
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_let_go_some_time_after_its_session_has_expired()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel, options => options with
        {
            Settings = options.Settings with { MinSessionTimeout = TimeSpan.FromSeconds(2), Heartbeat = TimeSpan.FromMilliseconds(50) },
        }, _log);
        using var good = await RawClient.Connect(server.Port, 30_000, Cancel);
        await good.Create("/big", new byte[100_000], 0, Cancel);
        using var deaf = await DeafClient.Ask(server.Port, "/big", Cancel, timeout: 2000);
        await deaf.Over.WaitAsync(TimeSpan.FromSeconds(90), Cancel);
        await _log.Has("it does not read; ", Cancel);
        AssertOneLine(deaf.Local);
        Assert.Equal(0, (await good.Exists("/", Cancel)).Error);
    }

    /// <summary>Sends what ends the connection, and sees it end, the line that says why, and somebody else being served.</summary>
    private async Task EndsWith(int port, Socket bad, byte[] bytes, string why)
    {
        using var good = await RawClient.Connect(port, 40_000, Cancel);
        var client = bad.LocalEndPoint!;
        await bad.SendAsync(bytes, Cancel);
        await Ends(bad);
        Assert.Contains(client.ToString()!, await _log.Has(why, Cancel), StringComparison.Ordinal);
        Assert.Equal(0, (await good.Exists("/", Cancel)).Error);
        AssertOneLine(client);
    }

    private void AssertOneLine(EndPoint client) =>
        Assert.Single(_log.All, line => line.Contains(client.ToString()!, StringComparison.Ordinal));

    private static async Task Ends(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancel) > 0) { }
        }
        catch (SocketException)
        {
            // Broken off is ended as well.
        }
    }

    private static async Task<Socket> Dial(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, Cancel);
        return socket;
    }
}
