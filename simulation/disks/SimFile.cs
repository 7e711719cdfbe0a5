using Quorate.Kernel.Storage;

namespace Quorate.Simulation.Disks;

/// <summary>
/// A file as a running computer sees it, and beside it, for every sector written since the last flush, what the disk still holds.
/// </summary>
internal sealed class SimFile(DiskFile name, BytePool pool)
{
    public const int SectorBytes = 512;

    private readonly List<(int Sector, byte[] Durable)> _unflushed = [];
    private byte[] _bytes = [];
    private ulong[] _marks = [];
    private int _durableLength;

    public DiskFile Name => name;
    public int Length { get; private set; }

    /// <summary>How many sectors a crash now may lose.</summary>
    public int Unflushed => _unflushed.Count;

    /// <summary>Whether a flush of it has reported success and done nothing, and none since has been honest.</summary>
    public bool IsLiedAbout { get; set; }

    /// <summary>When the last request on it ends: requests on one file end in order.</summary>
    public Times.TrueTime BusyUntil { get; set; }

    /// <summary>The bytes from an offset on, as far as there are any.</summary>
    public ReadOnlySpan<byte> Read(long offset, int length)
    {
        var start = (int)Math.Min(offset, Length);
        return _bytes.AsSpan(start, Math.Min(length, Length - start));
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        var end = checked((int)offset + bytes.Length);
        Reserve(end);
        for (var sector = (int)offset / SectorBytes; sector * SectorBytes < end; sector++)
            Remember(sector);
        bytes.CopyTo(_bytes.AsSpan((int)offset));
        Length = Math.Max(Length, end);
    }

    /// <summary>What was written is what the disk holds.</summary>
    public void Flush()
    {
        foreach (var (sector, durable) in _unflushed)
            Forget(sector, durable);
        _unflushed.Clear();
        _durableLength = Length;
    }

    /// <summary>Power is lost: each unflushed sector is as it was or as it was to be. Returns how many were lost.</summary>
    public int Crash(CrashMode mode, ref Chance chance)
    {
        var length = _durableLength;
        var lost = 0;
        // A disk that works through its cache in order leaves a beginning of what was written.
        var kept = mode == CrashMode.Prefix ? chance.Below(_unflushed.Count + 1) : 0;
        for (var i = 0; i < _unflushed.Count; i++)
        {
            var (sector, durable) = _unflushed[i];
            var start = sector * SectorBytes;
            var stays = mode switch
            {
                CrashMode.Keep => true,
                CrashMode.Lose => false,
                CrashMode.Prefix => i < kept,
                _ => chance.Below(2) == 0,
            };
            if (stays)
                length = Math.Max(length, Math.Min(Length, start + SectorBytes));
            else
            {
                lost++;
                durable.AsSpan(0, SectorBytes).CopyTo(_bytes.AsSpan(start));
            }
            Forget(sector, durable);
        }
        _unflushed.Clear();
        if (length < Length)
            _bytes.AsSpan(length, Length - length).Clear();
        Length = _durableLength = length;
        return lost;
    }

    /// <summary>Changes flushed bytes behind everybody's back. False when the sector is not wholly flushed.</summary>
    public bool Rot(int sector, ref Chance chance)
    {
        var start = sector * SectorBytes;
        if (start >= _durableLength || IsMarked(sector))
            return false;
        var length = Math.Min(SectorBytes, _durableLength - start);
        _bytes[start + chance.Below(length)] ^= (byte)(1 << chance.Below(8));
        return true;
    }

    /// <summary>The file is deleted: its memory goes back.</summary>
    public void Release()
    {
        foreach (var (sector, durable) in _unflushed)
            Forget(sector, durable);
        _unflushed.Clear();
        if (_bytes.Length > 0)
            pool.Return(_bytes);
        (_bytes, _marks, Length, _durableLength) = ([], [], 0, 0);
    }

    private void Reserve(int end)
    {
        var needed = (end + SectorBytes - 1) / SectorBytes * SectorBytes;
        if (needed <= _bytes.Length)
            return;
        var larger = pool.Rent(Math.Max(needed, _bytes.Length * 2));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        larger.AsSpan(Length).Clear();
        if (_bytes.Length > 0)
            pool.Return(_bytes);
        _bytes = larger;
        Array.Resize(ref _marks, larger.Length / SectorBytes / 64 + 1);
    }

    private bool IsMarked(int sector) => (_marks[sector >> 6] >> (sector & 63) & 1) != 0;

    private void Remember(int sector)
    {
        if (IsMarked(sector))
            return;
        _marks[sector >> 6] |= 1UL << (sector & 63);
        var durable = pool.Rent(SectorBytes);
        _bytes.AsSpan(sector * SectorBytes, SectorBytes).CopyTo(durable);
        _unflushed.Add((sector, durable));
    }

    private void Forget(int sector, byte[] durable)
    {
        _marks[sector >> 6] &= ~(1UL << (sector & 63));
        pool.Return(durable);
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
