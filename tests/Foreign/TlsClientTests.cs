using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Quorate.Tests.Hosts;

namespace Quorate.Tests.Foreign;

/// <summary>Foreign clients over TLS: their certificates are identities that ACLs know.</summary>
public sealed class TlsClientTests : IDisposable
{
    private const string Password = "secret";

    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-test-").FullName;
    private readonly int _port = ServerProcess.FreePort();

    public TlsClientTests()
    {
        using var certificates = new Certificates();
        using var server = certificates.Issue("CN=server");
        using var client = certificates.Issue("CN=job, O=Quorate");
        File.WriteAllText(PathOf("ca.pem"), certificates.Authority.ExportCertificatePem());
        File.WriteAllText(PathOf("server.pem"), Certificates.Pem(server));
        File.WriteAllText(PathOf("client.pem"), Certificates.Pem(client));
        File.WriteAllBytes(PathOf("server.p12"), server.Export(X509ContentType.Pkcs12, Password));
        File.WriteAllBytes(PathOf("client.p12"), client.Export(X509ContentType.Pkcs12, Password));
    }

    [Theory]
    [InlineData("server.pem", "TLSv1.2")]
    [InlineData("server.p12", "TLSv1.3")]
    public async Task Kazoo(string store, string protocol)
    {
        Tools.NeedKazoo();
        await using var server = await Serving(store, protocol);
        var command = new ProcessStartInfo(Tools.PythonWithKazoo!)
        {
            ArgumentList = { "-B", Script.PathOf("tls.py"), $"127.0.0.1:{_port}", _folder },
        };
        await Script.RunToVerdict(command, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("server.pem", "TLSv1.2")]
    [InlineData("server.p12", "TLSv1.3")]
    public async Task Java(string store, string protocol)
    {
        Tools.NeedSecureJava();
        await MakeJavaTrustStore();
        await using var server = await Serving(store, protocol);
        string[] jars = [$"{Tools.JarFolder}/zookeeper.jar", $"{Tools.JarFolder}/netty-all.jar", $"{Tools.JarFolder}/slf4j-nop.jar"];
        var command = new ProcessStartInfo(Tools.Java!)
        {
            ArgumentList =
            {
                "-XX:TieredStopAtLevel=1", "-cp", string.Join(':', jars), Script.PathOf("SecureClient.java"), $"127.0.0.1:{_port}", _folder, protocol,
            },
        };
        await Script.RunToVerdict(command, TestContext.Current.CancellationToken);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Java trusts only what keytool has marked as trusted.</summary>
    private async Task MakeJavaTrustStore()
    {
        var command = new ProcessStartInfo("keytool")
        {
            ArgumentList =
            {
                "-importcert", "-noprompt", "-alias", "ca", "-file", PathOf("ca.pem"), "-keystore", PathOf("ca.p12"), "-storetype", "PKCS12",
                "-storepass", Password,
            },
        };
        var (exit, output) = await Script.Run(command, TestContext.Current.CancellationToken);
        Assert.True(exit == 0, output);
    }

    private async Task<QuorateProcess> Serving(string store, string protocol)
    {
        var settings = new Dictionary<string, string>(ServerSettings.Recording)
        {
            ["secureClientPort"] = $"{_port}",
            ["secureClientPortAddress"] = "127.0.0.1",
            ["ssl.keyStore.location"] = PathOf(store),
            ["ssl.trustStore.location"] = PathOf("ca.pem"),
            ["ssl.clientAuth"] = "want",
            ["ssl.enabledProtocols"] = protocol,
        };
        if (store.EndsWith(".p12", StringComparison.Ordinal))
            settings["ssl.keyStore.password"] = Password;
        var server = new QuorateProcess(settings);
        await server.Start(TestContext.Current.CancellationToken);
        return server;
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
