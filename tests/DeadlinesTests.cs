using CsCheck;
using Quorate.Kernel.Ground;

namespace Quorate.Tests;

public class DeadlinesTests
{
    private const int Owners = 12;

    [Fact]
    public void Timers_fire_like_a_list_sorted_by_instant_and_owner()
    {
        var operation = Gen.Select(Gen.Int[0, 9], Gen.Int[0, Owners - 1], Gen.Long[0, 20]);
        operation.Array[1, 200].Sample(operations =>
        {
            var deadlines = new Deadlines();
            var model = new SortedSet<(long At, int Owner)>();
            foreach (var (kind, owner, at) in operations)
            {
                if (kind < 7)
                    model.RemoveWhere(timer => timer.Owner == owner);
                if (kind < 5)
                {
                    deadlines.Set(owner, new(at));
                    model.Add((at, owner));
                }
                else if (kind < 7)
                    deadlines.Clear(owner);
                else
                    TakeAll(deadlines, model, at);
                Assert.Equal(model.Count, deadlines.Count);
                Assert.Equal(model.Count == 0 ? Instant.Never : new(model.Min.At), deadlines.Earliest);
            }
            TakeAll(deadlines, model, long.MaxValue - 1);
            Assert.Equal(0, deadlines.Count);
        }, iter: 500);
    }

    [Fact]
    public void Moving_and_clearing_timers_allocates_nothing_once_there_is_room()
    {
        var deadlines = new Deadlines();
        Round();
        Assert.Equal(0, Allocated.By(Round));

        void Round()
        {
            for (var i = 0; i < 100; i++)
                deadlines.Set(i, new(7 * i % 31));
            for (var i = 0; i < 100; i++)
                deadlines.Clear(i);
        }
    }

    private static void TakeAll(Deadlines deadlines, SortedSet<(long At, int Owner)> model, long now)
    {
        while (deadlines.TryTake(new(now), out var owner))
        {
            Assert.True(model.Min.At <= now);
            Assert.Equal(model.Min.Owner, owner);
            model.Remove(model.Min);
        }
        Assert.True(model.Count == 0 || model.Min.At > now);
    }
}
