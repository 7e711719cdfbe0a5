namespace Quorate.Kernel.Trees;

/// <summary>What a struct must offer to live in a <see cref="Slab{T}"/>: a link that the slab uses while the slot is free.</summary>
internal interface ISlot
{
    /// <summary>The next slot of whatever list this one is in: the free list, or a hash bucket.</summary>
    int Next { get; set; }
}

/// <summary>Structs in numbered slots, with a free list through the slots.</summary>
/// <remarks>
/// The arrays are chunks, so that growth neither copies nor moves anything, but for the first chunk, which is small as long as that is
/// enough: no reference to a slot outlives a <see cref="Take"/>.
/// The free list is last in, first out, and nothing else gives slots away. So operations undone in reverse order find the free list
/// exactly as it was, which is what lets <see cref="TakeBack"/> restore a thing into the slot that it had.
/// A whole chunk is large enough for the large-object heap, where it stays put, and holds no references for the collector to follow.
/// </remarks>
internal sealed class Slab<T> where T : struct, ISlot
{
    private const int Shift = 10, ChunkSlots = 1 << Shift, Mask = ChunkSlots - 1, FirstSlots = 32;

    private T[][] _chunks = [];
    private int _free = Tree.None;

    /// <summary>All slots ever used lie below.</summary>
    public int HighWater { get; private set; }

    /// <summary>How many slots are taken.</summary>
    public int Live { get; private set; }

    public ref T this[int slot] => ref _chunks[slot >> Shift][slot & Mask];

    /// <summary>Takes a slot; its content is whatever was there before.</summary>
    public int Take()
    {
        Live++;
        if (_free == Tree.None)
            return Extend();
        var slot = _free;
        _free = this[slot].Next;
        return slot;
    }

    /// <summary>Gives a slot back.</summary>
    public void Return(int slot)
    {
        this[slot].Next = _free;
        _free = slot;
        Live--;
    }

    /// <summary>Takes the slot that was given back last, which must be <paramref name="slot"/>.</summary>
    public void TakeBack(int slot)
    {
        Invariant.Holds(_free == slot);
        Take();
    }

    /// <summary>Frees every slot and keeps the memory.</summary>
    public void Clear()
    {
        (HighWater, Live, _free) = (0, 0, Tree.None);
    }

    private int Extend()
    {
        var chunk = HighWater >> Shift;
        if (chunk == _chunks.Length)
            Array.Resize(ref _chunks, Math.Max(4, _chunks.Length * 2));
        ref var slots = ref _chunks[chunk];
        if (slots is null)
            slots = new T[chunk == 0 ? FirstSlots : ChunkSlots];
        else if ((HighWater & Mask) == slots.Length)
            Array.Resize(ref slots, slots.Length * 2);
        return HighWater++;
    }
}
