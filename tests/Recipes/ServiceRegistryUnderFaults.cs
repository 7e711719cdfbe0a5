using System.Collections.Concurrent;
using Quorate.Client;
using Quorate.Hosts.Memory;

namespace Quorate.Tests.Recipes;

/// <summary>Registered and discovered while sessions are ended, members are killed, paused and cut off.</summary>
public class ServiceRegistryUnderFaults
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ZooClientOptions At(MemoryEnsemble ensemble) => new()
    {
        ConnectionString = "member-1,member-2,member-3",
        Transport = new MemoryTransport(ensemble),
        SessionTimeout = TimeSpan.FromSeconds(4),
    };

    private static ServiceInstance Order(int port) =>
        new() { Service = "orderService", Id = $"copy-{port}", Endpoint = new($"http://10.0.0.7:{port}") };

    private static async Task Until(ServiceView view, params int[] ports)
    {
        await foreach (var instances in view.Changes(Cancel))
            if (instances.Select(instance => instance.Endpoint.Port).SequenceEqual(ports))
                return;
    }

    [Fact]
    public async Task An_instance_stays_registered_across_the_ends_of_sessions()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        var wire = new FrailTransport(new MemoryTransport(ensemble));
        await using var connection = new QuorateConnection(At(ensemble) with { Transport = wire });
        await using var callers = new QuorateConnection(At(ensemble));
        await using var registration = await new ServiceRegistry(connection).Register(Order(1), Cancel);
        await using var view = await new ServiceRegistry(callers).Discover("orderService", Cancel);
        for (var round = 0; round < 3; round++)
        {
            var former = await connection.GetAsync(Cancel);
            wire.Cut();   // so that it is not back before anybody has looked
            ensemble.ExpireSession(former.Session.Value);
            await Until(view);
            wire.Mend();
            await Until(view, 1);
            var owner = (await (await callers.GetAsync(Cancel)).ExistsAsync(registration.Path, Cancel))!.Value.EphemeralOwner;
            Assert.NotEqual(former.Session, owner);
        }
    }

    [Fact]
    public async Task A_callback_that_throws_costs_no_registration()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        var reported = new ConcurrentQueue<string>();
        var wire = new FrailTransport(new MemoryTransport(ensemble));
        await using var connection = new QuorateConnection(
            At(ensemble) with { Transport = wire, CallbackFailed = problem => reported.Enqueue(problem.Message) });
        await using var callers = new QuorateConnection(At(ensemble));
        await using var registration = await new ServiceRegistry(connection).Register(Order(1), Cancel);
        await using var view = await new ServiceRegistry(callers).Discover("orderService", Cancel);
        registration.StateChanged += state => throw new InvalidDataException(state.ToString());
        wire.Cut();   // so that it is not back before anybody has looked
        ensemble.ExpireSession(connection.Current!.Session.Value);
        await Until(view);
        wire.Mend();
        await Until(view, 1);
        while (reported.Count < 2)
            await Task.Delay(5, Cancel);
        Assert.Equal(["Seeking", "Registered"], reported);
    }

    [Fact]
    public async Task Who_cannot_be_registered_for_too_many_requests_is_registered_when_there_are_fewer()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var connection = new QuorateConnection(At(ensemble) with { OutstandingMax = 1 });
        var client = await connection.GetAsync(Cancel);
        ensemble.Members[0].Pause();
        var other = client.ExistsAsync("/", Cancel).AsTask();
        await Assert.ThrowsAsync<TooManyRequestsException>(async () => await client.ExistsAsync("/", Cancel));
        var registering = new ServiceRegistry(connection).Register(Order(1), Cancel);
        Assert.False(registering.IsCompleted);
        ensemble.Members[0].Resume();
        await other;
        await using var registration = await registering;
        Assert.NotNull(await client.ExistsAsync(registration.Path, Cancel));
    }

    [Fact]
    public async Task A_caller_whose_own_session_ended_goes_on_to_see_who_comes_and_goes()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var connection = new QuorateConnection(At(ensemble));
        await using var callers = new QuorateConnection(At(ensemble));
        var registry = new ServiceRegistry(connection);
        var first = await registry.Register(Order(1), Cancel);
        await using var view = await new ServiceRegistry(callers).Discover("orderService", Cancel);
        ensemble.ExpireSession((await callers.GetAsync(Cancel)).Session.Value);
        await first.DisposeAsync();
        await using var second = await registry.Register(Order(2), Cancel);
        await Until(view, 2);
    }

    [Fact]
    public async Task Members_that_fall_over_cost_nobody_his_place()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var connection = new QuorateConnection(At(ensemble));
        await using var callers = new QuorateConnection(At(ensemble));
        var registry = new ServiceRegistry(connection);
        await using var lasting = await registry.Register(Order(1), Cancel);
        await using var view = await new ServiceRegistry(callers).Discover("orderService", Cancel);
        for (var round = 2; round < 5; round++)
        {
            var member = ensemble.Members[round % 3];
            member.Kill();
            var passing = await registry.Register(Order(round), Cancel);
            await Until(view, 1, round);
            member.Restart();
            await passing.DisposeAsync();
            await Until(view, 1);
        }
    }

    [Fact]
    public async Task A_member_that_stands_still_or_is_cut_off_is_left_and_nobody_loses_his_place()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var connection = new QuorateConnection(At(ensemble) with { SessionTimeout = TimeSpan.FromSeconds(30) });
        await using var callers = new QuorateConnection(At(ensemble));
        var registry = new ServiceRegistry(connection);
        await using var lasting = await registry.Register(Order(1), Cancel);
        await using var view = await new ServiceRegistry(callers).Discover("orderService", Cancel);
        var session = connection.Current!.Session;
        ensemble.Members[0].Pause();
        ensemble.Partition(2);
        ensemble.Members[0].Resume();
        ensemble.Heal();
        ensemble.Partition(3);
        await using var second = await new ServiceRegistry(callers).Register(Order(2), Cancel);
        await Until(view, 1, 2);
        ensemble.Heal();
        Assert.Equal(session, (await connection.GetAsync(Cancel)).Session);
    }

    [Fact]
    public async Task Giving_up_without_a_server_returns_and_what_was_registered_goes_when_there_is_one()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var connection = new QuorateConnection(At(ensemble));
        var registry = new ServiceRegistry(connection);
        var registration = await registry.Register(Order(1), Cancel);
        foreach (var member in ensemble.Members)
            member.Kill();
        await registration.DisposeAsync();
        using var patience = new CancellationTokenSource();
        var waiting = registry.Register(Order(2), patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        foreach (var member in ensemble.Members)
            member.Restart();
        await using var callers = new QuorateConnection(At(ensemble));
        await using var view = await new ServiceRegistry(callers).Discover("orderService", Cancel);
        await Until(view);
    }
}
