namespace Quorate.Kernel.Ground;

/// <summary>Ordered timers, one for each owner, and the earliest of them.</summary>
/// <remarks>
/// A binary heap ordered by (instant, owner), so that equal instants fire in a stated order. Owners are small dense numbers (slot numbers),
/// which lets an owner's place in the heap be looked up in an array: setting, moving and clearing cost O(log n) and no garbage.
/// </remarks>
internal sealed class Deadlines
{
    private (Instant At, int Owner)[] _heap = [];
    private int[] _places = [];   // owner → 1 + position in the heap; 0 when not set
    private int _count;

    /// <summary>The earliest deadline, or <see cref="Instant.Never"/>.</summary>
    public Instant Earliest => _count == 0 ? Instant.Never : _heap[0].At;

    /// <summary>How many owners have a deadline.</summary>
    public int Count => _count;

    /// <summary>Sets or moves the deadline of <paramref name="owner"/>.</summary>
    public void Set(int owner, Instant at)
    {
        if (owner >= _places.Length)
            Array.Resize(ref _places, Math.Max(16, Math.Max(owner + 1, _places.Length * 2)));
        var place = _places[owner] - 1;
        if (place < 0)
        {
            if (_count == _heap.Length)
                Array.Resize(ref _heap, Math.Max(16, _heap.Length * 2));
            place = _count++;
        }
        _heap[place] = (at, owner);
        _places[owner] = place + 1;
        Down(Up(place));
    }

    /// <summary>Removes the deadline of <paramref name="owner"/>, if it has one.</summary>
    public void Clear(int owner)
    {
        if (owner >= _places.Length || _places[owner] == 0)
            return;
        var place = _places[owner] - 1;
        _places[owner] = 0;
        var last = _heap[--_count];
        if (place == _count)
            return;
        _heap[place] = last;
        _places[last.Owner] = place + 1;
        Down(Up(place));
    }

    /// <summary>Takes the earliest owner whose deadline is not after <paramref name="now"/>.</summary>
    public bool TryTake(Instant now, out int owner)
    {
        owner = -1;
        if (_count == 0 || _heap[0].At > now)
            return false;
        owner = _heap[0].Owner;
        Clear(owner);
        return true;
    }

    private int Up(int place)
    {
        while (place > 0 && Before(place, (place - 1) / 2))
        {
            Swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
        return place;
    }

    private void Down(int place)
    {
        while (true)
        {
            var least = place;
            for (var child = 2 * place + 1; child <= 2 * place + 2; child++)
                if (child < _count && Before(child, least))
                    least = child;
            if (least == place)
                return;
            Swap(place, least);
            place = least;
        }
    }

    private bool Before(int a, int b)
    {
        var order = _heap[a].At.CompareTo(_heap[b].At);
        return order != 0 ? order < 0 : _heap[a].Owner < _heap[b].Owner;
    }

    private void Swap(int a, int b)
    {
        (_heap[a], _heap[b]) = (_heap[b], _heap[a]);
        _places[_heap[a].Owner] = a + 1;
        _places[_heap[b].Owner] = b + 1;
    }
}
