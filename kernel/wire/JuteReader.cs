using System.Buffers.Binary;

namespace Quorate.Kernel.Wire;

/// <summary>Reads ZooKeeper's primitive encoding from a span. Running out of bytes or a bad length sets <see cref="Failed"/> and yields zeros.</summary>
/// <remarks>
/// A failed reader stays failed and never reads past its bytes, so a record is decoded straight through and judged once at its end.
/// Nothing is allocated by a count that came from the wire.
/// </remarks>
public ref struct JuteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    /// <summary>Whether something could not be read.</summary>
    public bool Failed { get; private set; }

    /// <summary>How many bytes have been read.</summary>
    public readonly int Position => _at;

    /// <summary>The bytes not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _bytes[_at..];

    /// <summary>Makes the reader fail: what was read makes no sense.</summary>
    public void Fail()
    {
        Failed = true;
        _at = _bytes.Length;
    }

    /// <summary>One byte.</summary>
    public byte Byte() => Take(1, out var span) ? span[0] : (byte)0;

    /// <summary>One byte; any nonzero value is true.</summary>
    public bool Bool() => Byte() != 0;

    /// <summary>A big-endian 32-bit integer.</summary>
    public int Int() => Take(sizeof(int), out var span) ? BinaryPrimitives.ReadInt32BigEndian(span) : 0;

    /// <summary>A big-endian 64-bit integer.</summary>
    public long Long() => Take(sizeof(long), out var span) ? BinaryPrimitives.ReadInt64BigEndian(span) : 0;

    /// <summary>A buffer or string; null and empty differ by <paramref name="isNull"/> alone.</summary>
    public ReadOnlySpan<byte> Buffer(out bool isNull)
    {
        var length = Int();
        isNull = length == -1;
        if (isNull || length == 0)
            return default;
        return Take(length, out var span) ? span : default;
    }

    /// <summary>A buffer or string that must not be null; null fails the reader.</summary>
    public ReadOnlySpan<byte> NonNull()
    {
        var span = Buffer(out var isNull);
        if (isNull)
            Fail();
        return span;
    }

    /// <summary>The count of a vector: −1 is null, other negative counts are empty.</summary>
    public int Count(out bool isNull)
    {
        var count = Int();
        isNull = count == -1;
        return Math.Max(count, 0);
    }

    private bool Take(int length, out ReadOnlySpan<byte> span)
    {
        if (length < 0 || length > _bytes.Length - _at)
        {
            Fail();
            span = default;
            return false;
        }
        span = _bytes.Slice(_at, length);
        _at += length;
        return true;
    }
}
