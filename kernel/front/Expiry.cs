using Quorate.Kernel.Machines;

namespace Quorate.Kernel.Fronts;

/// <summary>Leader only: when a session has been silent for longer than its timeout. Design §6.2, amendments A5, A6 and B3.</summary>
/// <remarks>
/// Never early: a session is offered for closing only when its whole timeout has passed, by this computer's monotonic clock, since its
/// newest touch. A touch only notes the instant; the timer that was set finds that out when it fires, and is set anew. So a request costs
/// two array accesses and a session costs the heap one visit per timeout, however much it says.
/// <para>
/// Instants in here are of a session clock that stands still while the host is late (B3): what a paused leader finds in its mailbox was
/// sent in time, and must be read before anybody is judged. Moving that one clock moves every deadline at once.
/// </para>
/// </remarks>
internal sealed class Expiry
{
    private struct Timer
    {
        public SessionId Id;
        public Instant Touched;
        /// <summary>What the owner may believe its timeout to be, at the longest.</summary>
        public int TimeoutMilliseconds;
        /// <summary>What the newest attachment granted; counts alone as soon as the owner is known to know it.</summary>
        public int GrantedMilliseconds;
        public bool Closing;
        /// <summary>The log says that it was silent: it is to be told also when it no longer is.</summary>
        public bool IsLogged;

        public readonly Instant Due => Touched + new TimeSpan(TimeoutMilliseconds * TimeSpan.TicksPerMillisecond);

        /// <summary>When its silence is worth an entry, or is too long.</summary>
        public readonly Instant Next => IsLogged ? Due : Touched + new TimeSpan((TimeoutMilliseconds + 1) / 2 * TimeSpan.TicksPerMillisecond);
    }

    /// <summary>A host that was late is given at most this long to empty its mailbox before anybody is judged.</summary>
    public static readonly TimeSpan ReadingMax = TimeSpan.FromSeconds(1);

    private readonly Deadlines _deadlines = new();
    private Timer[] _timers = [];
    private Sessions? _sessions;
    private TimeSpan _stoodStill;
    private Instant _judgesFrom;

    /// <summary>When <see cref="TryTake"/> must be asked next.</summary>
    public Instant NextDeadline => Instant.Later(_deadlines.Earliest + _stoodStill, _judgesFrom);

    /// <summary>
    /// Starts at an election: every session afresh, as touches of earlier leaders are not known, less the silence that the log proves (§6.2).
    /// </summary>
    public void Begin(Sessions sessions, Moment now)
    {
        for (var row = 0; row < _timers.Length; row++)
#if MUTANTS
            if (!Mutant.Is(Mutants.OldTimersKept))
#endif
            Closed(row);
        _stoodStill = TimeSpan.Zero;
        _judgesFrom = now.Instant;
        _sessions = sessions;
        for (var row = 0; row < sessions.Rows; row++)
            if (sessions[row].Id != SessionId.None)
#if MUTANTS
                if (!Mutant.Is(Mutants.OldTimersKept) || row >= _timers.Length || _timers[row].Id != sessions[row].Id)
#endif
                Opened(row, sessions[row].Id, now);
    }

    /// <summary>A session's creation was applied: its timer starts.</summary>
    public void Opened(int row, SessionId id, Moment now)
    {
        Invariant.Holds(_sessions is not null && _sessions[row].Id == id);
        if (row >= _timers.Length)
            Array.Resize(ref _timers, Math.Max(16, Math.Max(row + 1, 2 * _timers.Length)));
        ref readonly var session = ref _sessions[row];
        _timers[row] = new()
        {
            Id = id,
            Touched = OnSessionClock(now) + new TimeSpan(-session.SilentMilliseconds * TimeSpan.TicksPerMillisecond),
            IsLogged = session.SilentMilliseconds > 0,
            // Of a session known from before an election: its owner may not have learnt of a shorter one yet (A5).
            TimeoutMilliseconds = Math.Max(session.BelievedMilliseconds, session.TimeoutMilliseconds),
            GrantedMilliseconds = session.TimeoutMilliseconds,
        };
#if MUTANTS
        if (Mutant.Is(Mutants.LongerTimeoutForgotten))
            _timers[row].TimeoutMilliseconds = session.TimeoutMilliseconds;
        if (Mutant.Is(Mutants.SilenceForgotten))
            (_timers[row].Touched, _timers[row].IsLogged) = (OnSessionClock(now), false);
#endif
        _deadlines.Set(row, _timers[row].Next);
    }

    /// <summary>Whether the log says that a session is silent: then a touch counts only together with an entry that says it no longer is.</summary>
    public bool IsLogged(int row) => (uint)row < (uint)_timers.Length && _timers[row].IsLogged;

    /// <summary>The entry that ends a session's silence was appended.</summary>
    public void SilenceEnded(int row) => _timers[row].IsLogged = false;

    /// <summary>Something of a session was heard. False when it is gone or about to be closed: then nothing may be confirmed.</summary>
    public bool Touch(int row, SessionId id, Moment now)
    {
        if ((uint)row >= (uint)_timers.Length)
            return false;
        ref var timer = ref _timers[row];
        if (timer.Id != id || timer.Closing)
            return false;
#if MUTANTS
        if (!Mutant.Is(Mutants.TouchForgotten))
#endif
        timer.Touched = OnSessionClock(now);
        return true;
    }

    /// <summary>
    /// An attach was applied. A longer timeout counts at once; a shorter one only from <see cref="FirstRequest"/>, because until then the
    /// owner may not have learnt of it and may act on the longer one (A5). Also a touch, if the session is not closing already.
    /// </summary>
    public void Attached(int row, SessionId id, int oldTimeoutMilliseconds, int newTimeoutMilliseconds, Moment now)
    {
        Touch(row, id, now);
        ref var timer = ref _timers[row];
        Invariant.Holds(timer.Id == id && timer.GrantedMilliseconds == oldTimeoutMilliseconds);
        timer.GrantedMilliseconds = newTimeoutMilliseconds;
        timer.TimeoutMilliseconds = Math.Max(timer.TimeoutMilliseconds, newTimeoutMilliseconds);
#if MUTANTS
        if (Mutant.Is(Mutants.ShorterTimeoutAtOnce))
            timer.TimeoutMilliseconds = newTimeoutMilliseconds;
#endif
    }

    /// <summary>The first request of a session's newest attachment came in: the owner knows what it was granted. Also a touch.</summary>
    public bool FirstRequest(int row, SessionId id, Moment now)
    {
        if (!Touch(row, id, now))
            return false;
        ref var timer = ref _timers[row];
        timer.TimeoutMilliseconds = timer.GrantedMilliseconds;
        _deadlines.Set(row, timer.Next);
        return true;
    }

    /// <summary>An operator wants a session closed: it counts as silent for its whole timeout.</summary>
    public void Expire(int row, Moment now)
    {
        ref var timer = ref _timers[row];
        timer.Touched = OnSessionClock(now) + new TimeSpan(-timer.TimeoutMilliseconds * TimeSpan.TicksPerMillisecond);
        _deadlines.Set(row, timer.Due);
    }

    /// <summary>A session's end was applied.</summary>
    public void Closed(int row)
    {
        if (row >= _timers.Length)
            return;
        _timers[row] = default;
        _deadlines.Clear(row);
    }

    /// <summary>Whether a session's close has been asked for: touches and syncs of it are refused (A6).</summary>
    public bool IsClosing(int row) => (uint)row < (uint)_timers.Length && _timers[row].Closing;

    /// <summary>The instant at which a session's silence, if it goes on, will have lasted too long.</summary>
    public Instant DeadlineOf(int row) => _timers[row].Due + _stoodStill;

    /// <summary>
    /// The host delivered time late by so much, and possibly mail as well (B3). The session clock stood still meanwhile; and since it may
    /// have stopped right before somebody's deadline, nobody is judged for a while as long as the delay, within <see cref="ReadingMax"/>.
    /// </summary>
    public void Late(TimeSpan lateness, Moment now)
    {
        Invariant.Holds(lateness >= TimeSpan.Zero);
        _stoodStill += lateness;
        _judgesFrom = now.Instant + (lateness < ReadingMax ? lateness : ReadingMax);
    }

    /// <summary>
    /// Takes a session that was silent for too long and marks it as closing, or one whose silence has lasted half its timeout and is to be
    /// logged; the caller's proposal must be accepted.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="id">The session.</param>
    /// <param name="silence">How long it has been silent, for the log; zero when it is to be closed.</param>
    public bool TryTake(Moment now, out SessionId id, out TimeSpan silence)
    {
        (id, silence) = (SessionId.None, TimeSpan.Zero);
        if (now.Instant < _judgesFrom)
            return false;
        var clock = OnSessionClock(now);
        while (_deadlines.TryTake(clock, out var row))
        {
            ref var timer = ref _timers[row];
            if (timer.Next > clock)
            {
                _deadlines.Set(row, timer.Next);
                continue;
            }
            id = timer.Id;
            if (timer.Due <= clock)
            {
                timer.Closing = true;
                return true;
            }
            timer.IsLogged = true;
            silence = clock - timer.Touched;
#if MUTANTS
            if (!Mutant.Is(Mutants.NeverExpires))
#endif
            _deadlines.Set(row, timer.Due);
            return true;
        }
        return false;
    }

    private Instant OnSessionClock(Moment now) => new(now.Instant.Ticks - _stoodStill.Ticks);
}
