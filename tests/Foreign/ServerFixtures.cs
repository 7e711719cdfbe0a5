namespace Quorate.Tests.Foreign;

/// <summary>A server that the tests of one class share, started when the first of them asks for it.</summary>
internal interface IServerFixture
{
    /// <summary>The running server; skips the test when it is not installed.</summary>
    Task<ServerProcess> Server();
}

/// <summary>The real ZooKeeper, for one class of tests.</summary>
public sealed class ZooKeeperFixture : IServerFixture, IAsyncDisposable
{
    private ZooKeeperProcess? _server;

    async Task<ServerProcess> IServerFixture.Server()
    {
        Tools.NeedZooKeeper();
        if (_server is not null)
            return _server;
        _server = new(ServerSettings.Recording);
        await _server.Start(TestContext.Current.CancellationToken);
        return _server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;
}

/// <summary>Quorate as a process, for one class of tests.</summary>
public sealed class QuorateFixture : IServerFixture, IAsyncDisposable
{
    private QuorateProcess? _server;

    async Task<ServerProcess> IServerFixture.Server()
    {
        if (_server is not null)
            return _server;
        _server = new(ServerSettings.Recording);
        await _server.Start(TestContext.Current.CancellationToken);
        return _server;
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;
}
