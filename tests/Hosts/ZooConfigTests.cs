using System.Collections;
using System.Security.Authentication;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

public class ZooConfigTests
{
    private const string Least = "dataDir=/d\nclientPort=2181\n";

    /// <summary>Every key that is honoured: what to write, and what must come of it.</summary>
    public static readonly TheoryData<string, string, Func<ServerOptions, object?>, object?> Honoured = new()
    {
        { "dataDir", "/x", o => o.DataDir, "/x" },
        { "dataLogDir", "/y", o => o.DataLogDir, "/y" },
        { "clientPort", "2182", o => o.Clients, new ListenAddress(null, 2182, "clientPort") },
        { "clientPortAddress", "10.0.0.1", o => o.Clients!.Host, "10.0.0.1" },
        { "secureClientPort", "2281", o => o.SecureClients, new ListenAddress(null, 2281, "secureClientPort") },
        { "secureClientPortAddress", "::1", o => o.SecureClients!.Host, "::1" },
        { "clientPortListenBacklog", "17", o => o.ListenBacklog, 17 },
        { "maxClientCnxns", "0", o => o.ConnectionsPerAddress, 0 },
        { "maxCnxns", "12", o => o.Limits.Connections, 12 },
        { "tickTime", "500", o => o.Settings.MinSessionTimeout, TimeSpan.FromSeconds(1) },
        { "minSessionTimeout", "700", o => o.Settings.MinSessionTimeout, TimeSpan.FromMilliseconds(700) },
        { "maxSessionTimeout", "70000", o => o.Settings.MaxSessionTimeout, TimeSpan.FromSeconds(70) },
        { "jute.maxbuffer", "0x200000", o => o.Limits.FrameBytes, 2 << 20 },
        { "zookeeper.jute.maxbuffer", "4194304", o => o.Limits.FrameBytes, 4 << 20 },
        { "globalOutstandingLimit", "500", o => (o.Limits.RequestsOutstanding, o.Limits.RequestsPerConnection), (500, 500) },
        { "snapCount", "50000", o => o.Settings.SnapshotEveryEntries, 50_000 },
        { "snapSizeLimitInKb", "1024", o => o.Settings.SnapshotEveryBytes, 1L << 20 },
        { "snapSizeLimitInKb", "-1", o => o.Settings.SnapshotEveryBytes, long.MaxValue },
        { "preAllocSize", "8192", o => o.Settings.SegmentBytes, 8L << 20 },
        { "preAllocSize", "64", o => o.Settings.SegmentBytes, 4L << 20 },
        { "autopurge.snapRetainCount", "5", o => o.Settings.SnapshotsKept, 5 },
        { "autopurge.snapRetainCount", "1", o => o.Settings.SnapshotsKept, 3 },
        { "forceSync", "no", o => o.Settings.FlushBeforeReply, false },
        { "fsync.warningthresholdms", "20", o => o.SlowFlush, TimeSpan.FromMilliseconds(20) },
        { "4lw.commands.whitelist", "stat, ruok ,*", o => string.Join('|', o.Settings.WordsAllowed), "stat|ruok|*" },
        { "zookeeper.4lw.commands.whitelist", "*", o => string.Join('|', o.Settings.WordsAllowed), "*" },
        { "extendedTypesEnabled", "false", o => o.Settings.ExtendedTypes, false },
        { "enforceQuota", "true", o => o.Settings.EnforceQuota, true },
        { "zookeeper.enforceQuota", "true", o => o.Settings.EnforceQuota, true },
        { "skipACL", "yes", o => o.Settings.SkipAcl, true },
        { "reconfigEnabled", "true", o => o.Settings.ReconfigEnabled, true },
        { "znode.container.checkIntervalMs", "500", o => o.Settings.ContainerCheckInterval, TimeSpan.FromMilliseconds(500) },
        { "znode.container.maxPerMinute", "7", o => o.Settings.ContainerDeletesPerMinute, 7 },
        { "znode.container.maxNeverUsedIntervalMs", "9", o => o.Settings.ContainerNeverUsed, TimeSpan.FromMilliseconds(9) },
        { "zookeeper.DigestAuthenticationProvider.superDigest", "super:abc=", o => o.Settings.SuperDigest, "super:abc=" },
        { "DigestAuthenticationProvider.digestAlg", "SHA-256", o => o.Settings.DigestAlgorithm, "SHA256" },
        { "DigestAuthenticationProvider.enabled", "false", o => o.Settings.DigestEnabled, false },
        { "X509AuthenticationProvider.superUser", "CN=root", o => o.Settings.SuperX509, "CN=root" },
        { "ssl.keyStore.location", "/k.pem", o => o.Tls!.KeyStore, "/k.pem" },
        { "ssl.keyStore.password", "a b", o => o.Tls!.KeyStorePassword, "a b" },
        { "ssl.trustStore.location", "/t.pem", o => o.Tls!.TrustStore, "/t.pem" },
        { "ssl.trustStore.password", "secret", o => o.Tls!.TrustStorePassword, "secret" },
        { "ssl.clientAuth", "want", o => o.Tls!.Clients, ClientCertificates.Want },
        { "ssl.protocol", "TLSv1.3", o => o.Tls!.Protocols, SslProtocols.Tls13 },
        { "ssl.enabledProtocols", "TLSv1.2,TLSv1.3", o => o.Tls!.Protocols, SslProtocols.Tls12 | SslProtocols.Tls13 },
        { "ssl.crl", "true", o => o.Tls!.CheckRevocation, true },
        { "ssl.ocsp", "true", o => o.Tls!.CheckRevocation, true },
        { "quorate.electionTimeout", "700", o => o.Settings.ElectionTimeout, TimeSpan.FromMilliseconds(700) },
        { "quorate.heartbeat", "50", o => o.Settings.Heartbeat, TimeSpan.FromMilliseconds(50) },
        { "quorate.linearizableReads", "true", o => o.Settings.LinearizableReads, true },
    };

    /// <summary>Every key of the semantics reference §21 that has no effect here, and a few that later versions brought.</summary>
    public static readonly TheoryData<string, string> Ignored = new()
    {
        { "initLimit", "10" }, { "syncLimit", "5" }, { "group.1", "1:2" }, { "weight.1", "2" }, { "maxTimeToWaitForEpoch", "5" },
        { "electionAlg", "3" }, { "autopurge.purgeInterval", "24" }, { "commitLogCount", "500" }, { "syncEnabled", "true" },
        { "localSessionsEnabled", "true" }, { "localSessionsUpgradingEnabled", "true" }, { "emulate353TTLNodes", "true" },
        { "admin.enableServer", "true" }, { "admin.serverPort", "8080" }, { "admin.serverAddress", "0.0.0.0" }, { "admin.commandURL", "/c" },
        { "admin.idleTimeout", "30000" }, { "metricsProvider.className", "x.Y" }, { "metricsProvider.httpPort", "7000" },
        { "metricsProvider.exportJvmInfo", "true" }, { "superUser", "x" }, { "allowSaslFailedClients", "true" },
        { "enableEagerACLCheck", "true" }, { "digest.enabled", "true" }, { "closeSessionTxn.enabled", "true" },
        { "snapshot.trust.empty", "true" }, { "snapshot.compression.method", "gz" }, { "request_throttle_max_requests", "1" },
        { "request_throttle_stall_time", "1" }, { "request_throttle_drop_stale", "true" }, { "throttled_op_wait_time", "1" },
        { "maxResponseCacheSize", "400" }, { "maxGetChildrenResponseCacheSize", "400" }, { "leaderServes", "yes" },
        { "serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory" }, { "client.portUnification", "true" },
        { "portUnification", "false" }, { "readonlymode.enabled", "true" }, { "fastleader.minNotificationInterval", "1" }, { "cnxTimeout", "5000" },
        { "watchManagerName", "x.Y" }, { "ssl.quorum.clientAuth", "need" }, { "ssl.keyStore.type", "JKS" }, { "audit.enable", "true" },
        { "connectionMaxTokens", "1" }, { "largeRequestThreshold", "-1" }, { "nio.numSelectorThreads", "4" }, { "quorum.auth.enableSasl", "false" },
        { "zookeeper.snapshot.trust.empty", "true" }, { "authProvider.x509", "org.apache.zookeeper.server.auth.X509AuthenticationProvider" },
    };

    /// <summary>Values that are refused, and what the message must contain.</summary>
    public static readonly TheoryData<string, string, string> Refused = new()
    {
        { "tickTime", "abc", "a whole number from 1 to 86400000, milliseconds" },
        { "tickTime", "0", "a whole number" },
        { "tickTime", "", "a whole number" },
        { "clientPort", "65536", "from 0 to 65535" },
        { "clientPort", "-1", "from 0 to 65535" },
        { "secureClientPort", "x", "from 0 to 65535" },
        { "clientPortAddress", "", "an address" },
        { "dataDir", "", "the path of a folder" },
        { "minSessionTimeout", "-2", "or -1 for the default" },
        { "maxClientCnxns", "-1", "0 for no limit" },
        { "jute.maxbuffer", "0x10", "a number of bytes from 1024" },
        { "jute.maxbuffer", "-5", "a number of bytes" },
        { "forceSync", "true", "yes or no" },
        { "skipACL", "true", "yes or no" },
        { "extendedTypesEnabled", "yes", "true or false" },
        { "enforceQuota", "1", "true or false" },
        { "snapCount", "1", "a whole number from 2" },
        { "ssl.clientAuth", "maybe", "none or want or need" },
        { "ssl.protocol", "SSLv3", "TLSv1.2, TLSv1.3 or TLS" },
        { "ssl.enabledProtocols", ",", "TLSv1.2, TLSv1.3 or TLS" },
        { "DigestAuthenticationProvider.digestAlg", "MD5", "SHA1" },
        { "DigestAuthenticationProvider.superDigest", "x", "user:base64" },
        { "enforce.auth.schemes", "kerberos", "digest, x509, ip" },
        { "sessionRequireClientSASLAuth", "true", "no SASL" },
        { "ssl.keyStore.passwordPath", "/does/not/exist", "a file that this user can read" },
        { "peerType", "leader", "participant or observer" },
        { "standaloneEnabled", "no", "true or false" },
        { "quorate.heartbeat", "0", "milliseconds" },
        { "quorate.electionTimeout", "x", "milliseconds" },
        { "dynamicConfigFile", "/does/not/exist", "a file with server lines" },
        { "server.0", "a:1:2", "N in server.N is a number from 1 to 255" },
        { "server.256", "a:1:2", "N in server.N is a number from 1 to 255" },
        { "server.x", "a:1:2", "N in server.N is a number from 1 to 255" },
        { "server.1", "a", "host:peerPort:electionPort" },
        { "server.1", "a:2888", "host:peerPort:electionPort" },
        { "server.1", ":2888:3888", "host:peerPort:electionPort" },
        { "server.1", "a:2888:3888:participant:x", "host:peerPort:electionPort" },
        { "server.1", "a:2888:3888;1;2", "host:peerPort:electionPort" },
        { "server.1", "a:2888:3888;", "no port" },
        { "server.1", "a:0:3888", "\"0\" is no port from 1 to 65535" },
        { "server.1", "a:2888:65536", "\"65536\" is no port from 1 to 65535" },
        { "server.1", "a:2888:3888:voter", "participant or observer" },
        { "server.1", "[::1:2888:3888", "host:peerPort:electionPort" },
        { "server.1", "[::1]2888:3888", "host:peerPort:electionPort" },
        { "server.1", "a:2888:3888|b:2888:3888", "several, joined by |, are not offered" },
    };

    [Theory]
    [MemberData(nameof(Honoured), DisableDiscoveryEnumeration = true)]
    public void A_key_of_a_zoo_cfg_is_honoured(string key, string value, Func<ServerOptions, object?> read, object? expected)
    {
        ArgumentNullException.ThrowIfNull(read);
        var needs = key.StartsWith("ssl.", StringComparison.Ordinal) || key.StartsWith("secure", StringComparison.Ordinal)
            ? "secureClientPort=2281\nssl.keyStore.location=/k\n" : "";
        var options = Read(Least + needs + $"{key}={value}\n");
        Assert.Equal(expected, read(options));
        Assert.DoesNotContain(options.Notes, note => note.Text.Contains("unknown", StringComparison.Ordinal));
    }

    [Fact]
    public void The_table_above_has_every_honoured_key()
    {
        string[] elsewhere = ["enforce.auth.enabled", "enforce.auth.schemes", "sessionRequireClientSASLAuth", "ssl.keyStore.passwordPath", "ssl.trustStore.passwordPath"];
        elsewhere = [.. elsewhere, .. EnsembleConfigTests.Keys];
        var tested = Honoured.Select(row => row.Data.Item1.Replace("zookeeper.", "", StringComparison.Ordinal)).Concat(elsewhere).ToHashSet();
        Assert.Empty(ZooConfig.Keys.Select(key => key.Name).Except(tested));
    }

    [Theory]
    [MemberData(nameof(Ignored))]
    public void A_key_without_effect_is_named_with_one_line_that_says_why(string key, string value)
    {
        using var folder = new TempFolder();
        var path = folder.Write("zoo.cfg", Least + $"{key}={value}\n");
        var note = Assert.Single(new ZooConfig().AddFile(path).Build().Notes, note => note.Text.Contains("ignored", StringComparison.Ordinal));
        Assert.StartsWith($"{path}:3: {key.Replace("zookeeper.", "", StringComparison.Ordinal)} is ignored: ", note.Text, StringComparison.Ordinal);
        Assert.Equal(LogLevel.Information, note.Level);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_bad_value_is_refused_with_file_line_key_value_and_what_is_allowed(string key, string value, string allowed)
    {
        ArgumentNullException.ThrowIfNull(key);
        using var folder = new TempFolder();
        var path = folder.Write("zoo.cfg", Least + $"{key}={value}\n");
        var refusal = Assert.Throws<StartRefusedException>(() => new ZooConfig().AddFile(path).Build());
        var shown = key.Contains("super", StringComparison.Ordinal) || key.Contains("password", StringComparison.Ordinal) ? "…" : value;
        Assert.StartsWith($"{path}:3: {key}={shown} is not allowed: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public void An_unknown_key_is_warned_about_by_name_with_what_may_be_meant()
    {
        var notes = Read(Least + "clientport=5\nfoo.bar=7\n").Notes.Where(note => note.Level == LogLevel.Warning).ToArray();
        Assert.EndsWith("zoo.cfg:3: unknown key clientport; it has no effect (is clientPort meant?).", notes[0].Text, StringComparison.Ordinal);
        Assert.EndsWith("zoo.cfg:4: unknown key foo.bar; it has no effect.", notes[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sample_configuration_of_ZooKeeper_runs_as_it_is()
    {
        var options = Read("# The number of milliseconds of each tick\ntickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=/tmp/zookeeper\nclientPort=2181\n");
        Assert.Equal(TimeSpan.FromSeconds(4), options.Settings.MinSessionTimeout);
        Assert.Equal(TimeSpan.FromSeconds(40), options.Settings.MaxSessionTimeout);
        Assert.Null(options.Clients!.Host);
        Assert.Contains(options.Notes, note => note.Text.Contains("every address of this machine", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_any_configuration_only_this_machine_can_connect()
    {
        var options = new ZooConfig().Build();
        Assert.Equal(new ListenAddress("127.0.0.1", 2181, "clientPort"), options.Clients);
        Assert.Equal("data", options.DataDir);
        Assert.Null(options.SecureClients);
        Assert.Empty(options.Notes);
        Assert.Equal(TimeSpan.FromSeconds(4), options.Settings.MinSessionTimeout);
    }

    [Theory]
    [InlineData("dataDir=/d", "clientPort")]
    [InlineData("clientPort=2181", "dataDir is not set")]
    [InlineData(Least + "minSessionTimeout=9\nmaxSessionTimeout=8", "larger than")]
    [InlineData(Least + "secureClientPort=1", "ssl.keyStore.location")]
    [InlineData("dataDir=/d\nsecureClientPort=1\nssl.keyStore.location=/k\nclientPortAddress=::1", "clientPortAddress is set, but clientPort is not")]
    [InlineData(Least + "enforce.auth.enabled=true", "enforce.auth.schemes is empty")]
    public void What_is_missing_or_contradicts_itself_is_refused(string text, string part) =>
        Assert.Contains(part, Assert.Throws<StartRefusedException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Authentication_is_required_only_when_that_is_enabled()
    {
        Assert.Empty(Read(Least + "enforce.auth.schemes=digest").Settings.RequiredSchemes);
        Assert.Equal(["digest", "x509"], Read(Least + "enforce.auth.enabled=true\nenforce.auth.schemes=digest,x509").Settings.RequiredSchemes);
    }

    [Fact]
    public void Passwords_may_lie_in_files_of_their_own()
    {
        using var folder = new TempFolder();
        var secret = folder.Write("secret", "p w\n");
        var options = Read(Least + $"secureClientPort=1\nssl.keyStore.location=/k\nssl.keyStore.passwordPath={secret}\nssl.trustStore.passwordPath={secret}\n");
        Assert.Equal(("p w", "p w"), (options.Tls!.KeyStorePassword, options.Tls.TrustStorePassword));
    }

    [Fact]
    public void Command_line_beats_environment_beats_section_beats_file()
    {
        using var folder = new TempFolder();
        var file = folder.Write("zoo.cfg", Least + "tickTime=100\nmaxClientCnxns=1\nsnapCount=11\njute.maxbuffer=2000\n");
        var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Quorate:tickTime"] = "200",
            ["Quorate:MaxClientCnxns"] = "2",
            ["Quorate:snapCount"] = "12",
        }).Build().GetSection("Quorate");
        var environment = new Hashtable { ["QUORATE_tickTime"] = "300", ["QUORATE_MAX_CLIENT_CNXNS"] = "3", ["PATH"] = "/bin" };
        var options = new ZooConfig().AddFile(file).AddSection(section).AddEnvironment(environment).AddOption("tickTime", "400").Build();

        Assert.Equal(TimeSpan.FromMilliseconds(800), options.Settings.MinSessionTimeout);
        Assert.Equal(3, options.ConnectionsPerAddress);
        Assert.Equal(12, options.Settings.SnapshotEveryEntries);
        Assert.Equal(2000, options.Limits.FrameBytes);
    }

    [Fact]
    public void Nested_sections_are_keys_with_dots_and_may_name_a_zoo_cfg()
    {
        using var folder = new TempFolder();
        var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Quorate:config"] = folder.Write("zoo.cfg", Least),
            ["Quorate:4lw:commands:whitelist"] = "stat",
            ["Quorate:znode.container.checkIntervalMs"] = "5",
        }).Build().GetSection("Quorate");
        var options = new ZooConfig().AddSection(section).Build();
        Assert.Equal("/d", options.DataDir);
        Assert.Equal(["stat"], options.Settings.WordsAllowed);
        Assert.Equal(TimeSpan.FromMilliseconds(5), options.Settings.ContainerCheckInterval);
    }

    [Fact]
    public void A_value_that_another_source_replaces_is_not_judged()
    {
        using var folder = new TempFolder();
        var file = folder.Write("zoo.cfg", Least + "tickTime=nonsense\n");
        Assert.Equal(TimeSpan.FromSeconds(2), new ZooConfig().AddFile(file).AddOption("tickTime", "1000").Build().Settings.MinSessionTimeout);
    }

    [Fact]
    public void A_refused_variable_is_named()
    {
        var environment = new Hashtable { ["QUORATE_TICK_TIME"] = "abc" };
        var refusal = Assert.Throws<StartRefusedException>(() => new ZooConfig().AddEnvironment(environment).Build());
        Assert.StartsWith("environment variable QUORATE_TICK_TIME: tickTime=abc is not allowed: ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_frame_makes_room_for_itself()
    {
        var limits = Read(Least + "jute.maxbuffer=50000000").Limits;
        Assert.Equal(200_000_000, limits.LogRingBytes);
        Assert.Equal(50_000_000, limits.RequestBytesPerConnection);
    }

    [Fact]
    public void A_heartbeat_is_at_most_a_sixth_of_the_shortest_session_C5() =>
        Assert.Equal(TimeSpan.FromMilliseconds(20), Read(Least + "minSessionTimeout=120").Settings.Heartbeat);

    [Fact]
    public void A_missing_file_is_refused_by_name() =>
        Assert.Contains("/no/such/zoo.cfg", Assert.Throws<StartRefusedException>(() => new ZooConfig().AddFile("/no/such/zoo.cfg")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_word_conf_has_ZooKeepers_lines()
    {
        var lines = Read(Least + "tickTime=500\nmaxClientCnxns=7").Settings.ConfLines;
        Assert.Equal(
            ["clientPort=2181", "secureClientPort=-1", "dataDir=/d", "dataDirSize=0", "dataLogDir=/d", "dataLogSize=0", "tickTime=500", "maxClientCnxns=7",
                "minSessionTimeout=1000", "maxSessionTimeout=10000", "clientPortListenBacklog=-1", "serverId=0"],
            lines);
    }

    private static ServerOptions Read(string text)
    {
        using var folder = new TempFolder();
        return new ZooConfig().AddFile(folder.Write("zoo.cfg", text)).Build();
    }
}
