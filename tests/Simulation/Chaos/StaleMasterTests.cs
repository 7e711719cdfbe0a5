using Quorate.Client;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>The naive job and the careful one, under all that storms bring.</summary>
public class StaleMasterTests
{
    private static readonly TimeSpan Storm = TimeSpan.FromMinutes(5);

    [Fact]
    public void The_naive_job_is_caught_and_what_is_said_leads_back_to_it()
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 50, world => Jobs.World(world, Jobs.Naive, Faults.All, Storm)));
        TestContext.Current.TestOutputHelper!.WriteLine(found.Message);
        Assert.Equal("StaleMaster", found.Verdict);
        Assert.Contains($"QUORATE_SEED={found.Seed}", found.Message, StringComparison.Ordinal);
        Assert.Contains("client 1 program=job-", found.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(found.Page));
        var again = Assert.Throws<ChaosException>(
            () => Chaos.Replay(found.Seed, world => Jobs.World(world, Jobs.Naive, Faults.All, Storm)));
        Assert.Equal(found.Message.Split('\n')[0], again.Message.Split('\n')[0]);
        var small = Assert.Throws<ChaosException>(
            () => Chaos.Replay(found.Scenario!, world => Jobs.World(world, Jobs.Naive, Faults.All, Storm)));
        Assert.Equal("StaleMaster", small.Verdict);
    }

    [Fact]
    public void The_careful_job_has_one_master_at_a_time_whatever_storms_bring() =>
        Chaos.Check(seeds: 20, world => Jobs.World(world, Jobs.Careful, Faults.All, Storm));

    /// <summary>The example of the simulator's README, as it stands there.</summary>
    [Fact]
    public void Only_one_batch_job_runs_at_a_time() => Chaos.Check(seeds: 30, async world =>
    {
        var ensemble = world.Ensemble(members: 3);
        var ledger = world.Resource("ledger");
        foreach (var name in (string[])["job-1", "job-2", "job-3"])
            world.Computer(name).Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                await using var election = client.Elect("/batch/master");
                while (true)
                    await RunBatchesWhileLeading(await election.Won(), ledger, computer.Time);
            });

        await world.Storm(Faults.All, TimeSpan.FromMinutes(5));
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(ledger.NeverTwoActors, ledger.NeverAcceptsOlder, ledger.KeepsAdvancing);
    });

    private static async Task RunBatchesWhileLeading(Leadership leadership, ChaosResource ledger, TimeProvider time)
    {
        while (leadership.MayAct)
        {
            ledger.Act(leadership, "a batch");
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, leadership.Ended);
            }
            catch (OperationCanceledException)
            {
                return;   // deposed, or close enough to it
            }
        }
    }

    [Fact]
    public void A_world_with_somebodys_own_code_is_a_function_of_its_seed()
    {
        static Task World(ChaosWorld world) => Jobs.World(world, Jobs.Careful, Faults.All, TimeSpan.FromMinutes(1));
        static Outcome Run(ulong seed) => new ChaosRun(World, seed).Run();
        for (ulong seed = 1; seed <= 5; seed++)
        {
            var first = Run(seed);
            Assert.Null(first.Violation);
            Assert.Equal(first.Digest, Run(seed).Digest);
            // What the seed came to is the same world without the seed's chance about faults.
            var written = ScenarioText.Parse(ScenarioText.Print(first.Scenario));
            Assert.Equal(first.Digest, new ChaosRun(World, written).Run().Digest);
        }
    }
}
