using System.Text;
using Quorate.Client;
using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.ZooClients;

/// <summary>The .NET client over TCP: the same tests against Quorate and against the real ZooKeeper.</summary>
public abstract class ZooClientTests : TwoServers
{
    private protected ZooClientTests(IServerFixture fixture)
        : base(fixture) { }

    [Fact]
    public async Task Creates_reads_sets_and_deletes()
    {
        await using var client = await Connect();
        var made = await client.CreateAsync("/a", "one"u8.ToArray(), cancellation: Cancel);
        Assert.Equal("/a", made.Path);
        var (data, stat) = await client.GetDataAsync("/a", Cancel);
        Assert.Equal("one", Encoding.UTF8.GetString(data));
        Assert.Equal(0, stat.Version);
        Assert.Equal(1, (await client.SetDataAsync("/a", "two"u8.ToArray(), stat.Version, Cancel)).Version);
        await Assert.ThrowsAsync<BadVersionException>(async () => await client.SetDataAsync("/a", default, stat.Version, Cancel));
        await client.CreateAsync("/a/b", cancellation: Cancel);
        Assert.Equal(["b"], (await client.GetChildrenAsync("/a", Cancel)).Names);
        Assert.Equal(1, await client.CountDescendantsAsync("/a", Cancel));
        await Assert.ThrowsAsync<NotEmptyException>(async () => await client.DeleteAsync("/a", cancellation: Cancel));
        await client.DeleteAsync("/a/b", cancellation: Cancel);
        await client.DeleteAsync("/a", cancellation: Cancel);
        Assert.Null(await client.ExistsAsync("/a", Cancel));
        await client.SyncAsync(Cancel);
    }

    [Fact]
    public async Task Errors_have_types_and_carry_the_path()
    {
        await using var client = await Connect();
        var missing = await Assert.ThrowsAsync<NoNodeException>(async () => await client.GetDataAsync("/none", Cancel));
        Assert.Equal(("/none", ErrorCode.NoNode, OpCode.GetData), (missing.Path, missing.Code, missing.Operation));
        await client.CreateAsync("/x", cancellation: Cancel);
        var twice = await Assert.ThrowsAsync<NodeExistsException>(async () => await client.CreateAsync("/x", cancellation: Cancel));
        Assert.Equal("/x", twice.Path);
        var orphan = await Assert.ThrowsAsync<NoNodeException>(async () => await client.CreateAsync("/none/x", cancellation: Cancel));
        Assert.Contains("parent", orphan.Message, StringComparison.Ordinal);
        await client.CreateAsync("/e", kind: ZnodeKind.Ephemeral, cancellation: Cancel);
        await Assert.ThrowsAsync<NoChildrenForEphemeralsException>(async () => await client.CreateAsync("/e/x", cancellation: Cancel));
        await Assert.ThrowsAsync<InvalidAclException>(async () => await client.SetAclAsync("/x", [], cancellation: Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.SetAclAsync("/x", [default], cancellation: Cancel));
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.GetDataAsync("x", Cancel));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await client.CreateAsync("/x", kind: ZnodeKind.PersistentTtl, cancellation: Cancel));
    }

    [Fact]
    public async Task Sequential_and_ephemeral_znodes()
    {
        await using var watcher = await Connect();
        await watcher.CreateAsync("/q", cancellation: Cancel);
        await using (var client = await Connect())
        {
            Assert.Equal(
                "/q/n-0000000000", (await client.CreateAsync("/q/n-", kind: ZnodeKind.EphemeralSequential, cancellation: Cancel)).Path);
            var second = await client.CreateAsync("/q/n-", kind: ZnodeKind.EphemeralSequential, cancellation: Cancel);
            Assert.Equal("/q/n-0000000001", second.Path);
            Assert.Equal(client.Session, second.Stat.EphemeralOwner);
            Assert.Equal(2, (await client.GetEphemeralsAsync("/q", Cancel)).Count);
        }
        await watcher.SyncAsync(Cancel);
        Assert.Empty((await watcher.GetChildrenAsync("/q", Cancel)).Names);
    }

    [Fact]
    public async Task Requests_are_pipelined_in_order()
    {
        await using var client = await Connect();
        await client.CreateAsync("/n", cancellation: Cancel);
        var writes = Enumerable.Range(0, 500)
            .Select(i => client.SetDataAsync("/n", BitConverter.GetBytes(i), i, Cancel).AsTask()).ToArray();
        var stats = await Task.WhenAll(writes);
        Assert.Equal(Enumerable.Range(1, 500), stats.Select(stat => stat.Version));
        var reads = Enumerable.Range(0, 2000).Select(_ => client.GetDataAsync("/n", Cancel).AsTask()).ToArray();
        Assert.All(await Task.WhenAll(reads), read => Assert.Equal(499, BitConverter.ToInt32(read.Data)));
    }

    [Fact]
    public async Task A_transaction_is_all_or_nothing()
    {
        await using var client = await Connect();
        var results = await client.Transaction().Create("/t", "x"u8.ToArray()).Create("/t/s-", kind: ZnodeKind.PersistentSequential)
            .SetData("/t", "y"u8.ToArray(), 0).Check("/t", 1).CommitAsync(Cancel);
        Assert.Equal(["/t", "/t/s-0000000000", null, null], results.Select(result => result.Path));
        Assert.Equal(1, results[2].Stat!.Value.Version);
        var failure = await Assert.ThrowsAsync<TransactionFailedException>(() =>
            client.Transaction().SetData("/t", "z"u8.ToArray()).Delete("/none").Create("/u").CommitAsync(Cancel));
        Assert.Equal(1, failure.Failed);
        Assert.IsType<NoNodeException>(failure.Problem);
        Assert.Equal("/none", failure.Path);
        Assert.Equal("y", Encoding.UTF8.GetString((await client.GetDataAsync("/t", Cancel)).Data));
        Assert.Null(await client.ExistsAsync("/u", Cancel));
    }

    [Fact]
    public async Task One_shot_watches_tell_of_the_first_change()
    {
        await using var client = await Connect();
        await using var other = await Connect();
        var (before, created) = await client.WatchExistsAsync("/w", Cancel);
        Assert.Null(before);
        await other.CreateAsync("/w", cancellation: Cancel);
        Assert.Equal(WatchEvent.NodeCreated, (await created.WaitAsync(Cancel)).Kind);
        var data = await client.WatchDataAsync("/w", Cancel);
        var children = await client.WatchChildrenAsync("/w", Cancel);
        await other.SetDataAsync("/w", "1"u8.ToArray(), cancellation: Cancel);
        Assert.Equal((WatchEvent.NodeDataChanged, "/w"), ((await data.Changed.WaitAsync(Cancel)).Kind, (await data.Changed).Path));
        Assert.False(children.Changed.IsCompleted);
        await other.CreateAsync("/w/c", cancellation: Cancel);
        Assert.Equal(WatchEvent.NodeChildrenChanged, (await children.Changed.WaitAsync(Cancel)).Kind);
    }

    [Fact]
    public async Task Lasting_watches_tell_of_every_change_until_they_are_disposed()
    {
        await using var client = await Connect();
        await using var other = await Connect();
        await other.CreateAsync("/r", cancellation: Cancel);
        await using var watch = await client.WatchAsync("/r", isRecursive: true, Cancel);
        await other.CreateAsync("/r/a", cancellation: Cancel);
        await other.CreateAsync("/r/a/b", cancellation: Cancel);
        await other.SetDataAsync("/r/a/b", default, cancellation: Cancel);
        await other.DeleteAsync("/r/a/b", cancellation: Cancel);
        var seen = new List<string>();
        await foreach (var change in watch.WithCancellation(Cancel))
        {
            seen.Add($"{change.Kind} {change.Path}");
            if (seen.Count == 4)
                break;
        }
        Assert.Equal(["NodeCreated /r/a", "NodeCreated /r/a/b", "NodeDataChanged /r/a/b", "NodeDeleted /r/a/b"], seen);
    }

    [Fact]
    public async Task Identities_open_what_is_theirs()
    {
        await using var owner = await Connect();
        await using var stranger = await Connect();
        await owner.AddAuthAsync("digest", "me:secret"u8.ToArray(), Cancel);
        await owner.CreateAsync("/mine", "s"u8.ToArray(), acl: AclRule.Creator, cancellation: Cancel);
        await Assert.ThrowsAsync<NoAuthException>(async () => await stranger.GetDataAsync("/mine", Cancel));
        var acl = await owner.GetAclAsync("/mine", Cancel);
        Assert.Equal("digest", Assert.Single(acl.Entries).Scheme);
        await owner.SetAclAsync("/mine", AclRule.ReadOnly, acl.Stat.Aversion, Cancel);
        Assert.Equal("s", Encoding.UTF8.GetString((await stranger.GetDataAsync("/mine", Cancel)).Data));
        Assert.Contains(new ZooIdentity("digest", "me"), await owner.WhoAmIAsync(Cancel));
    }

    [Fact]
    public async Task A_session_that_was_closed_refuses_what_comes_after()
    {
        var client = await Connect();
        var watch = await client.WatchAsync("/", cancellation: Cancel);
        var once = await client.WatchExistsAsync("/never", Cancel);
        await client.DisposeAsync();
        Assert.Equal(SessionState.Closed, await client.Ended.WaitAsync(Cancel));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await client.GetDataAsync("/", Cancel));
        await Assert.ThrowsAsync<SessionExpiredException>(() => once.Changed);
        await Assert.ThrowsAsync<SessionExpiredException>(async () =>
        {
            await foreach (var _ in watch)
                Assert.Fail("an event of a session that is over");
        });
        await watch.DisposeAsync();
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Giving_up_waiting_leaves_the_rest_alone()
    {
        await using var client = await Connect();
        using var source = new CancellationTokenSource();
        var reads = Enumerable.Range(0, 200).Select(i => client.ExistsAsync("/", i % 2 == 0 ? source.Token : Cancel).AsTask()).ToArray();
        await source.CancelAsync();
        for (var i = 0; i < reads.Length; i++)
            if (i % 2 == 1)
                Assert.NotNull(await reads[i]);
            else
                Assert.True(await Task.WhenAny(reads[i]) is { IsFaulted: false });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.ExistsAsync("/", source.Token));
    }

    [Fact]
    public async Task Containers_and_znodes_that_live_for_a_time()
    {
        await using var client = await Connect();
        var container = await client.CreateAsync("/container", kind: ZnodeKind.Container, cancellation: Cancel);
        await client.CreateAsync("/container/c", cancellation: Cancel);
        await client.DeleteAsync("/container/c", cancellation: Cancel);
        var brief = await client.CreateAsync(
            "/brief-", kind: ZnodeKind.PersistentSequentialTtl, timeToLive: TimeSpan.FromMilliseconds(1), cancellation: Cancel);
        Assert.Equal("/brief-0000000001", brief.Path);
        foreach (var path in (string[])[container.Path, brief.Path])
            while (await client.WatchExistsAsync(path, Cancel) is { Value: not null } seen)
                Assert.Equal(WatchEvent.NodeDeleted, (await seen.Changed.WaitAsync(Cancel)).Kind);
    }

    [Fact]
    public async Task Several_reads_in_one_request_have_outcomes_of_their_own()
    {
        await using var client = await Connect();
        await client.CreateAsync("/m", "one"u8.ToArray(), cancellation: Cancel);
        await client.CreateAsync("/m/c", cancellation: Cancel);
        var read = await client.Reading().GetData("/m").GetChildren("/m").GetData("/none").GetChildren("/m/c").ReadAsync(Cancel);
        Assert.Equal("one", Encoding.UTF8.GetString(read[0].Data));
        Assert.Equal(1, read[0].Stat.NumChildren);
        Assert.Equal(["c"], read[1].Children);
        Assert.Equal((ErrorCode.NoNode, "/none", OpCode.GetData), (read[2].Error, read[2].Path, read[2].Operation));
        Assert.Equal("/none", Assert.Throws<NoNodeException>(() => read[2].Data).Path);
        Assert.Empty(read[3].Children);
        Assert.Empty(await client.Reading().ReadAsync(Cancel));
    }

    [Fact]
    public async Task Watches_can_be_asked_after_and_removed()
    {
        await using var client = await Connect();
        await client.CreateAsync("/w", cancellation: Cancel);
        Assert.False(await client.HasWatchAsync("/w", WatcherType.Data, Cancel));
        var data = await client.WatchDataAsync("/w", Cancel);
        var children = await client.WatchChildrenAsync("/w", Cancel);
        Assert.True(await client.HasWatchAsync("/w", WatcherType.Data, Cancel));
        await client.RemoveWatchesAsync("/w", WatcherType.Data, Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => data.Changed.WaitAsync(Cancel));
        Assert.False(children.Changed.IsCompleted);
        var lasting = await client.WatchAsync("/v", cancellation: Cancel);
        await client.RemoveWatchesAsync("/v", WatcherType.Any, Cancel);
        await foreach (var _ in lasting.WithCancellation(Cancel))
            Assert.Fail("an event of a watch that was removed");
        await lasting.DisposeAsync();
        await Assert.ThrowsAsync<NoWatcherException>(async () => await client.RemoveWatchesAsync("/v", WatcherType.Any, Cancel));
        var disposed = await client.WatchAsync("/u", isRecursive: true, Cancel);
        Assert.True(await client.HasWatchAsync("/u", WatcherType.Any, Cancel));
        await disposed.DisposeAsync();
        Assert.False(await client.HasWatchAsync("/u", WatcherType.Any, Cancel));
    }

    [Fact]
    public async Task Callbacks_are_told_in_order()
    {
        await using var client = await Connect();
        await using var other = await Connect();
        var seen = new List<string>();
        var done = new TaskCompletionSource();
        await using var watch = await client.WatchAsync("/c", change =>
        {
            seen.Add($"{change.Kind} {change.Path}");
            if (change.Kind == WatchEvent.NodeDeleted)
                done.TrySetResult();
        }, cancellation: Cancel);
        await other.CreateAsync("/c", cancellation: Cancel);
        for (var i = 0; i < 100; i++)
            await other.SetDataAsync("/c", default, cancellation: Cancel);
        await other.DeleteAsync("/c", cancellation: Cancel);
        await done.Task.WaitAsync(Cancel);
        Assert.Equal(["NodeCreated /c", .. Enumerable.Repeat("NodeDataChanged /c", 100), "NodeDeleted /c"], seen);
    }

    [Fact]
    public async Task The_members_are_told_and_one_server_alone_changes_none()
    {
        await using var client = await Connect();
        Assert.InRange((await client.GetConfigAsync(Cancel)).Servers.Count, 0, 1);
        var refusal = await Assert.ThrowsAsync<ZooException>(async () => await client.ReconfigAsync(new() { Leaving = [7] }, Cancel));
        Assert.Equal(ErrorCode.Unimplemented, refusal.Code);
    }

    [Fact]
    public async Task A_chroot_that_does_not_exist_is_named()
    {
        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => ZooClient.ConnectAsync(Server + "/no/such", Cancel));
        Assert.Contains("/no/such", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("CreateChroot", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_too_long_is_refused_here_and_costs_nothing()
    {
        await using var client = await Connect();
        var refusal = await Assert.ThrowsAsync<RequestTooLongException>(
            async () => await client.CreateAsync("/big", new byte[2 << 20], cancellation: Cancel));
        Assert.Contains("FrameBytes", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await client.ExistsAsync("/big", Cancel));
    }
}

public sealed class ZooClientAtQuorate(QuorateFixture fixture) : ZooClientTests(fixture), IClassFixture<QuorateFixture>;

public sealed class ZooClientAtZooKeeper(ZooKeeperFixture fixture) : ZooClientTests(fixture), IClassFixture<ZooKeeperFixture>;
