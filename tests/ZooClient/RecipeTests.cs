using System.Text;
using Quorate.Client;
using Quorate.Kernel.Recipes;
using Quorate.Kernel.Wire;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.ZooClients;

/// <summary>Elections and locks over TCP: the same tests against Quorate and against the real ZooKeeper.</summary>
public abstract class RecipeTests : TwoServers
{
    private readonly bool _pongsConfirm;

    private protected RecipeTests(IServerFixture fixture, bool pongsConfirm)
        : base(fixture) => _pongsConfirm = pongsConfirm;

    [Fact]
    public async Task Candidates_come_into_office_in_their_order_and_tokens_grow()
    {
        await using var first = await Connect();
        await using var second = await Connect();
        await using var elections = first.Elect("/jobs/batch/master");
        await using var others = second.Elect("/jobs/batch/master");
        var master = await elections.Won(Cancel);
        Assert.True(master.MayAct);
        Assert.Equal(_pongsConfirm, first.ArePongsConfirmed);
        Assert.Same(master, await elections.Won(Cancel));
        var waiting = others.Won(Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(() => others.Won(Cancel));
        Assert.True(master.Deadline > first.Now);
        await master.DisposeAsync();
        Assert.False(master.MayAct);
        Assert.True(master.Ended.IsCancellationRequested);
        var next = await waiting;
        Assert.True(next.FencingToken > master.FencingToken);
        Assert.Equal(next.FencingToken, (await second.ExistsAsync(next.Path, Cancel))!.Value.Czxid);
        Assert.Equal(Ending.Released, master.Ending);
    }

    [Fact]
    public async Task What_a_deposed_holder_writes_under_guard_is_refused()
    {
        await using var client = await Connect();
        await using var other = await Connect();
        await client.CreateAsync("/result", cancellation: Cancel);
        await using var election = client.Elect("/master");
        var master = await election.Won(Cancel);
        await master.Transaction().SetData("/result", "1"u8.ToArray()).CommitAsync(Cancel);
        await other.DeleteAsync(master.Path, cancellation: Cancel);
        var refused = await Assert.ThrowsAsync<TransactionFailedException>(
            () => master.Transaction().SetData("/result", "2"u8.ToArray()).CommitAsync(Cancel));
        Assert.Equal(0, refused.Failed);
        Assert.Equal("1", Encoding.UTF8.GetString((await other.GetDataAsync("/result", Cancel)).Data));
        await master.Ended.WhenFired();
        Assert.Equal((Ending.Deleted, false), (master.Ending, master.MayAct));
        Assert.True((await election.Won(Cancel)).FencingToken > master.FencingToken);
    }

    [Fact]
    public async Task A_lock_is_held_by_one_at_a_time_in_the_order_of_asking()
    {
        await using var first = await Connect();
        await using var second = await Connect();
        var held = await first.Lock("/report").Acquire(cancellation: Cancel);
        var order = new List<int>();
        var waiting = new List<Task>();
        for (var i = 0; i < 4; i++)
        {
            waiting.Add(Use(i % 2 == 0 ? second : first, i));
            await Until(async () => (await first.GetChildrenAsync("/report", Cancel)).Names.Count == waiting.Count + 1);
        }
        await held.DisposeAsync();
        await Task.WhenAll(waiting);
        Assert.Equal([0, 1, 2, 3], order);

        async Task Use(ZooClient client, int number)
        {
            await using var hold = await client.Lock("/report").Acquire(cancellation: Cancel);
            Assert.True(hold.MayAct);
            order.Add(number);
        }
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_nothing_behind()
    {
        await using var client = await Connect();
        var gate = client.Lock("/report");
        await using var held = await gate.Acquire(cancellation: Cancel);
        var late = await Assert.ThrowsAsync<TimeoutException>(() => gate.Acquire(TimeSpan.FromMilliseconds(50), Cancel));
        Assert.Contains("/report", late.Message, StringComparison.Ordinal);
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var waiting = gate.Acquire(cancellation: impatience.Token);
        await Until(async () => (await client.GetChildrenAsync("/report", Cancel)).Names.Count >= 2);
        await impatience.CancelAsync();
        var given = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(impatience.Token, given.CancellationToken);
        await Until(async () => (await client.GetChildrenAsync("/report", Cancel)).Names.Count == 1);
        Assert.True(held.MayAct);
    }

    [Fact]
    public async Task Readers_share_and_writers_do_not()
    {
        await using var client = await Connect();
        var gate = client.ReadWriteLock("/table");
        var first = await gate.Read(cancellation: Cancel);
        var second = await gate.Read(cancellation: Cancel);
        var writer = gate.Write(cancellation: Cancel);
        await Until(async () => (await client.GetChildrenAsync("/table", Cancel)).Names.Count == 3);
        var third = gate.Read(cancellation: Cancel);   // behind the writer
        await first.DisposeAsync();
        Assert.False(writer.IsCompleted);
        await second.DisposeAsync();
        var hold = await writer;
        Assert.False(third.IsCompleted);
        await hold.DisposeAsync();
        await (await third).DisposeAsync();
    }

    [Fact]
    public async Task A_semaphore_lets_its_number_in()
    {
        await using var client = await Connect();
        var gate = client.Semaphore("/lanes", places: 2);
        var first = await gate.Acquire(cancellation: Cancel);
        var second = await gate.Acquire(cancellation: Cancel);
        var third = gate.Acquire(cancellation: Cancel);
        await Assert.ThrowsAsync<TimeoutException>(() => gate.Acquire(TimeSpan.FromMilliseconds(50), Cancel));
        Assert.False(third.IsCompleted);
        await second.DisposeAsync();
        await using var hold = await third;
        Assert.True(first.MayAct && hold.MayAct);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task An_office_is_kept_by_doing_nothing()
    {
        await using var client = await Connect(TimeSpan.FromSeconds(10));
        await using var election = client.Elect("/master");
        var master = await election.Won(Cancel);
        var deadline = master.Deadline;
        await Task.Delay(client.SessionTimeout * 1.2, Cancel);
        Assert.True(master.MayAct);
        Assert.True(master.Deadline > deadline);
    }

    [Fact]
    public async Task With_its_client_everything_ends()
    {
        var client = await Connect();
        await using var other = await Connect();
        var gate = client.Lock("/report");
        var held = await gate.Acquire(cancellation: Cancel);
        var waiting = gate.Acquire(cancellation: Cancel);
        await client.DisposeAsync();
        Assert.False(held.MayAct);
        await held.Ended.WhenFired();
        await Assert.ThrowsAsync<SessionExpiredException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => gate.Acquire(cancellation: Cancel));
        await held.DisposeAsync();
        await using var next = await other.Lock("/report").Acquire(cancellation: Cancel);
        Assert.True(next.FencingToken > held.FencingToken);
    }

    [Fact]
    public async Task What_the_service_refuses_is_told_with_the_path()
    {
        await using var client = await Connect();
        await client.CreateAsync("/mine", kind: ZnodeKind.Ephemeral, cancellation: Cancel);
        var refused = await Assert.ThrowsAsync<NoChildrenForEphemeralsException>(() => client.Lock("/mine").Acquire(cancellation: Cancel));
        Assert.Equal("/mine", refused.Path);
        Assert.Throws<ArgumentException>(() => client.Lock("/"));
        Assert.Throws<ArgumentException>(() => client.Elect("master"));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.Lock("/x").Acquire(TimeSpan.FromSeconds(-1), Cancel));
    }

    [Fact]
    public async Task An_election_that_is_disposed_stands_no_more()
    {
        await using var client = await Connect();
        await using var first = client.Elect("/master");
        var master = await first.Won(Cancel);
        var second = client.Elect("/master");
        var waiting = second.Won(Cancel);
        await second.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second.Won(Cancel));
        await first.DisposeAsync();
        Assert.Equal((Ending.Released, false), (master.Ending, master.MayAct));
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        while (!await holds())
            await Task.Delay(10, Cancel);
    }
}

public sealed class RecipesAtQuorate(QuorateFixture fixture) : RecipeTests(fixture, pongsConfirm: true), IClassFixture<QuorateFixture>;

public sealed class RecipesAtZooKeeper(ZooKeeperFixture fixture) : RecipeTests(fixture, pongsConfirm: false), IClassFixture<ZooKeeperFixture>;

internal static class Firing
{
    /// <summary>Done when a token has fired.</summary>
    public static async Task WhenFired(this CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(fired.SetResult);
        await fired.Task.WaitAsync(TestContext.Current.CancellationToken);
    }
}
