using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Clients;

/// <summary>The watches that are set: what an event is matched with, and what a new connection must set again.</summary>
/// <remarks>
/// One entry for each watched path, with its kinds as bits, in an array chained by hash. The book follows the server's table exactly,
/// since both see the same requests and events in the same order: an entry is made when a reply says that a watch was set, and a one-shot
/// watch is crossed out by the first event it can see. Entries that are free keep their array, so a steady load allocates nothing.
/// </remarks>
internal sealed class WatchBook(ulong hashKey)
{
    private const int None = -1;
    private const Watching OneShot = Watching.Data | Watching.Exist | Watching.Child;

    private Entry[] _entries = [];
    private int[] _buckets = [];   // 1 + entry, 0 when empty
    private int _free = None;      // chained through Next
    private int _recursive;

    private struct Entry
    {
        public byte[] Path;
        public int Length;
        public int Next;
        public Watching Kinds;

        public readonly ReadOnlySpan<byte> Text => Path.AsSpan(0, Length);
    }

    /// <summary>How many paths are watched.</summary>
    public int Count { get; private set; }

    /// <summary>How many entries to look through, free ones among them.</summary>
    public int Entries { get; private set; }

    public Watching KindsAt(int entry) => _entries[entry].Kinds;

    public ReadOnlySpan<byte> PathAt(int entry) => _entries[entry].Text;

    /// <summary>The kinds of watch on a path.</summary>
    public Watching KindsOf(ReadOnlySpan<byte> path) => Find(path) is var entry && entry == None ? Watching.None : _entries[entry].Kinds;

    /// <summary>Adds a watch.</summary>
    public void Add(ReadOnlySpan<byte> path, Watching kind)
    {
        var number = Find(path);
        if (number == None)
            number = Insert(path);
        ref var entry = ref _entries[number];
        if ((kind & ~entry.Kinds & Watching.Recursive) != 0)
            _recursive++;
        entry.Kinds |= kind;
    }

    /// <summary>Crosses watches out.</summary>
    public void Remove(ReadOnlySpan<byte> path, Watching kinds)
    {
        var number = Find(path);
        if (number == None)
            return;
        ref var entry = ref _entries[number];
        if ((entry.Kinds & kinds & Watching.Recursive) != 0)
            _recursive--;
        entry.Kinds &= ~kinds;
        if (entry.Kinds == Watching.None)
            Free(number);
    }

    /// <summary>An event has come: which watches saw it. One-shot ones among them are crossed out.</summary>
    public Watching Fire(WatchEvent what, ReadOnlySpan<byte> path)
    {
        var seeing = what switch
        {
            WatchEvent.NodeDeleted => OneShot,
            WatchEvent.NodeChildrenChanged => Watching.Child,
            _ => Watching.Data | Watching.Exist,
        };
        var matched = KindsOf(path) & (seeing | Watching.Persistent);
        if ((matched & OneShot) != 0)
            Remove(path, matched & OneShot);
        return _recursive > 0 && what != WatchEvent.NodeChildrenChanged && IsBelowRecursive(path) ? matched | Watching.Recursive : matched;
    }

    private bool IsBelowRecursive(ReadOnlySpan<byte> path)
    {
        while ((KindsOf(path) & Watching.Recursive) == 0)
        {
            if (path.Length <= 1)
                return false;
            path = path[..Math.Max(1, path.LastIndexOf((byte)'/'))];
        }
        return true;
    }

    private int Find(ReadOnlySpan<byte> path)
    {
        if (Count == 0)
            return None;
        var entry = _buckets[BucketOf(path)] - 1;
        while (entry != None && !_entries[entry].Text.SequenceEqual(path))
            entry = _entries[entry].Next;
        return entry;
    }

    private int Insert(ReadOnlySpan<byte> path)
    {
        var number = _free;
        if (number != None)
            _free = _entries[number].Next;
        else
            number = Append();
        ref var entry = ref _entries[number];
        if (entry.Path is null || entry.Path.Length < path.Length)
            entry.Path = new byte[path.Length];
        path.CopyTo(entry.Path);
        entry.Length = path.Length;
        ref var bucket = ref _buckets[BucketOf(path)];
        entry.Next = bucket - 1;
        bucket = number + 1;
        Count++;
        return number;
    }

    private int Append()
    {
        if (Entries == _entries.Length)
            Grow();
        return Entries++;
    }

    private void Free(int number)
    {
        ref var entry = ref _entries[number];
        ref var link = ref _buckets[BucketOf(entry.Text)];
        if (link - 1 == number)
            link = entry.Next + 1;
        else
        {
            var before = link - 1;
            while (_entries[before].Next != number)
                before = _entries[before].Next;
            _entries[before].Next = entry.Next;
        }
        entry.Next = _free;
        _free = number;
        Count--;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, Math.Max(16, _entries.Length * 2));
        _buckets = new int[_entries.Length];
        for (var number = 0; number < Entries; number++)
        {
            // There are no free entries when the array is full.
            ref var bucket = ref _buckets[BucketOf(_entries[number].Text)];
            _entries[number].Next = bucket - 1;
            bucket = number + 1;
        }
    }

    private int BucketOf(ReadOnlySpan<byte> path) => (int)(Mix.Bytes(path, hashKey) & (ulong)(_buckets.Length - 1));
}
