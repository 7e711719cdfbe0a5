using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.ZooClients;

/// <summary>The .NET client at an ensemble in this process whose members fall over.</summary>
public class ReconnectTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ZooClientOptions At(MemoryEnsemble ensemble, string servers) => new()
    {
        ConnectionString = servers,
        Transport = new MemoryTransport(ensemble),
        SessionTimeout = TimeSpan.FromSeconds(30),
        ConnectTimeout = TimeSpan.FromSeconds(60),
    };

    [Fact]
    public async Task A_session_goes_on_at_another_member_with_its_ephemerals_and_watches()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await ZooClient.ConnectAsync(At(ensemble, "member-1,member-2,member-3"), Cancel);
        await client.CreateAsync("/mine", kind: ZnodeKind.Ephemeral, cancellation: Cancel);
        await using var watch = await client.WatchAsync("/mine", cancellation: Cancel);
        var session = client.Session;
        foreach (var member in ensemble.Members)
        {
            member.Kill();
            Assert.NotNull(await Persistence.Persist(() => client.ExistsAsync("/mine", Cancel)));
            Assert.Equal(session, client.Session);
            member.Restart();
        }
        await Persistence.Persist(() => client.SetDataAsync("/mine", "x"u8.ToArray(), cancellation: Cancel));
        await foreach (var change in watch.WithCancellation(Cancel))
            if (change.Kind == WatchEvent.NodeDataChanged)
                break;
    }

    [Fact]
    public async Task What_was_sent_and_not_answered_is_unknown_and_a_read_is_not()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await ZooClient.ConnectAsync(At(ensemble, "member-1,member-2,member-3") with { OutstandingMax = 2 }, Cancel);
        var suspended = new TaskCompletionSource();
        client.StateChanged += state =>
        {
            if (state == SessionState.Suspended)
                suspended.TrySetResult();
        };
        foreach (var member in ensemble.Members)
            member.Pause();
        var write = client.CreateAsync("/maybe", cancellation: Cancel);
        var read = client.ExistsAsync("/maybe", Cancel);
        // Refused when those two have been sent.
        await Assert.ThrowsAsync<TooManyRequestsException>(async () => await client.ExistsAsync("/more", Cancel));
        foreach (var member in ensemble.Members)
            member.Kill();
        await Assert.ThrowsAsync<UnknownOutcomeException>(async () => await write);
        var loss = await Assert.ThrowsAnyAsync<ConnectionLossException>(async () => await read);
        Assert.IsNotType<UnknownOutcomeException>(loss);
        await suspended.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task A_session_that_the_ensemble_has_ended_is_told_to_its_owner()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await ZooClient.ConnectAsync(At(ensemble, "member-1,member-2,member-3"), Cancel);
        await client.CreateAsync("/mine", kind: ZnodeKind.Ephemeral, cancellation: Cancel);
        ensemble.ExpireSession(client.Session.Value);
        Assert.Equal(SessionState.Expired, await client.Ended.WaitAsync(Cancel));
        var expired = await Assert.ThrowsAsync<SessionExpiredException>(async () => await client.ExistsAsync("/mine", Cancel));
        Assert.Equal("/mine", expired.Path);
        await using var next = await ZooClient.ConnectAsync(At(ensemble, "member-2"), Cancel);
        Assert.Null(await next.ExistsAsync("/mine", Cancel));
    }

    [Fact]
    public async Task Servers_that_cannot_be_reached_are_named()
    {
        using var ensemble = MemoryEnsemble.Start();
        ensemble.Members[0].Kill();
        var options = At(ensemble, "member-1:2181,member-7:2182") with { ConnectTimeout = TimeSpan.FromSeconds(3) };
        var loss = await Assert.ThrowsAsync<ConnectionLossException>(() => ZooClient.ConnectAsync(options, Cancel));
        Assert.Contains("member-1:2181, member-7:2182", loss.Message, StringComparison.Ordinal);
        Assert.Contains("The last attempt:", loss.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_that_is_set_while_another_on_the_path_is_disposed_goes_on()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(At(ensemble, "member-1"), Cancel);
        for (var round = 0; round < 50; round++)
        {
            var first = await client.WatchAsync("/w", cancellation: Cancel);
            var setting = client.WatchAsync("/w", cancellation: Cancel);
            await first.DisposeAsync();
            await using var second = await setting;
            await client.CreateAsync("/w", cancellation: Cancel);
            await client.DeleteAsync("/w", cancellation: Cancel);
            await foreach (var change in second.WithCancellation(Cancel))
                if (change.Kind == WatchEvent.NodeDeleted)
                    break;
        }
    }

    [Fact]
    public async Task A_watch_that_was_given_up_is_not_left_behind()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(At(ensemble, "member-1"), Cancel);
        ensemble.Members[0].Pause();
        using var patience = new CancellationTokenSource();
        var setting = client.WatchAsync("/w", cancellation: patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => setting);
        ensemble.Members[0].Resume();
        Assert.False(await client.HasWatchAsync("/w", WatcherType.Any, Cancel));
    }

    [Fact]
    public async Task Disposing_a_watch_does_not_wait_for_servers_that_are_gone()
    {
        using var ensemble = MemoryEnsemble.Start();
        var options = At(ensemble, "member-1") with { CloseTimeout = TimeSpan.FromMilliseconds(10) };
        await using var client = await ZooClient.ConnectAsync(options, Cancel);
        var watch = await client.WatchAsync("/w", cancellation: Cancel);
        ensemble.Members[0].Kill();
        await watch.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        ensemble.Members[0].Restart();
        Assert.False(await Persistence.Persist(() => client.HasWatchAsync("/w", WatcherType.Any, Cancel)));
    }

    [Fact]
    public async Task Disposing_in_the_middle_of_everything_completes_everything()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        var client = await ZooClient.ConnectAsync(At(ensemble, "member-1,member-2,member-3"), Cancel);
        var asked = Enumerable.Range(0, 1000).Select(i => client.CreateAsync($"/n-{i}", cancellation: Cancel).AsTask()).ToArray();
        var first = client.DisposeAsync().AsTask();
        await Task.WhenAll(first, client.DisposeAsync().AsTask());
        foreach (var request in asked)
            try
            {
                await request.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
            }
            catch (ZooException problem)
            {
                Assert.True(problem is ConnectionLossException or SessionExpiredException, problem.Message);
            }
    }
}
