using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations;

/// <summary>Acts that travel: they arrive whatever has become of who sent them, and are judged when they are sent and when they arrive.</summary>
public class LateActTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public void What_was_sent_arrives_although_its_sender_has_crashed_and_nobody_hears_the_answer()
    {
        var (heard, begun) = (0, 0);
        IReadOnlyList<Act> acts = [];
        Chaos.Replay("""
            members 1
            client 1 program=a
            at 10s crash c1 for 5s keep
            """, async world =>
        {
            var ledger = world.Resource("ledger");
            world.Computer("a").Run(async computer =>
            {
                if (begun++ > 0)
                    return;
                await ledger.Send(new Zxid(7), what: "a letter", delay: Long);
                heard++;
            });
            await world.Storm(Faults.Crashes, TimeSpan.FromSeconds(30));
            acts = ledger.Acts;
            world.Require(ledger.NeverTwoActors, ledger.NeverAcceptsOlder, ledger.KeepsAdvancing);
        });
        Assert.Equal((2, 0), (begun, heard));
        var act = Assert.Single(acts);
        Assert.True(act.IsLate && act.Accepted && act.Who == "a" && act.At - TrueTime.Start >= Long, $"{act} at {act.At}");
    }

    [Fact]
    public void What_arrives_behind_a_newer_token_is_refused_and_its_sender_told() => Chaos.Check(seeds: 1, async world =>
    {
        var ensemble = world.Ensemble();
        var (ledger, wasTaken) = (world.Resource("ledger"), new List<bool>());
        world.Computer("a").Run(async computer =>
        {
            await using var client = await computer.Connect(ensemble);
            var first = await client.Elect("/master").Won();
            var late = ledger.Send(first, "first", Long);
            await first.DisposeAsync();
            wasTaken.Add(await ledger.Send(await client.Elect("/master").Won(), "second", TimeSpan.Zero));
            wasTaken.Add(await late);
        });
        await world.Calm(TimeSpan.FromMinutes(1));
        world.Require(ledger.NeverTwoActors, ledger.NeverAcceptsOlder);
        Assert.Equal([true, false], wasTaken);
    });

    [Fact]
    public void Whether_two_think_that_they_may_is_judged_when_they_send() => Chaos.Check(seeds: 1, async world =>
    {
        var ledger = world.Resource("ledger");
        world.Computer("a").Run(async computer =>
        {
            _ = ledger.Send(new Zxid(2), delay: Long);
            await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
            Assert.Null(ledger.NeverTwoActors.Find());
            _ = ledger.Send(new Zxid(1), delay: TimeSpan.Zero);
        });
        await world.Calm(TimeSpan.FromSeconds(5));
        Assert.Contains("after a had acted with the newer token", ledger.NeverTwoActors.Find()?.Text, StringComparison.Ordinal);
        Assert.Null(ledger.NeverAcceptsOlder.Find());
        world.Require(ledger.NeverAcceptsOlder);
    });

    [Fact]
    public void A_resource_that_compares_no_tokens_takes_an_older_one_and_the_requirement_says_so()
    {
        var found = Assert.Throws<ChaosException>(() => Chaos.Check(seeds: 1, async world =>
        {
            var ledger = world.Resource("ledger", comparesTokens: false);
            world.Computer("a").Run(async computer =>
            {
                _ = ledger.Send(new Zxid(1), delay: Long);
                await Task.Delay(TimeSpan.FromSeconds(1), computer.Time);
                ledger.Act(new Zxid(2));
            });
            await world.Calm(TimeSpan.FromSeconds(30));
            world.Require(ledger.NeverTwoActors, ledger.NeverAcceptsOlder);
        }));
        Assert.Equal("FencedResource", found.Verdict);
        Assert.Contains("late", found.Message, StringComparison.Ordinal);
    }
}
