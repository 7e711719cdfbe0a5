using Quorate.Hosts.Tcp;
using Quorate.Kernel;

namespace Quorate.Tests.Hosts;

/// <summary>Links between members over TLS.</summary>
public sealed class PeerTlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Certificates _authority = new();
    private readonly List<PeerEnd> _ends = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var end in _ends)
            end.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Members_with_certificates_of_the_trusted_authority_are_linked_and_frames_arrive_in_order()
    {
        const string Secret = "and a secret besides";
        var (one, two) = (End(1, Options(_authority) with { Secret = Secret }), End(2, Options(_authority) with { Secret = Secret }));
        Start(one, two);
        await one.Until(InputKind.PeerConnected, two, 1, Cancel);
        await two.Until(InputKind.PeerConnected, one, 1, Cancel);
        for (var i = 0; i < 50; i++)
        {
            one.Send(two, [(byte)i], new byte[100_000]);
            two.Send(one, [(byte)i]);
        }
        await two.Until(InputKind.PeerFrame, one, 100, Cancel);
        await one.Until(InputKind.PeerFrame, two, 50, Cancel);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (byte)i), two.Of(one).Where(e => e.Bytes.Length == 1).Select(e => e.Bytes[0]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_member_with_a_certificate_of_another_authority_is_refused(byte stranger)
    {
        using var others = new Certificates();
        var (one, two) = (End(1, Options(stranger == 1 ? others : _authority)), End(2, Options(stranger == 2 ? others : _authority)));
        Start(one, two);
        var other = stranger == 1 ? two : one;
        await other.Log.Has("comes from no trusted authority (ssl.quorum.trustStore.location)", Cancel);
        Assert.Empty(one.Of(two));
        Assert.Empty(two.Of(one));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_member_without_TLS_is_refused_and_both_sides_say_why(byte plain)
    {
        var (one, two) = (End(1, plain == 1 ? null : Options(_authority)), End(2, plain == 2 ? null : Options(_authority)));
        Start(one, two);
        await one.Log.Has(plain == 1 ? "one side speaks TLS and the other does not" : "the TLS handshake failed", Cancel);
        await two.Log.Has("ember 1 at localhost", Cancel);
        Assert.Empty(one.Of(two));
        Assert.Empty(two.Of(one));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_certificate_must_name_the_host_of_the_server_line_unless_that_is_switched_off(byte wrong)
    {
        var (one, two) = (
            End(1, Options(_authority, wrong == 1 ? "elsewhere" : "localhost")), End(2, Options(_authority, wrong == 2 ? "elsewhere" : "localhost")));
        Start(one, two);
        await (wrong == 1 ? two : one).Log.Has("not name the host of", Cancel);
        Assert.Empty(one.Of(two));
        Assert.Empty(two.Of(one));

        var (three, four) = (
            End(3, Options(_authority, "elsewhere") with { VerifyHostNames = false }), End(4, Options(_authority, "elsewhere") with { VerifyHostNames = false }));
        Start(three, four);
        await three.Until(InputKind.PeerConnected, four, 1, Cancel);
    }

    [Fact]
    public void Without_a_trust_store_nobody_starts()
    {
        var options = Options(_authority);
        var refusal = Assert.Throws<StartRefusedException>(() => new PeerTls(options.Tls! with { TrustStore = null }, true));
        Assert.Contains("ssl.quorum.trustStore.location is not set", refusal.Message, StringComparison.Ordinal);
    }

    private static void Start(PeerEnd one, PeerEnd two)
    {
        one.Start(two);
        two.Start(one);
    }

    private PeerOptions Options(Certificates authority, string host = "localhost")
    {
        using var certificate = authority.Issue("CN=member", host);
        var number = Directory.GetFiles(_folder.Path).Length;
        return new()
        {
            Listen = PeerEnd.Loopback(0),
            Tls = new()
            {
                KeyStore = _folder.Write($"{number}.key.pem", Certificates.Pem(certificate)),
                TrustStore = _folder.Write($"{number}.trust.pem", _authority.Authority.ExportCertificatePem()),
            },
        };
    }

    private PeerEnd End(byte id, PeerOptions? options)
    {
        var end = new PeerEnd(id, options);
        _ends.Add(end);
        return end;
    }
}
