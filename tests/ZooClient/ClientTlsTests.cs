using Quorate.Client;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.ZooClients;

/// <summary>The .NET client at a secure port: the same tests at Quorate's and at ZooKeeper's.</summary>
public abstract class ClientTlsTests : IClassFixture<TlsAuthority>
{
    private protected ClientTlsTests(TlsAuthority authority) => Authority = authority;

    private protected TlsAuthority Authority { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ZooClientOptions At(SecureServer server) => new()
    {
        ConnectionString = server.Endpoint,
        SessionTimeout = TimeSpan.FromSeconds(40),
        ConnectTimeout = TimeSpan.FromSeconds(60),
    };

    [Fact]
    public async Task A_client_certificate_is_an_identity_and_opens_what_is_its_own()
    {
        Tools.NeedOpenSsl();
        await using var server = await Start(Cancel);
        var alices = At(server) with { Tls = ClientTls.FromPem(Authority["authority.pem"], Authority["alice.crt"], Authority["alice.key"]) };
        await using var alice = await ZooClient.ConnectAsync(alices, Cancel);
        Assert.Contains(new ZooIdentity("x509", TlsAuthority.Alice), await alice.WhoAmIAsync(Cancel));
        await alice.CreateAsync("/hers", "a"u8.ToArray(), acl: AclRule.Creator, cancellation: Cancel);
        await using var bob = await ZooClient.ConnectAsync(
            At(server) with { Tls = ClientTls.FromPem(Authority["authority.pem"], Authority["bob.crt"], Authority["bob.key"]) }, Cancel);
        await Assert.ThrowsAsync<NoAuthException>(async () => await bob.GetDataAsync("/hers", Cancel));
        var reads = Enumerable.Range(0, 500).Select(_ => alice.GetDataAsync("/hers", Cancel).AsTask());
        Assert.All(await Task.WhenAll(reads), static read => Assert.Equal("a"u8.ToArray(), read.Data));
    }

    [Fact]
    public async Task Servers_that_are_not_trusted_or_do_not_speak_TLS_are_left_and_the_message_says_why()
    {
        Tools.NeedOpenSsl();
        await using var server = await Start(Cancel);
        // A server's first handshake may take long; those that follow fail within the time that they are given.
        var bobs = At(server) with { Tls = ClientTls.FromPem(Authority["authority.pem"], Authority["bob.crt"], Authority["bob.key"]) };
        await (await ZooClient.ConnectAsync(bobs, Cancel)).DisposeAsync();
        var briefly = At(server) with { ConnectTimeout = TimeSpan.FromSeconds(4) };
        var distrust = await Assert.ThrowsAsync<ConnectionLossException>(() =>
            ZooClient.ConnectAsync(briefly with { Tls = ClientTls.FromPem(Authority["stranger.crt"]) }, Cancel));
        Assert.Contains("TLS failed", distrust.Message, StringComparison.Ordinal);
        var plain = await Assert.ThrowsAsync<ConnectionLossException>(() => ZooClient.ConnectAsync(briefly, Cancel));
        Assert.Contains(server.Endpoint, plain.Message, StringComparison.Ordinal);
        var unknown = await Assert.ThrowsAsync<ConnectionLossException>(() => ZooClient.ConnectAsync(
            briefly with { Tls = ClientTls.FromPem(Authority["authority.pem"], Authority["stranger.crt"], Authority["stranger.key"]) }, Cancel));
        Assert.Contains("The last attempt:", unknown.Message, StringComparison.Ordinal);
    }

    private protected abstract Task<SecureServer> Start(CancellationToken cancel);
}

public sealed class ClientTlsAtQuorate(TlsAuthority authority) : ClientTlsTests(authority)
{
    private protected override Task<SecureServer> Start(CancellationToken cancel) => SecureServer.Start(Authority, cancel);

    [Fact]
    public void Files_that_cannot_be_used_are_named()
    {
        Tools.NeedOpenSsl();
        foreach (var make in (Action[])[
            () => ClientTls.FromPem(Authority["missing.pem"]), () => ClientTls.FromPem(Authority["names"]),
            () => ClientTls.FromPem(null, Authority["alice.crt"]), () => ClientTls.FromPem(null, Authority["alice.crt"], Authority["bob.key"])])
            Assert.Contains(Authority.Folder, Assert.Throws<ArgumentException>(make).Message, StringComparison.Ordinal);
    }
}

public sealed class ClientTlsAtZooKeeper(TlsAuthority authority) : ClientTlsTests(authority)
{
    private protected override Task<SecureServer> Start(CancellationToken cancel)
    {
        Tools.NeedNetty();
        return SecureServer.StartZooKeeper(Authority, cancel);
    }
}
