using System.Text;

namespace Quorate.Client;

/// <summary>
/// Watches: who is to be told of what. The kernel's client keeps those that are set; here is who wants to know, by the servers' paths.
/// </summary>
public sealed partial class ZooClient
{
    private readonly Dictionary<(string Path, Watching Kind), TaskCompletionSource<ZnodeEvent>> _once = [];
    private readonly Dictionary<(string Path, bool IsRecursive), List<ZnodeWatch>> _lasting = [];

    /// <summary>Reads data, and watches for the first change to them or the znode's end.</summary>
    /// <exception cref="NoNodeException">
    /// There is no such znode, and nothing is watched; <see cref="WatchExistsAsync"/> waits for one.
    /// </exception>
    public ValueTask<Watched<ZnodeData>> WatchDataAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        return WatchOnce(Content(path, watch: true), Absolute(path), Watching.Data, ErrorCode.Ok, cancellation);
    }

    /// <summary>Reads the children's names, and watches for the first that comes or goes or the znode's end.</summary>
    /// <exception cref="NoNodeException">There is no such znode, and nothing is watched.</exception>
    public ValueTask<Watched<ZnodeChildren>> WatchChildrenAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        return WatchOnce(Listing(path, watch: true), Absolute(path), Watching.Child, ErrorCode.Ok, cancellation);
    }

    /// <summary>Asks whether there is a znode, and watches for its creation, or for the first change to it.</summary>
    public ValueTask<Watched<Stat?>> WatchExistsAsync(string path, CancellationToken cancellation = default)
    {
        Check(path);
        return WatchOnce(Existence(path, watch: true), Absolute(path), Watching.Data, ErrorCode.NoNode, cancellation);
    }

    /// <summary>Who the members of the ensemble are, and watches for the first change of that.</summary>
    public ValueTask<Watched<EnsembleConfig>> WatchConfigAsync(CancellationToken cancellation = default)
    {
        Check("/");
        return WatchOnce(Config(watch: true), EnsembleConfig.Path, Watching.Data, ErrorCode.Ok, cancellation);
    }

    /// <summary>
    /// Watches a znode, whether it exists or not, and all of its descendants if <paramref name="isRecursive"/>, until the watch is
    /// disposed.
    /// </summary>
    public async ValueTask<ZnodeWatch> WatchAsync(string path, bool isRecursive = false, CancellationToken cancellation = default)
    {
        Check(path);
        var watch = new ZnodeWatch(this, path, Absolute(path), isRecursive, _options.EventsMax);
        try
        {
            await BeginWatch(watch, cancellation);
            return watch;
        }
        catch
        {
            // The server may have set it all the same, or may do so yet: nobody wants it.
            watch.End(reason: null);
            _ = RemoveAsync(watch);
            throw;
        }
    }

    /// <summary>
    /// The watch is kept from the moment on in which it is asked for, and asked for in that moment: whoever ends another on the same path
    /// just now finds it, and does not have it removed from the server.
    /// </summary>
    private ValueTask<Nothing> BeginWatch(ZnodeWatch watch, CancellationToken cancellation)
    {
        var operation = _nothings.Rent(OpCode.AddWatch, watch.Path, static (in _, ref _) => default);
        Named(operation).Int((int)(watch.IsRecursive ? AddWatchMode.Recursive : AddWatchMode.Persistent));
        lock (_gate)
        {
            var key = (watch.Absolute, watch.IsRecursive);
            if (!_lasting.TryGetValue(key, out var watches))
                _lasting.Add(key, watches = []);
            watches.Add(watch);
            return Begin(operation, cancellation);
        }
    }

    /// <summary>
    /// The same, with a callback for each event in order, one at a time, instead of <c>await foreach</c>. What it throws goes to
    /// <see cref="ZooClientOptions.CallbackFailed"/>, and the next event comes all the same; so does the reason if the watch ends before it
    /// is disposed.
    /// </summary>
    public async ValueTask<ZnodeWatch> WatchAsync(
        string path, Action<ZnodeEvent> changed, bool isRecursive = false, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(changed);
        var watch = await WatchAsync(path, isRecursive, cancellation);
        _ = CallBack(watch, changed);
        return watch;
    }

    /// <summary>Whether this session has a watch of a kind on a path. Servers of ZooKeeper before 3.9 say so of any session's.</summary>
    public ValueTask<bool> HasWatchAsync(string path, WatcherType type, CancellationToken cancellation = default)
    {
        Check(path);
        var operation = _answers.Rent(
            OpCode.CheckWatches, path, static (in answer, ref _) => answer.Error == ErrorCode.Ok, accepted: ErrorCode.NoWatcher);
        Named(operation).Int((int)type);
        return Begin(operation, cancellation);
    }

    /// <summary>
    /// Removes the watches of a kind that this session has on a path, whoever set them: tasks that wait for one are cancelled, a
    /// <see cref="ZnodeWatch"/> has no more events. Servers of ZooKeeper before 3.9 know neither persistent nor recursive ones here, only
    /// any.
    /// </summary>
    /// <exception cref="NoWatcherException">There is none.</exception>
    public ValueTask RemoveWatchesAsync(string path, WatcherType type, CancellationToken cancellation = default)
    {
        Check(path);
        var absolute = Absolute(path);
        var operation = _nothings.Rent(OpCode.RemoveWatches, path, static (in _, ref _) => default);
        Named(operation).Int((int)type);
        operation.Granted = error =>
        {
            if (error is ErrorCode.Ok or ErrorCode.NoWatcher)
                Forget(absolute, type);
        };
        return BeginPlain(operation, cancellation);
    }

    /// <summary>
    /// Nobody wants a lasting watch any more; with the last of its kind on a path it is removed from the server. Waits for that only so
    /// long: a server that cannot be reached is told when it can, and nobody else is told anything.
    /// </summary>
    internal async Task RemoveAsync(ZnodeWatch watch)
    {
        try
        {
            await RemoveFromServer(watch).WaitAsync(_options.CloseTimeout, Time);
        }
        catch (TimeoutException)
        {
            // It goes with the connection, or when there is one.
        }
    }

    private async Task RemoveFromServer(ZnodeWatch watch)
    {
        var type = watch.IsRecursive ? WatcherType.Recursive : WatcherType.Persistent;
        if (!LetGo(watch))
            return;
        while (BeginRemoval(watch, type) is { } removing)
            try
            {
                await removing;
                return;
            }
            catch (ConnectionLossException)
            {
                // The next connection has the watch set again, so it is removed there.
            }
            catch (ZooException problem) when (problem.Code == ErrorCode.MarshallingError && type != WatcherType.Any)
            {
                type = WatcherType.Any;   // before 3.9 servers know no other that lasts
            }
            catch (ZooException)
            {
                return;   // the session is over
            }
    }

    /// <returns>Whether it was the last of its kind on its path.</returns>
    private bool LetGo(ZnodeWatch watch)
    {
        lock (_gate)
        {
            var key = (watch.Absolute, watch.IsRecursive);
            return _lasting.TryGetValue(key, out var watches) && watches.Remove(watch) && watches.Count == 0 && _lasting.Remove(key);
        }
    }

    /// <returns>The removal from the server, which has begun; null if somebody watches there, or nobody can.</returns>
    private Task<Nothing>? BeginRemoval(ZnodeWatch watch, WatcherType type)
    {
        lock (_gate)
        {
            if (IsOver(State)
                || (type == WatcherType.Any ? IsWatched(watch.Absolute) : _lasting.ContainsKey((watch.Absolute, watch.IsRecursive))))
                return null;
            var operation = _nothings.Rent(
                OpCode.RemoveWatches, watch.Path, static (in _, ref _) => default, accepted: ErrorCode.NoWatcher);
            Named(operation).Int((int)type);
            return Begin(operation, CancellationToken.None).AsTask();
        }
    }

    private async ValueTask<Watched<T>> WatchOnce<T>(
        Operation<T> operation, string absolute, Watching kind, ErrorCode alsoWatches, CancellationToken cancellation)
    {
        Task<ZnodeEvent>? changed = null;
        operation.Granted = error =>
        {
            if (error == ErrorCode.Ok || error == alsoWatches)
                changed = Keep(absolute, error == ErrorCode.NoNode ? Watching.Exist : kind);
        };
        var value = await Begin(operation, cancellation);
        return new(value, changed!);
    }

    private async Task CallBack(ZnodeWatch watch, Action<ZnodeEvent> changed)
    {
        try
        {
            await foreach (var what in watch)
                try
                {
                    changed(what);
                }
                catch (Exception problem)
                {
                    Report(problem);
                }
        }
        catch (ZooException) when (Volatile.Read(ref _isDisposed) != 0)
        {
            // Its owner has closed the session.
        }
        catch (ZooException problem)
        {
            Report(problem);
        }
    }

    private string Absolute(string path) => _servers.Chroot.Length == 0 ? path : path == "/" ? _servers.Chroot : _servers.Chroot + path;

    private Task<ZnodeEvent> Keep(string absolute, Watching kind)
    {
        if (!_once.TryGetValue((absolute, kind), out var waiting))
        {
            waiting = new();
            _once.Add((absolute, kind), waiting);
        }
        return waiting.Task;
    }

    private bool IsWatched(string absolute) =>
        _once.ContainsKey((absolute, Watching.Data)) || _once.ContainsKey((absolute, Watching.Exist)) ||
        _once.ContainsKey((absolute, Watching.Child)) || _lasting.ContainsKey((absolute, true)) || _lasting.ContainsKey((absolute, false));

    /// <summary>The server has removed watches; whoever waits for one waits in vain.</summary>
    private void Forget(string absolute, WatcherType type)
    {
        var kinds = type switch
        {
            WatcherType.Data => Watching.Data | Watching.Exist,
            WatcherType.Children => Watching.Child,
            WatcherType.Persistent => Watching.Persistent,
            WatcherType.Recursive => Watching.Recursive,
            _ => (Watching)byte.MaxValue,
        };
        foreach (var kind in OneShot)
            if ((kinds & kind) != 0 && _once.Remove((absolute, kind), out var waiting))
                _told.Enqueue(new ToldOff<ZnodeEvent>(waiting, reason: null));
        foreach (var isRecursive in (ReadOnlySpan<bool>)[false, true])
            if ((kinds & (isRecursive ? Watching.Recursive : Watching.Persistent)) != 0
                && _lasting.Remove((absolute, isRecursive), out var watches))
                foreach (var watch in watches)
                    watch.End(reason: null);
    }

    /// <summary>A watched change: everybody is told who wants to know.</summary>
    private void Notice(in ClientEffect effect)
    {
        var absolute = Encoding.UTF8.GetString(_effects.Bytes(effect));
        var what = new ZnodeEvent(effect.Event, Relative(absolute), effect.Zxid);
        foreach (var kind in OneShot)
            if ((effect.Watches & kind) != 0 && _once.Remove((absolute, kind), out var waiting))
                _told.Enqueue(new Told<ZnodeEvent>(waiting, what));
        if ((effect.Watches & Watching.Persistent) != 0)
            Tell((absolute, false), what);
        if ((effect.Watches & Watching.Recursive) == 0)
            return;
        for (var path = absolute; ; path = path[..Math.Max(1, path.LastIndexOf('/'))])
        {
            Tell((path, true), what);
            if (path.Length == 1)
                return;
        }
    }

    private static ReadOnlySpan<Watching> OneShot => [Watching.Data, Watching.Exist, Watching.Child];

    /// <summary>
    /// A server's path as the client knows it. What lies outside the chroot, as the members of the ensemble do, keeps its own.
    /// </summary>
    private string Relative(string absolute)
    {
        var chroot = _servers.Chroot;
        if (chroot.Length == 0 || !absolute.StartsWith(chroot, StringComparison.Ordinal))
            return absolute;
        return absolute.Length == chroot.Length ? "/" : absolute[chroot.Length] == '/' ? absolute[chroot.Length..] : absolute;
    }

    private void Tell((string Absolute, bool IsRecursive) key, ZnodeEvent what)
    {
        if (_lasting.TryGetValue(key, out var watches))
            foreach (var watch in watches)
                watch.Tell(what);
    }

    /// <summary>There is a connection again: those are told that want to know, before anything that the new one brings.</summary>
    private void ResumeWatches()
    {
        foreach (var watches in _lasting.Values)
            foreach (var watch in watches)
                watch.Resume();
    }

    private void EndWatches(SessionState state)
    {
        foreach (var ((absolute, kind), waiting) in _once)
            _told.Enqueue(new ToldOff<ZnodeEvent>(waiting, Problems.Over(state, Setting(kind), Relative(absolute), "the watch")));
        _once.Clear();
        foreach (var watches in _lasting.Values)
            foreach (var watch in watches)
                watch.End(Problems.Over(state, OpCode.AddWatch, watch.Path, "the watch"));
        _lasting.Clear();
    }

    /// <summary>What sets a watch of a kind.</summary>
    private static OpCode Setting(Watching kind) => kind switch
    {
        Watching.Child => OpCode.GetChildren2,
        Watching.Exist => OpCode.Exists,
        _ => OpCode.GetData,
    };
}
