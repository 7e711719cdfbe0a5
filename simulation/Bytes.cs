namespace Quorate.Simulation;

/// <summary>Bytes on their way: a part of a pooled array. Whoever takes them gives them back to the pool.</summary>
internal readonly record struct Bytes(byte[]? Array, int Offset, int Length)
{
    public ReadOnlySpan<byte> Span => Array.AsSpan(Offset, Length);
}

/// <summary>Arrays by powers of two, given out and taken back, so that a run in full swing allocates nothing. What is in them is left over.</summary>
internal sealed class BytePool
{
    private const int SmallestShift = 6;
    private readonly Stack<byte[]>[] _free = new Stack<byte[]>[32 - SmallestShift];

    public BytePool()
    {
        for (var i = 0; i < _free.Length; i++)
            _free[i] = new();
    }

    /// <summary>A copy of some bytes.</summary>
    public Bytes Copy(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return default;
        var array = Rent(bytes.Length);
        bytes.CopyTo(array);
        return new(array, 0, bytes.Length);
    }

    /// <summary>An array of at least so many bytes.</summary>
    public byte[] Rent(int length)
    {
        var shelf = Shelf(length);
        return _free[shelf].TryPop(out var array) ? array : new byte[1 << (shelf + SmallestShift)];
    }

    /// <summary>Takes bytes back.</summary>
    public void Return(in Bytes bytes)
    {
        if (bytes.Array is { } array)
            Return(array);
    }

    /// <summary>Takes an array back.</summary>
    public void Return(byte[] array) => _free[Shelf(array.Length)].Push(array);

    private static int Shelf(int length) =>
        Math.Max(0, 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)Math.Max(0, length - 1)) - SmallestShift);
}
