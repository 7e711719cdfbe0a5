using Microsoft.Coyote.Specifications;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Coyote;

[Collection("coyote")]
public class MailboxScenarios
{
    private readonly record struct Letter(int Number) : IWeighed
    {
        public int Weight => 1;
    }

    [Fact]
    public void Every_letter_is_taken_once_and_in_its_putters_order() => Exploration.Holds(PutAndTake);

    [Fact]
    public void A_taker_that_looks_before_it_sleeps_misses_a_letter() => Exploration.Finds(Race.SleepAfterLooking, PutAndTake, "Deadlock");

    [Fact]
    public void Closing_under_load_lets_every_putter_go() => Exploration.Holds(CloseUnderLoad);

    [Fact]
    public void Closing_without_letting_putters_go_is_found() => Exploration.Finds(Race.CloseForgetsPutters, CloseUnderLoad, "Deadlock");

    private static async Task PutAndTake()
    {
        const int Each = 3;
        var box = new Mailbox<Letter>(2, 100);
        var putters = Enumerable.Range(0, 2).Select(putter => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
                Specification.Assert(await box.Put(new(putter * 100 + i)), "an open box refused a letter");
        })).ToArray();

        var next = new[] { 0, 0 };
        var taken = new Letter[4];
        for (var all = 0; all < 2 * Each;)
        {
            var count = box.Take(taken, TimeSpan.MaxValue);
            for (var i = 0; i < count; i++)
                Specification.Assert(taken[i].Number % 100 == next[taken[i].Number / 100]++, "a letter came out of order");
            all += count;
        }
        await Task.WhenAll(putters);
    }

    private static async Task CloseUnderLoad()
    {
        var box = new Mailbox<Letter>(1, 100);
        var accepted = 0;
        var putters = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (await box.Put(new(1)))
                Interlocked.Increment(ref accepted);
        })).ToArray();

        var taken = new Letter[1];
        var found = box.Take(taken, TimeSpan.MaxValue) + box.Take(taken, TimeSpan.MaxValue);
        box.Close();
        await Task.WhenAll(putters);
        while (!box.IsOver)
            found += box.Take(taken, TimeSpan.MaxValue);
        Specification.Assert(found == accepted, "accepted {0}, but found {1}", accepted, found);
    }
}
