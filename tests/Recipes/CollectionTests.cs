using System.Globalization;
using System.Text;
using Quorate.Client;
using Quorate.Tests.Foreign;
using Quorate.Tests.ZooClients;

namespace Quorate.Tests.Recipes;

/// <summary>Counter, queue, barriers and groups, at Quorate and at ZooKeeper.</summary>
public abstract class CollectionTests : TwoServers
{
    private protected CollectionTests(IServerFixture fixture)
        : base(fixture) { }

    private static byte[] Bytes(int value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static int Number(byte[] data) => int.Parse(data, CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_counter_loses_no_addition()
    {
        await using var one = await Connect();
        await using var other = await Connect();
        var sums = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => new SharedCounter(i % 2 == 0 ? one : other, "/c/n").AddAsync(1, Cancel)));
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), sums.Order());
        var counter = new SharedCounter(one, "/c/n");
        Assert.False(await counter.TrySetAsync(39, 7, Cancel));
        Assert.True(await counter.TrySetAsync(40, -7, Cancel));
        Assert.Equal(-7, await counter.GetAsync(Cancel));
        Assert.Equal("-7", Encoding.ASCII.GetString((await other.GetDataAsync("/c/n", Cancel)).Data));
    }

    [Fact]
    public async Task What_is_no_number_is_not_counted_on()
    {
        await using var client = await Connect();
        await client.CreateAsync("/words", "many"u8.ToArray(), cancellation: Cancel);
        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => new SharedCounter(client, "/words").AddAsync(1, Cancel));
        Assert.Contains("/words", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("many", refusal.Message, StringComparison.Ordinal);
        await new SharedCounter(client, "/max").AddAsync(long.MaxValue, Cancel);
        await Assert.ThrowsAsync<OverflowException>(() => new SharedCounter(client, "/max").AddAsync(1, Cancel));
    }

    [Fact]
    public async Task A_queue_hands_out_what_came_first_first()
    {
        await using var client = await Connect();
        var queue = new DistributedQueue(client, "/queue");
        Assert.Null(await queue.TryDequeueAsync(Cancel));
        for (var i = 0; i < 5; i++)
            await queue.EnqueueAsync(Bytes(i), Cancel);
        Assert.Equal(5, await queue.CountAsync(Cancel));
        for (var i = 0; i < 5; i++)
            Assert.Equal(i, Number(await queue.DequeueAsync(Cancel)));
        Assert.Null(await queue.TryDequeueAsync(Cancel));
    }

    [Fact]
    public async Task Everything_in_a_queue_goes_to_one_of_those_who_wait()
    {
        await using var producer = await Connect();
        await using var one = await Connect();
        await using var other = await Connect();
        var takers = Enumerable.Range(0, 6).Select(async i =>
        {
            var queue = new DistributedQueue(i % 2 == 0 ? one : other, "/queue");
            var taken = new List<int>();
            while (Number(await queue.DequeueAsync(Cancel)) is var item && item >= 0)
                taken.Add(item);
            return taken;
        }).ToArray();
        var source = new DistributedQueue(producer, "/queue");
        for (var i = 0; i < 30; i++)
            await source.EnqueueAsync(Bytes(i), Cancel);
        for (var i = 0; i < takers.Length; i++)
            await source.EnqueueAsync(Bytes(-1), Cancel);
        var all = await Task.WhenAll(takers);
        Assert.Equal(Enumerable.Range(0, 30), all.SelectMany(taken => taken).Order());
    }

    [Fact]
    public async Task Who_gives_up_waiting_makes_room_for_the_next_in_line()
    {
        await using var client = await Connect();
        await using var other = await Connect();
        using var patience = new CancellationTokenSource();
        var first = new DistributedQueue(client, "/queue").DequeueAsync(patience.Token);
        while ((await other.ExistsAsync("/queue/line", Cancel))?.NumChildren is not 1)
            await Task.Delay(5, Cancel);
        var second = new DistributedQueue(other, "/queue").DequeueAsync(Cancel);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await new DistributedQueue(other, "/queue").EnqueueAsync(Bytes(7), Cancel);
        Assert.Equal(7, Number(await second));
    }

    [Fact]
    public async Task A_barrier_opens_for_all_and_for_nothing_but_its_lifting()
    {
        await using var client = await Connect();
        await using var other = await Connect();
        var barrier = new DistributedBarrier(client, "/gates/one");
        await barrier.WaitAsync(Cancel);
        Assert.True(await barrier.RaiseAsync(Cancel));
        Assert.False(await barrier.RaiseAsync(Cancel));
        var waiting = Enumerable.Range(0, 4).Select(_ => new DistributedBarrier(other, "/gates/one").WaitAsync(Cancel)).ToArray();
        for (var i = 0; i < 5; i++)
        {
            await client.SetDataAsync("/gates/one", Bytes(i), cancellation: Cancel);
            await other.SyncAsync(Cancel);
        }
        Assert.DoesNotContain(waiting, waiter => waiter.IsCompleted);
        Assert.True(await barrier.LiftAsync(Cancel));
        await Task.WhenAll(waiting);
        Assert.False(await barrier.LiftAsync(Cancel));
    }

    [Fact]
    public async Task A_double_barrier_lets_all_in_and_all_out_together_round_after_round()
    {
        ZooClient[] clients = [await Connect(), await Connect(), await Connect()];
        var meetings = new Meetings(clients.Length, rounds: 4);
        await Task.WhenAll(clients.Select(client => meetings.Attend(client, Cancel)));
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task A_double_barrier_waits_whatever_else_happens_and_who_gives_up_is_not_counted()
    {
        await using var client = await Connect();
        await using var other = await Connect();
        using var patience = new CancellationTokenSource();
        var gone = new DistributedDoubleBarrier(client, "/meet", 2, "gone").EnterAsync(patience.Token);
        while (await other.ExistsAsync("/meet/gone", Cancel) is null)
            await Task.Delay(5, Cancel);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        while (await other.ExistsAsync("/meet/gone", Cancel) is not null)
            await Task.Delay(5, Cancel);
        var first = new DistributedDoubleBarrier(client, "/meet", 2, "first").EnterAsync(Cancel);
        while (await other.ExistsAsync("/meet/first", Cancel) is null)
            await Task.Delay(5, Cancel);
        for (var i = 0; i < 5; i++)
        {
            await other.SetDataAsync("/meet/first", Bytes(i), cancellation: Cancel);
            await other.SetDataAsync("/meet", Bytes(i), cancellation: Cancel);
        }
        await client.SyncAsync(Cancel);
        Assert.False(first.IsCompleted);
        await Assert.ThrowsAsync<NodeExistsException>(() => new DistributedDoubleBarrier(other, "/meet", 2, "first").EnterAsync(Cancel));
        await Task.WhenAll(first, new DistributedDoubleBarrier(other, "/meet", 2, "second").EnterAsync(Cancel));
        foreach (var name in (string[])["ready", "a/b", "", ".."])
            Assert.Throws<ArgumentException>(() => new DistributedDoubleBarrier(client, "/meet", 2, name));
    }

    [Fact]
    public async Task A_party_that_vanishes_inside_keeps_nobody_from_leaving_nor_the_next_round_from_beginning()
    {
        await using var client = await Connect();
        var other = await Connect();
        var barrier = new DistributedDoubleBarrier(client, "/meet", 2);
        await Task.WhenAll(barrier.EnterAsync(Cancel), new DistributedDoubleBarrier(other, "/meet", 2).EnterAsync(Cancel));
        var leaving = barrier.LeaveAsync(Cancel);
        await other.DisposeAsync();
        await leaving;
        await using var third = await Connect();
        await Task.WhenAll(barrier.EnterAsync(Cancel), new DistributedDoubleBarrier(third, "/meet", 2).EnterAsync(Cancel));
    }

    [Fact]
    public async Task Members_of_a_group_know_each_other()
    {
        await using var one = Connection();
        await using var other = Connection();
        await using var first = await GroupMembership.JoinAsync(one, "/groups/g", "first", Bytes(1), Cancel);
        var second = await GroupMembership.JoinAsync(other, "/groups/g", "second", Bytes(2), Cancel);
        await foreach (var members in first.Changes(Cancel))
            if (members.Select(member => member.Name).SequenceEqual(["first", "second"]))
                break;
        Assert.Equal(2, Number(first.Members[1].Data));
        await second.DisposeAsync();
        await foreach (var members in first.Changes(Cancel))
            if (members.Select(member => member.Name).SequenceEqual(["first"]))
                break;
        await Assert.ThrowsAsync<ArgumentException>(() => GroupMembership.JoinAsync(one, "/groups/g", "a/b", default, Cancel));
    }
}

public sealed class CollectionsAtQuorate(QuorateFixture fixture) : CollectionTests(fixture), IClassFixture<QuorateFixture>;

public sealed class CollectionsAtZooKeeper(ZooKeeperFixture fixture) : CollectionTests(fixture), IClassFixture<ZooKeeperFixture>;
