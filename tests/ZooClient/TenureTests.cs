using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.ZooClients;

/// <summary>What is held or waited for, and what is said when it ends, at an ensemble in this process.</summary>
public class TenureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ZooClientOptions At(MemoryEnsemble ensemble, TimeProvider? time = null) => new()
    {
        ConnectionString = "member-1",
        Transport = time is null ? new MemoryTransport(ensemble) : new Elsewhen(new MemoryTransport(ensemble), time),
        ConnectTimeout = Patience,
        CloseTimeout = Patience,
        SessionTimeout = TimeSpan.FromSeconds(40),
    };

    [Fact]
    public async Task Any_patience_is_possible()
    {
        using var ensemble = MemoryEnsemble.Start();
        var options = At(ensemble) with { ConnectTimeout = TimeSpan.MaxValue, CloseTimeout = TimeSpan.MaxValue };
        await using var client = await ZooClient.ConnectAsync(options, Cancel);
        foreach (var patience in (TimeSpan[])[TimeSpan.MaxValue, TimeSpan.FromDays(100), TimeSpan.FromDays(10_000_000)])
        {
            await using var held = await client.Lock("/l").Acquire(patience, Cancel);
            await using var read = await client.ReadWriteLock("/r").Read(patience, Cancel);
            Assert.True(held.MayAct && read.MayAct);
        }
    }

    [Fact]
    public async Task What_was_held_when_its_client_was_disposed_ended_with_the_session_then_and_not_at_the_fence()
    {
        using var ensemble = MemoryEnsemble.Start();
        var client = await ZooClient.ConnectAsync(At(ensemble), Cancel);
        var held = await client.Lock("/l").Acquire(cancellation: Cancel);
        var waiting = client.Lock("/l").Acquire(cancellation: Cancel);
        var before = client.Now;
        await client.DisposeAsync();
        Assert.Equal((Ending.SessionOver, false), (held.Ending, held.MayAct));
        Assert.InRange(held.Deadline.Ticks, before.Ticks, client.Now.Ticks);
        await held.Ended.WhenFired();
        var over = await Assert.ThrowsAsync<SessionExpiredException>(() => waiting);
        Assert.Equal("/l", over.Path);
        Assert.Contains("closed by its owner", over.Message, StringComparison.Ordinal);
        Assert.Equal(SessionState.Closed, await client.Ended.WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task What_was_held_when_the_session_expired_ended_with_it_and_who_waited_is_told_where_and_what_to_do()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var other = await ZooClient.ConnectAsync(At(ensemble), Cancel);
        await using var client = await ZooClient.ConnectAsync(At(ensemble), Cancel);
        await using var theirs = await other.Lock("/theirs").Acquire(cancellation: Cancel);
        await using var office = await other.Elect("/office").Won(Cancel);
        await new DistributedBarrier(other, "/gate").RaiseAsync(Cancel);
        var held = await client.Lock("/ours").Acquire(cancellation: Cancel);
        (Task Waiting, string Path)[] all =
        [
            (client.Lock("/theirs").Acquire(cancellation: Cancel), "/theirs"), (client.Elect("/office").Won(Cancel), "/office"),
            (new DistributedBarrier(client, "/gate").WaitAsync(Cancel), "/gate"),
            (new DistributedQueue(client, "/q").DequeueAsync(Cancel), "/q/items"),
        ];
        while (!await client.HasWatchAsync("/q/items", WatcherType.Children, Cancel))
            await Task.Delay(5, Cancel);
        ensemble.ExpireSession(client.Session.Value);
        foreach (var (waiting, path) in all)
        {
            var over = await Assert.ThrowsAsync<SessionExpiredException>(() => waiting.WaitAsync(Patience, Cancel));
            Assert.Equal(path, over.Path);
            Assert.Contains(path, over.Message, StringComparison.Ordinal);
            Assert.Contains("new client", over.Message, StringComparison.Ordinal);
        }
        await held.Ended.WhenFired();
        Assert.False(held.MayAct);
        Assert.True(held.Ending is Ending.SessionOver or Ending.Deleted, held.Ending.ToString());   // the znode's end may be told first
        Assert.InRange(held.Deadline.Ticks, 1, client.Now.Ticks);
    }

    [Fact]
    public async Task What_this_client_did_not_send_is_not_blamed_on_a_server()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await ZooClient.ConnectAsync(At(ensemble) with { FrameBytes = 200_000 }, Cancel);
        var gate = client.Lock("/l", new() { Data = new byte[200_000] });
        var refusal = await Assert.ThrowsAsync<ZooException>(() => gate.Acquire(cancellation: Cancel));
        Assert.Equal("/l", refusal.Path);
        Assert.Contains("FrameBytes", refusal.Message, StringComparison.Ordinal);
        await using var connection = new QuorateConnection(At(ensemble) with { FrameBytes = 200_000 });
        var tooLong = await Assert.ThrowsAsync<RequestTooLongException>(
            () => GroupMembership.JoinAsync(connection, "/g", "me", new byte[200_000], Cancel));
        Assert.Equal("/g/me", tooLong.Path);
    }

    [Fact]
    public async Task A_fence_that_was_reached_while_the_computer_slept_is_noticed_soon_after()
    {
        using var ensemble = MemoryEnsemble.Start();
        var time = new SleepyTime();
        await using var client = await ZooClient.ConnectAsync(At(ensemble, time), Cancel);
        await using var held = await client.Lock("/l").Acquire(cancellation: Cancel);
        time.Sleep(TimeSpan.FromHours(1));
        Assert.Equal((Ending.Fenced, false), (held.Ending, held.MayAct));
        time.Pass(TimeSpan.FromSeconds(1));
        await held.Ended.WhenFired().WaitAsync(Patience, Cancel);
    }

    [Fact]
    public async Task Who_holds_nothing_is_not_woken_for_it()
    {
        using var ensemble = MemoryEnsemble.Start();
        var time = new SleepyTime();
        var second = TimeSpan.FromSeconds(1);
        await using var client = await ZooClient.ConnectAsync(At(ensemble, time), Cancel);
        Assert.True(time.Next > second);
        var held = await client.Lock("/l").Acquire(cancellation: Cancel);
        Assert.True(time.Next <= second);
        await held.DisposeAsync();
        time.Pass(second);
        Assert.True(time.Next > second);
    }

    /// <summary>A transport with another clock.</summary>
    private sealed class Elsewhen(ClientTransport inner, TimeProvider time) : ClientTransport
    {
        public override TimeProvider Time => time;

        public override IClientLink Connect(ServerAddress server, ILinkOwner owner) => inner.Connect(server, owner);
    }
}
