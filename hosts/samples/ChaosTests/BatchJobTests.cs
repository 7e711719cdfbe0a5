using Quorate.Kernel.Ground;
using Quorate.Simulation;

namespace ChaosTests;

/// <summary>Three computers, one batch job: does it ever run twice at once? The simulator tries to bring that about.</summary>
public class BatchJobTests
{
    [Fact]
    public void The_naive_job_runs_twice_at_once_sooner_or_later()
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 100, world => Three(world, (computer, ensemble, ledger) => async () =>
        {
            await using var client = await computer.Connect(ensemble);
            await new NaiveJob(client, computer.Time, new Ledger(ledger)).Run();
        })));
        TestContext.Current.TestOutputHelper?.WriteLine(found.Message);
        Assert.Equal("StaleMaster", found.Verdict);
    }

    [Fact]
    public void The_job_with_an_election_never_does() => Chaos.Check(seeds: 20, world => Three(world, (computer, ensemble, ledger) => async () =>
    {
        await using var client = await computer.Connect(ensemble);
        await new BatchJob(client, computer.Time, new Ledger(ledger)).Run();
    }));

    /// <summary>Three computers with a job each, five minutes of storm, a minute of calm, and what must hold.</summary>
    private static async Task Three(ChaosWorld world, Func<ChaosComputer, ChaosEnsemble, ChaosResource, Func<Task>> job)
    {
        var ensemble = world.Ensemble(members: 3);
        var ledger = world.Resource("ledger");
        foreach (var name in (string[])["job-1", "job-2", "job-3"])
            world.Computer(name).Run(computer => job(computer, ensemble, ledger)());

        await world.Storm(Faults.All, TimeSpan.FromMinutes(5));
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(ledger.NeverTwoActors, ledger.KeepsAdvancing);
    }

    private sealed class Ledger(ChaosResource resource) : IBatches
    {
        public void RunOne(Zxid token, bool mayRun) => resource.Act(token, mayRun, "a batch");
    }
}
