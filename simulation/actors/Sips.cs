using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Actors;

/// <summary>What a computer has received and its program, which reads slowly, has not yet: it is handed over in small portions.</summary>
internal sealed class Sips
{
    private const int PortionBytes = 100;

    private readonly Backlog _backlog = new();
    private Instant _freeAt = Instant.Origin;

    /// <summary>When the next portion is handed over; never while there is nothing.</summary>
    public Instant NextAt { get; private set; } = Instant.Never;

    /// <summary>More has come.</summary>
    public void Add(ReadOnlySpan<byte> bytes, Instant now)
    {
        _backlog.Add(bytes);
        NextAt = Instant.Earlier(NextAt, Instant.Later(now, _freeAt));
    }

    /// <summary>Hands a portion over if its time has come, and all there is to who takes no time over it; it is valid until more comes.</summary>
    public bool TryTake(Instant now, TimeSpan pace, out ReadOnlySpan<byte> portion)
    {
        portion = default;
        if (now < NextAt)
            return false;
        var length = pace > TimeSpan.Zero ? Math.Min(PortionBytes, _backlog.Length) : _backlog.Length;
        portion = _backlog.Bytes[..length];
        _backlog.Skip(length);
        _freeAt = now + pace;
        NextAt = _backlog.Length == 0 ? Instant.Never : _freeAt;
        return true;
    }

    /// <summary>The connection is gone, and what was not read with it.</summary>
    public void Clear()
    {
        _backlog.Clear();
        NextAt = Instant.Never;
    }
}
