using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Actors;

/// <summary>What a computer has received and its program, which reads slowly, has not yet: it is handed over in small portions.</summary>
internal sealed class Sips
{
    private const int PortionBytes = 100;

    private byte[] _bytes = [];
    private int _start, _end;
    private Instant _freeAt = Instant.Origin;

    /// <summary>When the next portion is handed over; never while there is nothing.</summary>
    public Instant NextAt { get; private set; } = Instant.Never;

    /// <summary>More has come.</summary>
    public void Add(ReadOnlySpan<byte> bytes, Instant now)
    {
        _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
        (_start, _end) = (0, _end - _start);
        if (_bytes.Length - _end < bytes.Length)
            Array.Resize(ref _bytes, (_end + bytes.Length) * 2);
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
        NextAt = Instant.Earlier(NextAt, Instant.Later(now, _freeAt));
    }

    /// <summary>Hands a portion over if its time has come, and all there is to who takes no time over it; it is valid until more comes.</summary>
    public bool TryTake(Instant now, TimeSpan pace, out ReadOnlySpan<byte> portion)
    {
        portion = default;
        if (now < NextAt)
            return false;
        var length = pace > TimeSpan.Zero ? Math.Min(PortionBytes, _end - _start) : _end - _start;
        portion = _bytes.AsSpan(_start, length);
        _start += length;
        _freeAt = now + pace;
        NextAt = _start == _end ? Instant.Never : _freeAt;
        return true;
    }

    /// <summary>The connection is gone, and what was not read with it.</summary>
    public void Clear() => (_start, _end, NextAt) = (0, 0, Instant.Never);
}
