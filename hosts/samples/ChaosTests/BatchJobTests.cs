using Quorate.Client;
using Quorate.Kernel.Ground;
using Quorate.Simulation;

namespace ChaosTests;

/// <summary>Three computers, one batch job: does it ever run twice at once? The simulator tries to bring that about.</summary>
public class BatchJobTests
{
    [Fact]
    public void The_naive_job_runs_twice_at_once_sooner_or_later()
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 100, world => Three(
            world, (client, time, batches) => new NaiveJob(client, time, batches).Run())));
        TestContext.Current.TestOutputHelper?.WriteLine(found.Message);
        Assert.Equal("StaleMaster", found.Verdict);
    }

    [Fact]
    public void The_job_with_an_election_never_does_and_what_it_sent_too_late_is_refused()
    {
        var refused = 0;
        Chaos.Check(seeds: 20, world => Three(
            world, (client, time, batches) => new BatchJob(client, time, batches).Run(),
            looked: archive => refused += archive.Acts.Count(static act => !act.Accepted)));
        Assert.True(refused > 0, "Nothing was late: the seeds show nothing.");
    }

    /// <summary>No election helps against what is on its way already: there must be somebody who compares tokens.</summary>
    [Fact]
    public void An_archive_that_does_not_compare_tokens_takes_it()
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 20, world => Three(
            world, (client, time, batches) => new BatchJob(client, time, batches).Run(), comparesTokens: false)));
        Assert.Equal("FencedResource", found.Verdict);
    }

    /// <summary>Three computers with a job each, five minutes of storm, a minute of calm, and what must hold.</summary>
    private static async Task Three(
        ChaosWorld world, Func<ZooClient, TimeProvider, IBatches, Task> job, Action<ChaosResource>? looked = null, bool comparesTokens = true)
    {
        var ensemble = world.Ensemble(members: 3);
        var ledger = world.Resource("ledger");
        var archive = world.Resource("archive", comparesTokens);
        foreach (var name in (string[])["job-1", "job-2", "job-3"])
            world.Computer(name).Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                await job(client, computer.Time, new Books(ledger, archive));
            });

        await world.Storm(Faults.All, TimeSpan.FromMinutes(5));
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(ledger.NeverTwoActors, ledger.KeepsAdvancing, archive.NeverTwoActors, archive.NeverAcceptsOlder);
        looked?.Invoke(archive);
    }

    /// <summary>
    /// A batch is entered in the ledger at once; its report is sent to the archive and arrives when it does, whatever has become of the job.
    /// </summary>
    private sealed class Books(ChaosResource ledger, ChaosResource archive) : IBatches
    {
        public void RunOne(Zxid token, bool mayRun)
        {
            ledger.Act(token, mayRun, "a batch");
            _ = archive.Send(token, mayRun, "a report");
        }
    }
}
