using System.Text;
using Microsoft.Extensions.Configuration;
using Quorate.Client;
using Quorate.Client.Extensions;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.ZooClients;

/// <summary>
/// How things end: by a token, by the session's end, by disposing in the middle. Nobody waits for ever, and no exception is lost.
/// </summary>
[Collection("alone")]
public class EndingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ZooClientOptions At(MemoryEnsemble ensemble) => new()
    {
        ConnectionString = "member-1",
        Transport = new MemoryTransport(ensemble),
        ConnectTimeout = Patience,
        CloseTimeout = TimeSpan.FromMilliseconds(20),
    };

    /// <summary>Everything that can be asked.</summary>
    private static IEnumerable<Func<CancellationToken, Task>> Everything(ZooClient client)
    {
        byte[] data = [1];
        yield return cancel => client.CreateAsync("/a", data, cancellation: cancel).AsTask();
        yield return cancel => client.CreateAsync("/a", kind: ZnodeKind.Container, cancellation: cancel).AsTask();
        yield return cancel =>
            client.CreateAsync("/a", kind: ZnodeKind.PersistentTtl, timeToLive: TimeSpan.FromHours(1), cancellation: cancel).AsTask();
        yield return cancel => client.DeleteAsync("/a", cancellation: cancel).AsTask();
        yield return cancel => client.ExistsAsync("/a", cancel).AsTask();
        yield return cancel => client.GetDataAsync("/a", cancel).AsTask();
        yield return cancel => client.SetDataAsync("/a", data, cancellation: cancel).AsTask();
        yield return cancel => client.GetChildrenAsync("/a", cancel).AsTask();
        yield return cancel => client.CountDescendantsAsync("/a", cancel).AsTask();
        yield return cancel => client.GetEphemeralsAsync("/a", cancel).AsTask();
        yield return cancel => client.GetAclAsync("/a", cancel).AsTask();
        yield return cancel => client.SetAclAsync("/a", AclRule.Open, cancellation: cancel).AsTask();
        yield return cancel => client.SyncAsync(cancel).AsTask();
        yield return cancel => client.AddAuthAsync("digest", "a:b"u8.ToArray(), cancel).AsTask();
        yield return cancel => client.WhoAmIAsync(cancel).AsTask();
        yield return cancel => client.GetConfigAsync(cancel).AsTask();
        yield return cancel => client.ReconfigAsync(new() { Leaving = [1] }, cancel).AsTask();
        yield return cancel => client.Transaction().Delete("/a").CommitAsync(cancel);
        yield return cancel => client.Reading().GetData("/a").ReadAsync(cancel);
        yield return cancel => client.WatchDataAsync("/a", cancel).AsTask();
        yield return cancel => client.WatchChildrenAsync("/a", cancel).AsTask();
        yield return cancel => client.WatchExistsAsync("/a", cancel).AsTask();
        yield return cancel => client.WatchConfigAsync(cancel).AsTask();
        yield return cancel => client.WatchAsync("/a", cancellation: cancel).AsTask();
        yield return cancel => client.WatchAsync("/a", static _ => { }, cancellation: cancel).AsTask();
        yield return cancel => client.HasWatchAsync("/a", WatcherType.Any, cancel).AsTask();
        yield return cancel => client.RemoveWatchesAsync("/a", WatcherType.Any, cancel).AsTask();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_hangs_past_its_token(bool isConnected)
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(At(ensemble), Cancel);
        if (isConnected)
            ensemble.Members[0].Pause();
        else
            ensemble.Members[0].Kill();
        using var patience = new CancellationTokenSource();
        var asked = Everything(client).Select(ask => ask(patience.Token)).ToArray();
        await patience.CancelAsync();
        foreach (var (request, i) in asked.Select(static (request, i) => (request, i)))
            if (isConnected)
                Assert.True(await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request.WaitAsync(Patience, Cancel)) is not null,
                    $"request {i}");
            else
                Assert.True(await Record.ExceptionAsync(() => request.WaitAsync(Patience, Cancel)) is OperationCanceledException or ConnectionLossException, $"request {i}");
        foreach (var ask in Everything(client))
            Assert.True(ask(patience.Token).IsCanceled, "a token that was cancelled before the call");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ZooClient.ConnectAsync(At(ensemble), new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_session_that_has_expired_refuses_everything_and_says_what_to_do()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(At(ensemble), Cancel);
        ensemble.ExpireSession(client.Session.Value);
        await client.Ended.WaitAsync(Patience, Cancel);
        foreach (var ask in Everything(client))
        {
            var expired = await Assert.ThrowsAsync<SessionExpiredException>(() => ask(Cancel));
            Assert.Contains("new client", expired.Message, StringComparison.Ordinal);
        }
        Assert.Equal(0, client.FenceAt.Ticks);
        // Nor does that change when somebody else disposes of it, as a QuorateConnection does.
        await client.DisposeAsync();
        foreach (var ask in Everything(client))
            await Assert.ThrowsAsync<SessionExpiredException>(() => ask(Cancel));
        await Assert.ThrowsAsync<SessionExpiredException>(() => client.Lock("/late").Acquire(cancellation: Cancel));
    }

    [Fact]
    public async Task Who_gives_up_connecting_does_not_wait_for_the_session_to_be_closed()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = new PlayedServer
        {
            Answer = (xid, op) =>
            {
                if (op == OpCode.Exists)
                    asked.TrySetResult();
                return op == OpCode.Ping ? PlayedServer.Reply(xid).ToArray() : null;
            },
        };
        using var given = new CancellationTokenSource();
        var options = new ZooClientOptions { ConnectionString = "played/chroot", Transport = server, CloseTimeout = TimeSpan.FromDays(1) };
        var connecting = ZooClient.ConnectAsync(options, given.Token);
        await asked.Task.WaitAsync(Patience, Cancel);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task Many_threads_ask_while_the_client_is_disposed()
    {
        using var ensemble = MemoryEnsemble.Start();
        for (var round = 0; round < 20; round++)
        {
            var client = await ZooClient.ConnectAsync(At(ensemble), Cancel);
            var asking = Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            {
                using var given = new CancellationTokenSource();
                while (true)
                    try
                    {
                        var first = client.ExistsAsync("/", given.Token);
                        var second = client.GetChildrenAsync("/", Cancel);
                        if (i % 2 == 0)
                            await given.CancelAsync();
                        await first;
                        await second;
                    }
                    catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
                    {
                        given.TryReset();
                        if (given.IsCancellationRequested)
                            i = 1;
                    }
                    catch (Exception problem) when (problem is ZooException or ObjectDisposedException)
                    {
                        return problem;
                    }
            }, Cancel)).ToArray();
            var disposing = client.DisposeAsync();
            foreach (var problem in await Task.WhenAll(asking).WaitAsync(Patience, Cancel))
                Assert.True(problem is ConnectionLossException or SessionExpiredException or ObjectDisposedException, problem.ToString());
            await disposing;
            Assert.Equal(SessionState.Closed, await client.Ended.WaitAsync(Patience, Cancel));
        }
    }

    [Fact]
    public async Task No_exception_goes_unobserved()
    {
        // What other tests have left behind is told of before.
        for (var i = 0; i < 5; i++)
        {
            Collect();
            await Task.Delay(100, Cancel);
        }
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs what)
        {
            lock (unobserved)
                unobserved.Add(what.Exception);
        }
        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await LeaveEverythingBehind();
            await LeavePlacesBehind();
            await LeaveConnectionsBehind();
            for (var i = 0; i < 3; i++)
                Collect();
            await Task.Delay(50, Cancel);
            Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }
        Assert.Empty(unobserved);
    }

    /// <summary>
    /// Sessions that were never opened, closed without an answer, expired; with requests and watches that nobody looks after.
    /// </summary>
    private static async Task LeaveEverythingBehind()
    {
        using var ensemble = MemoryEnsemble.Start();
        ensemble.Members[0].Kill();
        await Assert.ThrowsAsync<ConnectionLossException>(
            () => ZooClient.ConnectAsync(At(ensemble) with { ConnectTimeout = TimeSpan.FromMilliseconds(50) }, Cancel));
        ensemble.Members[0].Restart();
        var noChroot = At(ensemble) with { ConnectionString = "member-1/none" };
        await Assert.ThrowsAsync<ArgumentException>(() => ZooClient.ConnectAsync(noChroot, Cancel));
        foreach (var ending in (Action<ZooClient>[])[_ => { }, _ => ensemble.Members[0].Pause(), client => ensemble.ExpireSession(client.Session.Value), _ => ensemble.Members[0].Kill()])
        {
            var client = await ZooClient.ConnectAsync(At(ensemble), Cancel);
            await client.WatchAsync("/w", static _ => { }, cancellation: Cancel);
            var watch = await client.WatchAsync("/v", cancellation: Cancel);
            await client.WatchExistsAsync("/x", Cancel);
            await client.WatchChildrenAsync("/", Cancel);
#pragma warning disable CA2012 // Whoever asks and does not wait is what is tried here.
            _ = client.GetDataAsync("/none", Cancel);
            _ = client.SyncAsync(Cancel);
#pragma warning restore CA2012
            ending(client);
            await client.DisposeAsync();
            await watch.DisposeAsync();
            Assert.True(
                client.Ended.IsCompleted || await client.Ended.WaitAsync(Patience, Cancel) is SessionState.Closed or SessionState.Expired);
            if (ensemble.Members[0].IsDown)
                ensemble.Members[0].Restart();
            ensemble.Members[0].Resume();
        }
    }

    /// <summary>Places in queues and waits that were given up, and some that end with their session.</summary>
    private static async Task LeavePlacesBehind()
    {
        using var ensemble = MemoryEnsemble.Start();
        var client = await ZooClient.ConnectAsync(At(ensemble), Cancel);
        await using var other = await ZooClient.ConnectAsync(At(ensemble), Cancel);
        await other.Lock("/l").Acquire(cancellation: Cancel);
        await other.Elect("/e").Won(Cancel);
        await new DistributedBarrier(other, "/b").RaiseAsync(Cancel);
        Task[] Wait(CancellationToken cancel) =>
        [
            client.Lock("/l").Acquire(cancellation: cancel), client.Elect("/e").Won(cancel),
            new DistributedBarrier(client, "/b").WaitAsync(cancel), new DistributedQueue(client, "/q").DequeueAsync(cancel),
            new DistributedDoubleBarrier(client, "/d", 2).EnterAsync(cancel),
        ];
        using var given = new CancellationTokenSource();
        var givenUp = Wait(given.Token);
        await client.SyncAsync(Cancel);
        await given.CancelAsync();
        foreach (var waiting in givenUp)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience, Cancel));
        await client.Lock("/mine").Acquire(cancellation: Cancel);
        var lost = Wait(Cancel);
        await client.SyncAsync(Cancel);
        ensemble.ExpireSession(client.Session.Value);
        foreach (var waiting in lost)
            await Assert.ThrowsAsync<SessionExpiredException>(() => waiting.WaitAsync(Patience, Cancel));
        await client.DisposeAsync();
    }

    /// <summary>Connections without a server, with sessions that end, and disposed; with all that rests on them, given up or never looked after.</summary>
    private static async Task LeaveConnectionsBehind()
    {
        using var ensemble = MemoryEnsemble.Start();
        var connection = new QuorateConnection(At(ensemble) with { ConnectTimeout = TimeSpan.FromSeconds(2) });
        Task[] Begin(string name, CancellationToken cancel) =>
        [
            connection.GetAsync(cancel).AsTask(), First(connection, cancel), TreeCache.OpenAsync(connection, "/t", cancellation: cancel),
            new ServiceRegistry(connection).Discover("s", cancel), new ServiceRegistry(connection).WatchServices(cancel),
            new ServiceRegistry(connection).Register(new() { Service = "s", Id = name, Endpoint = new("http://a:1") }, cancel),
            GroupMembership.JoinAsync(connection, "/g", name, cancellation: cancel),
        ];
        ensemble.Members[0].Kill();
        using (var given = new CancellationTokenSource())
        {
            var givenUp = Begin("first", given.Token);
            await given.CancelAsync();
            foreach (var begun in givenUp)
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begun.WaitAsync(Patience, Cancel));
            await Assert.ThrowsAsync<ConnectionLossException>(async () => await connection.GetAsync(Cancel));
        }
        ensemble.Members[0].Restart();
        await First(connection, Cancel).WaitAsync(Patience, Cancel);
        await Task.WhenAll(Begin("second", Cancel)).WaitAsync(Patience, Cancel);
        var cache = await TreeCache.OpenAsync(connection, "/t", cancellation: Cancel);
        using (var given = new CancellationTokenSource())
        {
            await using var snapshots = cache.Snapshots(given.Token).GetAsyncEnumerator(Cancel);
            Assert.True(await snapshots.MoveNextAsync());
            var next = snapshots.MoveNextAsync();
            await given.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        }
        ensemble.ExpireSession(connection.Current!.Session.Value);
        await connection.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await First(connection, Cancel));
        var unprepared = new QuorateConnection(At(ensemble), (_, _) => throw new InvalidDataException("unprepared"));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await unprepared.GetAsync(Cancel));
        await unprepared.DisposeAsync();
        using (var settings = new ConfigurationManager())
            settings.AddQuorate("/t", false, static options => options.ConnectionString = "member-1", new MemoryTransport(ensemble));
        ensemble.Members[0].Kill();
        foreach (var isOptional in (bool[])[false, true])
        {
            using var settings = new ConfigurationManager();
            static void Configure(QuorateClientOptions options) =>
                (options.ConnectionString, options.ConnectTimeout) = ("member-1", TimeSpan.FromMilliseconds(100));
            var refusal = Record.Exception(() => settings.AddQuorate("/t", isOptional, Configure, new MemoryTransport(ensemble)));
            Assert.Equal(isOptional, refusal is null);
        }
    }

    private static async Task First(QuorateConnection connection, CancellationToken cancellation)
    {
        await foreach (var client in connection.Sessions(cancellation))
            return;
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Fact]
    public async Task A_credential_that_is_not_accepted_ends_the_session_and_says_so()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(At(ensemble), Cancel);
        var refusal = await Assert.ThrowsAsync<AuthFailedException>(
            async () => await client.AddAuthAsync("unheard-of", Encoding.UTF8.GetBytes("x"), Cancel));
        Assert.Contains("AddAuthAsync", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(SessionState.AuthFailed, await client.Ended.WaitAsync(Patience, Cancel));
        await Assert.ThrowsAsync<AuthFailedException>(async () => await client.ExistsAsync("/", Cancel));
    }
}

/// <summary>For tests that look at the whole process.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public static class Alone;
