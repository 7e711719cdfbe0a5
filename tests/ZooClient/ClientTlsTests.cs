using Quorate.Client;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.ZooClients;

/// <summary>The .NET client at Quorate's secure port.</summary>
public sealed class ClientTlsTests(TlsAuthority authority) : IClassFixture<TlsAuthority>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ZooClientOptions At(SecureServer server) => new() { ConnectionString = server.Endpoint };

    [Fact]
    public async Task A_client_certificate_is_an_identity_and_opens_what_is_its_own()
    {
        Tools.NeedOpenSsl();
        await using var server = await SecureServer.Start(authority, Cancel);
        var alices = At(server) with { Tls = ClientTls.FromPem(authority["authority.pem"], authority["alice.crt"], authority["alice.key"]) };
        await using var alice = await ZooClient.ConnectAsync(alices, Cancel);
        Assert.Contains(new ZooIdentity("x509", TlsAuthority.Alice), await alice.WhoAmIAsync(Cancel));
        await alice.CreateAsync("/hers", "a"u8.ToArray(), acl: AclRule.Creator, cancellation: Cancel);
        await using var bob = await ZooClient.ConnectAsync(
            At(server) with { Tls = ClientTls.FromPem(authority["authority.pem"], authority["bob.crt"], authority["bob.key"]) }, Cancel);
        await Assert.ThrowsAsync<NoAuthException>(async () => await bob.GetDataAsync("/hers", Cancel));
        var reads = Enumerable.Range(0, 500).Select(_ => alice.GetDataAsync("/hers", Cancel).AsTask());
        Assert.All(await Task.WhenAll(reads), static read => Assert.Equal("a"u8.ToArray(), read.Data));
    }

    [Fact]
    public async Task Servers_that_are_not_trusted_or_do_not_speak_TLS_are_left_and_the_message_says_why()
    {
        Tools.NeedOpenSsl();
        await using var server = await SecureServer.Start(authority, Cancel);
        var briefly = At(server) with { ConnectTimeout = TimeSpan.FromSeconds(2) };
        var distrust = await Assert.ThrowsAsync<ConnectionLossException>(() =>
            ZooClient.ConnectAsync(briefly with { Tls = ClientTls.FromPem(authority["stranger.crt"]) }, Cancel));
        Assert.Contains("TLS failed", distrust.Message, StringComparison.Ordinal);
        var plain = await Assert.ThrowsAsync<ConnectionLossException>(() => ZooClient.ConnectAsync(briefly, Cancel));
        Assert.Contains(server.Endpoint, plain.Message, StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<ConnectionLossException>(() => ZooClient.ConnectAsync(
            briefly with { Tls = ClientTls.FromPem(authority["authority.pem"], authority["stranger.crt"], authority["stranger.key"]) }, Cancel));
        Assert.Contains("The last attempt:", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_used_are_named()
    {
        Tools.NeedOpenSsl();
        foreach (var make in (Action[])[
            () => ClientTls.FromPem(authority["missing.pem"]), () => ClientTls.FromPem(authority["names"]),
            () => ClientTls.FromPem(null, authority["alice.crt"]), () => ClientTls.FromPem(null, authority["alice.crt"], authority["bob.key"])])
            Assert.Contains(authority.Folder, Assert.Throws<ArgumentException>(make).Message, StringComparison.Ordinal);
    }
}
