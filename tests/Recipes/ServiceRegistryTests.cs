using Quorate.Client;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;
using Quorate.Tests.Foreign;
using Quorate.Tests.ZooClients;

namespace Quorate.Tests.Recipes;

/// <summary>Registering and discovering services, at Quorate and at ZooKeeper.</summary>
public abstract class ServiceRegistryTests : TwoServers
{
    private protected ServiceRegistryTests(IServerFixture fixture)
        : base(fixture) { }

    private static ServiceInstance Order(int port, string id = "") => new()
    {
        Service = "orderService",
        Id = id,
        Endpoint = new($"http://10.0.0.7:{port}"),
        Metadata = new Dictionary<string, string> { ["zone"] = "a" },
    };

    private static async Task<IReadOnlyList<ServiceInstance>> Until(ServiceView view, Func<IReadOnlyList<ServiceInstance>, bool> isReached)
    {
        await foreach (var instances in view.Changes(Cancel))
            if (isReached(instances))
                return instances;
        throw new InvalidOperationException("the view ended");
    }

    [Fact]
    public async Task Callers_see_instances_come_and_go()
    {
        await using var callers = Connection();
        await using var view = await new ServiceRegistry(callers).Discover("orderService", Cancel);
        Assert.Null(view.Pick());
        await using var connection = Connection();
        var registry = new ServiceRegistry(connection);
        var first = await registry.Register(Order(1), Cancel);
        var seen = Assert.Single(await Until(view, instances => instances.Count == 1));
        Assert.Equal((first.Instance.Endpoint, "a", first.Instance.Id), (seen.Endpoint, seen.Metadata["zone"], seen.Id));
        await using var second = await registry.Register(Order(2), Cancel);
        await Until(view, instances => instances.Count == 2);
        Assert.Equal(2, Enumerable.Range(0, 4).Select(_ => view.Pick()!.Endpoint).Distinct().Count());
        Assert.NotNull(view.PickRandom());
        await first.DisposeAsync();
        Assert.Equal(2, Assert.Single(await Until(view, instances => instances.Count == 1)).Endpoint.Port);
    }

    [Fact]
    public async Task A_session_that_ends_takes_its_instances_along()
    {
        await using var callers = Connection();
        var connection = Connection();
        await using var registration = await new ServiceRegistry(connection).Register(Order(1), Cancel);
        await using var view = await new ServiceRegistry(callers).Discover("orderService", Cancel);
        Assert.Single(view.Instances);
        await connection.DisposeAsync();
        await Until(view, instances => instances.Count == 0);
    }

    [Fact]
    public async Task What_somebody_else_deletes_is_registered_again()
    {
        await using var connection = Connection();
        await using var registration = await new ServiceRegistry(connection).Register(Order(1, "one"), Cancel);
        await using var other = await Connect();
        var before = (await other.ExistsAsync("/services/orderService/one", Cancel))!.Value;
        var (_, deleted) = await other.WatchExistsAsync("/services/orderService/one", Cancel);
        await other.DeleteAsync("/services/orderService/one", cancellation: Cancel);
        await deleted;
        for (var stat = (Stat?)null; stat is null || stat.Value.Czxid == before.Czxid;)
        {
            (stat, var changed) = await other.WatchExistsAsync("/services/orderService/one", Cancel);
            if (stat is null)
                await changed;
        }
    }

    [Fact]
    public async Task A_fast_restart_replaces_its_own_former_instance()
    {
        await using var former = Connection();
        await using var left = await new ServiceRegistry(former).Register(Order(1, "one"), Cancel);
        await using var restarted = Connection();
        await using var registration = await new ServiceRegistry(restarted).Register(Order(1, "one"), Cancel);
        var stat = (await restarted.Current!.ExistsAsync(registration.Path, Cancel))!.Value;
        Assert.Equal(restarted.Current.Session, stat.EphemeralOwner);
        Assert.Equal(RegistrationState.Registered, registration.State);
    }

    [Fact]
    public async Task A_second_instance_with_another_ones_id_waits_until_that_is_gone()
    {
        await using var one = Connection();
        await using var other = Connection();
        var first = await new ServiceRegistry(one).Register(Order(1, "same"), Cancel);
        var waiting = new ServiceRegistry(other).Register(Order(2, "same"), Cancel);
        await using var view = await new ServiceRegistry(other).Discover("orderService", Cancel);
        Assert.Equal(1, Assert.Single(view.Instances).Endpoint.Port);
        Assert.False(waiting.IsCompleted);
        await first.DisposeAsync();
        await using var second = await waiting;
        Assert.Equal(2, Assert.Single(await Until(view, instances => instances is [{ Endpoint.Port: 2 }])).Endpoint.Port);
    }

    [Fact]
    public async Task Plain_text_of_other_programs_is_understood_and_what_says_nothing_is_left_out()
    {
        await using var client = await Connect();
        foreach (var path in (string[])["/services", "/services/s"])
            await client.CreateAsync(path, cancellation: Cancel);
        await client.CreateAsync("/services/s/a", "10.0.0.7:8080"u8.ToArray(), cancellation: Cancel);
        await client.CreateAsync("/services/s/b", "https://b.example"u8.ToArray(), cancellation: Cancel);
        await client.CreateAsync("/services/s/c", "{ not json"u8.ToArray(), cancellation: Cancel);
        await client.CreateAsync("/services/s/d", cancellation: Cancel);
        await using var connection = Connection();
        await using var view = await new ServiceRegistry(connection).Discover("s", Cancel);
        Assert.Equal(["tcp://10.0.0.7:8080/", "https://b.example/"], view.Instances.Select(instance => instance.Endpoint.AbsoluteUri));
    }

    [Fact]
    public async Task What_cannot_be_registered_is_named()
    {
        await using var connection = Connection();
        var registry = new ServiceRegistry(connection);
        Assert.Contains(
            "a/b", (await Assert.ThrowsAsync<ArgumentException>(() => registry.Discover("a/b", Cancel))).Message, StringComparison.Ordinal);
        var relative = Order(1) with { Endpoint = new("/here", UriKind.Relative) };
        Assert.Contains("relative", (await Assert.ThrowsAsync<ArgumentException>(() => registry.Register(relative, Cancel))).Message,
            StringComparison.Ordinal);
        await using var client = await Connect();
        await client.CreateAsync("/services", acl: AclRule.ReadOnly, cancellation: Cancel);
        await Assert.ThrowsAsync<NoAuthException>(() => registry.Register(Order(1), Cancel));
    }
}

public sealed class ServiceRegistryAtQuorate(QuorateFixture fixture) : ServiceRegistryTests(fixture), IClassFixture<QuorateFixture>;

public sealed class ServiceRegistryAtZooKeeper(ZooKeeperFixture fixture) : ServiceRegistryTests(fixture), IClassFixture<ZooKeeperFixture>;
