using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;

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
        var alone = ensemble.Leader!.Id.Value;
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
        await using (var client = await Connect(new(ensemble), 1))
        {
            await client.CreateAsync("/acknowledged", cancellation: Cancel);
            member.HangDisk();
            var lost = client.CreateAsync("/in-doubt", cancellation: Cancel);
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
    public async Task By_hand_a_session_times_out_without_any_waiting()
    {
        using var ensemble = MemoryEnsemble.Start(new() { Time = new ManualTime(DateTimeOffset.UnixEpoch) });
        await using var client = await Connect(new(ensemble), 1);
        ensemble.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(SessionState.Expired, await client.Ended.WaitAsync(Cancel));
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
