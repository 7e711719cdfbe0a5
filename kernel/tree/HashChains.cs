namespace Quorate.Kernel.Trees;

/// <summary>What a struct must offer to be found by hash: the hash itself, beside the link of its bucket.</summary>
internal interface IHashed : ISlot
{
    uint Hash { get; }
}

/// <summary>Hash buckets whose chains run through the slots of a slab. What equality means is for those to say who walk a chain.</summary>
/// <remarks>
/// Linear hashing: every addition beyond one per bucket splits one bucket in two, in turn, so that a table of any size grows by a few
/// moved links at a time and no step pays for a rehash of the whole. Bucket order shows nowhere. The first chunk grows from a few heads to its
/// size by doubling.
/// </remarks>
internal sealed class HashChains<T>(Slab<T> slots) where T : struct, IHashed
{
    private const int Shift = 12, ChunkHeads = 1 << Shift, Mask = ChunkHeads - 1;
    private const int FirstLevel = 6;

    private int[][] _chunks = [new int[1 << FirstLevel]];   // slot + 1; 0 is an empty bucket
    private int _level = FirstLevel;                    // 1 << level buckets when the present round of splits began
    private int _split;                                 // the bucket to be split next

    /// <summary>How many slots are in the buckets.</summary>
    public int Count { get; private set; }

    /// <summary>The first slot of a hash's bucket, or <see cref="Tree.None"/>; the others follow by <see cref="ISlot.Next"/>.</summary>
    public int First(uint hash) => Head(BucketOf(hash)) - 1;

    /// <summary>Puts a slot into the bucket of its hash.</summary>
    public void Add(int slot)
    {
        Push(BucketOf(slots[slot].Hash), slot);
        if (++Count > (1 << _level) + _split)
            Split();
    }

    /// <summary>Takes a slot out of its bucket.</summary>
    public void Remove(int slot)
    {
        ref var head = ref Head(BucketOf(slots[slot].Hash));
        var at = head - 1;
        if (at == slot)
            head = slots[slot].Next + 1;
        else
        {
            while (slots[at].Next != slot)
                at = slots[at].Next;
            slots[at].Next = slots[slot].Next;
        }
        Count--;
    }

    /// <summary>Empties all buckets.</summary>
    public void Clear()
    {
        foreach (var chunk in _chunks)
            if (chunk is not null)
                Array.Clear(chunk);
        (_level, _split, Count) = (FirstLevel, 0, 0);
    }

    private int BucketOf(uint hash)
    {
        var bucket = (int)(hash & ((1u << _level) - 1));
        return bucket < _split ? (int)(hash & ((2u << _level) - 1)) : bucket;
    }

    private ref int Head(int bucket) => ref _chunks[bucket >> Shift][bucket & Mask];

    private void Push(int bucket, int slot)
    {
        ref var head = ref Head(bucket);
        slots[slot].Next = head - 1;
        head = slot + 1;
    }

    private void Split()
    {
        var fresh = (1 << _level) + _split;
        if (fresh >> Shift == _chunks.Length)
            Array.Resize(ref _chunks, _chunks.Length * 2);
        ref var heads = ref _chunks[fresh >> Shift];
        heads ??= new int[ChunkHeads];
        if ((fresh & Mask) == heads.Length)
            Array.Resize(ref heads, heads.Length * 2);

        var slot = First((uint)_split);
        Head(_split) = 0;
        while (slot != Tree.None)
        {
            var next = slots[slot].Next;
            Push((slots[slot].Hash >> _level & 1) == 0 ? _split : fresh, slot);
            slot = next;
        }
        if (++_split == 1 << _level)
            (_level, _split) = (_level + 1, 0);
    }
}
