using System.Text;
using Quorate.Client;
using Quorate.Tests.Foreign;
using Quorate.Tests.ZooClients;

namespace Quorate.Tests.Recipes;

/// <summary>A subtree kept at hand, at Quorate and at ZooKeeper.</summary>
public abstract class TreeCacheTests : TwoServers
{
    private protected TreeCacheTests(IServerFixture fixture)
        : base(fixture) { }

    private static byte[] Bytes(int value) => Encoding.ASCII.GetBytes($"{value}");

    private static async Task<TreeSnapshot> Until(TreeCache cache, Func<TreeSnapshot, bool> isReached)
    {
        await foreach (var snapshot in cache.Snapshots(Cancel))
            if (isReached(snapshot))
                return snapshot;
        throw new InvalidOperationException("the cache ended");
    }

    [Fact]
    public async Task It_holds_everything_below_a_path_and_follows_changes()
    {
        await using var client = await Connect();
        foreach (var path in (string[])["/t", "/t/a", "/t/a/x", "/t/b", "/tt"])
            await client.CreateAsync(path, Encoding.UTF8.GetBytes(path), cancellation: Cancel);
        await using var connection = Connection();
        await using var cache = await TreeCache.OpenAsync(connection, "/t", cancellation: Cancel);
        var first = cache.Snapshot;
        Assert.True(first.IsOneMoment);
        Assert.Equal(["/t", "/t/a", "/t/a/x", "/t/b"], first.Paths);
        Assert.Equal(["a", "b"], first.Children("/t"));
        Assert.Equal("/t/a/x", Encoding.UTF8.GetString(first["/t/a/x"]!));
        await client.SetDataAsync("/t/b", "new"u8.ToArray(), cancellation: Cancel);
        await client.CreateAsync("/t/c", cancellation: Cancel);
        await client.DeleteAsync("/t/a/x", cancellation: Cancel);
        var last = await Until(cache, snapshot => snapshot["/t/a/x"] is null);
        Assert.Equal(["Removed /t/a/x", "Changed /t/b", "Added /t/c"], last.Since(first).Select(change => $"{change.Kind} {change.Path}"));
        Assert.NotNull(first["/t/a/x"]);
    }

    [Fact]
    public async Task Changes_are_told_and_end_when_it_is_disposed()
    {
        await using var client = await Connect();
        await using var connection = Connection();
        await using var cache = await TreeCache.OpenAsync(connection, "/late", cancellation: Cancel);
        Assert.Equal(0, cache.Snapshot.Count);
        var seen = new List<string>();
        var changes = cache.Changes(Cancel).GetAsyncEnumerator(Cancel);
        var next = changes.MoveNextAsync();
        await client.CreateAsync("/late", cancellation: Cancel);
        for (var number = 0; number < 3; number++)
        {
            Assert.True(await next);
            seen.Add($"{changes.Current.Kind} {changes.Current.Path}");
            next = changes.MoveNextAsync();
            await client.CreateAsync($"/late/{number}", cancellation: Cancel);
        }
        Assert.Equal(["Added /late", "Added /late/0", "Added /late/1"], seen);
        await cache.DisposeAsync();
        while (await next)
            next = changes.MoveNextAsync();
    }

    [Fact]
    public async Task A_depth_keeps_out_what_is_further_below()
    {
        await using var client = await Connect();
        await client.CreateAsync("/d", cancellation: Cancel);
        await client.CreateAsync("/d/a", cancellation: Cancel);
        await client.CreateAsync("/d/a/x", cancellation: Cancel);
        await using var connection = Connection();
        await using var cache = await TreeCache.OpenAsync(connection, "/d", depth: 1, Cancel);
        Assert.Equal(["/d", "/d/a"], cache.Snapshot.Paths);
        await client.CreateAsync("/d/a/y", cancellation: Cancel);
        await client.CreateAsync("/d/b", cancellation: Cancel);
        Assert.Equal(["/d", "/d/a", "/d/b"], (await Until(cache, snapshot => snapshot.Count > 2)).Paths);
    }

    [Fact]
    public async Task What_changed_while_there_was_no_connection_is_found_afterwards()
    {
        await using var client = await Connect();
        await client.CreateAsync("/t", cancellation: Cancel);
        foreach (var name in (string[])["gone", "changed", "same"])
            await client.CreateAsync($"/t/{name}", cancellation: Cancel);
        var transport = new FrailTransport(new TcpTransport());
        await using var connection = new QuorateConnection(Options with { Transport = transport });
        await using var cache = await TreeCache.OpenAsync(connection, "/t", cancellation: Cancel);
        var session = connection.Current!.Session;
        transport.Cut();
        await client.DeleteAsync("/t/gone", cancellation: Cancel);
        await client.SetDataAsync("/t/changed", "x"u8.ToArray(), cancellation: Cancel);
        await client.CreateAsync("/t/new", cancellation: Cancel);
        transport.Mend();
        var found = await Until(cache, snapshot => snapshot["/t/new"] is not null);
        Assert.Equal(["/t", "/t/changed", "/t/new", "/t/same"], found.Paths);
        Assert.Equal("x", Encoding.UTF8.GetString(found["/t/changed"]!));
        Assert.Equal(session, connection.Current!.Session);
    }

    /// <summary>
    /// Two znodes are always changed together, while connections break: no snapshot that claims to be one moment may show them apart.
    /// </summary>
    [Fact]
    public async Task A_snapshot_is_one_moment_of_the_tree()
    {
        const int Last = 300;
        await using var client = await Connect();
        await client.Transaction().Create("/pair").Create("/pair/a", Bytes(0)).Create("/pair/b", Bytes(0)).CommitAsync(Cancel);
        var transport = new FrailTransport(new TcpTransport());
        await using var connection = new QuorateConnection(Options with { Transport = transport });
        await using var cache = await TreeCache.OpenAsync(connection, "/pair", cancellation: Cancel);
        var reading = Until(cache, snapshot =>
        {
            if (snapshot.IsOneMoment)
                Assert.Equal(snapshot["/pair/a"], snapshot["/pair/b"]);
            return snapshot["/pair/b"].AsSpan().SequenceEqual(Bytes(Last));
        });
        for (var value = 1; value <= Last; value++)
        {
            await client.Transaction().SetData("/pair/a", Bytes(value)).SetData("/pair/b", Bytes(value)).CommitAsync(Cancel);
            if (value % 100 == 50)
                transport.Cut();
            if (value % 100 == 60)
                transport.Mend();
        }
        await reading;
    }

    [Fact]
    public async Task A_root_that_may_not_be_read_is_said()
    {
        await using var owner = await Connect();
        await owner.AddAuthAsync("digest", "me:secret"u8.ToArray(), Cancel);
        await owner.CreateAsync("/mine", acl: AclRule.Creator, cancellation: Cancel);
        await using var connection = Connection();
        await Assert.ThrowsAsync<NoAuthException>(() => TreeCache.OpenAsync(connection, "/mine", cancellation: Cancel));
    }
}

public sealed class TreeCacheAtQuorate(QuorateFixture fixture) : TreeCacheTests(fixture), IClassFixture<QuorateFixture>;

public sealed class TreeCacheAtZooKeeper(ZooKeeperFixture fixture) : TreeCacheTests(fixture), IClassFixture<ZooKeeperFixture>;
