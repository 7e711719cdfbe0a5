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
/// Only <see cref="Monitor"/> and tasks are used, so that Coyote explores this class itself rather than a stand-in.
/// </para>
/// </remarks>
internal sealed class Mailbox<T>(int capacity, long weightMax) where T : struct, IWeighed
{
    private readonly object _gate = new();
    private readonly Queue<TaskCompletionSource> _putters = new();
    private T[] _ring = new T[16];
    private int _first;
    private int _count;
    private long _weight;
    private bool _asleep;
    private bool _closed;

    /// <summary>Puts an item in, waiting while the box is full. False when the box is closed: the item was not taken.</summary>
    public async ValueTask<bool> Put(T item)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_closed)
                    return false;
                if (_count < capacity && _weight < weightMax)
                {
                    Add(in item);
                    return true;
                }
                var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _putters.Enqueue(turn);
                room = turn.Task;
            }
            await room;
        }
    }

    /// <summary>Puts an item in even if the box is full. False when the box is closed.</summary>
    public bool PutUrgent(in T item)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            Add(in item);
            return true;
        }
    }

    /// <summary>Takes what there is, oldest first, up to the length of <paramref name="into"/>; waits if there is nothing.</summary>
    /// <returns>How many were taken: 0 after <paramref name="patience"/>, or early, or at once when the box is closed and empty.</returns>
    public int Take(T[] into, TimeSpan patience)
    {
#if PLANTED
        if (Planted.Is(Race.SleepAfterLooking))
            SleepAfterLooking(patience);
#endif
        lock (_gate)
        {
            if (_count == 0 && !_closed && patience > TimeSpan.Zero)
                Sleep(patience);
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
            if (_asleep)
                Monitor.Pulse(_gate);
        }
    }

    private void Sleep(TimeSpan patience)
    {
        // Rounded up: a taker that woke before its deadline would find nothing due and sleep again.
        var milliseconds = Math.Ceiling(patience.TotalMilliseconds);
        _asleep = true;
        if (milliseconds >= int.MaxValue)
            Monitor.Wait(_gate);
        else
            Monitor.Wait(_gate, (int)milliseconds);
        _asleep = false;
    }

#if PLANTED
    private void SleepAfterLooking(TimeSpan patience)
    {
        lock (_gate)
            if (_count > 0 || _closed)
                return;
        lock (_gate)
            Sleep(patience);
    }
#endif

    private void Add(in T item)
    {
        if (_count == _ring.Length)
            Grow();
        _ring[(_first + _count++) & (_ring.Length - 1)] = item;
        _weight += item.Weight;
        if (!_asleep)
            return;
        // One signal is enough for any number of items.
        _asleep = false;
        Monitor.Pulse(_gate);
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
