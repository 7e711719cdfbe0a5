namespace Quorate.Kernel.Fronts;

/// <summary>The kinds of watch that one connection may have on one path; they coexist, as from ZooKeeper 3.9 on.</summary>
[Flags]
internal enum WatchKinds : byte
{
    None = 0,
    /// <summary>One-shot, set by getData and exists.</summary>
    Data = 1,
    /// <summary>One-shot, set by getChildren.</summary>
    Child = 2,
    /// <summary>addWatch mode 0: data and children of the path, for good.</summary>
    Persistent = 4,
    /// <summary>addWatch mode 1: the path and everything below it, for good.</summary>
    Recursive = 8,
    OneShot = Data | Child,
    All = Data | Child | Persistent | Recursive,
}

/// <summary>
/// Who watches what: one entry for each path and connection that have a watch between them, with its kinds as bits.
/// </summary>
/// <remarks>
/// An entry hangs in three lists at once, all threaded through one array: the watches of its path (in the order in which they were set,
/// which is the order of notification), those of its connection, and a hash bucket of the pair. So firing costs what it delivers, a closing
/// connection costs its own watches, and no watch is an object.
/// </remarks>
internal sealed class WatchTable(ulong hashKey)
{
    public const int None = -1;

    private readonly WatchPaths _paths = new(hashKey);
    private Watch[] _watches = [];
    private int _used;
    private int _free = None;          // chained through NextOfPath
    private int[] _buckets = [];       // 1 + watch, 0 when empty
    private (int First, int Count)[] _connections = [];

    /// <summary>How many pairs of path and connection have a watch.</summary>
    public int Count { get; private set; }

    /// <summary>How many pairs have a watch for data events: all but the one-shot child watches.</summary>
    public int DataCount { get; private set; }

    /// <summary>How many pairs have a watch for child events.</summary>
    public int ChildCount { get; private set; }

    /// <summary>How many pairs have a recursive watch: while there are none, no parents need to be walked.</summary>
    public int RecursiveCount { get; private set; }

    /// <summary>How many paths are watched.</summary>
    public int PathCount => _paths.Count;

    /// <summary>How many watched paths a connection has.</summary>
    public int CountOf(int connection) => connection < _connections.Length ? _connections[connection].Count : 0;

    /// <summary>Adds kinds to what a connection watches on a path.</summary>
    public void Arm(int connection, ReadOnlySpan<byte> path, WatchKinds kinds)
    {
        var number = _paths.Intern(path);
        var watch = Find(number, connection);
        if (watch == None)
            watch = Add(number, connection);
        SetKinds(watch, _watches[watch].Kinds | kinds);
    }

    /// <summary>What a connection watches on exactly this path.</summary>
    public WatchKinds KindsOf(int connection, ReadOnlySpan<byte> path)
    {
        var watch = Find(_paths.Find(path), connection);
        return watch == None ? WatchKinds.None : _watches[watch].Kinds;
    }

    /// <summary>Takes kinds away from what a connection watches on a path; false if it had none of them.</summary>
    public bool Disarm(int connection, ReadOnlySpan<byte> path, WatchKinds kinds)
    {
        var watch = Find(_paths.Find(path), connection);
        if (watch == None || (_watches[watch].Kinds & kinds) == 0)
            return false;
        Take(watch, kinds);
        return true;
    }

    /// <summary>Removes everything that a connection watches.</summary>
    public void Forget(int connection)
    {
        if (connection >= _connections.Length)
            return;
        while (_connections[connection].Count > 0)
            Take(_connections[connection].First, WatchKinds.All);
    }

    /// <summary>The first watch on a path, or <see cref="None"/>.</summary>
    public int FirstOn(ReadOnlySpan<byte> path)
    {
        var number = _paths.Find(path);
        return number == WatchPaths.None ? None : _paths[number].First;
    }

    /// <summary>The first watch of a connection, or <see cref="None"/>.</summary>
    public int FirstOf(int connection) => CountOf(connection) == 0 ? None : _connections[connection].First;

    /// <summary>One more than the highest number of a watched path; for going through all of them.</summary>
    public int PathNumbers => _paths.Numbers;

    /// <summary>The first watch on the path with a number, or <see cref="None"/>.</summary>
    public int FirstOnNumber(int path) => _paths[path].First;

    /// <summary>A watch, valid until it is taken.</summary>
    public ref readonly Watch this[int watch] => ref _watches[watch];

    /// <summary>The path of a watch.</summary>
    public ReadOnlySpan<byte> PathOf(int watch) => _paths.Bytes(_watches[watch].Path);

    /// <summary>Takes kinds from a watch; without any left it is gone.</summary>
    public void Take(int watch, WatchKinds kinds)
    {
        SetKinds(watch, _watches[watch].Kinds & ~kinds);
        if (_watches[watch].Kinds == WatchKinds.None)
            Remove(watch);
    }

    private void SetKinds(int watch, WatchKinds kinds)
    {
        const WatchKinds data = WatchKinds.All & ~WatchKinds.Child;
        const WatchKinds child = WatchKinds.Child | WatchKinds.Persistent;
        var old = _watches[watch].Kinds;
        DataCount += Has(kinds, data) - Has(old, data);
        ChildCount += Has(kinds, child) - Has(old, child);
        RecursiveCount += Has(kinds, WatchKinds.Recursive) - Has(old, WatchKinds.Recursive);
        _watches[watch].Kinds = kinds;
    }

    private static int Has(WatchKinds kinds, WatchKinds any) => (kinds & any) != 0 ? 1 : 0;

    private int Find(int path, int connection)
    {
        if (path == WatchPaths.None || Count == 0)
            return None;
        for (var next = _buckets[Bucket(path, connection)]; next != 0; next = _watches[next - 1].NextInBucket)
            if (_watches[next - 1].Path == path && _watches[next - 1].Connection == connection)
                return next - 1;
        return None;
    }

    private int Add(int path, int connection)
    {
        if (Count >= _buckets.Length)
            Rehash(Math.Max(16, _buckets.Length * 2));
        if (connection >= _connections.Length)
            Array.Resize(ref _connections, Math.Max(16, Math.Max(connection + 1, _connections.Length * 2)));
        var watch = TakeSlot();
        ref var ofPath = ref _paths[path];
        ref var ofConnection = ref _connections[connection];
        _watches[watch] = new()
        {
            Path = path,
            Connection = connection,
            PreviousOfPath = ofPath.Last,
            NextOfPath = None,
            PreviousOfConnection = None,
            NextOfConnection = ofConnection.Count == 0 ? None : ofConnection.First,
        };
        if (ofPath.Last == None)
            ofPath.First = watch;
        else
            _watches[ofPath.Last].NextOfPath = watch;
        ofPath.Last = watch;
        if (ofConnection.Count > 0)
            _watches[ofConnection.First].PreviousOfConnection = watch;
        ofConnection = (watch, ofConnection.Count + 1);
        Enter(watch);
        Count++;
        return watch;
    }

    private void Remove(int watch)
    {
        ref readonly var gone = ref _watches[watch];
        LeaveBucket(watch);
        LeavePath(gone);
        LeaveConnection(gone);
        _watches[watch].NextOfPath = _free;
        _free = watch;
        Count--;
    }

    private void LeavePath(in Watch gone)
    {
        ref var path = ref _paths[gone.Path];
        if (gone.PreviousOfPath == None)
            path.First = gone.NextOfPath;
        else
            _watches[gone.PreviousOfPath].NextOfPath = gone.NextOfPath;
        if (gone.NextOfPath == None)
            path.Last = gone.PreviousOfPath;
        else
            _watches[gone.NextOfPath].PreviousOfPath = gone.PreviousOfPath;
        if (path.First == None)
            _paths.Free(gone.Path);
    }

    private void LeaveConnection(in Watch gone)
    {
        ref var connection = ref _connections[gone.Connection];
        connection.Count--;
        if (gone.PreviousOfConnection == None)
            connection.First = gone.NextOfConnection;
        else
            _watches[gone.PreviousOfConnection].NextOfConnection = gone.NextOfConnection;
        if (gone.NextOfConnection != None)
            _watches[gone.NextOfConnection].PreviousOfConnection = gone.PreviousOfConnection;
    }

    private void LeaveBucket(int watch)
    {
        ref var link = ref _buckets[Bucket(_watches[watch].Path, _watches[watch].Connection)];
        while (link != watch + 1)
            link = ref _watches[link - 1].NextInBucket;
        link = _watches[watch].NextInBucket;
    }

    private int TakeSlot()
    {
        if (_free != None)
        {
            var watch = _free;
            _free = _watches[watch].NextOfPath;
            return watch;
        }
        if (_used == _watches.Length)
            Array.Resize(ref _watches, Math.Max(16, _watches.Length * 2));
        return _used++;
    }

    private int Bucket(int path, int connection) => (int)Mix.Bits(((ulong)(uint)path << 32) | (uint)connection) & (_buckets.Length - 1);

    private void Enter(int watch)
    {
        ref var bucket = ref _buckets[Bucket(_watches[watch].Path, _watches[watch].Connection)];
        _watches[watch].NextInBucket = bucket;
        bucket = watch + 1;
    }

    private void Rehash(int size)
    {
        _buckets = new int[size];
        for (var watch = 0; watch < _used; watch++)
            if (_watches[watch].Kinds != WatchKinds.None)
                Enter(watch);
    }
}

/// <summary>What one connection watches on one path.</summary>
internal struct Watch
{
    public int Path;
    public int Connection;
    public int NextOfPath, PreviousOfPath;
    public int NextOfConnection, PreviousOfConnection;
    public int NextInBucket;   // 1 + watch, 0 at the end
    public WatchKinds Kinds;
}
