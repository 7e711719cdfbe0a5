using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

public class MailboxTests
{
    private readonly record struct Letter(int Number, int Weight) : IWeighed;

    private readonly Letter[] _taken = new Letter[8];

    [Fact]
    public void Letters_are_taken_in_order_and_as_many_as_asked_for()
    {
        var box = new Mailbox<Letter>(100, 1000);
        for (var i = 0; i < 40; i++)
            box.PutUrgent(new(i, 0));
        for (var i = 0; i < 40; i += 8)
        {
            Assert.Equal(8, box.Take(_taken, TimeSpan.Zero));
            Assert.Equal(i, _taken[0].Number);
            Assert.Equal(i + 7, _taken[7].Number);
        }
        Assert.Equal(0, box.Take(_taken, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(4, 1000)]
    [InlineData(100, 40)]
    public async Task A_full_box_holds_putters_until_half_of_it_is_free(int capacity, int weightMax)
    {
        var box = new Mailbox<Letter>(capacity, weightMax);
        for (var i = 0; i < 4; i++)
            Assert.True(await box.Put(new(i, 10)));
        var fifth = box.Put(new(4, 10)).AsTask();
        Assert.False(fifth.IsCompleted);

        Assert.Equal(1, box.Take(new Letter[1], TimeSpan.Zero));
        Assert.False(fifth.IsCompleted);
        Assert.Equal(1, box.Take(new Letter[1], TimeSpan.Zero));
        Assert.True(await fifth);
    }

    [Fact]
    public void What_is_urgent_passes_the_bound()
    {
        var box = new Mailbox<Letter>(1, 1);
        Assert.True(box.PutUrgent(new(1, 5)));
        Assert.True(box.PutUrgent(new(2, 5)));
        Assert.Equal(2, box.Take(_taken, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_closed_box_takes_nothing_in_but_gives_out_what_it_has()
    {
        var box = new Mailbox<Letter>(1, 100);
        Assert.True(await box.Put(new(1, 0)));
        var waiting = box.Put(new(2, 0)).AsTask();
        box.Close();
        Assert.False(await waiting);
        Assert.False(await box.Put(new(3, 0)));
        Assert.False(box.PutUrgent(new(4, 0)));
        Assert.Equal(1, box.Take(_taken, TimeSpan.MaxValue));
        Assert.Equal(0, box.Take(_taken, TimeSpan.MaxValue));
    }

    [Fact]
    public async Task A_sleeping_taker_is_woken_by_a_letter()
    {
        var box = new Mailbox<Letter>(100, 100);
        var taker = Task.Run(() => box.Take(_taken, TimeSpan.FromMinutes(1)), TestContext.Current.CancellationToken);
        Assert.True(await box.Put(new(7, 0)));
        Assert.Equal(1, await taker.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_taker_wakes_at_its_deadline_and_not_before()
    {
        var box = new Mailbox<Letter>(100, 100);
        var begun = SystemMoment.Instant();
        Assert.Equal(0, box.Take(_taken, TimeSpan.FromMilliseconds(20)));
        Assert.True(SystemMoment.Instant() - begun >= TimeSpan.FromMilliseconds(19));
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_between_many_putters()
    {
        const int Putters = 8, Each = 2_000;
        var box = new Mailbox<Letter>(16, 1 << 20);
        var putters = Enumerable.Range(0, Putters).Select(p => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
                Assert.True(await box.Put(new(p * Each + i, 1)));
        })).ToArray();
        var next = Enumerable.Range(0, Putters).Select(p => p * Each).ToArray();
        for (var all = 0; all < Putters * Each;)
        {
            var count = box.Take(_taken, TimeSpan.FromSeconds(30));
            Assert.NotEqual(0, count);
            for (var i = 0; i < count; i++)
                Assert.Equal(next[_taken[i].Number / Each]++, _taken[i].Number);
            all += count;
        }
        await Task.WhenAll(putters);
    }
}
