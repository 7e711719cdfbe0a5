using System.Diagnostics.CodeAnalysis;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// A bounded queue with many putters and one taker, which takes all there is at once and sleeps in the queue until something comes.
/// </summary>
/// <remarks>
/// <para>
/// What costs here is waking the taker, not the queue: a batch is one lock and one copy, and a putter signals only a taker that sleeps, so
/// that under load nobody is ever woken. The framework's channel would take its lock once per item and would need a task to sleep on.
/// </para>
/// <para>
/// The bound is on items and on the bytes they keep alive. A putter that finds the box full waits without a thread; it is let in again
/// when half of the box is free, so that at the bound there are few wake-ups too. <see cref="PutUrgent"/> passes the bound: it is for what
/// is bounded elsewhere (disk completions, the end of a connection) and must never wait behind clients.
/// </para>
/// <para>
/// The taker sleeps on an event: waking it costs a third of what <see cref="Monitor.Wait(object)"/> costs, and that is most of the time
/// that a single request takes. Locks, events and tasks are all that is used here, so that Coyote explores this class rather than a stand-in.
/// </para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A putter may ring after the box was closed: the event is left to its finalizer.")]
internal sealed class Mailbox<T>(int capacity, long weightMax) where T : struct, IWeighed
{
    private readonly object _gate = new();
    private readonly AutoResetEvent _bell = new(false);
    private readonly Queue<TaskCompletionSource> _putters = new();
    private T[] _ring = new T[16];
    private int _first;
    private int _count;
    private long _weight;
    private bool _asleep;
    private bool _closed;

    /// <summary>Whether the box is closed and empty: nothing will ever be taken again.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
                return _closed && _count == 0;
        }
    }

    /// <summary>Puts an item in, waiting while the box is full. False when the box is closed: the item was not taken.</summary>
    public async ValueTask<bool> Put(T item)
    {
        while (true)
        {
            if (TryPut(in item, out var room))
                return true;
            if (room is null)
                return false;
            await room;
        }
    }

    /// <summary>Puts an item in even if the box is full. False when the box is closed.</summary>
    public bool PutUrgent(in T item)
    {
        bool ring;
        lock (_gate)
        {
            if (_closed)
                return false;
            ring = Add(in item);
        }
        if (ring)
            _bell.Set();
        return true;
    }

    /// <summary>Puts several items in at once, even if the box is full. False when the box is closed.</summary>
    public bool PutAllUrgent(ReadOnlySpan<T> items)
    {
        var ring = false;
        lock (_gate)
        {
            if (_closed)
                return false;
            foreach (ref readonly var item in items)
                ring |= Add(in item);
        }
        if (ring)
            _bell.Set();
        return true;
    }

    /// <summary>Takes what there is, oldest first, up to the length of <paramref name="into"/>; waits if there is nothing.</summary>
    /// <returns>How many were taken: 0 after <paramref name="patience"/>, or early, or at once when the box <see cref="IsOver"/>.</returns>
    public int Take(T[] into, TimeSpan patience)
    {
        if (patience > TimeSpan.Zero && FallAsleep())
            Sleep(patience);
        lock (_gate)
        {
            _asleep = false;
            var taken = Math.Min(into.Length, _count);
            for (var i = 0; i < taken; i++)
                into[i] = Remove();
            if (_putters.Count > 0 && _count <= capacity / 2 && _weight <= weightMax / 2)
                LetIn(capacity - _count);
            return taken;
        }
    }

    /// <summary>Takes nothing in any more; what is inside can still be taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
#if PLANTED
            if (!Planted.Is(Race.CloseForgetsPutters))
#endif
            LetIn(int.MaxValue);
        }
        _bell.Set();
    }

    private bool TryPut(in T item, out Task? room)
    {
        room = null;
        bool ring;
        lock (_gate)
        {
            if (_closed)
                return false;
            if (_count >= capacity || _weight >= weightMax)
            {
                var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _putters.Enqueue(turn);
                room = turn.Task;
                return false;
            }
            ring = Add(in item);
        }
        // Outside the lock, which the woken taker needs at once.
        if (ring)
            _bell.Set();
        return true;
    }

    /// <summary>Says that the bell must be rung for the next item, unless there is one.</summary>
    private bool FallAsleep()
    {
#if PLANTED
        if (Planted.Is(Race.SleepAfterLooking))
            return FallAsleepAfterLooking();
#endif
        lock (_gate)
            return _asleep = _count == 0 && !_closed;
    }

#if PLANTED
    private bool FallAsleepAfterLooking()
    {
        lock (_gate)
            if (_count > 0 || _closed)
                return false;
        lock (_gate)
            return _asleep = true;
    }
#endif

    private void Sleep(TimeSpan patience)
    {
        // Rounded up: a taker that woke before its deadline would find nothing due and sleep again.
        var milliseconds = Math.Ceiling(patience.TotalMilliseconds);
        if (milliseconds >= int.MaxValue)
            _bell.WaitOne();
        else
            _bell.WaitOne((int)milliseconds);
    }

    /// <summary>Adds an item; whether the taker has to be woken. One ring is enough for any number of items.</summary>
    private bool Add(in T item)
    {
        if (_count == _ring.Length)
            Grow();
        _ring[(_first + _count++) & (_ring.Length - 1)] = item;
        _weight += item.Weight;
        var ring = _asleep;
        _asleep = false;
        return ring;
    }

    private T Remove()
    {
        var item = _ring[_first];
        _ring[_first] = default;
        _first = (_first + 1) & (_ring.Length - 1);
        _count--;
        _weight -= item.Weight;
        return item;
    }

    private void LetIn(int atMost)
    {
        for (; atMost > 0 && _putters.TryDequeue(out var turn); atMost--)
            turn.SetResult();
    }

    private void Grow()
    {
        var larger = new T[_ring.Length * 2];
        for (var i = 0; i < _count; i++)
            larger[i] = _ring[(_first + i) & (_ring.Length - 1)];
        _ring = larger;
        _first = 0;
    }
}
