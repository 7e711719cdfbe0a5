using Quorate.Client;
using Quorate.Kernel.Ground;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>Ordinary asynchronous code with the client of production, in a simulated world.</summary>
public class OwnCodeTests
{
    [Fact]
    public void A_program_creates_reads_and_watches_as_it_would_over_TCP()
    {
        var finished = 0;
        Chaos.Check(seeds: 2, async world =>
        {
            var ensemble = world.Ensemble(members: 3);
            world.Computer("writer").Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                await client.CreateAsync("/a", "1"u8.ToArray());
                await Task.Delay(TimeSpan.FromSeconds(5), computer.Time);
                await client.SetDataAsync("/a", "2"u8.ToArray());
            });
            world.Computer("reader").Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                var there = await client.WatchExistsAsync("/a");
                if (there.Value is null)
                    await there.Changed;
                var before = await client.WatchDataAsync("/a");
                Assert.Equal("1"u8.ToArray(), before.Value.Data);
                await Task.WhenAny(before.Changed, Task.Delay(TimeSpan.FromMinutes(1), computer.Time));
                Assert.True(before.Changed.IsCompletedSuccessfully);
                Assert.Equal("2"u8.ToArray(), (await client.GetDataAsync("/a")).Data);
                finished++;
            });
            await world.Calm(TimeSpan.FromSeconds(30));
        });
        Assert.Equal(3, finished);   // the first seed runs twice
    }

    [Fact]
    public void A_crash_forgets_the_code_where_it_is_and_the_program_begins_anew()
    {
        var told = new List<string>();
        Chaos.Replay("""
            members 1
            client 1 program=a
            at 20s crash c1 for 5s keep
            """, async world =>
        {
            var ensemble = world.Ensemble(members: 1);
            world.Computer("a").Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                told.Add("begins");
                try
                {
                    await Task.Delay(TimeSpan.FromSeconds(30), computer.Time);
                    told.Add("goes on");
                }
                finally
                {
                    told.Add("finally");
                }
            });
            await world.Storm(Faults.Crashes, TimeSpan.FromSeconds(40));
            await world.Calm(TimeSpan.FromSeconds(40));
        });
        Assert.Equal(["begins", "begins", "goes on", "finally"], told);
    }

    [Fact]
    public void While_a_computer_is_paused_nothing_of_it_runs_and_its_timers_are_late()
    {
        var ticks = new List<TimeSpan>();
        Chaos.Replay("""
            members 1
            drift 0ppm
            client 1 program=a
            at 10s pause c1 for 20s
            """, async world =>
        {
            world.Computer("a").Run(async computer =>
            {
                var begun = computer.Time.GetTimestamp();
                while (true)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
                    ticks.Add(computer.Time.GetElapsedTime(begun));
                }
            });
            await world.Storm(Faults.Pauses, TimeSpan.FromSeconds(40));
        });
        Assert.DoesNotContain(ticks, static tick => tick > TimeSpan.FromSeconds(10.1) && tick < TimeSpan.FromSeconds(29.9));
        Assert.Contains(ticks, static tick => tick > TimeSpan.FromSeconds(35));
    }

    [Fact]
    public void A_session_that_is_over_ends_the_program_and_a_supervisor_starts_it_again()
    {
        var sessions = new List<long>();
        Chaos.Replay("""
            members 3
            client 1 program=a
            at 10s cut c1 | others for 30s
            """, async world =>
        {
            var ensemble = world.Ensemble(members: 3);
            world.Computer("a").Run(async computer =>
            {
                await using var client = await computer.Connect(ensemble);
                sessions.Add(client.Session.Value);
                while (true)
                {
                    await client.SyncAsync();
                    await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
                }
            });
            await world.Storm(Faults.Partitions, TimeSpan.FromSeconds(50));
            await world.Calm(TimeSpan.FromSeconds(20));
        });
        Assert.Equal(2, sessions.Distinct().Count());
    }

    [Fact]
    public void What_a_program_throws_fails_the_run_in_its_own_words()
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            world.Computer("a").Run(async computer =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
                throw new InvalidOperationException("The books do not balance.");
            });
            await world.Calm(TimeSpan.FromSeconds(10));
        }));
        Assert.Equal("Exception", found.Verdict);
        Assert.Contains(
            "a failed: System.InvalidOperationException: The books do not balance.; at", found.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(OwnCodeTests), found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_can_catch_fails_the_run_too()
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            world.Computer("a").Run(async computer =>
            {
                using var timer = computer.Time.CreateTimer(
                    _ => throw new InvalidOperationException("Thrown by a timer."), null, TimeSpan.FromSeconds(1),
                    Timeout.InfiniteTimeSpan);
                await Task.Delay(TimeSpan.FromSeconds(5), computer.Time);
            });
            await world.Calm(TimeSpan.FromSeconds(10));
        }));
        Assert.Contains("Thrown by a timer.", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_requirement_of_ones_own_names_the_verdict_and_the_world_knows_when_it_stood_still()
    {
        var own = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            world.Computer("a").Run(static _ => Task.CompletedTask);
            await world.Calm(TimeSpan.FromSeconds(1));
            world.Require(Requirement.That("BooksBalance", static () => "They do not."));
        }));
        Assert.Equal("BooksBalance", own.Verdict);
        var idle = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            var ledger = world.Resource("ledger");
            world.Computer("a").Run(computer =>
            {
                ledger.Act(new Zxid(1));
                return Task.CompletedTask;
            });
            await world.Calm(TimeSpan.FromSeconds(10));
            world.Require(ledger.KeepsAdvancing);
            await world.Calm(TimeSpan.FromSeconds(20));
            world.Require(ledger.KeepsAdvancing);
        }));
        Assert.Equal("KeepsAdvancing", idle.Verdict);
        Assert.Contains("in the calm from", idle.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_world_that_makes_no_sense_is_refused_with_what_to_do()
    {
        Assert.Contains("give a computer a program", Refusal(static _ => Task.CompletedTask), StringComparison.Ordinal);
        Assert.Contains("one ensemble", Refusal(static world =>
        {
            world.Ensemble();
            world.Ensemble();
            return Task.CompletedTask;
        }), StringComparison.Ordinal);
        Assert.Contains("cannot be a computer's name", Refusal(static world =>
        {
            world.Computer("job 1");
            return Task.CompletedTask;
        }), StringComparison.Ordinal);
        var late = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            world.Computer("a").Run(static _ => Task.CompletedTask);
            await world.Calm(TimeSpan.FromSeconds(1));
            world.Computer("b");
        }));
        Assert.Contains("before the first Storm or Calm", late.Message, StringComparison.Ordinal);
        var stuck = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            world.Computer("a").Run(static _ => Task.CompletedTask);
            await new TaskCompletionSource().Task;
        }));
        Assert.Contains("only they let time pass", stuck.Message, StringComparison.Ordinal);

        static string Refusal(Func<ChaosWorld, Task> world) => Assert.ThrowsAny<Exception>(() => Chaos.Check(seeds: 1, world)).Message;
    }
}
