// Three workers share a printer: one prints at a time, in the order in which they asked; who gives up waiting leaves the queue, and of who
// vanishes with the printer in hand the next takes it over.
//
//   dotnet run --project hosts/samples/TakingTurns                        three members of an ensemble in this process
//   dotnet run --project hosts/samples/TakingTurns -- 127.0.0.1:2181      servers that run already, of ZooKeeper too
using Quorate.Client;
using Quorate.Hosts.Memory;

using var ensemble = args.Length == 0 ? MemoryEnsemble.Start(members: 3) : null;
var options = new ZooClientOptions
{
    ConnectionString = args.Length == 0 ? "member-1,member-2,member-3" : args[0],
    Transport = ensemble is null ? null : new MemoryTransport(ensemble),
    SessionTimeout = TimeSpan.FromSeconds(4),
};

// Each a process of its own in real life, so each has a session of its own.
await using var ada = await ZooClient.ConnectAsync(options);
await using var ben = await ZooClient.ConnectAsync(options);
await using var eve = await ZooClient.ConnectAsync(options);

Console.WriteLine("Ada, Ben and Eve want to print two pages each.");
await Task.WhenAll(Print(ada, "Ada", 2), Print(ben, "Ben", 2), Print(eve, "Eve", 2));

Console.WriteLine("Ada prints a book. Ben has no time to wait for that.");
var book = await ada.Lock("/printer").Acquire();
try
{
    await using var turn = await ben.Lock("/printer").Acquire(timeout: TimeSpan.FromSeconds(1));
}
catch (TimeoutException)
{
    Console.WriteLine("  Ben leaves the queue");
}

if (ensemble is not null)
{
    Console.WriteLine("Ada's session ends behind her back, as after a long pause. Eve does not have to wait for the book.");
    var waiting = Print(eve, "Eve", 1);
    ensemble.ExpireSession(ada.Session.Value);
    await waiting;
    Console.WriteLine($"  may Ada go on printing? {book.MayAct}: {book.Ending}");
    try
    {
        await book.Transaction().Create("/printed").CommitAsync();
    }
    catch (ZooException problem)
    {
        Console.WriteLine($"  and if she tries: {problem.Message}");
    }
}
await book.DisposeAsync();

async Task Print(ZooClient client, string who, int pages)
{
    for (var page = 1; page <= pages; page++)
    {
        await using var turn = await client.Lock("/printer").Acquire();
        Console.WriteLine($"  {who} prints page {page} with the token {turn.FencingToken}");
        await Task.Delay(200, turn.Ended);
    }
}
