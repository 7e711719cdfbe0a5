using System.Numerics;

namespace Quorate.Simulation;

/// <summary>Bytes on their way: a part of a pooled array. Whoever takes them gives them back to the pool.</summary>
internal readonly record struct Bytes(byte[]? Array, int Offset, int Length)
{
    public ReadOnlySpan<byte> Span => Array.AsSpan(Offset, Length);
}

/// <summary>Arrays by powers of two, given out and taken back, so that a run in full swing allocates nothing. What is in them is left over.</summary>
/// <param name="smallestShift">Says how long the shortest are.</param>
internal class Shelves<T>(int smallestShift)
{
    private readonly T[][][] _shelves = NewShelves(smallestShift);
    private readonly int[] _lying = new int[32 - smallestShift];

    /// <summary>An array of at least so many elements.</summary>
    public T[] Rent(int length)
    {
        var shelf = Shelf(length);
        return _lying[shelf] > 0 ? _shelves[shelf][--_lying[shelf]] : new T[1 << (shelf + smallestShift)];
    }

    /// <summary>Takes an array back.</summary>
    public void Return(T[] array)
    {
        var shelf = Shelf(array.Length);
        ref var arrays = ref _shelves[shelf];
        if (_lying[shelf] == arrays.Length)
            Array.Resize(ref arrays, Math.Max(8, arrays.Length * 2));
        arrays[_lying[shelf]++] = array;
    }

    private int Shelf(int length) => Math.Max(0, 32 - BitOperations.LeadingZeroCount((uint)Math.Max(0, length - 1)) - smallestShift);

    private static T[][][] NewShelves(int smallestShift)
    {
        var shelves = new T[32 - smallestShift][][];
        Array.Fill(shelves, []);
        return shelves;
    }
}

/// <summary>Arrays of bytes.</summary>
internal sealed class BytePool() : Shelves<byte>(smallestShift: 6)
{
    /// <summary>A copy of some bytes.</summary>
    public Bytes Copy(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return default;
        var array = Rent(bytes.Length);
        bytes.CopyTo(array);
        return new(array, 0, bytes.Length);
    }

    /// <summary>Takes bytes back.</summary>
    public void Return(in Bytes bytes)
    {
        if (bytes.Array is { } array)
            Return(array);
    }
}
