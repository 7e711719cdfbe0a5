using System.Numerics;

namespace Quorate.Kernel.Trees;

/// <summary>A set of slot numbers: one bit each, in chunks, walked in ascending order.</summary>
internal sealed class SlotSet
{
    private const int Shift = 16, ChunkWords = (1 << Shift) / 64, Mask = (1 << Shift) - 1;

    private ulong[]?[] _chunks = [];

    public int Count { get; private set; }

    public bool Contains(int slot) =>
        slot >> Shift < _chunks.Length && _chunks[slot >> Shift] is { } words && (words[(slot & Mask) >> 6] >> slot & 1) != 0;

    /// <summary>Adds a slot; false if it was there.</summary>
    public bool Add(int slot)
    {
        var chunk = slot >> Shift;
        if (chunk >= _chunks.Length)
            Array.Resize(ref _chunks, Math.Max(chunk + 1, _chunks.Length * 2));
        ref var word = ref (_chunks[chunk] ??= new ulong[ChunkWords])[(slot & Mask) >> 6];
        var bit = 1ul << slot;
        if ((word & bit) != 0)
            return false;
        word |= bit;
        Count++;
        return true;
    }

    /// <summary>Removes a slot that is in the set.</summary>
    public void Remove(int slot)
    {
        Invariant.Holds(Contains(slot));
        _chunks[slot >> Shift]![(slot & Mask) >> 6] &= ~(1ul << slot);
        Count--;
    }

    /// <summary>The least slot above <paramref name="after"/>, or <see cref="Tree.None"/>.</summary>
    public int Next(int after)
    {
        if (Count == 0)
            return Tree.None;
        var from = after + 1;
        for (var chunk = from >> Shift; chunk < _chunks.Length; chunk++, from = chunk << Shift)
        {
            if (_chunks[chunk] is not { } words)
                continue;
            var at = (from & Mask) >> 6;
            var word = words[at] & (ulong.MaxValue << from);
            while (word == 0 && ++at < ChunkWords)
                word = words[at];
            if (word != 0)
                return (chunk << Shift) + (at << 6) + BitOperations.TrailingZeroCount(word);
        }
        return Tree.None;
    }
}
