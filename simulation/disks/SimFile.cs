using Quorate.Kernel.Storage;

namespace Quorate.Simulation.Disks;

/// <summary>
/// A file as a running computer sees it, sector by sector, and beside it, for every sector written since the last flush, what the disk still
/// holds. A sector that was never written is zeros and takes no memory.
/// </summary>
internal sealed class SimFile(DiskFile name, BytePool pool, SimFile.Memory memory)
{
    public const int SectorBytes = Sectors.Bytes;

    internal struct Sector
    {
        public int Number;   // 0 while it is nothing but zeros
        public bool IsUnflushed;
    }

    /// <summary>What the files of a disk share: there are thousands of them, small ones that come and go.</summary>
    internal sealed class Memory
    {
        internal Sectors Sectors { get; } = new();
        internal Shelves<Sector> Lists { get; } = new(smallestShift: 2);
        internal Shelves<(int Sector, int Durable)> Unflushed { get; } = new(smallestShift: 2);
    }

    private (int Sector, int Durable)[] _unflushed = [];
    private int _unflushedCount;
    private Sector[] _sectors = [];
    private int _durableLength;

    public DiskFile Name => name;
    public int Length { get; private set; }

    /// <summary>How many sectors a crash now may lose.</summary>
    public int Unflushed => _unflushedCount;

    /// <summary>Whether a flush of it has reported success and done nothing, and none since has been honest.</summary>
    public bool IsLiedAbout { get; set; }

    /// <summary>Whether it has been deleted, and is only still in the way.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>When the last request on it ends: requests on one file end in order.</summary>
    public Times.TrueTime BusyUntil { get; set; }

    /// <summary>A copy of the bytes from an offset on, as far as there are any.</summary>
    public Bytes Read(long offset, int length)
    {
        var at = (int)Math.Min(offset, Length);
        var count = Math.Min(length, Length - at);
        if (count == 0)
            return default;
        var found = pool.Rent(count);
        for (var target = found.AsSpan(0, count); target.Length > 0;)
        {
            var part = PartOf(at, target.Length);
            if (_sectors[at / SectorBytes].Number is > 0 and var number)
                memory.Sectors[number].Slice(at % SectorBytes, part).CopyTo(target);
            else
                target[..part].Clear();
            target = target[part..];
            at += part;
        }
        return new(found, 0, count);
    }

    /// <summary>A copy of what the disk would still hold without power.</summary>
    public byte[] Flushed()
    {
        var flushed = new byte[_durableLength];
        for (var at = 0; at < flushed.Length; at += SectorBytes)
            if (_sectors[at / SectorBytes].Number is > 0 and var number)
                memory.Sectors[number][..PartOf(at, flushed.Length - at)].CopyTo(flushed.AsSpan(at));
        foreach (var (sector, durable) in _unflushed.AsSpan(0, _unflushedCount))
            if (sector * SectorBytes is var at && at < flushed.Length)
            {
                var target = flushed.AsSpan(at, PartOf(at, flushed.Length - at));
                target.Clear();
                if (durable > 0)
                    memory.Sectors[durable][..target.Length].CopyTo(target);
            }
        return flushed;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        var at = (int)offset;
        var end = checked(at + bytes.Length);
        var needed = (end + SectorBytes - 1) / SectorBytes;
        if (needed > _sectors.Length)
            Grow(memory.Lists, ref _sectors, needed);
        while (bytes.Length > 0)
        {
            var part = PartOf(at, bytes.Length);
            ref var sector = ref _sectors[at / SectorBytes];
            Remember(ref sector, at / SectorBytes);
            bytes[..part].CopyTo(Own(ref sector, isOverwritten: part == SectorBytes)[(at % SectorBytes)..]);
            bytes = bytes[part..];
            at += part;
        }
        Length = Math.Max(Length, end);
    }

    /// <summary>What was written is what the disk holds.</summary>
    public void Flush()
    {
        foreach (var (sector, durable) in _unflushed.AsSpan(0, _unflushedCount))
            Forget(sector, durable);
        ForgetAll();
        _durableLength = Length;
    }

    /// <summary>Power is lost: each unflushed sector is as it was or as it was to be. Returns how many were lost.</summary>
    public int Crash(CrashMode mode, ref Chance chance)
    {
        var length = _durableLength;
        var lost = 0;
        // A disk that works through its cache in order leaves a beginning of what was written.
        var kept = mode == CrashMode.Prefix ? chance.Below(_unflushedCount + 1) : 0;
        for (var i = 0; i < _unflushedCount; i++)
        {
            var (sector, durable) = _unflushed[i];
            var stays = mode switch
            {
                CrashMode.Keep => true,
                CrashMode.Lose => false,
                CrashMode.Prefix => i < kept,
                _ => chance.Below(2) == 0,
            };
            if (stays)
                length = Math.Max(length, Math.Min(Length, (sector + 1) * SectorBytes));
            else
            {
                lost++;
                (_sectors[sector].Number, durable) = (durable, _sectors[sector].Number);
            }
            Forget(sector, durable);
        }
        ForgetAll();
        Cut(length);
        _durableLength = Length;
        return lost;
    }

    /// <summary>Changes flushed bytes behind everybody's back. False when the sector is not wholly flushed.</summary>
    public bool Rot(int sector, ref Chance chance)
    {
        var start = sector * SectorBytes;
        if (start >= _durableLength || _sectors[sector].IsUnflushed)
            return false;
        var length = Math.Min(SectorBytes, _durableLength - start);
        Own(ref _sectors[sector])[chance.Below(length)] ^= (byte)(1 << chance.Below(8));
        return true;
    }

    /// <summary>The file is deleted: its memory goes back.</summary>
    public void Release()
    {
        Flush();
        Cut(0);
        GiveBack(memory.Lists, ref _sectors);
        _durableLength = 0;
    }

    /// <summary>How much of so many bytes from a place on lies in one sector.</summary>
    private static int PartOf(int at, int length) => Math.Min(SectorBytes - at % SectorBytes, length);

    private Span<byte> Own(ref Sector sector, bool isOverwritten = false)
    {
        if (sector.Number > 0)
            return memory.Sectors[sector.Number];
        sector.Number = memory.Sectors.Take();
        var bytes = memory.Sectors[sector.Number];
        if (!isOverwritten)
            bytes.Clear();
        return bytes;
    }

    /// <summary>Ends the file; what is behind is zeros should it grow again.</summary>
    private void Cut(int length)
    {
        for (var at = length; at < Length; at += PartOf(at, Length - at))
        {
            ref var number = ref _sectors[at / SectorBytes].Number;
            if (number == 0)
                continue;
            if (at % SectorBytes > 0)
                memory.Sectors[number][(at % SectorBytes)..].Clear();
            else
            {
                memory.Sectors.Return(number);
                number = 0;
            }
        }
        Length = length;
    }

    private void Remember(ref Sector sector, int number)
    {
        if (sector.IsUnflushed)
            return;
        sector.IsUnflushed = true;
        if (_unflushedCount == _unflushed.Length)
            Grow(memory.Unflushed, ref _unflushed, _unflushedCount + 1);
        _unflushed[_unflushedCount++] = (number, sector.Number > 0 ? memory.Sectors.Copy(sector.Number) : 0);
    }

    private void Forget(int sector, int durable)
    {
        _sectors[sector].IsUnflushed = false;
        if (durable > 0)
            memory.Sectors.Return(durable);
    }

    /// <summary>Nothing is unflushed, as mostly.</summary>
    private void ForgetAll()
    {
        _unflushedCount = 0;
        GiveBack(memory.Unflushed, ref _unflushed);
    }

    private static void Grow<T>(Shelves<T> shelves, ref T[] array, int length)
    {
        var larger = shelves.Rent(length);
        array.CopyTo(larger, 0);
        GiveBack(shelves, ref array);
        array = larger;
    }

    private static void GiveBack<T>(Shelves<T> shelves, ref T[] array)
    {
        if (array.Length == 0)
            return;
        Array.Clear(array);
        shelves.Return(array);
        array = [];
    }
}

/// <summary>What becomes of unflushed sectors when power is lost.</summary>
public enum CrashMode
{
    /// <summary>Each is lost or kept by itself.</summary>
    Tear,
    /// <summary>Those written first are kept.</summary>
    Prefix,
    /// <summary>All are lost.</summary>
    Lose,
    /// <summary>All are kept.</summary>
    Keep,
}
