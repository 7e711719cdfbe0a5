using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Quorate.Client;

/// <summary>
/// The system's clock, with timestamps that count the time a computer was suspended (B11). On Linux that is CLOCK_BOOTTIME; .NET's own
/// timestamps stand still there. Elsewhere .NET's are the best there is.
/// </summary>
internal sealed partial class BootTime : TimeProvider
{
    private const int Clock = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly bool CountsSuspend = OperatingSystem.IsLinux() && ReadClock(Clock, out _) == 0;

    public static BootTime Instance { get; } = new();

    public override long TimestampFrequency => CountsSuspend ? NanosecondsPerSecond : Stopwatch.Frequency;

    public override long GetTimestamp() =>
        CountsSuspend && ReadClock(Clock, out var time) == 0 ? (long)time.Seconds * NanosecondsPerSecond + time.Nanoseconds : Stopwatch.GetTimestamp();

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
