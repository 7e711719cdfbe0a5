using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Times;

namespace Quorate.Tests.Simulations;

/// <summary>Clocks, the agenda and chance.</summary>
public class TimeTests
{
    private static readonly Gen<DriftingClock> GenClock =
        from begin in Gen.Long[0, 36_000_000_000_000]
        from drift in Gen.Int[-100_000, 100_000]
        select new DriftingClock(new(begin), new(1_700_000_000_000), drift);

    [Fact]
    public void A_monotonic_clock_never_goes_back_whatever_is_done_to_it() =>
        Gen.Select(GenClock, Gen.Select(Gen.Long[0, 10_000_000], Gen.Int[-100_000, 100_000], Gen.Int[0, 2]).Array[1, 50]).Sample((clock, steps) =>
        {
            var (now, last) = (TrueTime.Start, clock.Read(TrueTime.Start).Instant);
            foreach (var (span, amount, what) in steps)
            {
                now += new TimeSpan(span);
                if (what == 0)
                    clock.SetDrift(now, amount);
                else if (what == 1)
                    clock.Jump(TimeSpan.FromMilliseconds(amount));
                var read = clock.Read(now).Instant;
                Assert.True(read >= last);
                last = read;
            }
        });

    [Fact]
    public void The_time_of_an_instant_is_the_first_at_which_the_clock_says_it() =>
        Gen.Select(GenClock, Gen.Long[0, 100_000_000_000]).Sample(static (clock, ahead) =>
        {
            var instant = new Instant(clock.Read(TrueTime.Start).Instant.Ticks + ahead);
            var at = clock.When(instant);
            Assert.True(clock.Read(at).Instant >= instant);
            if (at > TrueTime.Start)
                Assert.True(clock.Read(new(at.Ticks - 1)).Instant < instant);
        });

    [Fact]
    public void A_clock_gains_what_its_drift_says()
    {
        var clock = new DriftingClock(Instant.Origin, new(0), 200);
        Assert.Equal(TimeSpan.FromSeconds(1000.2), clock.Read(TrueTime.Start + TimeSpan.FromSeconds(1000)).Instant - Instant.Origin);
        Assert.Equal(TrueTime.Never, clock.When(Instant.Never));
    }

    [Fact]
    public void A_jump_sets_the_wall_clock_alone()
    {
        var clock = new DriftingClock(Instant.Origin, new(5000), 0);
        clock.Jump(TimeSpan.FromSeconds(-3));
        Assert.Equal(new Moment(Instant.Origin, new(2000)), clock.Read(TrueTime.Start));
    }

    [Fact]
    public void Events_happen_in_the_order_of_their_times_and_at_one_time_as_they_were_entered() => Gen.Int[0, 20].Array[0, 200].Sample(static times =>
    {
        var (agenda, seen) = (new Agenda(), new Recorder());
        for (var i = 0; i < times.Length; i++)
            agenda.Add(new(times[i]), seen, times[i], (ulong)i);
        while (agenda.Next(new(1000)))
        {
        }
        Assert.Equal(times.Select(static (time, i) => (time, (ulong)i)).OrderBy(static entered => entered.time), seen.Events);
        Assert.Equal(new TrueTime(1000), agenda.Now);
        Assert.Equal(0, agenda.Count);
    });

    [Fact]
    public void Chance_is_keyed_by_name_and_ordinal()
    {
        Chance Named(string name) => new(42, name);
        var (one, again, other) = (Named("link 1 2"), Named("link 1 2"), Named("link 2 1"));
        for (var i = 0; i < 100; i++)
        {
            var draw = one.Next();
            Assert.Equal(draw, again.Next());
            Assert.NotEqual(draw, other.Next());
        }
    }

    [Fact]
    public void An_exponential_tail_has_its_mean()
    {
        var chance = new Chance(1, "tail");
        var sum = TimeSpan.Zero;
        for (var i = 0; i < 100_000; i++)
            sum += chance.Exponential(TimeSpan.FromMilliseconds(1));
        Assert.InRange(sum.TotalMilliseconds, 95_000, 107_000);
    }

    [Fact]
    public void An_hour_in_which_nothing_happens_costs_next_to_nothing()
    {
        var outcome = Outcome.Of(new Scenario { Members = 1, Storm = TimeSpan.FromHours(1), Calm = TimeSpan.FromSeconds(1) });
        Assert.InRange(outcome.Events, 3600, 3900);   // of which one a second is the world's own inspection
    }

    private sealed class Recorder : IDue
    {
        public List<(int Time, ulong Number)> Events { get; } = [];

        public void Due(int what, ulong subject, Bytes bytes) => Events.Add((what, subject));
    }
}
