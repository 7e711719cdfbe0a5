using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quorate.Hosts.Tcp;
using Quorate.Tests.Crashes;
using Quorate.Tests.Foreign;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.Hosts;

/// <summary>The whole server, over real sockets and files.</summary>
public sealed class QuorateServerTests : IDisposable
{
    private const int WhoAmI = 107;

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_written_is_there_after_a_stop_and_a_start()
    {
        await using (var server = await RunningServer.Start(_folder.Path, Cancel))
        {
            using var client = await RawClient.Connect(server.Port, 40_000, Cancel);
            Assert.Equal(0, (await client.Create("/a", "x"u8.ToArray(), 0, Cancel)).Error);
            Assert.Equal(0, (await client.Set("/a", "y"u8.ToArray(), Cancel)).Error);
        }
        await using (var server = await RunningServer.Start(_folder.Path, Cancel))
        {
            using var client = await RawClient.Connect(server.Port, 40_000, Cancel);
            Assert.Equal("y", Encoding.ASCII.GetString((await client.Get("/a", Cancel)).Data));
        }
    }

    [Fact]
    public async Task A_session_goes_on_after_a_stop_and_a_start()
    {
        long session;
        byte[] password;
        await using (var server = await RunningServer.Start(_folder.Path, Cancel))
        {
            using var client = await RawClient.Connect(server.Port, 40_000, Cancel);
            await client.Create("/mine", [], 1, Cancel);
            (session, password) = (client.Session, client.Password);
        }
        await using (var server = await RunningServer.Start(_folder.Path, Cancel))
        {
            using var client = await RawClient.Connect(server.Port, 40_000, Cancel, session, password);
            Assert.Equal(session, client.Session);
            Assert.Equal(session, (await client.Get("/mine", Cancel)).EphemeralOwner);
        }
    }

    [Fact]
    public async Task A_request_is_given_a_time_after_it_was_sent_C1()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel);
        using var client = await RawClient.Connect(server.Port, 30_000, Cancel);
        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(200, Cancel);   // the server sleeps; a clock read before it fell asleep would be behind by so much
            var sent = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            await client.Create($"/at-{i}", [], 0, Cancel);
            Assert.True((await client.Get($"/at-{i}", Cancel)).CreatedAt >= sent);
        }
    }

    [Fact]
    public async Task A_second_server_on_the_folder_is_refused_and_the_first_goes_on()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel);
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => RunningServer.Start(_folder.Path, Cancel));
        Assert.Contains("in use by another server, process", refusal.Message, StringComparison.Ordinal);
        using var client = await RawClient.Connect(server.Port, 40_000, Cancel);
    }

    [Fact]
    public async Task A_taken_port_is_named_with_the_way_to_change_it()
    {
        await using var server = await RunningServer.Start(_folder["one"], Cancel);
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => RunningServer.Start(
            _folder["two"], Cancel, options => options with { Clients = new("127.0.0.1", server.Port, "clientPort") }));
        Assert.StartsWith($"Port {server.Port} on 127.0.0.1 is taken", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--clientPort", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_peer_port_is_named_with_the_server_line_that_sets_it()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        _folder.Write("myid", "2");
        var config = new ZooConfig().AddFile(_folder.Write(
            "zoo.cfg", $"dataDir={_folder.Path}\nserver.1=127.0.0.1:1:2;2181\nserver.2=127.0.0.1:{port}:2;2182\nserver.3=127.0.0.1:3:2;2183\n"));
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => RunningServer.Start(_folder.Path, Cancel, _ => config.Build()));
        Assert.StartsWith($"Port {port} on 127.0.0.1 is taken", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("the peer port of server.2, in the configuration of every member", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_folder_is_refused_with_the_kernels_reason()
    {
        await using (await RunningServer.Start(_folder.Path, Cancel))
        {
        }
        File.Delete(_folder["superblock"]);
        var refusal = await Assert.ThrowsAsync<StartRefusedException>(() => RunningServer.Start(_folder.Path, Cancel));
        Assert.Contains("superblock", refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_connection_over_the_limit_of_its_address_is_closed_at_once_and_nothing_is_sent()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel, options => options with { ConnectionsPerAddress = 2 });
        using var first = await RawClient.Connect(server.Port, 40_000, Cancel);
        var second = await RawClient.Connect(server.Port, 40_000, Cancel);
        using (var third = await Dial(server.Port))
            Assert.Equal(0, await third.ReceiveAsync(new byte[1], Cancel));
        second.Dispose();
        while (true)
        {
            using var again = await Dial(server.Port);
            await again.SendAsync("ruok"u8.ToArray(), Cancel);
            if (await ReceiveAll(again) == "imok")
                return;
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(0xfffff + 1)]
    [InlineData(0x47455420)]
    public async Task A_length_that_cannot_be_closes_its_connection_and_no_other(int length)
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel);
        using var good = await RawClient.Connect(server.Port, 40_000, Cancel);
        using var bad = await Dial(server.Port);
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        await bad.SendAsync(bytes, Cancel);
        Assert.Equal("", await ReceiveAll(bad));
        Assert.Equal(0, (await good.Exists("/", Cancel)).Error);
    }

    [Fact]
    public async Task A_word_is_answered_even_if_its_sender_ends_at_once()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel);
        using var socket = await Dial(server.Port);
        await socket.SendAsync("srvr"u8.ToArray(), Cancel);
        socket.Shutdown(SocketShutdown.Send);
        Assert.Contains("Mode: standalone", await ReceiveAll(socket), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closeSession_that_is_followed_by_the_end_of_the_connection_closes_the_session()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel);
        using var watcher = await RawClient.Connect(server.Port, 40_000, Cancel);
        using var socket = await Dial(server.Port);
        await socket.SendAsync(new JuteBytes().Int(0).Long(0).Int(40_000).Long(0).Buffer(new byte[16]).Bool(false).ToFrame(), Cancel);
        await Exactly(socket, new byte[41]);
        byte[] bytes =
        [
            .. new JuteBytes().Int(1).Int(1).Text("/mine").Buffer([]).Acl().Int(1).ToFrame(),
            .. new JuteBytes().Int(2).Int(1).Text("/trace").Buffer([]).Acl().Int(0).ToFrame(),
            .. new JuteBytes().Int(3).Int(-11).ToFrame(),
        ];
        await socket.SendAsync(bytes, Cancel);
        socket.Dispose();
        // A session that was left to expire would keep its znode for forty seconds.
        var begun = Environment.TickCount64;
        while ((await watcher.Exists("/trace", Cancel)).Error != 0 || (await watcher.Exists("/mine", Cancel)).Error == 0)
            Assert.True(Environment.TickCount64 - begun < 30_000);
    }

    [Fact]
    public async Task Half_open_connections_are_let_go_and_others_are_served_meanwhile()
    {
        const int Idle = 300;
        await using var server = await RunningServer.Start(_folder.Path, Cancel, options => options with
        {
            ConnectionsPerAddress = 0,
            Settings = options.Settings with { HandshakeTimeout = TimeSpan.FromSeconds(4) },
        });
        var idle = new List<Socket>();
        for (var i = 0; i < Idle; i++)
            idle.Add(await Dial(server.Port));
        using var client = await RawClient.Connect(server.Port, 40_000, Cancel);
        Assert.Equal(0, (await client.Create("/a", [], 0, Cancel)).Error);
        foreach (var socket in idle)
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], Cancel));
            socket.Dispose();
        }
        Assert.Equal(0, (await client.Exists("/a", Cancel)).Error);
    }

    [Fact]
    public async Task A_stop_lets_go_of_connected_clients_and_takes_seconds_at_most()
    {
        await using var server = await RunningServer.Start(_folder.Path, Cancel);
        using var client = await RawClient.Connect(server.Port, 40_000, Cancel);
        await client.Create("/a", [], 0, Cancel);
        var begun = Environment.TickCount64;
        await server.Stop(Cancel);
        Assert.True(Environment.TickCount64 - begun < 30_000);
        await Assert.ThrowsAsync<IOException>(() => client.Exists("/a", Cancel));
        Assert.NotEmpty(Directory.GetFiles(_folder.Path, "snapshot-*"));
    }

    [Fact]
    public async Task A_client_certificate_is_an_identity_on_the_secure_port()
    {
        using var certificates = new Certificates();
        using var own = certificates.Issue("CN=server");
        using var mine = certificates.Issue("CN=me, O=Org");
        await using var server = await RunningServer.Start(_folder["data"], Cancel, options => options with
        {
            SecureClients = new("127.0.0.1", 0, "secureClientPort"),
            Tls = new()
            {
                KeyStore = _folder.Write("server.pem", Certificates.Pem(own)),
                TrustStore = _folder.Write("trust.pem", certificates.Authority.ExportCertificatePem()),
            },
        });
        using var socket = await Dial(server.SecurePort);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ClientCertificateContext = SslStreamCertificateContext.Create(mine, null, offline: true),
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { certificates.Authority },
            },
        }, Cancel);
        await tls.WriteAsync(new JuteBytes().Int(0).Long(0).Int(10_000).Long(0).Buffer(new byte[16]).Bool(false).ToFrame(), Cancel);
        await Frame(tls);
        await tls.WriteAsync(new JuteBytes().Int(1).Int(WhoAmI).ToFrame(), Cancel);
        var identities = Encoding.UTF8.GetString(await Frame(tls));
        Assert.Contains("x509", identities, StringComparison.Ordinal);
        Assert.Contains("CN=me,O=Org", identities, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_application_configures_its_server_by_the_section_Quorate()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Quorate:dataDir"] = _folder.Path,
            ["Quorate:clientPort"] = ServerProcess.FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        builder.AddQuorateServer();
        using var host = builder.Build();
        await host.StartAsync(Cancel);
        using (var client = await RawClient.Connect(host.Services.GetRequiredService<QuorateServer>().Endpoints[0].Port, 40_000, Cancel))
            Assert.Equal(0, (await client.Exists("/zookeeper", Cancel)).Error);
        await host.StopAsync(Cancel);
    }

    internal static async Task<Socket> Dial(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, Cancel);
        return socket;
    }

    /// <summary>Everything until the server ends the connection; a broken one counts as ended.</summary>
    private static async Task<string> ReceiveAll(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancel) is > 0 and var count)
                text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (SocketException)
        {
            return text.ToString();
        }
        return text.ToString();
    }

    internal static async Task Exactly(Socket socket, byte[] into)
    {
        for (var at = 0; at < into.Length;)
        {
            var received = await socket.ReceiveAsync(into.AsMemory(at), Cancel);
            Assert.NotEqual(0, received);
            at += received;
        }
    }

    private static async Task<byte[]> Frame(Stream stream)
    {
        var length = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(length, Cancel);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(frame, Cancel);
        return frame;
    }
}
