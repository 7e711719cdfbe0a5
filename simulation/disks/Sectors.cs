namespace Quorate.Simulation.Disks;

/// <summary>
/// The sectors of a disk's files, each under a number, 0 being none. They are cut from larger arrays: of tens of thousands of small ones each
/// collection would have to look at every one. What is in a sector that is taken is left over.
/// </summary>
internal sealed class Sectors
{
    public const int Bytes = 512;

    private const int SlabShift = 6, SlabSectors = 1 << SlabShift;

    private byte[][] _slabs = [];
    private int _slabCount;
    private int _next = 1;
    private int[] _free = new int[SlabSectors];
    private int _freeCount;

    /// <summary>The bytes of a sector.</summary>
    public Span<byte> this[int number] => _slabs[number >> SlabShift].AsSpan((number & (SlabSectors - 1)) * Bytes, Bytes);

    /// <summary>A sector that nobody has.</summary>
    public int Take()
    {
        if (_freeCount > 0)
            return _free[--_freeCount];
        if (_next >> SlabShift == _slabCount)
        {
            if (_slabCount == _slabs.Length)
                Array.Resize(ref _slabs, Math.Max(8, _slabCount * 2));
            _slabs[_slabCount++] = new byte[SlabSectors * Bytes];
        }
        return _next++;
    }

    /// <summary>Another sector with the same in it.</summary>
    public int Copy(int number)
    {
        var copy = Take();
        this[number].CopyTo(this[copy]);
        return copy;
    }

    /// <summary>Takes a sector back.</summary>
    public void Return(int number)
    {
        if (_freeCount == _free.Length)
            Array.Resize(ref _free, _freeCount * 2);
        _free[_freeCount++] = number;
    }
}
