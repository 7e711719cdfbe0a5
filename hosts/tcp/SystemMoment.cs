using System.Diagnostics;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// The only place that reads clocks. The monotonic one counts the time a machine was suspended, where there is a clock that does (B11).
/// </summary>
internal static class SystemMoment
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Both clocks, now.</summary>
    public static Moment Now() => new(Instant(), new WallTime(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));

    /// <summary>The monotonic clock, now.</summary>
    public static Instant Instant() =>
        new(BootClock.TryRead(out var nanoseconds) ? nanoseconds / NanosecondsPerTick : Stopwatch.GetElapsedTime(0).Ticks);
}
