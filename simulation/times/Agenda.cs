using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Times;

/// <summary>Something to which events happen.</summary>
internal interface IDue
{
    /// <summary>What was entered into the agenda has come. The bytes are the receiver's to give back.</summary>
    void Due(int what, ulong subject, Bytes bytes);
}

/// <summary>
/// Everything that is going to happen, ordered by (time, sequence): events at one time happen in the order in which they were entered.
/// Nothing is ever taken out; who no longer wants an event sees that it is stale when it comes.
/// </summary>
internal sealed class Agenda
{
    private readonly record struct Place(long At, ulong Sequence, int Slot)
    {
        public bool IsBefore(in Place other) => At != other.At ? At < other.At : Sequence < other.Sequence;
    }

    private struct Slot
    {
        public IDue Target;
        public int What;
        public ulong Subject;
        public Bytes Bytes;
    }

    private Place[] _heap = new Place[1024];
    private Slot[] _slots = new Slot[1024];
    private int[] _free = new int[1024];
    private int _freeCount;
    private int _slotsUsed;
    private ulong _sequence;

    /// <summary>The world's time.</summary>
    public TrueTime Now { get; private set; }

    /// <summary>How many events are to come.</summary>
    public int Count { get; private set; }

    /// <summary>How many events there have been.</summary>
    public long Happened { get; private set; }

    /// <summary>Enters an event.</summary>
    public void Add(TrueTime at, IDue target, int what, ulong subject = 0, Bytes bytes = default)
    {
        if (at == TrueTime.Never)
            return;
        Invariant.Holds(at >= Now);
        var slot = _freeCount > 0 ? _free[--_freeCount] : NewSlot();
        _slots[slot] = new() { Target = target, What = what, Subject = subject, Bytes = bytes };
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Count * 2);
        Up(Count++, new(at.Ticks, ++_sequence, slot));
    }

    /// <summary>Moves time to the next event up to <paramref name="end"/> and lets it happen; false if there is none, and time is at the end.</summary>
    public bool Next(TrueTime end)
    {
        if (Count == 0 || _heap[0].At > end.Ticks)
        {
            Now = end;
            return false;
        }
        var first = _heap[0];
        var last = _heap[--Count];
        if (Count > 0)
            Down(last);
        var slot = _slots[first.Slot];
        _slots[first.Slot] = default;
        if (_freeCount == _free.Length)
            Array.Resize(ref _free, _freeCount * 2);
        _free[_freeCount++] = first.Slot;
        Now = new(first.At);
        Happened++;
        slot.Target.Due(slot.What, slot.Subject, slot.Bytes);
        return true;
    }

    private int NewSlot()
    {
        if (_slotsUsed == _slots.Length)
            Array.Resize(ref _slots, _slotsUsed * 2);
        return _slotsUsed++;
    }

    private void Up(int position, Place place)
    {
        while (position > 0)
        {
            var parent = (position - 1) / 2;
            if (!place.IsBefore(_heap[parent]))
                break;
            _heap[position] = _heap[parent];
            position = parent;
        }
        _heap[position] = place;
    }

    private void Down(Place place)
    {
        var position = 0;
        while (true)
        {
            var child = 2 * position + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && _heap[child + 1].IsBefore(_heap[child]))
                child++;
            if (!_heap[child].IsBefore(place))
                break;
            _heap[position] = _heap[child];
            position = child;
        }
        _heap[position] = place;
    }
}
