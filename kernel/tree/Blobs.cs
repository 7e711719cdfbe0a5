using System.Numerics;
using System.Runtime.InteropServices;

namespace Quorate.Kernel.Trees;

/// <summary>Where stored bytes lie, and how many they are. The default is no bytes; <see cref="Null"/> is less than that.</summary>
internal readonly record struct Blob(uint Place, int Length)
{
    /// <summary>The null that ZooKeeper tells from empty data.</summary>
    public static readonly Blob Null = new(0, -1);

    public bool IsNull => Length < 0;

    /// <summary>How many bytes there are; 0 for null.</summary>
    public int Size => Math.Max(Length, 0);
}

/// <summary>Bytes of paths, data and ACL lists, in size-classed slabs.</summary>
/// <remarks>
/// A chunk of 128 KiB is cut into blocks of one size; a chunk without live blocks goes back to a pool and may serve another size, so that
/// a change in what clients store does not strand memory. Only the first two chunks of a size are smaller and stay with it, so that a
/// small tree takes little memory. Sizes are multiples of 8 bytes up to 256, then eight steps to each doubling: at
/// most an eighth is wasted by rounding. What is larger than an eighth of a chunk has an array of its own.
/// A place is 32 bits wide and counts units of 8 bytes, which reaches 32 GiB; the topmost places number the large arrays.
/// Nothing ever moves, so spans stay good until their blob is freed.
/// </remarks>
internal sealed class Blobs
{
    private const int UnitShift = 3, ChunkShift = 14, ChunkUnits = 1 << ChunkShift, UnitMask = ChunkUnits - 1;
    private const int ChunkBytes = ChunkUnits << UnitShift;
    private const int FineUnits = 32, LargestUnits = ChunkUnits / 8, LargestBytes = LargestUnits << UnitShift;
    private const int Classes = FineUnits + 6 * 8;
    private const int SmallChunks = 2, SmallestUnits = 256, SmallFactor = 8;
    private const int LargeMax = 1 << 20, PoolMax = 64;
    private const uint FirstLarge = uint.MaxValue - LargeMax + 1;
    private const int ChunksMax = (int)(FirstLarge >> ChunkShift);

    /// <summary>One slab. Chunks of a class that have a free block form a list; so do those that belong to no class.</summary>
    private struct Chunk
    {
        public byte[]? Bytes;
        public int Class;
        public int Units;          // of its array
        public int Live;
        public int Cut;            // units handed out at least once
        public int FirstFree;      // unit + 1 of the first free block, which holds the next one's
        public int Previous, Next;
    }

    private struct Large
    {
        public byte[]? Bytes;
        public int NextFree;
    }

    private readonly int[] _open = new int[Classes];   // chunk + 1 with a free block
    private readonly byte[] _small = new byte[Classes];   // how many small chunks it has
    private Chunk[] _chunks = new Chunk[8];
    private Large[] _large = [];
    private int _chunkCount, _largeCount;
    private int _pool, _pooled;                        // chunk + 1 that serves no class and keeps its array; how many there are
    private int _bare;                                 // chunk + 1 that serves no class and has given its array back
    private int _freeLarge;                            // number + 1

    /// <summary>Bytes stored, without rounding.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many blobs of at least one byte are stored.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory held for them.</summary>
    public long Reserved { get; private set; }

    /// <summary>The stored bytes; none for null.</summary>
    public ReadOnlySpan<byte> this[Blob blob] => blob.Length <= 0 ? default : BlockOf(blob);

    /// <summary>Stores a copy of <paramref name="bytes"/>, or null.</summary>
    public Blob Store(ReadOnlySpan<byte> bytes, bool isNull = false)
    {
        if (isNull)
            return Blob.Null;
        if (bytes.IsEmpty)
            return default;
        Bytes += bytes.Length;
        Count++;
        var blob = new Blob(bytes.Length > LargestBytes ? TakeLarge(bytes.Length) : TakeBlock(ClassOf(bytes.Length)), bytes.Length);
        bytes.CopyTo(BlockOf(blob));
        return blob;
    }

    /// <summary>Frees what <see cref="Store"/> returned.</summary>
    public void Free(Blob blob)
    {
        if (blob.Length <= 0)
            return;
        Bytes -= blob.Length;
        Count--;
        if (blob.Place >= FirstLarge)
            FreeLarge((int)(blob.Place - FirstLarge));
        else
            FreeBlock((int)(blob.Place >> ChunkShift), (int)(blob.Place & UnitMask));
    }

    private Span<byte> BlockOf(Blob blob) => blob.Place >= FirstLarge
        ? _large[blob.Place - FirstLarge].Bytes.AsSpan(0, blob.Length)
        : _chunks[blob.Place >> ChunkShift].Bytes.AsSpan((int)(blob.Place & UnitMask) << UnitShift, blob.Length);

    private static int ClassOf(int length)
    {
        var last = (length - 1) >> UnitShift;   // one less than the number of units
        if (last < FineUnits)
            return last;
        var top = BitOperations.Log2((uint)last);
        return FineUnits + (top - 5) * 8 + (last >> (top - 3)) - 8;
    }

    private static int UnitsOf(int sizeClass)
    {
        if (sizeClass < FineUnits)
            return sizeClass + 1;
        var (doubling, step) = Math.DivRem(sizeClass - FineUnits, 8);
        return (step + 9) << (doubling + 2);
    }

    private uint TakeBlock(int sizeClass)
    {
        var number = _open[sizeClass] - 1;
        if (number < 0)
            number = OpenChunk(sizeClass);
        ref var chunk = ref _chunks[number];
        int unit;
        if (chunk.FirstFree != 0)
        {
            unit = chunk.FirstFree - 1;
            chunk.FirstFree = NextFree(chunk, unit);
        }
        else
        {
            unit = chunk.Cut;
            chunk.Cut += UnitsOf(sizeClass);
        }
        chunk.Live++;
        if (IsFull(chunk))
            Unlink(number, ref _open[sizeClass]);
        return (uint)number << ChunkShift | (uint)unit;
    }

    private void FreeBlock(int number, int unit)
    {
        ref var chunk = ref _chunks[number];
        ref var open = ref _open[chunk.Class];
        if (IsFull(chunk))
            Link(number, ref open);
        NextFree(chunk, unit) = chunk.FirstFree;
        chunk.FirstFree = unit + 1;
        if (--chunk.Live > 0 || IsSmall(chunk))
            return;
        Unlink(number, ref open);
        if (_pooled < PoolMax)
        {
            _pooled++;
            Link(number, ref _pool);
            return;
        }
        chunk.Bytes = null;
        Reserved -= ChunkBytes;
        Link(number, ref _bare);
    }

    private static ref int NextFree(in Chunk chunk, int unit) =>
        ref MemoryMarshal.AsRef<int>(chunk.Bytes.AsSpan(unit << UnitShift, sizeof(int)));

    private static bool IsFull(in Chunk chunk) => chunk.FirstFree == 0 && chunk.Cut + UnitsOf(chunk.Class) > chunk.Units;

    private static bool IsSmall(in Chunk chunk) => chunk.Units < ChunkUnits;

    private int OpenChunk(int sizeClass)
    {
        var isSmall = _small[sizeClass] < SmallChunks;
        var number = isSmall ? BareChunk() : IdleChunk();
        ref var chunk = ref _chunks[number];
        if (chunk.Bytes is null)
        {
            chunk.Units = isSmall ? SmallUnits(sizeClass) : ChunkUnits;
            chunk.Bytes = new byte[chunk.Units << UnitShift];
            Reserved += chunk.Bytes.Length;
        }
        (chunk.Class, chunk.Live, chunk.Cut, chunk.FirstFree) = (sizeClass, 0, 0, 0);
        Link(number, ref _open[sizeClass]);
        return number;
    }

    /// <summary>A few blocks in the first chunk of a size, several times as many in the second.</summary>
    private int SmallUnits(int sizeClass)
    {
        var units = UnitsOf(sizeClass);
        var blocks = Math.Max(SmallestUnits / units, 1);
        return units * (_small[sizeClass]++ == 0 ? blocks : Math.Min(blocks * SmallFactor, (ChunkUnits - 1) / units));
    }

    private int IdleChunk()
    {
        if (_pool == 0)
            return BareChunk();
        _pooled--;
        return TakeFirst(ref _pool);
    }

    private int BareChunk()
    {
        if (_bare != 0)
            return TakeFirst(ref _bare);
        Invariant.Holds(_chunkCount < ChunksMax);
        if (_chunkCount == _chunks.Length)
            Array.Resize(ref _chunks, _chunkCount * 2);
        return _chunkCount++;
    }

    private int TakeFirst(ref int first)
    {
        var number = first - 1;
        Unlink(number, ref first);
        return number;
    }

    private void Link(int number, ref int first)
    {
        ref var chunk = ref _chunks[number];
        (chunk.Previous, chunk.Next) = (0, first);
        if (first != 0)
            _chunks[first - 1].Previous = number + 1;
        first = number + 1;
    }

    private void Unlink(int number, ref int first)
    {
        ref var chunk = ref _chunks[number];
        if (chunk.Previous != 0)
            _chunks[chunk.Previous - 1].Next = chunk.Next;
        else
            first = chunk.Next;
        if (chunk.Next != 0)
            _chunks[chunk.Next - 1].Previous = chunk.Previous;
    }

    private uint TakeLarge(int length)
    {
        var number = _freeLarge - 1;
        if (number >= 0)
            _freeLarge = _large[number].NextFree;
        else
        {
            Invariant.Holds(_largeCount < LargeMax);
            if (_largeCount == _large.Length)
                Array.Resize(ref _large, Math.Max(8, _largeCount * 2));
            number = _largeCount++;
        }
        _large[number].Bytes = new byte[length];
        Reserved += length;
        return FirstLarge + (uint)number;
    }

    private void FreeLarge(int number)
    {
        ref var large = ref _large[number];
        Reserved -= large.Bytes!.Length;
        (large.Bytes, large.NextFree) = (null, _freeLarge);
        _freeLarge = number + 1;
    }

    /// <summary>Audits the slabs themselves: every block is live, free or never cut, and the lists hold what they should.</summary>
    public void CheckInvariants()
    {
        var live = 0;
        var reserved = 0L;
        for (var number = 0; number < _chunkCount; number++)
        {
            ref readonly var chunk = ref _chunks[number];
            if (chunk.Bytes is not null)
                reserved += chunk.Bytes.Length;
            if (chunk.Live == 0)
                continue;
            var free = 0;
            for (var at = chunk.FirstFree; at != 0; at = NextFree(chunk, at - 1))
                free++;
            Invariant.Holds((chunk.Live + free) * UnitsOf(chunk.Class) == chunk.Cut);
            live += chunk.Live;
        }
        for (var number = 0; number < _largeCount; number++)
            if (_large[number].Bytes is { } bytes)
            {
                live++;
                reserved += bytes.Length;
            }
        Invariant.Holds(live == Count);
        Invariant.Holds(reserved == Reserved);
        for (var sizeClass = 0; sizeClass < Classes; sizeClass++)
            for (var at = _open[sizeClass]; at != 0; at = _chunks[at - 1].Next)
                Invariant.Holds(_chunks[at - 1].Class == sizeClass && !IsFull(_chunks[at - 1]) && (_chunks[at - 1].Live > 0 || IsSmall(_chunks[at - 1])));
    }
}
