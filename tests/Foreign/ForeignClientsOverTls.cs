using System.Diagnostics;

namespace Quorate.Tests.Foreign;

/// <summary>kazoo and the Java client on the secure port, with certificates that openssl made.</summary>
public sealed class ForeignClientsOverTls(TlsAuthority authority) : IClassFixture<TlsAuthority>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("TLSv1.2", "server.pem")]
    [InlineData("TLSv1.3", "server.p12")]
    public async Task Kazoo_is_known_by_its_certificate(string protocol, string keyStore)
    {
        Need();
        Tools.NeedKazoo();
        await using var server = await SecureServer.Start(authority, Cancel,
            ("ssl.enabledProtocols", protocol), ("ssl.keyStore.location", authority[keyStore]), ("ssl.keyStore.password", TlsAuthority.Password));
        await Script.RunToVerdict(Kazoo("tls", server.Endpoint, protocol, TlsAuthority.Alice), Cancel);
    }

    [Theory]
    [InlineData("watches")]
    [InlineData("reconnect")]
    [InlineData("acls")]
    public async Task Kazoo_does_over_TLS_what_it_does_without(string script)
    {
        Need();
        Tools.NeedKazoo();
        await using var server = await SecureServer.Start(authority, Cancel, ("ssl.clientAuth", "none"));
        await Script.RunToVerdict(Kazoo(script, server.Endpoint), Cancel);
    }

    [Theory]
    [InlineData("none", "nobody=admitted", "alice=admitted", "stranger=admitted", "late=admitted")]
    [InlineData("want", "nobody=admitted", "alice=known", "stranger=refused", "late=refused")]
    [InlineData("need", "nobody=refused", "alice=known", "stranger=refused", "late=refused")]
    public async Task Who_is_admitted_is_said_by_clientAuth_and_each_refusal_by_the_log(string asked, params string[] fates)
    {
        Need();
        Tools.NeedKazoo();
        await using var server = await SecureServer.Start(authority, Cancel, ("ssl.clientAuth", asked));
        await Script.RunToVerdict(Kazoo("tls_admission", [server.Endpoint, .. fates]), Cancel);
        await Logged("nobody", "it shows no certificate (ssl.clientAuth=need).");
        await Logged("stranger", "its certificate CN=stranger comes from no trusted authority (ssl.trustStore.location).");
        await Logged("late", "its certificate CN=late has expired, or is not valid yet.");

        async Task Logged(string client, string fault)
        {
            var isRefused = fates.Contains(client + "=refused");
            // What the server prints comes by a way of its own, and perhaps later than what it does.
            var isLogged = await server.Prints(": " + fault, isRefused ? TimeSpan.FromSeconds(60) : TimeSpan.Zero, Cancel);
            Assert.Equal(isRefused, isLogged);
        }
    }

    [Theory]
    [InlineData("TLSv1.2")]
    [InlineData("TLSv1.3")]
    public async Task The_Java_shell_is_known_by_its_certificate(string protocol)
    {
        Need();
        Tools.NeedNetty();
        await using var server = await SecureServer.Start(authority, Cancel);
        await Conversation.Hold("tls.conversation", Java(protocol, "org.apache.zookeeper.ZooKeeperMain", "-server", server.Endpoint), Cancel);
    }

    [Fact]
    public async Task The_Java_client_does_over_TLS_what_it_does_without()
    {
        Need();
        Tools.NeedNetty();
        Tools.NeedCurator();
        await using var server = await SecureServer.Start(authority, Cancel, ("ssl.clientAuth", "none"),
            ("ssl.keyStore.location", authority["locked.pem"]), ("ssl.keyStore.password", TlsAuthority.Password));
        await Script.RunToVerdict(Java("TLSv1.3", Script.PathOf("JavaClient.java"), server.Endpoint), Cancel);
    }

    private static void Need() => Tools.NeedOpenSsl();

    private ProcessStartInfo Kazoo(string script, params string[] arguments)
    {
        var command = new ProcessStartInfo(Tools.PythonWithKazoo!, ["-B", Script.PathOf(script + ".py"), .. arguments]);
        command.Environment["TLS_FOLDER"] = authority.Folder;
        return command;
    }

    /// <summary>A Java program with alice's certificate. zkCli.sh fixes its class path, in which two of Netty's jars are missing.</summary>
    private ProcessStartInfo Java(string protocol, params string[] program) => new(Tools.Java!,
    [
        "-XX:TieredStopAtLevel=1",
        "-Dzookeeper.client.secure=true",
        "-Dzookeeper.clientCnxnSocket=org.apache.zookeeper.ClientCnxnSocketNetty",
        $"-Dzookeeper.ssl.enabledProtocols={protocol}",
        $"-Dzookeeper.ssl.keyStore.location={authority["alice.p12"]}",
        $"-Dzookeeper.ssl.keyStore.password={TlsAuthority.Password}",
        $"-Dzookeeper.ssl.trustStore.location={authority["authority.pem"]}",
        "-cp",
        string.Join(':', ((string[])["zookeeper", "netty-codec", "netty-resolver", "slf4j-nop"]).Select(static jar => $"{Tools.JarFolder}/{jar}.jar")),
        .. program,
    ]);
}
