using Quorate.Client;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.ZooClients;

/// <summary>Tests over TCP: the same at Quorate and at the real ZooKeeper, each in a chroot of its own.</summary>
public abstract class TwoServers : IAsyncLifetime
{
    private readonly IServerFixture _fixture;
    private ServerProcess _server = null!;
    private string _root = "";

    private protected TwoServers(IServerFixture fixture) => _fixture = fixture;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected string Server => _server.Endpoint;

    protected ZooClientOptions Options => new()
    {
        ConnectionString = Server + _root,
        CreateChroot = true,
        // Nothing here is about a time-out: whoever is slow is waited for.
        SessionTimeout = TimeSpan.FromSeconds(40),
        ConnectTimeout = TimeSpan.FromSeconds(60),
        CloseTimeout = TimeSpan.FromSeconds(60),
    };

    public async ValueTask InitializeAsync()
    {
        _server = await _fixture.Server();
        _root = "/test-" + Guid.NewGuid().ToString("N");
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }

    protected QuorateConnection Connection() => new(Options);

    protected Task<ZooClient> Connect(TimeSpan? timeout = null) =>
        ZooClient.ConnectAsync(timeout is { } session ? Options with { SessionTimeout = session } : Options, Cancel);
}
