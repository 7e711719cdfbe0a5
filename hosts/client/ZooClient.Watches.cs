namespace Quorate.Client;

/// <summary>Watches: who is to be told of what. The kernel's client keeps those that are set; here is who wants to know.</summary>
public sealed partial class ZooClient
{
    private readonly Dictionary<(string Path, Watching Kind), TaskCompletionSource<ZnodeEvent>> _once = [];
    private readonly Dictionary<(string Path, bool IsRecursive), List<ZnodeWatch>> _lasting = [];

    /// <summary>Reads data, and watches for the first change to them or the znode's end.</summary>
    /// <exception cref="NoNodeException">There is no such znode, and nothing is watched; <see cref="WatchExistsAsync"/> waits for one.</exception>
    public ValueTask<Watched<ZnodeData>> WatchDataAsync(string path, CancellationToken cancellation = default)
    {
        Check(path, cancellation);
        return WatchOnce(Content(path, watch: true), Watching.Data, ErrorCode.Ok, cancellation);
    }

    /// <summary>Reads the children's names, and watches for the first that comes or goes or the znode's end.</summary>
    /// <exception cref="NoNodeException">There is no such znode, and nothing is watched.</exception>
    public ValueTask<Watched<ZnodeChildren>> WatchChildrenAsync(string path, CancellationToken cancellation = default)
    {
        Check(path, cancellation);
        return WatchOnce(Listing(path, watch: true), Watching.Child, ErrorCode.Ok, cancellation);
    }

    /// <summary>Asks whether there is a znode, and watches for its creation, or for the first change to it.</summary>
    public ValueTask<Watched<Stat?>> WatchExistsAsync(string path, CancellationToken cancellation = default)
    {
        Check(path, cancellation);
        return WatchOnce(Existence(path, watch: true), Watching.Data, ErrorCode.NoNode, cancellation);
    }

    /// <summary>Watches a znode, whether it exists or not, and all of its descendants if <paramref name="isRecursive"/>, until the watch is disposed.</summary>
    public async ValueTask<ZnodeWatch> WatchAsync(string path, bool isRecursive = false, CancellationToken cancellation = default)
    {
        Check(path, cancellation);
        var watch = new ZnodeWatch(this, path, isRecursive, _options.EventsMax);
        var operation = _nothings.Rent(OpCode.AddWatch, path, static (in _, ref _) => default);
        Named(operation).Int((int)(isRecursive ? AddWatchMode.Recursive : AddWatchMode.Persistent));
        operation.Granted = error =>
        {
            if (error == ErrorCode.Ok)
                Keep(watch);
        };
        await Begin(operation, cancellation);
        return watch;
    }

    /// <summary>Nobody wants a lasting watch any more; with the last of its kind on a path it is removed from the server.</summary>
    internal async ValueTask RemoveAsync(ZnodeWatch watch)
    {
        lock (_gate)
        {
            var key = (watch.Path, watch.IsRecursive);
            if (!_lasting.TryGetValue(key, out var watches) || !watches.Remove(watch) || watches.Count > 0)
                return;
            _lasting.Remove(key);
        }
        if (Volatile.Read(ref _isDisposed) != 0 || _ended.Task.IsCompleted)
            return;
        var operation = _nothings.Rent(OpCode.RemoveWatches, watch.Path, static (in _, ref _) => default, accepted: ErrorCode.NoWatcher);
        Named(operation).Int((int)(watch.IsRecursive ? WatcherType.Recursive : WatcherType.Persistent));
        try
        {
            await Begin(operation, CancellationToken.None);
        }
        catch (ZooException)
        {
            // The connection broke, and the watch is not set again on the next, or is and tells nobody.
        }
    }

    private async ValueTask<Watched<T>> WatchOnce<T>(Operation<T> operation, Watching kind, ErrorCode alsoWatches, CancellationToken cancellation)
    {
        Task<ZnodeEvent>? changed = null;
        var path = operation.Path!;
        operation.Granted = error =>
        {
            if (error == ErrorCode.Ok || error == alsoWatches)
                changed = Keep(path, error == ErrorCode.NoNode ? Watching.Exist : kind);
        };
        var value = await Begin(operation, cancellation);
        return new(value, changed!);
    }

    private Task<ZnodeEvent> Keep(string path, Watching kind)
    {
        if (!_once.TryGetValue((path, kind), out var waiting))
        {
            waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _once.Add((path, kind), waiting);
        }
        return waiting.Task;
    }

    private void Keep(ZnodeWatch watch)
    {
        var key = (watch.Path, watch.IsRecursive);
        if (!_lasting.TryGetValue(key, out var watches))
            _lasting.Add(key, watches = []);
        watches.Add(watch);
    }

    /// <summary>A watched change: everybody is told who wants to know.</summary>
    private void Notice(in ClientEffect effect)
    {
        var what = new ZnodeEvent(effect.Event, ZnodePath.Read(_effects.Bytes(effect), _chrootBytes), effect.Zxid);
        foreach (var kind in (ReadOnlySpan<Watching>)[Watching.Data, Watching.Exist, Watching.Child])
            if ((effect.Watches & kind) != 0 && _once.Remove((what.Path, kind), out var waiting))
                waiting.TrySetResult(what);
        if ((effect.Watches & Watching.Persistent) != 0)
            Tell((what.Path, false), what);
        if ((effect.Watches & Watching.Recursive) == 0)
            return;
        for (var path = what.Path; ; path = path[..Math.Max(1, path.LastIndexOf('/'))])
        {
            Tell((path, true), what);
            if (path.Length == 1)
                return;
        }
    }

    private void Tell((string Path, bool IsRecursive) key, ZnodeEvent what)
    {
        if (_lasting.TryGetValue(key, out var watches))
            foreach (var watch in watches)
                watch.Tell(what);
    }

    private void EndWatches(SessionState state)
    {
        var problem = Problems.Unanswered(
            Fate.Lost, state == SessionState.AuthFailed ? ErrorCode.AuthFailed : ErrorCode.SessionExpired, OpCode.Notification, null, state, "");
        foreach (var waiting in _once.Values)
        {
            waiting.TrySetException(problem);
            _ = waiting.Task.Exception;   // nobody has to look
        }
        _once.Clear();
        foreach (var watches in _lasting.Values)
            foreach (var watch in watches)
                watch.End(problem);
        _lasting.Clear();
    }
}
