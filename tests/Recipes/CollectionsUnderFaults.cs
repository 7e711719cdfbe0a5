using System.Globalization;
using System.Text;
using Quorate.Client;
using Quorate.Hosts.Memory;
using Quorate.Kernel.Wire;
using Quorate.Tests.ZooClients;

namespace Quorate.Tests.Recipes;

/// <summary>Counter, queue, barriers, groups and cached subtrees while members are killed, paused and cut off, and sessions end.</summary>
public class CollectionsUnderFaults
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static ZooClientOptions At(MemoryEnsemble ensemble) => new()
    {
        ConnectionString = "member-1,member-2,member-3",
        Transport = new MemoryTransport(ensemble),
        SessionTimeout = TimeSpan.FromSeconds(30),
    };

    private static Task<ZooClient> Connect(MemoryEnsemble ensemble) => ZooClient.ConnectAsync(At(ensemble), Cancel);

    private static byte[] Bytes(int value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Kills one member after the other, each when a step has been made, until the work is done.</summary>
    private static async Task Trouble(MemoryEnsemble ensemble, Task work)
    {
        for (var round = 0; !work.IsCompleted; round++)
        {
            var member = ensemble.Members[round % ensemble.Members.Count];
            member.Kill();
            await Task.WhenAny(work, Task.Delay(30, Cancel));
            member.Restart();
            await Task.WhenAny(work, Task.Delay(300, Cancel));
        }
        await work;
    }

    [Fact]
    public async Task A_counter_says_which_additions_it_does_not_know_of()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await Connect(ensemble);
        var (known, unknown) = (0, 0);
        async Task Add()
        {
            var counter = new SharedCounter(client, "/n");
            for (var i = 0; i < 100; i++)
                try
                {
                    await counter.AddAsync(1, Cancel);
                    Interlocked.Increment(ref known);
                }
                catch (UnknownOutcomeException)
                {
                    Interlocked.Increment(ref unknown);
                }
                catch (ConnectionLossException)
                {
                    // Nothing was added.
                }
        }
        await Trouble(ensemble, Task.WhenAll([Add(), Add(), Add()]));
        await using var reader = await Connect(ensemble);
        Assert.InRange(await new SharedCounter(reader, "/n").GetAsync(Cancel), known, known + unknown);
    }

    [Fact]
    public async Task A_queue_hands_nothing_out_twice_and_loses_only_what_it_says()
    {
        const int Items = 60;
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await Connect(ensemble);
        for (var i = 0; i < Items; i++)
            await new DistributedQueue(client, "/q").EnqueueAsync(Bytes(i), Cancel);
        var unknown = 0;
        async Task<List<int>> Take()
        {
            await using var taker = await Connect(ensemble);
            var (queue, taken) = (new DistributedQueue(taker, "/q"), new List<int>());
            while (true)
                try
                {
                    if (await queue.TryDequeueAsync(Cancel) is not { } item)
                        return taken;
                    taken.Add(int.Parse(item, CultureInfo.InvariantCulture));
                }
                catch (UnknownOutcomeException)
                {
                    Interlocked.Increment(ref unknown);
                }
        }
        Task<List<int>>[] takers = [Take(), Take(), Take()];
        await Trouble(ensemble, Task.WhenAll(takers));
        List<int> all = [.. takers.SelectMany(taker => taker.Result)];
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.InRange(all.Count, Items - unknown, Items);
    }

    [Fact]
    public async Task Who_waits_at_a_barrier_waits_on_when_its_member_falls_over()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await Connect(ensemble);
        await new DistributedBarrier(client, "/gate").RaiseAsync(Cancel);
        await using var waiter = await Connect(ensemble);
        var waiting = new DistributedBarrier(waiter, "/gate").WaitAsync(Cancel);
        foreach (var member in ensemble.Members)
        {
            member.Kill();
            Assert.NotNull(await Persistence.Persist(() => waiter.ExistsAsync("/gate", Cancel)));
            member.Restart();
        }
        Assert.False(waiting.IsCompleted);
        await Persistence.Persist(async () =>
        {
            await client.DeleteAsync("/gate", cancellation: Cancel);
            return true;
        });
        await waiting;
    }

    [Fact]
    public async Task A_double_barrier_holds_while_members_fall_over()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        var meetings = new Meetings(parties: 3, rounds: 10);
        async Task Meet()
        {
            await using var client = await Connect(ensemble);
            await meetings.Attend(client, Cancel);
        }
        await Trouble(ensemble, Task.WhenAll([Meet(), Meet(), Meet()]));
    }

    [Fact]
    public async Task Who_waits_for_an_item_gets_one_although_those_in_front_lost_their_sessions()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await Connect(ensemble);
        await using var front = await Connect(ensemble);
        await using var behind = await Connect(ensemble);
        var lost = new DistributedQueue(front, "/q").DequeueAsync(Cancel);
        while ((await client.ExistsAsync("/q/line", Cancel))?.NumChildren is not 1)
            await Task.Delay(5, Cancel);
        var waiting = new DistributedQueue(behind, "/q").DequeueAsync(Cancel);
        ensemble.ExpireSession(front.Session.Value);
        await Assert.ThrowsAsync<SessionExpiredException>(() => lost);
        await new DistributedQueue(client, "/q").EnqueueAsync(Bytes(7), Cancel);
        Assert.Equal(Bytes(7), await waiting);
    }

    [Fact]
    public async Task Who_waits_goes_on_waiting_when_somebody_removes_the_watch()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await Connect(ensemble);
        await using var other = await Connect(ensemble);
        var gate = new DistributedBarrier(other, "/gate");
        await gate.RaiseAsync(Cancel);
        var through = new DistributedBarrier(client, "/gate").WaitAsync(Cancel);
        await Unwatch(client, "/gate", through);
        await gate.LiftAsync(Cancel);
        await through;

        var taking = new DistributedQueue(client, "/q").DequeueAsync(Cancel);
        await Unwatch(client, "/q/items", taking);
        await new DistributedQueue(other, "/q").EnqueueAsync(Bytes(7), Cancel);
        Assert.Equal(Bytes(7), await taking);

        var (one, two) = (new DistributedDoubleBarrier(client, "/meet", 2), new DistributedDoubleBarrier(other, "/meet", 2));
        var entering = one.EnterAsync(Cancel);
        await Unwatch(client, "/meet/ready", entering);
        await Task.WhenAll(entering, two.EnterAsync(Cancel));
        var leaving = one.LeaveAsync(Cancel);
        await Unwatch(client, "/meet/ready", leaving);
        await Task.WhenAll(leaving, two.LeaveAsync(Cancel));
    }

    /// <summary>Removes the watch that somebody waits with, and the one that he sets then.</summary>
    private static async Task Unwatch(ZooClient client, string path, Task waiting)
    {
        for (var removed = 0; removed < 2;)
            try
            {
                await client.RemoveWatchesAsync(path, WatcherType.Any, Cancel);
                removed++;
            }
            catch (NoWatcherException)
            {
                Assert.False(waiting.IsCompleted);
                await Task.Delay(5, Cancel);
            }
    }

    [Fact]
    public async Task An_item_that_is_being_taken_when_the_taker_gives_up_is_handed_out()
    {
        const int StatBytes = 68;
        using var given = new CancellationTokenSource();
        var server = new PlayedServer
        {
            Answer = (xid, op) =>
            {
                if (op == OpCode.Delete)
                    given.Cancel();   // too late: the request is on its way
                var reply = PlayedServer.Reply(xid);
                return op switch
                {
                    OpCode.GetChildren2 => reply.Int(1).Text("item-0000000000").Raw(new byte[StatBytes]).ToArray(),
                    OpCode.GetData => reply.Buffer(Bytes(7)).Raw(new byte[StatBytes]).ToArray(),
                    _ => reply.ToArray(),
                };
            },
        };
        var options = new ZooClientOptions { ConnectionString = "played", Transport = server };
        await using var client = await ZooClient.ConnectAsync(options, Cancel);
        Assert.Equal(Bytes(7), await new DistributedQueue(client, "/q").DequeueAsync(given.Token));
    }

    [Fact]
    public async Task A_member_whose_session_ended_is_in_the_group_again()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        var wire = new FrailTransport(new MemoryTransport(ensemble));
        await using var one = new QuorateConnection(At(ensemble) with { Transport = wire });
        await using var other = new QuorateConnection(At(ensemble));
        await using var first = await GroupMembership.JoinAsync(one, "/g", "first", cancellation: Cancel);
        await using var second = await GroupMembership.JoinAsync(other, "/g", "second", cancellation: Cancel);
        wire.Cut();   // so that it is not back before anybody has looked
        ensemble.ExpireSession(one.Current!.Session.Value);
        await Until(second, "second");
        wire.Mend();
        await Until(second, "first", "second");
    }

    private static async Task Until(GroupMembership group, params string[] names)
    {
        await foreach (var members in group.Changes(Cancel))
            if (members.Select(member => member.Name).SequenceEqual(names))
                return;
        Assert.Fail("the group ended");
    }

    [Fact]
    public async Task A_cached_subtree_is_right_after_its_member_was_cut_off_and_after_its_session_ended()
    {
        using var ensemble = MemoryEnsemble.Start(members: 3);
        await using var client = await Connect(ensemble);
        await client.CreateAsync("/t", cancellation: Cancel);
        await using var connection = new QuorateConnection(At(ensemble));
        await using var cache = await TreeCache.OpenAsync(connection, "/t", cancellation: Cancel);
        for (var round = 0; round < 6; round++)
        {
            if (round % 2 == 0)
                ensemble.Partition(round / 2 + 1);
            else
                ensemble.ExpireSession((await connection.GetAsync(Cancel)).Session.Value);
            var value = Bytes(round);
            await Persistence.Persist(() => client.SetDataAsync("/t", value, cancellation: Cancel));
            ensemble.Heal();
            await foreach (var snapshot in cache.Snapshots(Cancel))
                if (snapshot["/t"].AsSpan().SequenceEqual(value))
                    break;
        }
    }

    [Fact]
    public async Task A_cached_subtree_that_is_told_more_than_it_can_read_reads_anew()
    {
        const int Last = 200;
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await Connect(ensemble);
        await client.CreateAsync("/t", cancellation: Cancel);
        await using var connection = new QuorateConnection(At(ensemble) with { EventsMax = 2 });
        await using var cache = await TreeCache.OpenAsync(connection, "/t", cancellation: Cancel);
        await Task.WhenAll(Enumerable.Range(0, Last + 1).Select(i => client.SetDataAsync("/t", Bytes(i), cancellation: Cancel).AsTask()));
        await foreach (var snapshot in cache.Snapshots(Cancel))
            if (snapshot["/t"].AsSpan().SequenceEqual(Bytes(Last)))
                break;
    }

    [Fact]
    public async Task Who_gives_up_while_no_server_is_there_leaves_nothing_behind()
    {
        using var ensemble = MemoryEnsemble.Start();
        await using var client = await Connect(ensemble);
        await using var other = await Connect(ensemble);
        await new DistributedQueue(other, "/q").EnqueueAsync(Bytes(1), Cancel);
        await new DistributedQueue(other, "/q").DequeueAsync(Cancel);
        ensemble.Members[0].Pause();
        using var patience = new CancellationTokenSource();
        var entering = new DistributedDoubleBarrier(client, "/meet", 2, "gone").EnterAsync(patience.Token);
        var waiting = new DistributedQueue(client, "/q").DequeueAsync(patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => entering);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        ensemble.Members[0].Resume();
        await client.SyncAsync(Cancel);
        while ((await other.GetEphemeralsAsync("/", Cancel)).Count + (await client.GetEphemeralsAsync("/", Cancel)).Count > 0)
            await Task.Delay(5, Cancel);
    }
}
