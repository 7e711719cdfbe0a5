using System.Diagnostics;
using Quorate.Kernel.Ground;

namespace Quorate.Hosts.Memory;

/// <summary>The clock of an in-memory server: the computer's own, or one that only moves when it is told to.</summary>
public abstract class MemoryTime
{
    /// <summary>The clock of this computer.</summary>
    public static MemoryTime Real { get; } = new RealTime();

    /// <summary>A reading now.</summary>
    public abstract Moment Now { get; }

    /// <summary>The same clock, and timers, for clients and for programs that live in this time.</summary>
    public abstract TimeProvider Provider { get; }

    /// <summary>Whether deadlines come about by themselves.</summary>
    internal abstract bool RunsByItself { get; }

    private sealed class RealTime : MemoryTime
    {
        public override Moment Now => new(
            new(Stopwatch.GetElapsedTime(0).Ticks),
            new(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));

        public override TimeProvider Provider => TimeProvider.System;

        internal override bool RunsByItself => true;
    }
}

/// <summary>Time by hand: it stands still until <see cref="MemoryEnsemble.Advance"/> moves it.</summary>
public sealed class ManualTime : MemoryTime
{
    private Moment _now;

    /// <summary>A clock that starts at <paramref name="start"/>.</summary>
    public ManualTime(DateTimeOffset start) => (_now, Clock) = (new(Instant.Origin, new(start.ToUnixTimeMilliseconds())), new(this));

    /// <inheritdoc/>
    public override Moment Now => _now;

    /// <inheritdoc/>
    public override TimeProvider Provider => Clock;

    internal ManualClock Clock { get; }

    internal override bool RunsByItself => false;

    internal void MoveTo(Instant instant)
    {
        var milliseconds = instant.Ticks / TimeSpan.TicksPerMillisecond - _now.Instant.Ticks / TimeSpan.TicksPerMillisecond;
        _now = new(instant, new(_now.Wall.Milliseconds + milliseconds));
    }
}
