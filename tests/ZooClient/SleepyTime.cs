namespace Quorate.Tests.ZooClients;

/// <summary>The clock and timers of a computer that is suspended now and then, by hand: the clock goes on then, timers stand still.</summary>
internal sealed class SleepyTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _awake = TimeSpan.TicksPerHour, _asleep;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How long until the next timer fires.</summary>
    public TimeSpan Next
    {
        get
        {
            lock (_gate)
                return _timers.Count == 0 ? TimeSpan.MaxValue : new(_timers.Min(static timer => timer.Due) - _awake);
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
            return _awake + _asleep;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>The computer is suspended for a time.</summary>
    public void Sleep(TimeSpan time)
    {
        lock (_gate)
            _asleep += time.Ticks;
    }

    /// <summary>Time passes, and what is due fires.</summary>
    public void Pass(TimeSpan time)
    {
        Timer[] due;
        lock (_gate)
        {
            _awake += time.Ticks;
            due = [.. _timers.Where(timer => timer.Due <= _awake)];
            foreach (var timer in due)
                _timers.Remove(timer);
        }
        foreach (var timer in due)
            timer.Fire();
    }

    private sealed class Timer(SleepyTime time, Action fire) : ITimer
    {
        public long Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                Due = time._awake + dueTime.Ticks;
                time._timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
