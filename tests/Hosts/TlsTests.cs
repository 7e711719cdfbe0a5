using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Quorate.Hosts.Tcp;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Hosts;

public sealed class TlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Certificates _certificates = new();

    public void Dispose()
    {
        _certificates.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("secret")]
    public void A_certificate_with_its_key_is_read_from_PEM(string? password)
    {
        using var server = _certificates.Issue("CN=server");
        var path = _folder.Write("server.crt", Certificates.Pem(server, password) + _certificates.Authority.ExportCertificatePem());
        var (own, others) = TlsFiles.Identity(path, password);
        Assert.True(own.HasPrivateKey);
        Assert.Equal("CN=server", own.Subject);
        Assert.Equal("CN=Test Authority", Assert.Single(others).Subject);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("secret")]
    public void A_certificate_with_its_key_is_read_from_PKCS12_whatever_the_file_is_called(string? password)
    {
        using var server = _certificates.Issue("CN=server");
        File.WriteAllBytes(_folder["store.jks"], server.Export(X509ContentType.Pkcs12, password));
        var (own, _) = TlsFiles.Identity(_folder["store.jks"], password);
        Assert.True(own.HasPrivateKey);
    }

    [Fact]
    public void A_Java_key_store_is_refused_with_the_command_that_converts_it()
    {
        File.WriteAllBytes(_folder["store.jks"], [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]);
        var refusal = Assert.Throws<StartRefusedException>(() => TlsFiles.Identity(_folder["store.jks"], "x"));
        Assert.Contains($"keytool -importkeystore -srckeystore {_folder["store.jks"]} -destkeystore {_folder["store.p12"]}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_password_a_file_without_key_and_a_missing_file_are_refused_by_name()
    {
        using var server = _certificates.Issue("CN=server");
        File.WriteAllBytes(_folder["store.p12"], server.Export(X509ContentType.Pkcs12, "right"));
        var keyless = _folder.Write("keyless.pem", server.ExportCertificatePem());
        foreach (var (path, part) in new[] { (_folder["store.p12"], "password is wrong"), (keyless, "ssl.keyStore"), (_folder["none"], "ssl.keyStore.location=") })
        {
            var refusal = Assert.Throws<StartRefusedException>(() => TlsFiles.Identity(path, "wrong"));
            Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
            Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_client_certificate_becomes_an_x509_identity()
    {
        using var client = _certificates.Issue("CN=me, O=Org");
        var (vouched, trouble) = await Shake(ClientCertificates.Need, client);
        Assert.Null(trouble);
        Assert.Equal("x509:CN=me,O=Org", Show(vouched!.Value));
    }

    [Theory]
    [InlineData(ClientCertificates.None, true)]
    [InlineData(ClientCertificates.Want, true)]
    [InlineData(ClientCertificates.Need, false)]
    public async Task A_client_without_certificate_comes_in_unless_one_is_needed(ClientCertificates asked, bool admitted)
    {
        var (vouched, trouble) = await Shake(asked, null);
        Assert.Equal(admitted, vouched is not null);
        Assert.True(trouble is null || !admitted);
        Assert.Equal("", vouched is null ? "" : Show(vouched.Value));
    }

    [Theory]
    [InlineData(ClientCertificates.Want)]
    [InlineData(ClientCertificates.Need)]
    public async Task A_certificate_of_another_authority_is_refused(ClientCertificates asked)
    {
        using var others = new Certificates();
        using var client = others.Issue("CN=me, O=Org");
        var (vouched, _) = await Shake(asked, client);
        Assert.Null(vouched);
    }

    [Fact]
    public async Task A_client_that_says_nothing_is_let_go_after_a_while()
    {
        var gate = Gate(ClientCertificates.None, TimeSpan.FromMilliseconds(50));
        using var listener = Listening();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        var socket = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        Assert.Null(await gate.Shake(socket, (IPEndPoint)socket.RemoteEndPoint!));
        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    private async Task<(ReadOnlyMemory<byte>? Vouched, Exception? Trouble)> Shake(ClientCertificates asked, X509Certificate2? certificate)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var gate = Gate(asked, TimeSpan.FromSeconds(20));
        using var listener = Listening();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, cancellation);
        var socket = await listener.AcceptAsync(cancellation);
        var shaking = gate.Shake(socket, (IPEndPoint)socket.RemoteEndPoint!);

        await using var stream = new SslStream(client.GetStream());
        Exception? trouble = null;
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                // With TLS 1.2 a refusal shows in the handshake itself.
                EnabledSslProtocols = SslProtocols.Tls12,
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { _certificates.Authority },
                },
            }, cancellation);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            trouble = e;
        }
        var result = await shaking;
        return (result?.Vouched, trouble);
    }

    private TlsGate Gate(ClientCertificates asked, TimeSpan patience)
    {
        using var server = _certificates.Issue("CN=server");
        return new(new()
        {
            KeyStore = _folder.Write("server.pem", Certificates.Pem(server)),
            TrustStore = _folder.Write("trust.pem", _certificates.Authority.ExportCertificatePem()),
            Clients = asked,
        }, patience, NullLogger.Instance);
    }

    private static Socket Listening()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static string Show(ReadOnlyMemory<byte> vouched)
    {
        var shown = new List<string>();
        foreach (var identity in new Identities(vouched.Span))
            shown.Add($"{Encoding.UTF8.GetString(identity.Scheme)}:{Encoding.UTF8.GetString(identity.Id)}");
        return string.Join(' ', shown);
    }
}
