using System.Runtime.CompilerServices;
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
    private const int SlotBits = 24, Children = 4;

    /// <summary>When, and then in one number the sequence and the slot: it orders as the sequence does, of which there are no two.</summary>
    private readonly record struct Place(long At, ulong Order)
    {
        public int Slot => (int)(Order & ((1 << SlotBits) - 1));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool IsBefore(in Place other) => At != other.At ? At < other.At : Order < other.Order;
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
        Up(Count++, new(at.Ticks, ++_sequence << SlotBits | (uint)slot));
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
        Invariant.Holds(_slotsUsed < 1 << SlotBits);
        return _slotsUsed++;
    }

    private void Up(int position, Place place)
    {
        var heap = _heap;
        while (position > 0)
        {
            var parent = (position - 1) / Children;
            if (!place.IsBefore(heap[parent]))
                break;
            heap[position] = heap[parent];
            position = parent;
        }
        heap[position] = place;
    }

    private void Down(Place place)
    {
        var heap = _heap.AsSpan(0, Count);
        var position = 0;
        while (Children * position + 1 is var first && first < heap.Length)
        {
            var least = first;
            var end = Math.Min(first + Children, heap.Length);
            for (var child = first + 1; child < end; child++)
                if (heap[child].IsBefore(heap[least]))
                    least = child;
            if (!heap[least].IsBefore(place))
                break;
            heap[position] = heap[least];
            position = least;
        }
        heap[position] = place;
    }
}
