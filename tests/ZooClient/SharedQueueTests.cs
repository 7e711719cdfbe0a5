using System.Diagnostics;
using Quorate.Client;
using Quorate.Kernel.Recipes;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.ZooClients;

/// <summary>
/// Queues in which a program of Curator's or kazoo's stands as well: each waits for the other, in both orders, at Quorate and at ZooKeeper.
/// </summary>
public abstract class SharedQueueTests : TwoServers
{
    private protected SharedQueueTests(IServerFixture fixture)
        : base(fixture) { }

    [Theory]
    [InlineData("election", "election")]
    [InlineData("lock", "lock")]
    [InlineData("write", "write")]
    [InlineData("write", "read")]
    [InlineData("read", "write")]
    public async Task With_kazoo(string theirs, string ours)
    {
        Tools.NeedKazoo();
        // A reader of kazoo's waits for the last writer, be it behind; so one that waits for a writer ahead must have none behind it.
        await TakeTurns(QueueLayout.Kazoo, ours, isFollowed: theirs != "read", (server, path) => new(Tools.PythonWithKazoo!)
        {
            ArgumentList = { "-B", Script.PathOf("queue_holder.py"), server, theirs, path },
        });
    }

    [Theory]
    [InlineData("election", "election")]
    [InlineData("lock", "lock")]
    [InlineData("write", "write")]
    [InlineData("write", "read")]
    [InlineData("read", "write")]
    public async Task With_Curator(string theirs, string ours)
    {
        Tools.NeedCurator();
        string[] jars = [$"{Tools.JarFolder}/curator-recipes.jar", $"{Tools.JarFolder}/zookeeper.jar", $"{Tools.JarFolder}/slf4j-nop.jar"];
        await TakeTurns(QueueLayout.Curator, ours, isFollowed: true, (server, path) => new(Tools.Java!)
        {
            ArgumentList = { "-XX:TieredStopAtLevel=1", "-cp", string.Join(':', jars), Script.PathOf("QueueHolder.java"), server, theirs,
                path },
        });
    }

    private async Task TakeTurns(QueueLayout layout, string kind, bool isFollowed, Func<string, string, ProcessStartInfo> command)
    {
        await using var client = await ZooClient.ConnectAsync(Options with { ConnectionString = Server }, Cancel);
        var path = "/queue-" + Guid.NewGuid().ToString("N");
        var script = Script.RunToVerdict(command(Server, path), Cancel);

        // They hold, and ours waits behind them.
        await Until(async () => await client.ExistsAsync(path + "-held-1", Cancel) is not null, script);
        var waiting = Take(client, path, kind, layout);
        await Until(async () => (await client.GetChildrenAsync(path, Cancel)).Names.Count == 2, script);
        Assert.False(waiting.IsCompleted);
        await client.CreateAsync(path + "-leave-1", cancellation: Cancel);
        var ours = await waiting;
        Assert.True(ours.MayAct);

        // Ours holds, and they wait behind it, and another of ours behind them.
        await Until(async () => (await client.GetChildrenAsync(path, Cancel)).Names.Count == 2, script);
        var next = isFollowed ? Take(client, path, kind, layout) : null;
        await Until(async () => (await client.GetChildrenAsync(path, Cancel)).Names.Count == (isFollowed ? 3 : 2), script);
        Assert.Null(await client.ExistsAsync(path + "-held-2", Cancel));
        await ours.DisposeAsync();
        await Until(async () => await client.ExistsAsync(path + "-held-2", Cancel) is not null, script);
        Assert.NotEqual(true, next?.IsCompleted);
        await client.CreateAsync(path + "-leave-2", cancellation: Cancel);
        if (next is not null)
            await (await next).DisposeAsync();
        await script;
    }

    private static async Task<Tenure> Take(ZooClient client, string path, string kind, QueueLayout layout)
    {
        var options = new QueueOptions { Layout = layout };
        return kind switch
        {
            "election" => await client.Elect(path, options).Won(Cancel),
            "lock" => await client.Lock(path, options).Acquire(cancellation: Cancel),
            "read" => await client.ReadWriteLock(path, options).Read(cancellation: Cancel),
            _ => await client.ReadWriteLock(path, options).Write(cancellation: Cancel),
        };
    }

    /// <summary>Waits until something is so, or the script has failed.</summary>
    private static async Task Until(Func<Task<bool>> holds, Task script)
    {
        while (!await holds())
        {
            if (script.IsFaulted)
                await script;
            await Task.Delay(20, Cancel);
        }
    }
}

public sealed class SharedQueuesAtQuorate(QuorateFixture fixture) : SharedQueueTests(fixture), IClassFixture<QuorateFixture>;

public sealed class SharedQueuesAtZooKeeper(ZooKeeperFixture fixture) : SharedQueueTests(fixture), IClassFixture<ZooKeeperFixture>;
