using Quorate.Kernel.Ground;

namespace Quorate.Hosts.Memory;

/// <summary>
/// <see cref="ManualTime"/> as clients and programs see it: timers fire when time is moved past them, in order, on the thread that moves it.
/// </summary>
internal sealed class ManualClock(ManualTime time) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<ManualTimer, (long Due, long Number)> _due = new();
    private long _numbers;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>When the next timer fires.</summary>
    public Instant NextDue
    {
        get
        {
            lock (_gate)
                return TryPeek(out var due) ? new(due) : Instant.Never;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp() => time.Now.Instant.Ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(time.Now.Wall.Milliseconds);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Fires what is due by now; not behind any lock, since what it calls may do anything.</summary>
    public void Fire()
    {
        while (Take() is { } timer)
            timer.Fire();
    }

    private ManualTimer? Take()
    {
        lock (_gate)
            return TryPeek(out var due) && due <= GetTimestamp() ? _due.Dequeue() : null;
    }

    /// <summary>When the next one is due; entries of timers that were changed since are dropped.</summary>
    private bool TryPeek(out long due)
    {
        while (_due.TryPeek(out var timer, out var key))
        {
            due = key.Due;
            if (timer.Number == key.Number)
                return true;
            _due.Dequeue();
        }
        due = 0;
        return false;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        /// <summary>Which of its entries counts; 0 when it is not to fire.</summary>
        public long Number { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _period = period;
                Number = 0;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                Number = ++clock._numbers;
                clock._due.Enqueue(this, (clock.GetTimestamp() + dueTime.Ticks, Number));
                return true;
            }
        }

        public void Fire()
        {
            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            callback(state);
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
