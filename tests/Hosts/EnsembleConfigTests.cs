using System.Collections;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Hosts;

/// <summary>Server lines, myid and the keys about members.</summary>
public sealed class EnsembleConfigTests : IDisposable
{
    /// <summary>The keys that are tested here rather than in the table of all keys.</summary>
    internal static readonly string[] Keys =
    [
        "dynamicConfigFile", "peerType", "standaloneEnabled", "quorumListenOnAllIPs", "quorate.peerSecret", "quorate.peerSecretFile", "quorate.peerInsecure",
        "sslQuorum", "ssl.quorum.keyStore.location", "ssl.quorum.keyStore.password", "ssl.quorum.keyStore.passwordPath", "ssl.quorum.trustStore.location",
        "ssl.quorum.trustStore.password", "ssl.quorum.trustStore.passwordPath", "ssl.quorum.hostnameVerification", "ssl.quorum.protocol",
        "ssl.quorum.enabledProtocols", "ssl.quorum.crl", "ssl.quorum.ocsp",
    ];

    private const string Three = "server.1=127.0.0.1:2881:3881\nserver.2=127.0.0.1:2882:3882\nserver.3=127.0.0.1:2883:3883\n";
    private const string Far = "server.1=one:2888:3888\nserver.2=two:2888:3888\nserver.3=three:2888:3888\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Three_server_lines_and_myid_make_a_member_of_three()
    {
        var options = Read(Three + "clientPort=2181\ntickTime=2000\ninitLimit=10\nsyncLimit=5\n", myid: "2\n");
        Assert.Equal(new ServerId(2), options.Settings.Id);
        Assert.Equal(
            [
                new(new(1), "127.0.0.1:2881:3881"),
                new EnsembleMember(new(2), "127.0.0.1:2882:3882"),
                new(new(3), "127.0.0.1:2883:3883"),
            ],
            options.Settings.Ensemble);
        Assert.Equal(("127.0.0.1", 2882), (options.Peers!.Listen.Host, options.Peers.Listen.Port));
        Assert.Equal(2181, options.Clients!.Port);
        options.Settings.Validated();
        options.Limits.Validated();
        Assert.Equal(["serverId=2", "electionPort=3882", "quorumPort=2882", "peerType=0"], options.Settings.ConfLines.TakeLast(4));
        Assert.Contains(options.Notes, note => note.Text.EndsWith(": initLimit is ignored: how long members wait for each other is set by "
            + "quorate.electionTimeout and quorate.heartbeat.", StringComparison.Ordinal));
        Assert.Contains(options.Notes, note => note.Text.Contains("the election ports of the server lines are not used", StringComparison.Ordinal));
    }

    [Fact]
    public void Roles_client_ports_names_and_brackets_are_understood()
    {
        var options = Read(
            "server.10=[::1]:2881:3881:participant;[::]:2181\nserver.3=LocalHost:2882:3882:Observer;127.0.0.1:2182\nserver.2=localhost:2883:3883;2183\n"
            + "quorate.peerInsecure=true\n", myid: "3");
        Assert.Equal(
            [
                new(new(2), "localhost:2883:3883", "0.0.0.0:2183"),
                new(new(3), "LocalHost:2882:3882", "127.0.0.1:2182", IsObserver: true),
                new EnsembleMember(new(10), "[::1]:2881:3881", "0.0.0.0:2181"),
            ],
            options.Settings.Ensemble);
        Assert.Equal(("127.0.0.1", 2182), (options.Clients!.Host, options.Clients.Port));
        Assert.Equal("peerType=1", options.Settings.ConfLines[^1]);
        Assert.True(PeerAddress.TryParse("[::1]:2881:3881", out var address));
        Assert.Equal(("::1", 2881, "[::1]:2881"), (address.Host, address.Port, address.ToString()));
    }

    [Theory]
    [InlineData("host:2888:3888", "host:2888")]
    [InlineData("host:2888", "host:2888")]
    [InlineData("[fe80::1]:1:2", "[fe80::1]:1")]
    [InlineData("", null)]
    [InlineData("host", null)]
    [InlineData("host:", null)]
    [InlineData(":1", null)]
    [InlineData("host:0", null)]
    [InlineData("host:65536", null)]
    [InlineData("[::1", null)]
    [InlineData("[::1]", null)]
    [InlineData("[::1]1", null)]
    public void A_peer_address_is_a_host_and_the_first_port(string text, string? shown) =>
        Assert.Equal(shown, PeerAddress.TryParse(text, out var address) ? address.ToString() : null);

    [Fact]
    public void The_client_port_of_a_server_line_counts_and_must_not_contradict_the_key()
    {
        const string Lines = "server.1=127.0.0.1:1:2;2181\nserver.2=127.0.0.1:3:4;2182\n";
        Assert.Equal((null, 2182), (Read(Lines, "2").Clients!.Host, Read(Lines, "2").Clients!.Port));
        Assert.Equal(2182, Read(Lines + "clientPort=2182\n", "2").Clients!.Port);
        Refuses(Lines + "clientPort=2181\n", "2", "zoo.cfg:3: server.2=127.0.0.1:3:4;2182 is not allowed: its client address is not the one of clientPort");
        Refuses(Lines + "clientPortAddress=10.0.0.1\n", "2", "its client address is not the one of clientPort");
        Refuses("server.1=127.0.0.1:1:2\nserver.2=127.0.0.1:3:4\n", "2", "neither clientPort nor secureClientPort is set");
    }

    [Fact]
    public void A_single_server_line_is_an_ensemble_of_one_unless_standalone_is_switched_off()
    {
        const string Line = "server.7=10.0.0.1:2888:3888\nclientPort=2181\n";
        var alone = Read(Line, myid: null);
        Assert.Equal((new ServerId(7), 0, null), (alone.Settings.Id, alone.Settings.Ensemble.Count, alone.Peers));
        Refuses(Line, "6", "says 6, but there is no line server.6, only server.7. ");
        Refuses(Line + "standaloneEnabled=false\n", null, "myid is missing");
        var member = Read(Line + "standaloneEnabled=false\nquorate.peerInsecure=true\n", "7");
        Assert.Equal((1, "10.0.0.1"), (member.Settings.Ensemble.Count, member.Peers!.Listen.Host));
    }

    [Theory]
    [InlineData(null, "myid is missing. It says which of the server lines is this server: write the id of this server, the N of its own server.N line, as in: echo 1 > ")]
    [InlineData("", "myid: \"\" is not allowed: the id of this server")]
    [InlineData("x1", "myid: \"x1\" is not allowed: the id of this server")]
    [InlineData("0", "myid: \"0\" is not allowed: the id of this server")]
    [InlineData("256", "myid: \"256\" is not allowed: the id of this server")]
    [InlineData("4", "myid says 4, but there is no line server.4, only server.1, server.2, server.3. ")]
    public void A_bad_myid_is_refused_by_name_with_the_remedy(string? myid, string words)
    {
        Refuses(Three + "clientPort=1\n", myid, words);
        Refuses(Three + "clientPort=1\n", myid, _folder["myid"]);
    }

    [Theory]
    [InlineData("server.1=a:1:2:observer\nserver.2=b:1:2:observer", "all server lines are observers")]
    [InlineData("server.1=a:1:2\nserver.2=A:1:3", "server.2=A:1:3 is not allowed: server.1 has the same host and port")]
    [InlineData("server.1=a:1:2\nserver.01=b:1:2", "member 1 is given twice")]
    [InlineData("peerType=observer", "there are no server lines")]
    public void Lines_that_contradict_each_other_are_refused(string lines, string words) => Refuses(lines + "\nclientPort=1\n", "1", words);

    [Fact]
    public void More_voters_than_can_vote_and_more_addresses_than_can_be_kept_are_refused()
    {
        var lines = string.Concat(Enumerable.Range(1, 33).Select(i => $"server.{i}=127.0.0.1:{i}:1\n"));
        Refuses(lines + "clientPort=1\n", "1", "there are 33 participants, 32 at most");
        Assert.Equal(33, Read(lines.Replace(":33:1", ":33:1:observer", StringComparison.Ordinal) + "clientPort=1\n", "1").Settings.Ensemble.Count);
        var longNames = string.Concat(Enumerable.Range(1, 20).Select(i => $"server.{i}={new string('x', 150)}{i}:1:1\n"));
        Refuses(longNames + "clientPort=1\nquorate.peerInsecure=true\n", "1", "more than 3000 bytes together");
    }

    [Fact]
    public void The_role_of_the_server_line_counts_and_another_peerType_is_warned_about()
    {
        var options = Read(Three + "clientPort=1\npeerType=observer\n", "1");
        Assert.False(options.Settings.Ensemble[0].IsObserver);
        Assert.Contains(options.Notes, note => note.Level == LogLevel.Warning && note.Text.Contains("the server line counts", StringComparison.Ordinal));
        Assert.DoesNotContain(Read(Three + "clientPort=1\npeerType=participant\n", "1").Notes, note => note.Level == LogLevel.Warning);
    }

    [Fact]
    public void Server_lines_may_stand_in_a_dynamic_file_and_then_nowhere_else()
    {
        var dynamic = _folder.Write("zoo.cfg.dynamic", Three + "version=100000000\n");
        var options = Read($"clientPort=1\ndynamicConfigFile={dynamic}\n", "3");
        Assert.Equal((new ServerId(3), 3), (options.Settings.Id, options.Settings.Ensemble.Count));
        Assert.DoesNotContain(options.Notes, note => note.Level == LogLevel.Warning);
        Refuses($"clientPort=1\nserver.1=a:1:2\ndynamicConfigFile={dynamic}\n", "3", "server.1 is given outside of that file");
        _folder.Write("zoo.cfg.dynamic", "server.1=nonsense\n");
        Refuses($"clientPort=1\ndynamicConfigFile={dynamic}\n", "1", $"{dynamic}:1: server.1=nonsense is not allowed: ");
    }

    [Fact]
    public void Members_on_several_machines_must_prove_who_they_are()
    {
        Refuses(Far + "clientPort=1\n", "2", "zoo.cfg:2: server.1=one:2888:3888: members on several machines must prove to each other who they are");
        Assert.Equal("0123456789abcdef", Read(Far + "clientPort=1\nquorate.peerSecret=0123456789abcdef\n", "2").Peers!.Secret);
        var file = _folder.Write("secret", "0123456789abcdef\n");
        Assert.Equal("0123456789abcdef", Read(Far + $"clientPort=1\nquorate.peerSecretFile={file}\n", "2").Peers!.Secret);
        var insecure = Read(Far + "clientPort=1\nquorate.peerInsecure=true\n", "2");
        Assert.True(insecure.Peers!.Insecure);
        Assert.Contains(insecure.Notes, note => note.Level == LogLevel.Warning && note.Text.Contains("peerInsecure", StringComparison.Ordinal));
        Refuses(Far + "clientPort=1\nquorate.peerInsecure=false\n", "2", "must prove to each other");
    }

    [Fact]
    public void A_bad_secret_is_refused_and_never_shown()
    {
        var refusal = Refuses(Far + "clientPort=1\nquorate.peerSecret=short\n", "2", "quorate.peerSecret=… is not allowed: a secret of at least 16 characters");
        Assert.DoesNotContain("short", refusal, StringComparison.Ordinal);
        var file = _folder.Write("secret", "short");
        Refuses(Far + $"clientPort=1\nquorate.peerSecretFile={file}\n", "2", $"quorate.peerSecretFile={file} is not allowed: a secret of at least 16");
        Refuses(Far + "clientPort=1\nquorate.peerSecretFile=/does/not/exist\n", "2", "a file that this user can read");
        Refuses(Far + $"clientPort=1\nquorate.peerSecret=0123456789abcdef\nquorate.peerSecretFile={file}\n", "2", "set one of the two");
    }

    [Fact]
    public void Keys_of_TLS_between_members_are_those_of_ZooKeeper()
    {
        var secret = _folder.Write("password", "p w\n");
        var options = Read(
            Far + "clientPort=1\nsslQuorum=true\nssl.quorum.keyStore.location=/k\nssl.quorum.keyStore.password=x\nssl.quorum.trustStore.location=/t\n"
            + $"ssl.quorum.trustStore.passwordPath={secret}\nssl.quorum.hostnameVerification=false\nssl.quorum.protocol=TLSv1.3\nssl.quorum.crl=true\n", "1");
        var tls = options.Peers!.Tls!;
        Assert.Equal(("/k", "x", "/t", "p w"), (tls.KeyStore, tls.KeyStorePassword, tls.TrustStore, tls.TrustStorePassword));
        Assert.Equal((false, SslProtocols.Tls13, true), (options.Peers.VerifyHostNames, tls.Protocols, tls.CheckRevocation));
        Assert.Null(options.Tls);
        options = Read(
            Far + $"clientPort=1\nsslQuorum=true\nssl.quorum.keyStore.location=/k\nssl.quorum.keyStore.passwordPath={secret}\nssl.quorum.trustStore.location=/t\n"
            + "ssl.quorum.trustStore.password=y\nssl.quorum.enabledProtocols=TLSv1.2\nssl.quorum.ocsp=true\n", "1");
        tls = options.Peers!.Tls!;
        Assert.Equal(("p w", "y", SslProtocols.Tls12, true), (tls.KeyStorePassword, tls.TrustStorePassword, tls.Protocols, tls.CheckRevocation));
        Assert.True(options.Peers.VerifyHostNames);
        Refuses(Far + "clientPort=1\nsslQuorum=true\n", "1", "sslQuorum=true, but ssl.quorum.keyStore.location is not set");
    }

    [Fact]
    public void Other_members_may_connect_through_every_address_if_that_is_wanted() =>
        Assert.Null(Read(Three + "clientPort=1\nquorumListenOnAllIPs=true\n", "1").Peers!.Listen.Host);

    [Theory]
    [InlineData("quorate.heartbeat=1000\nquorate.electionTimeout=5000", "quorate.heartbeat (1000 ms) is longer than a sixth of minSessionTimeout (4000 ms)")]
    [InlineData("quorate.heartbeat=300", "quorate.electionTimeout (500 ms) is shorter than two heartbeats")]
    public void Times_that_contradict_each_other_are_refused(string lines, string words) =>
        Refuses("tickTime=2000\nclientPort=1\n" + lines, null, words);

    [Fact]
    public void The_environment_can_name_members_and_keep_the_secret()
    {
        _folder.Write("myid", "1");
        var environment = new Hashtable
        {
            ["QUORATE_DATA_DIR"] = _folder.Path,
            ["QUORATE_SERVER_1"] = "one:1:2;2181",
            ["QUORATE_SERVER_2"] = "two:1:2;2181",
            ["QUORATE_PEER_SECRET"] = "0123456789abcdef",
            ["QUORATE_quorate.electionTimeout"] = "900",
        };
        var options = new ZooConfig().AddEnvironment(environment).Build();
        Assert.Equal((2, "0123456789abcdef"), (options.Settings.Ensemble.Count, options.Peers!.Secret));
        Assert.Equal(TimeSpan.FromMilliseconds(900), options.Settings.ElectionTimeout);
        Assert.Contains(options.Notes, note => note.Text.StartsWith("Of two participants", StringComparison.Ordinal));
    }

    private string Refuses(string text, string? myid, string words)
    {
        var message = Assert.Throws<StartRefusedException>(() => Read(text, myid)).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private ServerOptions Read(string text, string? myid)
    {
        File.Delete(_folder["myid"]);
        if (myid is not null)
            _folder.Write("myid", myid);
        return new ZooConfig().AddFile(_folder.Write("zoo.cfg", $"dataDir={_folder.Path}\n{text}")).Build();
    }
}
