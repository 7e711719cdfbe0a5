using CsCheck;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;

namespace Quorate.Tests.Fronts;

public class ExpiryTests
{
    /// <summary>A session table, the leader's judgement of it, and a clock in milliseconds.</summary>
    private sealed class World
    {
        public readonly Sessions Sessions = new();
        public readonly Expiry Expiry = new();

        public World() => Expiry.Begin(Sessions, Now);

        public long Milliseconds { get; set; } = 1_000_000;
        public Moment Now => At(Milliseconds);

        public int Open(long id, int timeout)
        {
            var row = Sessions.Open(new() { Id = new(id), TimeoutMilliseconds = timeout });
            Expiry.Opened(row, new(id), Now);
            return row;
        }

        public void Attach(int row, int timeout)
        {
            var session = Sessions[row];
            var old = session.TimeoutMilliseconds;
            session.TimeoutMilliseconds = timeout;
            Sessions.Update(row, session);
            Expiry.Attached(row, session.Id, old, timeout, Now);
        }

        public void Close(int row)
        {
            Sessions.Close(row);
            Expiry.Closed(row);
        }

        public long[] Expired()
        {
            var ids = new List<long>();
            while (Expiry.TryTake(Now, out var id, out var silence))
                if (silence == TimeSpan.Zero)
                    ids.Add(id.Value);
            return [.. ids];
        }

        public long[] ExpiredAfter(long milliseconds)
        {
            Milliseconds += milliseconds;
            return Expired();
        }

        public bool Touch(int row) => Expiry.Touch(row, Sessions[row].Id, Now);

        public bool FirstRequest(int row) => Expiry.FirstRequest(row, Sessions[row].Id, Now);
    }

    [Fact]
    public void A_silent_session_is_taken_when_its_timeout_has_passed_and_not_before()
    {
        var world = new World();
        world.Open(7, 4000);
        Assert.Empty(world.ExpiredAfter(3999));
        Assert.Equal(At(world.Milliseconds + 1).Instant, world.Expiry.NextDeadline);
        Assert.Equal([7], world.ExpiredAfter(1));
    }

    [Fact]
    public void B13_half_a_timeout_of_silence_is_handed_out_for_the_log_once()
    {
        var world = new World();
        var row = world.Open(7, 4000);
        world.Milliseconds += 1999;
        Assert.False(world.Expiry.TryTake(world.Now, out _, out _));
        world.Milliseconds += 1;
        Assert.True(world.Expiry.TryTake(world.Now, out var session, out var silence));
        Assert.Equal((7, TimeSpan.FromSeconds(2)), (session.Value, silence));
        Assert.True(world.Expiry.IsLogged(row));
        Assert.False(world.Expiry.TryTake(world.Now, out _, out _));
        world.Expiry.SilenceEnded(row);
        Assert.True(world.Touch(row));
        Assert.Empty(world.ExpiredAfter(3999));
    }

    [Fact]
    public void B13_a_new_leader_starts_with_the_silence_that_the_log_proves()
    {
        var world = new World();
        var row = world.Open(7, 4000);
        world.Sessions.Silence(row, 2500);
        world.Expiry.Begin(world.Sessions, world.Now);
        Assert.Empty(world.ExpiredAfter(1499));
        Assert.Equal([7], world.ExpiredAfter(1));
    }

    [Fact]
    public void A_touch_gives_the_whole_timeout_again()
    {
        var world = new World();
        var row = world.Open(7, 4000);
        world.Milliseconds += 3999;
        Assert.True(world.Touch(row));
        Assert.Empty(world.ExpiredAfter(3999));
        Assert.Equal(At(world.Milliseconds + 1).Instant, world.Expiry.NextDeadline);
        Assert.Equal([7], world.ExpiredAfter(1));
    }

    [Fact]
    public void What_was_taken_is_closing_and_refuses_touches_A6()
    {
        var world = new World();
        var row = world.Open(7, 4000);
        Assert.False(world.Expiry.IsClosing(row));
        Assert.Equal([7], world.ExpiredAfter(4000));
        Assert.True(world.Expiry.IsClosing(row));
        Assert.False(world.Touch(row));
        Assert.False(world.FirstRequest(row));
        Assert.Empty(world.ExpiredAfter(100_000));
        Assert.Equal(Instant.Never, world.Expiry.NextDeadline);
    }

    [Fact]
    public void An_attach_that_lands_before_the_close_does_not_reopen_what_is_closing_A6()
    {
        var world = new World();
        var row = world.Open(7, 4000);
        Assert.Equal([7], world.ExpiredAfter(4000));
        world.Attach(row, 10_000);
        Assert.True(world.Expiry.IsClosing(row));
        Assert.False(world.Touch(row));
    }

    [Fact]
    public void A_touch_of_a_row_that_has_another_session_by_now_is_refused()
    {
        var world = new World();
        var row = world.Open(7, 4000);
        world.Close(row);
        Assert.False(world.Expiry.Touch(row, new(7), world.Now));
        Assert.Equal(row, world.Open(8, 4000));
        Assert.False(world.Expiry.Touch(row, new(7), world.Now));
        Assert.True(world.Touch(row));
        Assert.False(world.Expiry.Touch(1000, new(9), world.Now));
    }

    [Fact]
    public void An_attach_that_shortens_counts_only_from_the_first_request_on_it_A5()
    {
        var world = new World();
        var row = world.Open(7, 10_000);
        world.Milliseconds += 1000;
        world.Attach(row, 4000);
        Assert.Empty(world.ExpiredAfter(9999));    // its response may have been lost: the owner still counts on ten seconds
        Assert.Equal([7], world.ExpiredAfter(1));

        world = new World();
        row = world.Open(7, 10_000);
        world.Attach(row, 4000);
        world.Milliseconds += 100;
        Assert.True(world.FirstRequest(row));
        Assert.Empty(world.ExpiredAfter(3999));
        Assert.Equal([7], world.ExpiredAfter(1));
    }

    [Fact]
    public void An_attach_that_lengthens_counts_at_once()
    {
        var world = new World();
        var row = world.Open(7, 4000);
        world.Attach(row, 10_000);
        Assert.Empty(world.ExpiredAfter(9999));
        Assert.Equal([7], world.ExpiredAfter(1));
    }

    [Fact]
    public void Of_several_attaches_the_longest_counts_until_the_owner_is_known_to_know_the_last()
    {
        var world = new World();
        var row = world.Open(7, 10_000);
        world.Attach(row, 4000);
        world.Attach(row, 6000);
        Assert.Empty(world.ExpiredAfter(9999));
        world.FirstRequest(row);
        Assert.Empty(world.ExpiredAfter(5999));
        Assert.Equal([7], world.ExpiredAfter(1));
    }

    [Fact]
    public void An_election_starts_every_session_afresh_and_forgets_what_was_closing_B3()
    {
        var world = new World();
        var one = world.Open(1, 4000);
        world.Open(2, 6000);
        Assert.Equal([1], world.ExpiredAfter(4000));
        world.Milliseconds += 1999;
        world.Expiry.Begin(world.Sessions, world.Now);
        Assert.False(world.Expiry.IsClosing(one));
        Assert.Empty(world.ExpiredAfter(3999));
        Assert.Equal([1], world.ExpiredAfter(1));
        Assert.Equal([2], world.ExpiredAfter(2000));
    }

    [Fact]
    public void A_late_host_delays_every_deadline_by_as_much_B3()
    {
        var world = new World();
        world.Open(1, 4000);
        world.Open(2, 30_000);
        world.Milliseconds += 1000 + 20_000;     // awaited at 1,000, came 20,000 later
        world.Expiry.Late(TimeSpan.FromSeconds(20), world.Now);
        Assert.Empty(world.Expired());
        Assert.Empty(world.ExpiredAfter(2999));
        Assert.Equal([1], world.ExpiredAfter(1));
        Assert.Empty(world.ExpiredAfter(25_999));
        Assert.Equal([2], world.ExpiredAfter(1));
    }

    [Fact]
    public void A_host_late_for_a_sessions_own_deadline_reads_its_mail_before_anybody_is_judged_B3()
    {
        var world = new World();
        var row = world.Open(1, 4000);
        world.Open(2, 4000);
        world.Milliseconds += 4000 + 20_000;     // nothing else was awaited; the pings of the first wait in the mailbox
        world.Expiry.Late(TimeSpan.FromSeconds(20), world.Now);
        Assert.Empty(world.Expired());
        Assert.Equal(world.Now.Instant + Expiry.ReadingMax, world.Expiry.NextDeadline);
        Assert.True(world.Touch(row));
        Assert.Equal([2], world.ExpiredAfter(1000));
        Assert.Empty(world.ExpiredAfter(2999));
        Assert.Equal([1], world.ExpiredAfter(1));
    }

    [Fact]
    public void A_touch_allocates_nothing()
    {
        var world = new World();
        var row = world.Open(1, 4000);
        world.Touch(row);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                world.Touch(row);
        }));
    }

    private enum Act { Wait, Oversleep, Open, Close, Touch, Attach, FirstRequest }

    /// <summary>What is true of a session, whatever the leader may think.</summary>
    private sealed class Truth
    {
        public long Heard, LateAtHeard;
        /// <summary>The timeouts that the owner may believe in.</summary>
        public readonly List<int> Believed = [];
    }

    [Fact]
    public void No_session_is_taken_early_and_none_later_than_its_timeout_and_what_the_host_was_late()
    {
        var act = Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 9], Gen.Int[1, 5000]);
        act.Array[1, 150].Sample(acts =>
        {
            var world = new World();
            var truths = new SortedDictionary<long, (int Row, Truth Truth)>();
            var (next, late, grace, reading) = (1L, 0L, 0L, 0L);
            foreach (var (kind, which, amount) in acts)
            {
                var (row, truth) = truths.Count == 0 ? (0, new Truth()) : truths.Values.ElementAt(which % truths.Count);
                switch (kind)
                {
                    case Act.Wait:
                        Advance(world.Milliseconds + amount);
                        break;
                    case Act.Oversleep:
                        Oversleep(amount);
                        break;
                    case Act.Open:
                        truth = new() { Heard = world.Milliseconds, LateAtHeard = late, Believed = { amount } };
                        truths.Add(next, (world.Open(next, amount), truth));
                        next++;
                        break;
                    case Act.Close when truths.Count > 0:
                        truths.Remove(world.Sessions[row].Id.Value);
                        world.Close(row);
                        break;
                    case Act.Touch when truths.Count > 0:
                        Assert.True(world.Touch(row));
                        (truth.Heard, truth.LateAtHeard) = (world.Milliseconds, late);
                        break;
                    case Act.Attach when truths.Count > 0:
                        world.Attach(row, amount);
                        truth.Believed.Add(amount);
                        (truth.Heard, truth.LateAtHeard) = (world.Milliseconds, late);
                        break;
                    case Act.FirstRequest when truths.Count > 0:
                        Assert.True(world.FirstRequest(row));
                        truth.Believed.RemoveRange(0, truth.Believed.Count - 1);
                        (truth.Heard, truth.LateAtHeard) = (world.Milliseconds, late);
                        break;
                }
            }
            Advance(world.Milliseconds + 1_000_000);
            Assert.Empty(truths);

            void Advance(long until)
            {
                while (world.Expiry.NextDeadline is var deadline && Milliseconds(deadline) <= until)
                {
                    world.Milliseconds = Math.Max(world.Milliseconds, Milliseconds(deadline));
                    Judge();
                }
                world.Milliseconds = Math.Max(world.Milliseconds, until);
            }

            void Oversleep(int amount)
            {
                if (world.Expiry.NextDeadline == Instant.Never)
                    return;
                Advance(Milliseconds(world.Expiry.NextDeadline) - 1);
                if (world.Expiry.NextDeadline == Instant.Never)
                    return;
                var awaited = Milliseconds(world.Expiry.NextDeadline);
                world.Milliseconds = awaited + amount;
                late += amount;
                (grace, reading) = (world.Milliseconds + Math.Min(amount, 1000), world.Milliseconds);
                world.Expiry.Late(TimeSpan.FromMilliseconds(amount), world.Now);
                Judge();
            }

            void Judge()
            {
                var before = truths.Count;
                foreach (var id in world.Expired())
                {
                    var (row, truth) = truths[id];
                    var due = truth.Heard + truth.Believed.Max();
                    Assert.True(world.Milliseconds >= due, "early");
                    var latest = Math.Max(due + late - truth.LateAtHeard, truth.Heard <= grace ? grace : 0);
                    Assert.True(world.Milliseconds <= latest, "late");
                    truths.Remove(id);
                    world.Close(row);
                }
                Assert.True(before == truths.Count || world.Milliseconds != reading, "judged before the mail was read");
            }
        }, iter: 1000);
    }

    private static long Milliseconds(Instant instant) =>
        instant == Instant.Never ? long.MaxValue : instant.Ticks / TimeSpan.TicksPerMillisecond;

    private static Moment At(long milliseconds) => new(new(milliseconds * TimeSpan.TicksPerMillisecond), new(0));
}
