using System.Collections.Concurrent;
using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;

namespace Quorate.Tests.ZooClients;

/// <summary>Sessions one after the other, at an ensemble in this process.</summary>
public class QuorateConnectionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ZooClientOptions At(MemoryEnsemble ensemble) => new()
    {
        ConnectionString = "member-1,member-2,member-3",
        Transport = new MemoryTransport(ensemble),
        ConnectTimeout = TimeSpan.FromSeconds(60),
    };

    [Fact]
    public async Task A_session_that_expired_is_followed_by_another()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var connection = new QuorateConnection(At(ensemble));
        var renewed = new TaskCompletionSource<ZooClient>();
        connection.Renewed += client => renewed.TrySetResult(client);
        var first = await connection.GetAsync(Cancel);
        Assert.Same(first, await connection.GetAsync(Cancel));
        ensemble.ExpireSession(first.Session.Value);
        Assert.Equal(SessionState.Expired, await first.Ended.WaitAsync(Cancel));
        var second = await connection.GetAsync(Cancel);
        Assert.NotEqual(first.Session, second.Session);
        Assert.Same(second, connection.Current);
        Assert.NotNull(await second.ExistsAsync("/", Cancel));
        Assert.Same(second, await renewed.Task.WaitAsync(Cancel));
    }

    [Fact]
    public async Task The_loop_over_sessions_gives_each_once_and_ends_with_the_connection()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        var connection = new QuorateConnection(At(ensemble));
        var seen = new List<ZooClient>();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (var client in connection.Sessions(Cancel))
            {
                Assert.All(seen, former => Assert.True(former.Ended.IsCompleted));
                seen.Add(client);
                if (seen.Count < 3)
                    ensemble.ExpireSession(client.Session.Value);
                else
                    await connection.DisposeAsync();
            }
        });
        Assert.Equal(3, seen.Distinct().Count());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await connection.GetAsync(Cancel));
    }

    [Fact]
    public async Task Every_session_is_prepared_before_anybody_gets_it()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var connection = new QuorateConnection(
            At(ensemble), (client, cancellation) => client.AddAuthAsync("digest", "me:secret"u8.ToArray(), cancellation));
        for (var round = 0; round < 2; round++)
        {
            var client = await connection.GetAsync(Cancel);
            Assert.Contains(new ZooIdentity("digest", "me"), await client.WhoAmIAsync(Cancel));
            ensemble.ExpireSession(client.Session.Value);
            await client.Ended.WaitAsync(Cancel);
        }
    }

    [Fact]
    public async Task Servers_that_are_down_are_tried_until_they_are_up()
    {
        using var ensemble = MemoryEnsemble.Start();
        ensemble.Members[0].Kill();
        await using var connection = new QuorateConnection(At(ensemble) with { ConnectTimeout = TimeSpan.FromMilliseconds(50) });
        var loss = await Assert.ThrowsAsync<ConnectionLossException>(async () => await connection.GetAsync(Cancel));
        Assert.Contains("member-1", loss.Message, StringComparison.Ordinal);
        Assert.Null(connection.Current);
        ensemble.Members[0].Restart();
        await foreach (var client in connection.Sessions(Cancel))
        {
            Assert.NotNull(await client.ExistsAsync("/", Cancel));
            break;
        }
        Assert.Null(connection.Problem);
    }

    [Fact]
    public async Task Callbacks_that_throw_are_reported_and_sessions_follow_all_the_same()
    {
        using var ensemble = MemoryEnsemble.Start();
        ensemble.Members[0].Kill();
        var reported = new ConcurrentQueue<string>();
        await using var connection = new QuorateConnection(At(ensemble) with
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(50),
            CallbackFailed = problem => reported.Enqueue(problem.Message),
        });
        var isTold = false;
        connection.AttemptFailed += _ => throw new InvalidDataException("failed");
        connection.StateChanged += _ => throw new InvalidDataException("changed");
        connection.StateChanged += _ => isTold = true;
        connection.Renewed += _ => throw new InvalidDataException("renewed");
        await Assert.ThrowsAsync<ConnectionLossException>(async () => await connection.GetAsync(Cancel));
        ensemble.Members[0].Restart();
        var seen = 0;
        await foreach (var client in connection.Sessions(Cancel))
        {
            if (++seen == 3)
                break;
            ensemble.ExpireSession(client.Session.Value);
        }
        Assert.True(isTold);
        while (reported.Distinct().Count() < 3)
            await Task.Delay(5, Cancel);
        Assert.Equal(["changed", "failed", "renewed"], reported.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_caller_waits_no_longer_than_its_token()
    {
        using var ensemble = MemoryEnsemble.Start();
        ensemble.Members[0].Kill();
        await using var connection = new QuorateConnection(At(ensemble));
        using var patience = new CancellationTokenSource();
        var waiting = connection.GetAsync(patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task What_cannot_be_used_is_said_at_once()
    {
        Assert.Contains("port", Assert.Throws<ArgumentException>(() => new QuorateConnection("host:no")).Message, StringComparison.Ordinal);
        using var ensemble = MemoryEnsemble.Start();
        await using var connection = new QuorateConnection(At(ensemble) with { ConnectionString = "member-1/no/such" });
        var refusal = await Assert.ThrowsAsync<ArgumentException>(async () => await connection.GetAsync(Cancel));
        Assert.Contains("/no/such", refusal.Message, StringComparison.Ordinal);
    }
}
