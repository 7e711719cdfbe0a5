using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;
using Quorate.Tests.ZooClients;

namespace Quorate.Tests.Hosts;

/// <summary>The ensemble that other people embed in their tests, with the client that they use, and what it can be done to.</summary>
public class MemoryEnsembleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<ZooClient> Connect(MemoryTransport transport, params ReadOnlySpan<int> members)
    {
        var places = string.Join(',', members.ToArray().Select(static id => $"member-{id}"));
        return ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = places, Transport = transport, ConnectTimeout = TimeSpan.FromSeconds(60) }, Cancel);
    }

    [Fact]
    public async Task Any_number_of_ensembles_serve_side_by_side_without_ports()
    {
        var ensembles = Enumerable.Range(0, 12).Select(static _ => MemoryEnsemble.Start(members: 3)).ToList();
        try
        {
            await Task.WhenAll(ensembles.Select(static async ensemble =>
            {
                await using var client = await Connect(new(ensemble), 1, 2, 3);
                Assert.Equal("/same", (await client.CreateAsync("/same", cancellation: Cancel)).Path);
            }));
        }
        finally
        {
            ensembles.ForEach(static ensemble => ensemble.Dispose());
        }
    }

    [Fact]
    public async Task The_larger_side_of_a_partition_goes_on_and_the_smaller_catches_up_when_it_is_healed()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        SpinWait.SpinUntil(() => ensemble.Leader is not null);
        var alone = ensemble.Leader?.Id.Value ?? 1;
        var others = ensemble.Members.Select(static member => (int)member.Id.Value).Where(id => id != alone).ToArray();
        ensemble.Partition(alone);
        await using var client = await Connect(new(ensemble), others);
        await client.CreateAsync("/meanwhile", cancellation: Cancel);
        ensemble.Heal();
        await using var behind = await Connect(new(ensemble), alone);
        await behind.SyncAsync(Cancel);
        Assert.NotNull(await behind.ExistsAsync("/meanwhile", Cancel));
    }

    [Fact]
    public async Task A_power_failure_loses_what_was_not_flushed_and_nothing_that_was_acknowledged()
    {
        using var ensemble = MemoryEnsemble.Start();
        var member = ensemble.Members[0];
        await using (var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = new MemoryTransport(ensemble), OutstandingMax = 1 }, Cancel))
        {
            await client.CreateAsync("/acknowledged", cancellation: Cancel);
            member.HangDisk();
            var lost = client.CreateAsync("/in-doubt", cancellation: Cancel);
            // Refused when that one has been sent; the disk may be asked for something else before.
            await Assert.ThrowsAsync<TooManyRequestsException>(async () => await client.ExistsAsync("/", Cancel));
            SpinWait.SpinUntil(() => member.DiskIsAsked);
            member.Kill(power: true);
            await Assert.ThrowsAsync<UnknownOutcomeException>(async () => await lost);
        }
        member.ReleaseDisk();
        member.Restart();
        await using var after = await Connect(new(ensemble), 1);
        Assert.NotNull(await after.ExistsAsync("/acknowledged", Cancel));
        Assert.Null(await after.ExistsAsync("/in-doubt", Cancel));
    }

    [Fact]
    public async Task By_hand_a_client_keeps_its_session_and_its_office_for_minutes_that_take_no_time()
    {
        using var ensemble = MemoryEnsemble.Start(new() { Time = new ManualTime(DateTimeOffset.UnixEpoch) }, members: 3);
        await using var client = await Connect(new(ensemble), 1, 2, 3);
        await using var election = client.Elect("/master");
        var master = await election.Won(Cancel);
        var (session, began) = (client.Session, client.Now);
        ensemble.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(TimeSpan.FromMinutes(5), client.Now - began);
        Assert.Equal((SessionState.Connected, session), (client.State, client.Session));
        Assert.True(master.MayAct);
        Assert.NotNull(await client.ExistsAsync("/master", Cancel));
    }

    [Fact]
    public async Task By_hand_who_is_cut_off_may_act_to_the_deadline_and_no_tick_longer_and_the_next_is_elected_behind_it()
    {
        using var ensemble = MemoryEnsemble.Start(new() { Time = new ManualTime(DateTimeOffset.UnixEpoch) }, members: 3);
        var transport = new MemoryTransport(ensemble);
        await using var client = await Connect(transport, 1, 2, 3);
        await using var other = await Connect(new(ensemble), 1, 2, 3);
        await using var election = client.Elect("/master");
        var master = await election.Won(Cancel);
        await using var candidacy = other.Elect("/master");
        var next = candidacy.Won(Cancel);
        transport.CutOff();
        var deadline = master.Deadline;
        ensemble.Advance(deadline - client.Now - new TimeSpan(1));
        Assert.True(master.MayAct);
        Assert.False(next.IsCompleted);
        ensemble.Advance(new TimeSpan(1));
        Assert.False(master.MayAct);
        await master.Ended.WhenFired();
        ensemble.Advance(TimeSpan.FromSeconds(15));
        Assert.True((await next).FencingToken > master.FencingToken);
        transport.Heal();
        ensemble.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(SessionState.Expired, await client.Ended.WaitAsync(Cancel));
    }

    [Fact]
    public async Task By_hand_timers_of_the_same_time_fire_in_order_and_only_when_it_is_moved()
    {
        using var ensemble = MemoryEnsemble.Start(new() { Time = new ManualTime(DateTimeOffset.UnixEpoch) });
        var time = ensemble.Time.Provider;
        List<string> fired = [];
        await using var second = time.CreateTimer(_ => fired.Add($"second {time.GetUtcNow():ss}"), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        await using var first = time.CreateTimer(_ => fired.Add($"first {time.GetUtcNow():ss}"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        await using var moved = time.CreateTimer(_ => fired.Add($"moved {time.GetUtcNow():ss}"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        moved.Change(TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        var delay = Task.Delay(TimeSpan.FromSeconds(4), time, Cancel);
        ensemble.Advance(TimeSpan.FromSeconds(3.5));
        Assert.Equal(["first 01", "second 02", "moved 03"], fired);
        Assert.False(delay.IsCompleted);
        ensemble.Advance(TimeSpan.FromSeconds(0.5));
        await delay;
        Assert.Equal("second 04", fired[^1]);
    }

    [Fact]
    public async Task A_client_that_is_cut_off_is_told_nothing_and_goes_on_where_it_was_when_the_network_is_whole()
    {
        using var ensemble = MemoryEnsemble.Start(new() { Settings = new() { MaxSessionTimeout = TimeSpan.FromMinutes(5) } });
        var transport = new MemoryTransport(ensemble);
        await using var client = await ZooClient.ConnectAsync(
            new ZooClientOptions { ConnectionString = "member-1", Transport = transport, SessionTimeout = TimeSpan.FromMinutes(5) }, Cancel);
        var session = client.Session;
        transport.CutOff();
        var lost = client.CreateAsync("/lost", cancellation: Cancel);
        SpinWait.SpinUntil(() => transport.HasLost);
        Assert.False(lost.IsCompleted);
        transport.Heal();
        await Assert.ThrowsAsync<UnknownOutcomeException>(async () => await lost);
        Assert.Null(await client.ExistsAsync("/lost", Cancel));
        Assert.Equal(session, client.Session);
    }
}
