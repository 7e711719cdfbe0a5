// Four copies of OrderService come and go, and a caller always finds the live ones.
//
//   dotnet run --project hosts/samples/OrderService                        three members of an ensemble in this process
//   dotnet run --project hosts/samples/OrderService -- 127.0.0.1:2181      servers that run already, Quorate or ZooKeeper
using Quorate.Client;
using Quorate.Hosts.Memory;

using var ensemble = args.Length == 0 ? MemoryEnsemble.Start(members: 3) : null;
var options = new ZooClientOptions
{
    ConnectionString = args.Length == 0 ? "member-1,member-2,member-3" : args[0],
    Transport = ensemble is null ? null : new MemoryTransport(ensemble),
    SessionTimeout = TimeSpan.FromSeconds(4),
};

// The caller: one watch, no polling. What it prints comes from the live list alone.
await using var callers = new QuorateConnection(options);
await using var orderService = await new ServiceRegistry(callers).Discover("orderService");
var watching = PrintChanges();

Console.WriteLine("Four copies start.");
var copies = new List<Copy>();
for (var number = 1; number <= 4; number++)
    copies.Add(await Copy.Start(number, options));
await Call(8);

Console.WriteLine("Copy 2 stops, and says so: it is gone at once.");
await copies[1].Stop();
await Call(6);

if (ensemble is not null)
{
    Console.WriteLine("Copy 3's session ends behind its back, as after a long pause: it is gone, and registers again by itself.");
    ensemble.ExpireSession(copies[2].Session);
    await Call(6);
    Console.WriteLine("A member of the ensemble is killed: nobody loses his place.");
    ensemble.Members[0].Kill();
    await Call(6);
}

Console.WriteLine("Copy 2 starts again.");
copies[1] = await Copy.Start(2, options);
await Call(8);
Console.WriteLine("All stop.");
foreach (var copy in copies)
    await copy.Stop();
await Call(1);
await orderService.DisposeAsync();
await watching;

async Task Call(int times)
{
    for (; times > 0; times--)
    {
        await Task.Delay(200);
        Console.WriteLine(orderService.Pick() is { } instance ? $"  a call goes to {instance.Endpoint}" : "  a call goes nowhere: no copy lives");
    }
}

async Task PrintChanges()
{
    await foreach (var live in orderService.Changes())
        Console.WriteLine($"  live: {(live.Count == 0 ? "none" : string.Join(", ", live.Select(copy => $"{copy.Id} at :{copy.Endpoint.Port}")))}");
}

/// <summary>One copy of the service; a process of its own in real life, so it has a connection of its own.</summary>
internal sealed class Copy(QuorateConnection connection, ServiceRegistration registration)
{
    public long Session => connection.Current!.Session.Value;

    public static async Task<Copy> Start(int number, ZooClientOptions options)
    {
        var connection = new QuorateConnection(options);
        return new(connection, await new ServiceRegistry(connection).Register(
            new() { Service = "orderService", Id = $"copy-{number}", Endpoint = new($"http://10.0.0.7:808{number}") }));
    }

    public async Task Stop()
    {
        await registration.DisposeAsync();
        await connection.DisposeAsync();
    }
}
