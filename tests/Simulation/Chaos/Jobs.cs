using Quorate.Client;
using Quorate.Kernel.Wire;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>Batch jobs that elect a master among them by hand: the lowest ephemeral sequential znode is.</summary>
internal static class Jobs
{
    private const string Root = "/batch";

    /// <summary>Once elected, always elected: that is the mistake.</summary>
    public static async Task Naive(ChaosComputer computer, ChaosEnsemble ensemble, ChaosResource ledger)
    {
        await using var client = await computer.Connect(ensemble);
        var mine = await Stand(client);
        while (true)
        {
            ledger.Act(mine.Stat.Czxid);
            await Task.Delay(TimeSpan.FromMilliseconds(200), computer.Time);
        }
    }

    /// <summary>Acts only while the session is certain to live, and stands again when it is over.</summary>
    public static async Task Careful(ChaosComputer computer, ChaosEnsemble ensemble, ChaosResource ledger)
    {
        while (true)
        {
            await using var client = await computer.Connect(ensemble);
            var mine = await Stand(client);
            while (!client.Ended.IsCompleted)
            {
                if (client.Now < client.FenceAt)
                    ledger.Act(mine.Stat.Czxid);
                await Task.Delay(TimeSpan.FromMilliseconds(200), computer.Time);
            }
        }
    }

    private static async Task<CreatedZnode> Stand(ZooClient client)
    {
        if (await client.ExistsAsync(Root) is null)
            try
            {
                await client.CreateAsync(Root);
            }
            catch (NodeExistsException)
            {
                // Another was quicker.
            }
        var mine = await client.CreateAsync(Root + "/n-", kind: ZnodeKind.EphemeralSequential);
        while (true)
        {
            var candidates = await client.WatchChildrenAsync(Root);
            if (candidates.Value.Names.Order(StringComparer.Ordinal).First() == mine.Path[(Root.Length + 1)..])
                return mine;
            await candidates.Changed;
        }
    }

    /// <summary>Three computers with the same job.</summary>
    public static async Task World(
        ChaosWorld world, Func<ChaosComputer, ChaosEnsemble, ChaosResource, Task> job, Faults faults, TimeSpan storm)
    {
        var ensemble = world.Ensemble(members: 3);
        var ledger = world.Resource("ledger");
        foreach (var name in (string[])["job-1", "job-2", "job-3"])
            world.Computer(name).Run(computer => job(computer, ensemble, ledger));
        await world.Storm(faults, storm);
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(ledger.NeverTwoActors, ledger.NeverAcceptsOlder, ledger.KeepsAdvancing);
    }
}
