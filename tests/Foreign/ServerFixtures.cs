namespace Quorate.Tests.Foreign;

/// <summary>A server that the tests of one class share, started when the first of them asks for it.</summary>
internal interface IServerFixture
{
    /// <summary>The running server; skips the test when it is not installed.</summary>
    Task<ServerProcess> Server();
}

/// <summary>The real ZooKeeper, for one class of tests.</summary>
public class ZooKeeperFixture : IServerFixture, IAsyncDisposable
{
    private ZooKeeperProcess? _server;

    private protected virtual IReadOnlyDictionary<string, string> Settings => ServerSettings.Patient;

    async Task<ServerProcess> IServerFixture.Server()
    {
        Tools.NeedZooKeeper();
        if (_server is not null)
            return _server;
        _server = new(Settings);
        await _server.Start(TestContext.Current.CancellationToken);
        return _server;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is not null)
            await _server.DisposeAsync();
    }
}

/// <summary>Quorate as a process, for one class of tests.</summary>
public class QuorateFixture : IServerFixture, IAsyncDisposable
{
    private QuorateProcess? _server;

    private protected virtual IReadOnlyDictionary<string, string> Settings => ServerSettings.Patient;

    async Task<ServerProcess> IServerFixture.Server()
    {
        if (_server is not null)
            return _server;
        _server = new(Settings);
        await _server.Start(TestContext.Current.CancellationToken);
        return _server;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_server is not null)
            await _server.DisposeAsync();
    }
}

/// <summary>The real ZooKeeper, where nothing changes but by what clients ask for.</summary>
public sealed class UndisturbedZooKeeperFixture : ZooKeeperFixture
{
    private protected override IReadOnlyDictionary<string, string> Settings => ServerSettings.Undisturbed;
}

/// <summary>Quorate as a process, where nothing changes but by what clients ask for.</summary>
public sealed class UndisturbedQuorateFixture : QuorateFixture
{
    private protected override IReadOnlyDictionary<string, string> Settings => ServerSettings.Undisturbed;
}

/// <summary>The real ZooKeeper as it was when the transcripts were recorded.</summary>
public sealed class RecordedZooKeeperFixture : ZooKeeperFixture
{
    private protected override IReadOnlyDictionary<string, string> Settings => ServerSettings.Recording;
}

/// <summary>Quorate as a process, set as ZooKeeper was when the transcripts were recorded.</summary>
public sealed class RecordedQuorateFixture : QuorateFixture
{
    private protected override IReadOnlyDictionary<string, string> Settings => ServerSettings.Recording;
}
