using System.Globalization;
using System.Text;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>
/// Three processes, of which some are killed, stopped, suspended and come back: nothing acknowledged is lost, sessions live on, and a client
/// of a member that goes on stays connected. Nothing is asked about how long anything takes.
/// </summary>
public sealed class TrioTests
{
    private const int Continue = 18, Suspend = 19;
    private const int Timeout = 60_000;

    private static readonly TimeSpan ThreeElectionTimeouts = TimeSpan.FromMilliseconds(3 * 500);

    [Fact(Timeout = 300_000)]
    public Task A_member_is_killed_and_comes_back_and_clients_of_the_others_stay_connected() =>
        EndAndComeBack(static (victim, _) => victim.Kill(), TestContext.Current.CancellationToken);

    [Fact(Timeout = 300_000)]
    public Task A_member_is_stopped_and_comes_back_and_clients_of_the_others_stay_connected() =>
        EndAndComeBack(static async (victim, cancel) => Assert.Equal(0, await victim.Terminate(cancel)), TestContext.Current.CancellationToken);

    [Theory(Timeout = 300_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_of_three_end_nothing_is_acknowledged_meanwhile_and_all_is_there_when_they_are_back(bool areKilled)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OfQuorate();
        await LoseTwo(trio, areKilled, isConnectionKept: true, cancel);
    }

    /// <summary>The test itself against an ensemble that is known to keep its word, though it hangs up on clients when it has no leader.</summary>
    [Fact(Timeout = 300_000)]
    public async Task ZooKeeper_passes_the_loss_of_two_as_well()
    {
        Tools.NeedZooKeeper();
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OfZooKeeper();
        await LoseTwo(trio, areKilled: true, isConnectionKept: false, cancel);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leader_that_was_suspended_neither_acknowledges_nor_answers_with_the_past(bool linearizableReads)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var trio = Trio.OfQuorate(("quorate.linearizableReads", linearizableReads ? "true" : "false"));
        await trio.Start(cancel);
        var old = await trio.Leader(cancel);
        using var writing = await RawClient.Connect(old.Port, Timeout, cancel);
        using var reading = await RawClient.Connect(old.Port, Timeout, cancel);
        Assert.Equal(0, (await writing.Create("/x", "1"u8.ToArray(), 0, cancel)).Error);
        await old.Signal(Suspend, cancel);

        var next = await trio.Leader(cancel, trio.Others(old));
        using (var client = await RawClient.Connect(next.Port, Timeout, cancel))
            Assert.Equal(0, (await client.Set("/x", "2"u8.ToArray(), cancel)).Error);
        // What waits for the old leader when it wakes up was asked after the others had acknowledged that write.
        var write = writing.Set("/x", "3"u8.ToArray(), cancel);
        var read = linearizableReads ? Value(reading, cancel) : SyncedValue(reading, cancel);
        await Task.Delay(ThreeElectionTimeouts, cancel);
        Assert.False(write.IsCompleted || read.IsCompleted);
        await old.Signal(Continue, cancel);

        Assert.True(await read is "2" or "3", "the past was read");
        // It is made under the new leader: an old one that had made it by itself would find it taken back.
        Assert.Equal(0, (await write).Error);
        foreach (var member in trio.Members)
        {
            await trio.Serves(member, cancel);
            using var client = await RawClient.Connect(member.Port, Timeout, cancel);
            Assert.Equal("3", await SyncedValue(client, cancel));
        }
    }

    private static async Task EndAndComeBack(Func<ServerProcess, CancellationToken, Task> end, CancellationToken cancel)
    {
        await using var trio = Trio.OfQuorate();
        await trio.Start(cancel);
        var writers = await Open(trio, cancel);
        foreach (var isLeader in (bool[])[true, false, true])
        {
            var leader = await trio.Leader(cancel);
            var victim = isLeader ? leader : trio.Others(leader)[0];
            var others = trio.Others(victim);
            foreach (var (home, writer) in writers)
                await writer.Verify(home.Port, cancel);
            var writing = writers.Select(writer => writer.Writer.WriteUntilBroken(cancel)).ToList();
            await GoesOn(trio, writers, writing, trio.Members, cancel);
            await end(victim, cancel);
            await GoesOn(trio, writers, writing, others, cancel);
            await trio.Restart(victim, cancel);
            await GoesOn(trio, writers, writing, others, cancel);
            foreach (var (_, writer) in writers)
                writer.Break();
            await Task.WhenAll(writing);
            // Each session goes on at another member, and all that it was told is there.
            foreach (var (home, writer) in writers)
                await writer.Verify(trio.Others(home)[0].Port, cancel);
        }
    }

    private static async Task LoseTwo(Trio trio, bool areKilled, bool isConnectionKept, CancellationToken cancel)
    {
        await trio.Start(cancel);
        var writers = await Open(trio, cancel);
        var survivor = trio.Members[1];
        using var waiting = await RawClient.Connect(survivor.Port, Timeout, cancel);
        var writing = writers.Select(writer => writer.Writer.WriteUntilBroken(cancel)).ToList();
        await GoesOn(trio, writers, writing, trio.Members, cancel);
        if (areKilled)
            await Task.WhenAll(trio.Others(survivor).Select(static victim => victim.Kill()));
        else
            Assert.All(await Task.WhenAll(trio.Others(survivor).Select(victim => victim.Terminate(cancel))), static code => Assert.Equal(0, code));
        var late = Acknowledged(waiting.Create("/late", [], 0, cancel));
        await trio.Until(async () => await survivor.Mode(cancel) is null, "a member without the others serves no more", cancel);
        await Task.Delay(ThreeElectionTimeouts, cancel);
        Assert.False(isConnectionKept && late.IsCompleted, "the survivor has answered, or hung up");

        foreach (var victim in trio.Others(survivor))
            victim.Launch();
        foreach (var member in trio.Members)
            await trio.Serves(member, cancel);
        if (isConnectionKept)
        {
            Assert.True(await late, "the survivor's client was disconnected");
            await GoesOn(trio, writers, writing, [survivor], cancel);
        }
        foreach (var (_, writer) in writers)
            writer.Break();
        await Task.WhenAll(writing);
        foreach (var (home, writer) in writers)
            await writer.Verify(home.Port, cancel);
    }

    /// <summary>Waits until the clients of some members have been acknowledged a few more writes, without having been disconnected.</summary>
    private static async Task GoesOn(
        Trio trio, List<(ServerProcess Home, Writer Writer)> writers, List<Task> writing, IEnumerable<ServerProcess> homes, CancellationToken cancel)
    {
        const int AFew = 20;
        var enough = writers.ConvertAll(static writer => writer.Writer.Acknowledged + AFew);
        for (var i = 0; i < writers.Count; i++)
        {
            var (home, writer) = writers[i];
            if (!homes.Contains(home))
                continue;
            await trio.Until(() => writing[i].IsCompleted || writer.Acknowledged >= enough[i], $"the client of {home.Endpoint} is answered", cancel);
            if (writing[i].IsCompleted)
                await writing[i];
            Assert.False(writing[i].IsCompleted, $"the client of {home.Endpoint} was disconnected");
        }
    }

    private static async Task<bool> Acknowledged(Task<RawReply> call)
    {
        try
        {
            return (await call).Error == 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task<string> SyncedValue(RawClient client, CancellationToken cancel)
    {
        Assert.Equal(0, (await client.Sync("/x", cancel)).Error);
        return await Value(client, cancel);
    }

    private static async Task<string> Value(RawClient client, CancellationToken cancel) =>
        Encoding.ASCII.GetString((await client.Get("/x", cancel)).Data);

    private static async Task<List<(ServerProcess Home, Writer Writer)>> Open(Trio trio, CancellationToken cancel)
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        var writers = new List<(ServerProcess, Writer)>();
        foreach (var home in trio.Members)
        {
            var writer = new Writer($"/w{writers.Count}", Timeout, new Random(seed + writers.Count));
            await writer.Open(home.Port, cancel);
            writers.Add((home, writer));
        }
        return writers;
    }
}
