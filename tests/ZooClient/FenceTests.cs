using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Recipes;

namespace Quorate.Tests.ZooClients;

/// <summary>What ends an office and what does not, at an ensemble in this process that is cut off, paused and killed.</summary>
public sealed class FenceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static MemoryEnsemble Start() =>
        MemoryEnsemble.Start(new() { Settings = new() { MinSessionTimeout = TimeSpan.FromSeconds(6) } }, members: 3);

    private static Task<ZooClient> Connect(MemoryEnsemble ensemble, string servers, double seconds) => ZooClient.ConnectAsync(new ZooClientOptions
    {
        ConnectionString = servers,
        Transport = new MemoryTransport(ensemble),
        SessionTimeout = TimeSpan.FromSeconds(seconds),
        ConnectTimeout = TimeSpan.FromSeconds(60),
    }, Cancel);

    [Fact]
    public async Task Who_is_cut_off_ends_at_its_deadline_though_nothing_tells_it_to_and_before_anybody_follows()
    {
        using var ensemble = Start();
        await using var client = await Connect(ensemble, "member-1", 6);
        await using var other = await Connect(ensemble, "member-2,member-3", 30);
        await using var election = client.Elect("/master");
        await using var others = other.Elect("/master");
        var master = await election.Won(Cancel);
        var next = others.Won(Cancel);
        var mayActWhenOtherWon = next.ContinueWith(_ => master.MayAct, Cancel, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        ensemble.Partition(1);
        await master.Ended.WhenFired();
        Assert.Equal((Ending.Fenced, false), (master.Ending, master.MayAct));
        Assert.True((await next).FencingToken > master.FencingToken);
        Assert.False(await mayActWhenOtherWon);
        ensemble.Heal();
        Assert.Equal(SessionState.Expired, await client.Ended.WaitAsync(Cancel));
        await Assert.ThrowsAnyAsync<ZooException>(() => election.Won(Cancel));
    }

    [Fact]
    public async Task An_office_outlives_the_connection_it_was_won_on()
    {
        using var ensemble = Start();
        await using var client = await Connect(ensemble, "member-1,member-2,member-3", 30);
        await using var election = client.Elect("/master");
        var master = await election.Won(Cancel);
        var reconnected = new SemaphoreSlim(0);
        client.StateChanged += state =>
        {
            if (state == SessionState.Connected)
                reconnected.Release();
        };
        foreach (var member in ensemble.Members)
        {
            member.Kill();
            while (client.State == SessionState.Connected && reconnected.CurrentCount == 0 && !await Answers(client))
                await Task.Delay(10, Cancel);
            member.Restart();
        }
        await Until(() => Answers(client));
        Assert.True(master.MayAct);
        Assert.Same(master, await election.Won(Cancel));
        await master.Transaction().Create("/done").CommitAsync(Cancel);
    }

    [Fact]
    public async Task A_session_that_is_ended_from_outside_ends_the_office()
    {
        using var ensemble = Start();
        await using var client = await Connect(ensemble, "member-1,member-2,member-3", 30);
        await using var other = await Connect(ensemble, "member-1,member-2,member-3", 30);
        var held = await client.Lock("/report").Acquire(cancellation: Cancel);
        var next = other.Lock("/report").Acquire(cancellation: Cancel);
        ensemble.ExpireSession(client.Session.Value);
        await held.Ended.WhenFired();
        Assert.False(held.MayAct);
        Assert.True((await next).FencingToken > held.FencingToken);
        await held.DisposeAsync();
    }

    [Fact]
    public async Task A_hold_that_is_given_up_while_cut_off_is_removed_on_return()
    {
        using var ensemble = Start();
        var options = new ZooClientOptions
        {
            ConnectionString = "member-1",
            Transport = new MemoryTransport(ensemble),
            SessionTimeout = TimeSpan.FromSeconds(30),
            CloseTimeout = TimeSpan.FromMilliseconds(20),
        };
        await using var client = await ZooClient.ConnectAsync(options, Cancel);
        await using var other = await Connect(ensemble, "member-2", 30);
        var held = await client.Lock("/report").Acquire(cancellation: Cancel);
        var next = other.Lock("/report").Acquire(cancellation: Cancel);
        ensemble.Members[0].Kill();
        await held.DisposeAsync();
        Assert.False(held.MayAct);
        Assert.False(next.IsCompleted);
        ensemble.Members[0].Restart();
        await using var hold = await next;
        Assert.True(hold.MayAct);
    }

    private static async Task<bool> Answers(ZooClient client)
    {
        try
        {
            await client.SyncAsync(Cancel);
            return true;
        }
        catch (ConnectionLossException)
        {
            return false;
        }
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        while (!await holds())
            await Task.Delay(10, Cancel);
    }
}
