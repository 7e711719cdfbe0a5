using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Times;

/// <summary>
/// What one computer's clocks say: a monotonic clock that began somewhere and runs a little too fast or too slow, and a wall clock that
/// runs with it and can be set.
/// </summary>
/// <param name="begin">What the monotonic clock says at the world's beginning.</param>
/// <param name="wall">What the wall clock says then.</param>
/// <param name="drift">By how many parts per million it runs fast.</param>
internal sealed class DriftingClock(Instant begin, WallTime wall, int drift)
{
    /// <summary>Deadlines beyond this are none: no run is so long, and the arithmetic stays within 64 bits.</summary>
    private const long Horizon = 100 * TimeSpan.TicksPerDay;

    private const long Million = 1_000_000;

    private long _trueBase;
    private long _localBase = begin.Ticks;
    private long _wall = wall.Milliseconds - begin.Ticks / TimeSpan.TicksPerMillisecond;

    /// <summary>By how many parts per million it runs fast.</summary>
    public int Drift { get; private set; } = drift;

    /// <summary>Both clocks, read at a time.</summary>
    public Moment Read(TrueTime now)
    {
        var local = _localBase + Elapsed(now.Ticks - _trueBase);
        return new(new(local), new(_wall + local / TimeSpan.TicksPerMillisecond));
    }

    /// <summary>The first time at which the monotonic clock says an instant or later; <see cref="TrueTime.Never"/> when that is too far away.</summary>
    public TrueTime When(Instant instant)
    {
        if (instant == Instant.Never)
            return TrueTime.Never;
        var wanted = instant.Ticks - _localBase;
        if (wanted <= 0)
            return new(_trueBase);
        if (wanted > Horizon)
            return TrueTime.Never;
        var span = wanted - wanted * Drift / (Million + Drift);
        while (Elapsed(span) < wanted)
            span++;
        while (span > 0 && Elapsed(span - 1) >= wanted)
            span--;
        return new(_trueBase + span);
    }

    /// <summary>From now on the clock runs fast by so many parts per million.</summary>
    public void SetDrift(TrueTime now, int drift)
    {
        _localBase = Read(now).Instant.Ticks;
        _trueBase = now.Ticks;
        Drift = drift;
    }

    /// <summary>Sets the wall clock forward or back; the monotonic one does not notice.</summary>
    public void Jump(TimeSpan by) => _wall += (long)by.TotalMilliseconds;

    private long Elapsed(long span) => span + span * Drift / Million;
}
