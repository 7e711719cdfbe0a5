using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Programs;

/// <summary>
/// The programs of a computer between two crashes: what waits for its turn, and their timers, by the computer's own clock. When the
/// computer loses power all of it is forgotten; no continuation runs any more, no finally, no timer.
/// </summary>
internal sealed class Life(ProgramComputer computer, Stage stage) : RunQueue(computer.Name, stage)
{
    private readonly PriorityQueue<(Timer Timer, int Setting), (long Due, long Number)> _timers = new();
    private long _set;

    /// <summary>The tasks of the programs themselves, as they returned them.</summary>
    public List<Task> Roots { get; } = [];

    /// <summary>When the first timer is due.</summary>
    public Instant NextDeadline
    {
        get
        {
            while (_timers.TryPeek(out var next, out var key))
            {
                if (next.Timer.Setting == next.Setting)
                    return new(key.Due);
                _timers.Dequeue();
            }
            return Instant.Never;
        }
    }

    /// <summary>A timer, which flows the context it was made in.</summary>
    public ITimer NewTimer(TimerCallback callback, object? state, TimeSpan due, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(due, period);
        return timer;
    }

    /// <summary>Lets the timers fire that are due.</summary>
    public void FireDue(Instant now)
    {
        while (NextDeadline <= now)
            _timers.Dequeue().Timer.Fire();
    }

    protected override void Posted() => computer.HasMore();

    private void Set(Timer timer, TimeSpan due) => _timers.Enqueue((timer, timer.Setting), ((computer.Now.Instant + due).Ticks, ++_set));

    /// <summary>A timer of a program. What it was set to before is void when it is set anew.</summary>
    private sealed class Timer(Life life, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private TimeSpan _period;

        public int Setting { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            life.Stage.Demand(life.Name);
            Setting++;
            _period = period;
            if (dueTime >= TimeSpan.Zero)
                life.Set(this, dueTime);
            return true;
        }

        public void Fire()
        {
            Setting++;
            if (_period > TimeSpan.Zero)
                life.Set(this, _period);
            if (_context is null)
                callback(state);
            else
                ExecutionContext.Run(_context, state => callback(state), state);
        }

        public void Dispose() => Setting++;

        public ValueTask DisposeAsync()
        {
            Setting++;
            return default;
        }
    }
}
