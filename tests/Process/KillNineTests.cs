using System.Diagnostics;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>
/// kill -9 at random moments, fifty times: every acknowledged write is there, every session that should live lives, and ephemerals exist
/// exactly as their sessions do.
/// </summary>
public sealed class KillNineTests
{
    private const int Rounds = 50;
    private const int Writers = 4;
    private const int LongTimeout = 60_000;
    private const int ShortTimeout = 5_000;

    private static readonly IReadOnlyDictionary<string, string> Settings = ServerSettings.Patient;

    [Fact(Timeout = 640_000)]
    public async Task Nothing_acknowledged_is_lost_when_the_process_is_killed()
    {
        await using var server = new QuorateProcess(Settings);
        await Storm(server, Rounds, TestContext.Current.CancellationToken);
    }

    /// <summary>The test itself against a server that is known to keep its word; a few rounds, because it starts slowly.</summary>
    [Fact(Timeout = 300_000)]
    public async Task ZooKeeper_passes_the_same_storm()
    {
        Tools.NeedZooKeeper();
        await using var server = new ZooKeeperProcess(Settings);
        await Storm(server, rounds: 3, TestContext.Current.CancellationToken);
    }

    private static async Task Storm(ServerProcess server, int rounds, CancellationToken cancel)
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var dice = new Random(seed);
        var writers = Enumerable.Range(1, Writers).Select(n => new Writer($"/w{n}", LongTimeout, new Random(dice.Next()))).ToList();
        var abandoned = new List<Abandoned>();
        var up = Stopwatch.StartNew();
        await server.Start(cancel);
        foreach (var writer in writers)
            await writer.Open(server.Port, cancel);
        for (var round = 0; round < rounds; round++)
        {
            if (round % 10 == 0)
                abandoned.Add(await Abandoned.Leave(server.Port, $"/abandoned-{round}", ShortTimeout, cancel));
            var writing = writers.Select(writer => writer.WriteUntilBroken(cancel)).ToList();
            await Task.Delay(dice.Next(20, 250), cancel);
            await Writer.Progress(writers, writing, round + 2, cancel);
            await server.Kill();
            await Task.WhenAll(writing);
            abandoned.ForEach(session => session.WasUp(up.Elapsed));
            if (dice.Next(5) == 0)
                await KillWhileStarting(server, dice, cancel);
            up.Restart();
            await RestartAndVerify(server, writers, abandoned, up, cancel);
        }
        Assert.All(writers, writer => Assert.True(writer.Acknowledged > rounds, $"only {writer.Acknowledged} writes in {rounds} rounds"));
        using var observer = await RawClient.Connect(server.Port, LongTimeout, cancel);
        foreach (var session in abandoned)
            await session.VerifyExpires(server.Port, observer, cancel);
    }

    private static async Task KillWhileStarting(ServerProcess server, Random dice, CancellationToken cancel)
    {
        server.Launch();
        await Task.Delay(dice.Next(300), cancel);
        await server.Kill();
    }

    private static async Task RestartAndVerify(
        ServerProcess server, List<Writer> writers, List<Abandoned> abandoned, Stopwatch up, CancellationToken cancel)
    {
        await server.Start(cancel);
        using var observer = await RawClient.Connect(server.Port, LongTimeout, cancel);
        foreach (var session in abandoned)
            await session.VerifyAlive(observer, up, cancel);
        foreach (var writer in writers)
            await writer.Verify(server.Port, cancel);
        await observer.Close(cancel);
    }
}
