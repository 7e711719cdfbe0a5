using Quorate.Client;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;
using Quorate.Tests.Foreign;
using Quorate.Tests.Recipes;

namespace Quorate.Tests.ZooClients;

/// <summary>
/// The .NET client at a server that stands still, is killed, and comes back on its data, or that it loses sight of: the same tests at Quorate
/// and at the real ZooKeeper.
/// </summary>
public abstract class OutageTests : IAsyncLifetime
{
    private const int Stop = 19;

    private ServerProcess _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ZooClientOptions Options => new()
    {
        ConnectionString = _server.Endpoint,
        SessionTimeout = TimeSpan.FromSeconds(40),
        ConnectTimeout = TimeSpan.FromSeconds(60),
    };

    public async ValueTask InitializeAsync()
    {
        _server = NewServer();
        await _server.Start(Cancel);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _server.DisposeAsync();
    }

    private protected abstract ServerProcess NewServer();

    [Fact]
    public async Task A_session_goes_on_when_its_server_is_back_with_its_ephemerals_and_watches()
    {
        await using var client = await ZooClient.ConnectAsync(Options, Cancel);
        var session = client.Session;
        await client.CreateAsync("/mine", kind: ZnodeKind.Ephemeral, cancellation: Cancel);
        var mine = await client.WatchDataAsync("/mine", Cancel);
        await using var watch = await client.WatchAsync("/made", cancellation: Cancel);
        await using var election = client.Elect("/master");
        var master = await election.Won(Cancel);

        await _server.Kill();
        await _server.Start(Cancel);

        await Persistence.Persist(() => client.SetDataAsync("/mine", "x"u8.ToArray(), cancellation: Cancel));
        Assert.Equal(session, client.Session);
        Assert.Equal(session, (await client.ExistsAsync("/mine", Cancel))!.Value.EphemeralOwner);
        Assert.Equal(WatchEvent.NodeDataChanged, (await mine.Changed.WaitAsync(Cancel)).Kind);
        await client.CreateAsync("/made", cancellation: Cancel);
        await foreach (var change in watch.WithCancellation(Cancel))
            if (change.Kind == WatchEvent.NodeCreated)
                break;
        await master.Transaction().Create("/done").CommitAsync(Cancel);
    }

    [Fact]
    public async Task What_was_sent_and_not_answered_is_unknown_and_a_read_is_not()
    {
        await using var client = await ZooClient.ConnectAsync(Options with { OutstandingMax = 2 }, Cancel);
        await _server.Signal(Stop, Cancel);
        var write = client.CreateAsync("/maybe", cancellation: Cancel).AsTask();
        var read = client.ExistsAsync("/maybe", Cancel).AsTask();
        // Refused when those two have been sent.
        await Assert.ThrowsAsync<TooManyRequestsException>(async () => await client.ExistsAsync("/more", Cancel));
        await _server.Kill();
        var unknown = await Record.ExceptionAsync(() => write);
        Assert.IsType<UnknownOutcomeException>(unknown);
        var loss = await Assert.ThrowsAnyAsync<ConnectionLossException>(() => read);
        Assert.IsNotType<UnknownOutcomeException>(loss);
    }

    /// <summary>Who is out of sight for too long: its office ends by its own clock, another has it, and it is told what became of its session.</summary>
    [Fact]
    public async Task A_session_that_the_server_has_ended_is_told_to_its_owner_and_its_office_ended_before()
    {
        var wire = new FrailTransport(new TcpTransport());
        var brief = Options with { SessionTimeout = TimeSpan.FromSeconds(5) };
        await using var client = await ZooClient.ConnectAsync(brief with { Transport = wire }, Cancel);
        await using var other = await ZooClient.ConnectAsync(Options, Cancel);
        await using var election = client.Elect("/master");
        await using var others = other.Elect("/master");
        var master = await election.Won(Cancel);
        var next = others.Won(Cancel);
        var mayActWhenOtherWon = next.ContinueWith(_ => master.MayAct, Cancel, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        wire.Cut();
        Assert.True((await next.WaitAsync(Cancel)).FencingToken > master.FencingToken);
        Assert.False(await mayActWhenOtherWon);
        await master.Ended.WhenFired();
        Assert.Equal(Ending.Fenced, master.Ending);
        wire.Mend();
        Assert.Equal(SessionState.Expired, await client.Ended.WaitAsync(Cancel));
        var expired = await Assert.ThrowsAsync<SessionExpiredException>(async () => await client.ExistsAsync("/mine", Cancel));
        Assert.Equal("/mine", expired.Path);
    }

    [Fact]
    public async Task Disposing_in_the_middle_of_everything_completes_everything()
    {
        var client = await ZooClient.ConnectAsync(Options, Cancel);
        var asked = Enumerable.Range(0, 1000).Select(i => client.CreateAsync($"/n-{i}", cancellation: Cancel).AsTask()).ToArray();
        await Task.WhenAll(client.DisposeAsync().AsTask(), client.DisposeAsync().AsTask());
        foreach (var request in asked)
            if (await Record.ExceptionAsync(() => request.WaitAsync(Cancel)) is { } problem)
                Assert.True(problem is ConnectionLossException or SessionExpiredException, problem.Message);
    }
}

public sealed class OutagesOfQuorate : OutageTests
{
    private protected override ServerProcess NewServer() => new QuorateProcess(ServerSettings.Patient);
}

public sealed class OutagesOfZooKeeper : OutageTests
{
    private protected override ServerProcess NewServer()
    {
        Tools.NeedZooKeeper();
        return new ZooKeeperProcess(ServerSettings.Patient);
    }
}
