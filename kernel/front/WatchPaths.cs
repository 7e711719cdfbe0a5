using System.Buffers.Binary;
using System.Numerics;

namespace Quorate.Kernel.Fronts;

/// <summary>The paths that are watched, each stored once, found by their bytes; a path's number is stable while it is watched.</summary>
/// <remarks>
/// Keyed by path and not by znode, since a watch may wait for a znode that does not exist yet. The bytes lie in pages, in blocks of a few
/// sizes that are used again, so that arming and firing the watches of a steady load allocates nothing.
/// </remarks>
internal sealed class WatchPaths(ulong hashKey)
{
    public const int None = -1;

    private WatchedPath[] _paths = [];
    private int[] _buckets = [];      // 1 + path, 0 when empty
    private int _used;
    private int _free = None;         // chained through NextInBucket
    private readonly PathBlocks _blocks = new();

    /// <summary>How many paths are watched.</summary>
    public int Count { get; private set; }

    /// <summary>One more than the highest number ever given.</summary>
    public int Numbers => _used;

    /// <summary>What is known of a path; its <see cref="WatchedPath.First"/> is none when the number is free.</summary>
    public ref WatchedPath this[int path] => ref _paths[path];

    /// <summary>The bytes of a path; void after the next <see cref="Intern"/>.</summary>
    public ReadOnlySpan<byte> Bytes(int path) => _blocks.Read(_paths[path].Block, _paths[path].Length);

    /// <summary>The number of a path, or <see cref="None"/>.</summary>
    public int Find(ReadOnlySpan<byte> bytes) => Count == 0 ? None : Find(bytes, Mix.Bytes(bytes, hashKey));

    /// <summary>The number of a path, which is given one if it has none.</summary>
    public int Intern(ReadOnlySpan<byte> bytes)
    {
        var hash = Mix.Bytes(bytes, hashKey);
        var path = Find(bytes, hash);
        if (path != None)
            return path;
        if (Count >= _buckets.Length)
            Rehash(Math.Max(16, _buckets.Length * 2));
        path = TakeNumber();
        _paths[path] = new()
        {
            Hash = hash,
            Block = _blocks.Store(bytes),
            Length = bytes.Length,
            First = WatchTable.None,
            Last = WatchTable.None,
        };
        Enter(path);
        Count++;
        return path;
    }

    /// <summary>Gives a number back: nobody watches the path any more.</summary>
    public void Free(int path)
    {
        Invariant.Holds(_paths[path].First == WatchTable.None);
        ref var link = ref _buckets[Bucket(_paths[path].Hash)];
        while (link != path + 1)
            link = ref _paths[link - 1].NextInBucket;
        link = _paths[path].NextInBucket;
        _blocks.Free(_paths[path].Block, _paths[path].Length);
        _paths[path].NextInBucket = _free + 1;
        _free = path;
        Count--;
    }

    private int Find(ReadOnlySpan<byte> bytes, ulong hash)
    {
        if (_buckets.Length == 0)
            return None;
        for (var next = _buckets[Bucket(hash)]; next != 0; next = _paths[next - 1].NextInBucket)
        {
            ref readonly var path = ref _paths[next - 1];
            if (path.Hash == hash && _blocks.Read(path.Block, path.Length).SequenceEqual(bytes))
                return next - 1;
        }
        return None;
    }

    private int TakeNumber()
    {
        if (_free != None)
        {
            var path = _free;
            _free = _paths[path].NextInBucket - 1;
            return path;
        }
        if (_used == _paths.Length)
            Array.Resize(ref _paths, Math.Max(16, _paths.Length * 2));
        return _used++;
    }

    private int Bucket(ulong hash) => (int)hash & (_buckets.Length - 1);

    private void Enter(int path)
    {
        ref var bucket = ref _buckets[Bucket(_paths[path].Hash)];
        _paths[path].NextInBucket = bucket;
        bucket = path + 1;
    }

    private void Rehash(int size)
    {
        _buckets = new int[size];
        for (var path = 0; path < _used; path++)
            if (_paths[path].First != WatchTable.None)
                Enter(path);
    }
}

/// <summary>One watched path and the ends of the list of its watches.</summary>
internal struct WatchedPath
{
    public ulong Hash;
    public long Block;
    public int Length;
    public int First, Last;
    public int NextInBucket;   // 1 + path, 0 at the end
}

/// <summary>Bytes of paths in blocks of a few sizes, in pages; what is longer than the largest size has a page of its own.</summary>
internal sealed class PathBlocks
{
    private const int PageBits = 16;
    private const int PageBytes = 1 << PageBits;
    private const int SmallestBits = 4;
    private const int LargestBits = 12;

    private byte[][] _pages = [];
    private int _pageCount;
    private int _openPage;
    private int _openEnd = PageBytes;                                           // where the open page goes on
    private readonly long[] _free = new long[LargestBits - SmallestBits + 1];   // 1 + block, 0 when there is none; chained in the blocks
    private readonly List<int> _freePages = [];

    /// <summary>Stores a copy and says where.</summary>
    public long Store(ReadOnlySpan<byte> bytes)
    {
        var block = Take(bytes.Length);
        bytes.CopyTo(Block(block, bytes.Length));
        return block;
    }

    public ReadOnlySpan<byte> Read(long block, int length) => Block(block, length);

    public void Free(long block, int length)
    {
        var size = Size(length);
        if (size > LargestBits)
        {
            _pages[block >> PageBits] = [];
            _freePages.Add((int)(block >> PageBits));
            return;
        }
        BinaryPrimitives.WriteInt64LittleEndian(Block(block, sizeof(long)), _free[size - SmallestBits]);
        _free[size - SmallestBits] = block + 1;
    }

    private long Take(int length)
    {
        var size = Size(length);
        if (size > LargestBits)
            return (long)TakePage(length) << PageBits;
        ref var free = ref _free[size - SmallestBits];
        if (free != 0)
        {
            var block = free - 1;
            free = BinaryPrimitives.ReadInt64LittleEndian(Block(block, sizeof(long)));
            return block;
        }
        if (_openEnd + (1 << size) > PageBytes)
            (_openPage, _openEnd) = (TakePage(PageBytes), 0);
        _openEnd += 1 << size;
        return ((long)_openPage << PageBits) + _openEnd - (1 << size);
    }

    private Span<byte> Block(long block, int length) => _pages[block >> PageBits].AsSpan((int)(block & (PageBytes - 1)), length);

    private int TakePage(int bytes)
    {
        if (_freePages.Count > 0)
        {
            var vacant = _freePages[^1];
            _freePages.RemoveAt(_freePages.Count - 1);
            _pages[vacant] = new byte[bytes];
            return vacant;
        }
        if (_pageCount == _pages.Length)
            Array.Resize(ref _pages, Math.Max(4, _pages.Length * 2));
        _pages[_pageCount] = new byte[bytes];
        return _pageCount++;
    }

    private static int Size(int length) => Math.Max(SmallestBits, BitOperations.Log2((uint)Math.Max(1, length - 1)) + 1);
}
