using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Quorate.Client;

/// <summary>
/// A subtree kept at hand: read once, then followed by one persistent recursive watch, across lost connections and sessions. Nothing is
/// polled. Needs ZooKeeper 3.6 or newer, or Quorate.
/// </summary>
/// <remarks>
/// An event says that a znode has changed, and the znode is read again. A snapshot is made when no event waits and no read is under way:
/// since a server tells a change before it answers any read that sees it, everything was so when it answered the last of these reads. After
/// a connection was lost everything is read anew, behind the watch (S-55): some servers do not tell what was missed.
/// </remarks>
public sealed class TreeCache : IAsyncDisposable
{
    private const int ReadsAtOnce = 256;
    private const int RoundsMax = 16;   // of reading, each followed by further changes, before a snapshot is made of several moments

    private static readonly TimeSpan OverloadPause = TimeSpan.FromMilliseconds(100);

    private static readonly Task<ZnodeChildren> NoChildren = Task.FromResult(new ZnodeChildren([], default));

    private readonly QuorateConnection _connection;
    private readonly int _depth;
    private readonly CancellationTokenSource _disposing = new();
    private readonly TaskCompletionSource<Page> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _life;
    private readonly SortedSet<string> _due = new(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, ZnodeData>.Builder _nodes =
        ImmutableSortedDictionary.CreateBuilder<string, ZnodeData>(StringComparer.Ordinal);
    private Page _page = new(TreeSnapshot.Empty);
    private ZooClient? _followed;   // null while something has to be read anew
    private bool _isAllDue;

    /// <summary>A snapshot, and the way to the next.</summary>
    private sealed class Page(TreeSnapshot snapshot)
    {
        public TreeSnapshot Snapshot => snapshot;

        public TaskCompletionSource<Page> Next { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private TreeCache(QuorateConnection connection, string path, int depth)
    {
        (_connection, Path, _depth) = (connection, path, depth);
        _life = Live();
    }

    /// <summary>Begins to follow a subtree, which need not exist. When the call returns the first snapshot is there.</summary>
    /// <param name="connection">Where it is.</param>
    /// <param name="path">Its root.</param>
    /// <param name="depth">How many levels below the root belong to it: 0 for the root alone, 1 for its children.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArgumentException">The path is none.</exception>
    /// <exception cref="ZooException">A server refused; the message says what.</exception>
    public static async Task<TreeCache> OpenAsync(
        QuorateConnection connection, string path, int depth = int.MaxValue, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentOutOfRangeException.ThrowIfNegative(depth);
        if (ZnodePath.Fault(path) is { } fault)
            throw new ArgumentException($"'{path}' is not a path of a znode: it {fault}.", nameof(path));
        var cache = new TreeCache(connection, path, depth);
        try
        {
            await cache._first.Task.Within(cancellation);
            return cache;
        }
        catch
        {
            await cache.DisposeAsync();
            throw;
        }
    }

    /// <summary>The root.</summary>
    public string Path { get; }

    /// <summary>The newest snapshot.</summary>
    public TreeSnapshot Snapshot => Volatile.Read(ref _page).Snapshot;

    /// <summary>Whether changes are being followed. While the connection is lost <see cref="Snapshot"/> is what was last known.</summary>
    public bool IsCurrent => Volatile.Read(ref _followed) is { State: SessionState.Connected };

    /// <summary>
    /// The newest snapshot, and then always the newest when there is another. Whoever is slow misses those in between, but never the last.
    /// </summary>
    /// <exception cref="ZooException">The subtree cannot be followed any more; the message says why.</exception>
    public async IAsyncEnumerable<TreeSnapshot> Snapshots([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        Page? page = Volatile.Read(ref _page);
        while (page is not null)
        {
            yield return page.Snapshot;
            page = await Newer(page, cancellation);
        }
    }

    /// <summary>What changes from now on, as differences between one snapshot and the next that is read.</summary>
    /// <exception cref="ZooException">The subtree cannot be followed any more; the message says why.</exception>
    public async IAsyncEnumerable<TreeChange> Changes([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var page = Volatile.Read(ref _page);
        while (await Newer(page, cancellation) is { } next)
        {
            foreach (var change in next.Snapshot.Since(page.Snapshot))
                yield return change;
            page = next;
        }
    }

    /// <summary>The newest snapshot, and a task that ends when there is another, or nothing is followed any more.</summary>
    internal (TreeSnapshot Snapshot, Task Changed) Watch()
    {
        var page = Volatile.Read(ref _page);
        return (page.Snapshot, page.Next.Task);
    }

    /// <summary>Follows no more. Whoever reads snapshots or changes comes to their end.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposing.Cancel();
        await _life;
    }

    /// <summary>The newest page after one, when there is one; null at the end.</summary>
    private async Task<Page?> Newer(Page page, CancellationToken cancellation)
    {
        try
        {
            await page.Next.Task.Within(cancellation);
            return Volatile.Read(ref _page);
        }
        catch (OperationCanceledException) when (page.Next.Task.IsCanceled)
        {
            return null;
        }
    }

    private async Task Live()
    {
        try
        {
            await foreach (var client in _connection.Sessions(_disposing.Token))
                await FollowSession(client);
        }
        catch (OperationCanceledException) when (_disposing.IsCancellationRequested)
        {
            _first.TrySetCanceled();
            _page.Next.TrySetCanceled();
        }
        catch (Exception problem)
        {
            Fail(_first, problem);
            Fail(_page.Next, problem);
        }
        _followed = null;
    }

    private async Task FollowSession(ZooClient client)
    {
        try
        {
            while (true)
                await FollowWatch(client);
        }
        catch (SessionExpiredException)
        {
            // Another session follows.
        }
        finally
        {
            _followed = null;
        }
    }

    /// <summary>Follows until the watch ends: with its session, or when it has told more than could be read.</summary>
    private async Task FollowWatch(ZooClient client)
    {
        ZnodeWatch? watch = null;
        try
        {
            watch = await client.WatchAsync(Path, isRecursive: true, _disposing.Token);
            watch.TellsResumption = true;
            _isAllDue = true;
            await Follow(client, watch);
        }
        catch (ConnectionLossException)
        {
            // The next attempt waits for the next connection.
        }
        catch (TooManyRequestsException)
        {
            await Task.Delay(OverloadPause, _connection.Time, _disposing.Token);
        }
        finally
        {
            if (watch is not null)
                _ = Remove(watch);
        }
    }

    /// <summary>Removes a watch without waiting for a server.</summary>
    private static async Task Remove(ZnodeWatch watch) => await watch.DisposeAsync();

    private async Task Follow(ZooClient client, ZnodeWatch watch)
    {
        for (var rounds = 0; ; rounds++)
        {
            Collect(watch);
            var isAtRest = !_isAllDue && _due.Count == 0;
            if (rounds > 0 && (isAtRest || (!_isAllDue && rounds % RoundsMax == 0)))
                Publish(isAtRest);
            if (isAtRest)
            {
                Volatile.Write(ref _followed, client);
                if (!await watch.WaitToReadAsync(_disposing.Token))
                    return;   // somebody has removed it
                rounds = 0;
            }
            else
                await ReadDue(client);
        }
    }

    /// <summary>Notes what has to be read, by what the watch has told.</summary>
    private void Collect(ZnodeWatch watch)
    {
        while (watch.TryRead(out var what))
            if (what == ZnodeWatch.Resumption)
                (_isAllDue, _followed) = (true, null);
            else if (DepthOf(what.Path) <= _depth)
                _due.Add(what.Path);
    }

    private int DepthOf(string path) => path.Length == Path.Length ? 0 : path.AsSpan(Path.Length == 1 ? 0 : Path.Length).Count('/');

    private async Task ReadDue(ZooClient client)
    {
        var isAll = _isAllDue;
        _isAllDue = false;
        try
        {
            if (isAll)
                await ReadAll(client);
            else
                await ReadChanged(client);
        }
        catch (ConnectionLossException)
        {
            _isAllDue = true;   // what is asked now waits for the next connection
        }
    }

    private async Task ReadChanged(ZooClient client)
    {
        string[] paths = [.. _due.Take(ReadsAtOnce)];
        _due.ExceptWith(paths);
        foreach (var (path, node, _) in await Task.WhenAll(paths.Select(path => Read(client, path, hasChildren: false)).ToArray()))
            if (node is { } present)
                _nodes[path] = present;
            else
                _nodes.Remove(path);
    }

    /// <summary>Level by level from the root.</summary>
    private async Task ReadAll(ZooClient client)
    {
        _due.Clear();
        var nodes = ImmutableSortedDictionary.CreateBuilder<string, ZnodeData>(StringComparer.Ordinal);
        List<string> level = [Path], next = [];
        for (var depth = 0; level.Count > 0; depth++)
        {
            foreach (var paths in level.Chunk(ReadsAtOnce))
                foreach (var (path, node, children) in await Task.WhenAll(
                    paths.Select(path => Read(client, path, hasChildren: depth < _depth)).ToArray()))
                {
                    if (node is { } present)
                        nodes[path] = present;
                    next.AddRange(children.Select(child => ZnodePath.Child(path, child)));
                }
            (level, next) = (next, level);
            next.Clear();
        }
        _nodes = nodes;
    }

    private async Task<(string Path, ZnodeData? Node, IReadOnlyList<string> Children)> Read(ZooClient client, string path, bool hasChildren)
    {
        var data = client.GetDataAsync(path, _disposing.Token).AsTask();
        var children = hasChildren ? client.GetChildrenAsync(path, _disposing.Token).AsTask() : NoChildren;
        try
        {
            await Task.WhenAll(data, children);
            return (path, await data, (await children).Names);
        }
        catch (NoNodeException)
        {
            return (path, null, []);
        }
        catch (NoAuthException) when (path != Path)
        {
            return (path, null, []);   // not for these eyes
        }
    }

    private void Publish(bool isOneMoment)
    {
        var (page, snapshot) = (_page, new TreeSnapshot(_nodes.ToImmutable(), isOneMoment));
        if (_first.Task.IsCompleted && page.Snapshot.IsOneMoment == isOneMoment && snapshot.Since(page.Snapshot).Count == 0)
            return;
        Volatile.Write(ref _page, new(snapshot));
        page.Next.TrySetResult(_page);
        _first.TrySetResult(_page);
    }

    private static void Fail<T>(TaskCompletionSource<T> waiting, Exception problem)
    {
        waiting.TrySetException(problem);
        _ = waiting.Task.Exception;   // nobody has to look
    }
}
