// Copies of a batch job, each a process of its own, of which one at a time works: the master. It writes what it does under guard, so that
// a master that was paused for so long that another has followed can neither go on nor write anything more.
//
//   dotnet run --project hosts/samples/MasterElection                               a server and two copies; it says how to pause one
//   dotnet run --project hosts/samples/MasterElection -- 127.0.0.1:2181 NAME        one copy, at servers that run already, of ZooKeeper too
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Hosting;
using Quorate.Client;
using Quorate.Hosts.Tcp;

const string Path = "/batch/master", Ledger = "/batch-ledger";

if (args.Length > 0)
    await BeCandidate(args[0], args.ElementAtOrDefault(1) ?? $"copy-{Environment.ProcessId}");
else
    await RunEverything();

async Task RunEverything()
{
    var folder = Directory.CreateTempSubdirectory("master-election-");
    var builder = Host.CreateEmptyApplicationBuilder(new());
    builder.Services.AddQuorateServer(new ServerOptions { DataDir = folder.FullName, Clients = new("127.0.0.1", 2281, "clientPort") });
    using var host = builder.Build();
    await host.StartAsync();
    Process[] copies = [.. ((string[])["copy-1", "copy-2"]).Select(static name => Process.Start(Environment.ProcessPath!, ["127.0.0.1:2281", name]))];
    Console.WriteLine("Pause the master for more than four seconds and look: kill -STOP PID, then kill -CONT PID. Ctrl-C ends everything.");
    await host.WaitForShutdownAsync();
    foreach (var copy in copies)
        copy.Kill();
    folder.Delete(recursive: true);
}

// Sessions come and go; with each the copy stands anew.
async Task BeCandidate(string servers, string name)
{
    void Say(string what) => Console.WriteLine($"{name} (PID {Environment.ProcessId}): {what}");

    await using var connection = new QuorateConnection(new ZooClientOptions
    {
        ConnectionString = servers,
        SessionTimeout = TimeSpan.FromSeconds(4),
    });
    await foreach (var client in connection.Sessions())
        while (!client.Ended.IsCompleted)
            try
            {
                await client.EnsureExistsAsync(Ledger);
                await using var election = client.Elect(Path, new() { Data = Encoding.UTF8.GetBytes(name) });
                while (true)
                {
                    Say("waits for its turn");
                    await Work(await election.Won(), Say);
                }
            }
            catch (ZooException problem)
            {
                Say($"begins anew: {problem.Message}");
                await Task.Delay(200);
            }
}

async Task Work(Leadership master, Action<string> say)
{
    say($"MASTER, with the token {master.FencingToken}");
    for (var number = 1; master.MayAct; number++)
        try
        {
            // Carried out only if this copy is the master by then, however late that may be.
            await master.Transaction().SetData(Ledger, Encoding.UTF8.GetBytes($"{master.FencingToken} {number}")).CommitAsync();
            say($"wrote {number} under {master.FencingToken}");
            await Task.Delay(500);
        }
        catch (ZooException problem) when (problem is TransactionFailedException or ConnectionLossException)
        {
            say($"could not write: {problem.Message}");
            await Task.Delay(200);
        }
    // At the deadline at the latest, on this computer's own clock: nobody has to be reached to know it.
    say($"MASTER no longer: {master.Ending}");
}
