using System.Diagnostics;
using System.Globalization;
using System.Text;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>
/// Three processes, some of which are killed, stopped, suspended: nothing acknowledged is lost, and sessions live on.
/// </summary>
public abstract class TrioTests
{
    private const int Continue = 18, Suspend = 19;
    private const int Timeout = 60_000;

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected abstract Trio Make();

    [Fact(Timeout = 240_000)]
    public async Task Two_of_three_are_killed_nothing_is_acknowledged_meanwhile_and_all_is_there_when_they_are_back()
    {
        await using var trio = Make();
        await trio.Start(Cancel);
        var writers = await Open(trio);
        var writing = writers.Select(writer => writer.Writer.WriteUntilBroken(Cancel)).ToList();
        await Task.Delay(500, Cancel);
        var survivor = trio.Members[1];
        foreach (var victim in trio.Others(survivor))
            await victim.Kill();
        await Task.Delay(1_500, Cancel);
        var acknowledged = writers.Sum(writer => writer.Writer.Acknowledged);
        await Task.Delay(1_500, Cancel);
        Assert.Equal(acknowledged, writers.Sum(writer => writer.Writer.Acknowledged));

        foreach (var victim in trio.Others(survivor))
            victim.Launch();
        foreach (var member in trio.Members)
            await trio.Serves(member, Cancel);
        foreach (var (_, writer) in writers)
            writer.Break();
        await Task.WhenAll(writing);
        foreach (var (home, writer) in writers)
            await writer.Verify(home.Port, Cancel);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_leader_that_was_suspended_neither_acknowledges_nor_answers_with_the_past()
    {
        await using var trio = Make();
        await trio.Start(Cancel);
        var leader = await trio.Leader(Cancel);
        using var old = await RawClient.Connect(leader.Port, Timeout, Cancel);
        Assert.Equal(0, (await old.Create("/x", "1"u8.ToArray(), 0, Cancel)).Error);
        await leader.Signal(Suspend, Cancel);

        var late = Late(old);
        var next = await trio.Leader(Cancel, trio.Others(leader));
        using (var client = await RawClient.Connect(next.Port, Timeout, Cancel))
            Assert.Equal(0, (await client.Set("/x", "2"u8.ToArray(), Cancel)).Error);
        await Task.Delay(1_500, Cancel);
        await leader.Signal(Continue, Cancel);

        // A write that waited may be made later than the other one, under the new leader; a read that was synced sees at least that one.
        var (written, seen) = await late;
        Assert.True(seen is null or "2" or "late", $"a synced read saw {seen}");
        await trio.Serves(leader, Cancel);
        foreach (var member in trio.Members)
        {
            using var client = await RawClient.Connect(member.Port, Timeout, Cancel);
            await client.Sync("/x", Cancel);
            var value = Encoding.ASCII.GetString((await client.Get("/x", Cancel)).Data);
            Assert.True(value == "2" || value == "late", $"/x is {value}");
            Assert.True(!written || value == "late", "an acknowledged write is gone");
        }
    }

    [Theory(Timeout = 180_000)]
    [InlineData("leader")]
    [InlineData("follower")]
    public async Task Kazoo_works_on_while_a_member_is_killed_and_comes_back(string role)
    {
        Tools.NeedKazoo();
        await Watch(role, "/kazoo-failover", endpoints => new(Tools.PythonWithKazoo!)
        {
            ArgumentList = { "-B", Script.PathOf("failover.py"), endpoints },
        });
    }

    [Theory(Timeout = 180_000)]
    [InlineData("leader")]
    [InlineData("follower")]
    public async Task The_Java_client_works_on_while_a_member_is_killed_and_comes_back(string role)
    {
        Tools.NeedCurator();
        string[] jars = [$"{Tools.JarFolder}/zookeeper.jar", $"{Tools.JarFolder}/slf4j-nop.jar"];
        await Watch(role, "/java-failover", endpoints => new(Tools.Java!)
        {
            ArgumentList = { "-XX:TieredStopAtLevel=1", "-cp", string.Join(':', jars), Script.PathOf("Failover.java"), endpoints },
        });
    }

    /// <summary>Runs a client that knows all members; kills one when it is ready, brings it back, and hears the verdict.</summary>
    private async Task Watch(string role, string root, Func<string, ProcessStartInfo> command)
    {
        await using var trio = Make();
        await trio.Start(Cancel);
        var verdict = Script.RunToVerdict(command(trio.Endpoints), Cancel);
        var leader = await trio.Leader(Cancel);
        using (var client = await RawClient.Connect(leader.Port, Timeout, Cancel))
            while (!verdict.IsCompleted && (await client.Exists(root + "/ready", Cancel)).Error != 0)
                await Task.Delay(20, Cancel);
        var victim = role == "leader" ? leader : trio.Others(leader)[0];
        await Task.Delay(200, Cancel);
        await victim.Kill();
        await trio.Leader(Cancel, trio.Others(victim));
        await Task.Delay(1_000, Cancel);
        victim.Launch();
        await trio.Serves(victim, Cancel);
        using (var client = await RawClient.Connect(victim.Port, Timeout, Cancel))
            Assert.Equal(0, (await client.Create(root + "/over", [], 0, Cancel)).Error);
        await verdict;
    }

    /// <summary>Asks the suspended leader to write and, behind that, for a read that is up to date; null for what it did not answer.</summary>
    private static async Task<(bool Written, string? Seen)> Late(RawClient client)
    {
        var written = false;
        try
        {
            written = (await client.Set("/x", "late"u8.ToArray(), Cancel)).Error == 0;
            if ((await client.Sync("/x", Cancel)).Error != 0)
                return (written, null);
            return (written, Encoding.ASCII.GetString((await client.Get("/x", Cancel)).Data));
        }
        catch (IOException)
        {
            return (written, null);
        }
    }

    private protected static async Task<List<(ServerProcess Home, Writer Writer)>> Open(Trio trio)
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        var writers = new List<(ServerProcess, Writer)>();
        foreach (var home in trio.Members)
        {
            var writer = new Writer($"/w{writers.Count}", Timeout, new Random(seed + writers.Count));
            await writer.Open(home.Port, Cancel);
            writers.Add((home, writer));
        }
        return writers;
    }
}

/// <summary>Quorate's ensemble, of which more is asked: whoever is connected to a member that goes on stays connected.</summary>
public sealed class TrioOfQuorate : TrioTests
{
    private const int Terminate = 15;

    [Theory(Timeout = 240_000)]
    [InlineData("leader")]
    [InlineData("follower")]
    public Task A_member_is_killed_and_comes_back_and_clients_of_the_others_stay_connected(string role) =>
        EndAndComeBack(role, static victim => victim.Kill());

    [Theory(Timeout = 240_000)]
    [InlineData("leader")]
    [InlineData("follower")]
    public Task A_member_stops_in_order_and_comes_back_and_clients_of_the_others_stay_connected(string role) =>
        EndAndComeBack(role, static async victim =>
        {
            await victim.Signal(Terminate, Cancel);
            var stopping = Stopwatch.StartNew();
            Assert.Equal(0, await victim.End(Cancel));
            Assert.InRange(stopping.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        });

    private async Task EndAndComeBack(string role, Func<ServerProcess, Task> end)
    {
        await using var trio = Make();
        await trio.Start(Cancel);
        var leader = await trio.Leader(Cancel);
        var victim = role == "leader" ? leader : trio.Others(leader)[0];
        var writers = await Open(trio);
        for (var round = 0; round < 3; round++)
        {
            var writing = writers.Select(writer => writer.Writer.WriteUntilBroken(Cancel)).ToList();
            await Task.Delay(300, Cancel);
            await end(victim);
            var others = trio.Others(victim);
            await trio.Leader(Cancel, others);
            var before = writers.Select(writer => writer.Writer.Acknowledged).ToList();
            await Task.Delay(500, Cancel);
            for (var i = 0; i < writers.Count; i++)
                if (writers[i].Home != victim)
                    Assert.True(writers[i].Writer.Acknowledged > before[i] && !writing[i].IsCompleted,
                        $"the client of {writers[i].Home.Endpoint} {(writing[i].IsCompleted ? "was disconnected" : "has no answer")}");
            foreach (var (_, writer) in writers)
                writer.Break();
            await Task.WhenAll(writing);
            foreach (var (_, writer) in writers)
                await writer.Verify(others[round % 2].Port, Cancel);

            victim.Launch();
            await trio.Serves(victim, Cancel);
            foreach (var (home, writer) in writers)
            {
                writer.Break();
                await writer.Verify(home.Port, Cancel);
            }
            victim = role == "leader" ? await trio.Leader(Cancel) : trio.Others(await trio.Leader(Cancel))[0];
        }
    }

    private protected override Trio Make() => Trio.Make(static settings => new QuorateProcess(settings));
}
