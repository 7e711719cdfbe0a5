namespace Quorate.Kernel.Ground;

/// <summary>A first-in-first-out queue that grows by doubling up to a named bound and then refuses.</summary>
/// <remarks>Position 0 is the oldest item. The caller looks at <see cref="IsFull"/> first; what happens then is the caller's back-pressure.</remarks>
internal sealed class Ring<T>(int bound)
{
    private T[] _items = [];
    private int _head;

    /// <summary>How many items are queued.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the bound is reached.</summary>
    public bool IsFull => Count == bound;

    /// <summary>The item at <paramref name="position"/>, counted from the oldest.</summary>
    public ref T this[int position]
    {
        get
        {
            Invariant.Holds((uint)position < (uint)Count);
            return ref _items[(_head + position) & (_items.Length - 1)];
        }
    }

    /// <summary>Appends an item and returns it by reference.</summary>
    public ref T Enqueue(in T item)
    {
        Invariant.Holds(!IsFull);
        if (Count == _items.Length)
            Grow();
        Count++;
        ref T slot = ref this[Count - 1];
        slot = item;
        return ref slot;
    }

    /// <summary>Removes and returns the oldest item.</summary>
    public T Dequeue()
    {
        ref T oldest = ref this[0];
        var item = oldest;
        oldest = default!;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return item;
    }

    /// <summary>Removes every item.</summary>
    public void Clear()
    {
        Array.Clear(_items);
        _head = Count = 0;
    }

    private void Grow()
    {
        var larger = new T[Math.Max(4, _items.Length * 2)];
        for (var i = 0; i < Count; i++)
            larger[i] = this[i];
        _items = larger;
        _head = 0;
    }
}
