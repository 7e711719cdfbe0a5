namespace Quorate.Kernel.Ground;

/// <summary>Where some bytes lie in an <see cref="Arena"/>.</summary>
public readonly record struct Slice(int Offset, int Length);

/// <summary>Bytes appended now, handed out as slices, and all forgotten together by <see cref="Clear"/>.</summary>
/// <remarks>
/// Spans taken from an arena are void after the next append, since the array may grow; slices stay good until <see cref="Clear"/>.
/// An arena that once had to grow keeps its size up to a bound, so that a steady load allocates nothing.
/// </remarks>
public sealed class Arena
{
    private readonly int _kept;
    private byte[] _bytes;

    /// <summary>An arena of <paramref name="initial"/> bytes that gives back memory beyond <paramref name="kept"/> bytes at <see cref="Clear"/>.</summary>
    public Arena(int initial = 4096, int kept = 4 << 20)
    {
        _bytes = new byte[initial];
        _kept = Math.Max(initial, kept);
    }

    /// <summary>How many bytes have been appended since the last <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes of a slice.</summary>
    public Span<byte> this[Slice slice] => _bytes.AsSpan(slice.Offset, slice.Length);

    /// <summary>Everything appended.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Appends a copy of <paramref name="bytes"/>.</summary>
    public Slice Append(ReadOnlySpan<byte> bytes)
    {
        var slice = Reserve(bytes.Length);
        bytes.CopyTo(this[slice]);
        return slice;
    }

    /// <summary>Appends <paramref name="length"/> bytes of unknown content; the caller writes every one of them.</summary>
    public Slice Reserve(int length)
    {
        if (_bytes.Length - Length < length)
            Grow(length);
        var slice = new Slice(Length, length);
        Length += length;
        return slice;
    }

    /// <summary>Forgets what was appended after <paramref name="length"/>.</summary>
    public void CutTo(int length)
    {
        Invariant.Holds(length >= 0 && length <= Length);
        Length = length;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > _kept)
            _bytes = new byte[_kept];
    }

    private void Grow(int length)
    {
        var wanted = Math.Max((long)Length + length, Math.Min((long)_bytes.Length * 2, Array.MaxLength));
        Invariant.Holds(wanted <= Array.MaxLength);
        Array.Resize(ref _bytes, (int)wanted);
    }
}
