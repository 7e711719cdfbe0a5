using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Quorate.Hosts.Tcp;

/// <summary>The only place that reads clocks.</summary>
/// <remarks>
/// The monotonic clock must count the time a machine was suspended (B11): the owner of a session that sleeps with its machine must not wake
/// up believing itself young. On Linux that is CLOCK_BOOTTIME; CLOCK_MONOTONIC, which .NET's Stopwatch reads there, stands still. Elsewhere
/// Stopwatch is the best there is.
/// </remarks>
internal static partial class SystemMoment
{
    private const int BootTime = 7;
    private const long NanosecondsPerTick = 100;

    private static readonly bool CountsSuspend = OperatingSystem.IsLinux() && ReadClock(BootTime, out _) == 0;

    /// <summary>Both clocks, now.</summary>
    public static Moment Now() => new(Instant(), new WallTime(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));

    /// <summary>The monotonic clock, now.</summary>
    public static Instant Instant()
    {
        if (CountsSuspend && ReadClock(BootTime, out var time) == 0)
            return new((long)time.Seconds * TimeSpan.TicksPerSecond + (long)time.Nanoseconds / NanosecondsPerTick);
        return new(Stopwatch.GetElapsedTime(0).Ticks);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static partial int ReadClock(int clock, out TimeSpec time);

    /// <summary>What the C library calls struct timespec: two words of the machine.</summary>
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
