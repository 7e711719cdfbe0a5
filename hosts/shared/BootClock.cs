using System.Runtime.InteropServices;

namespace Quorate.Hosts;

/// <summary>
/// A clock that goes on while the computer is suspended (B11): CLOCK_BOOTTIME of Linux. The timestamps of .NET stand still there, so that
/// whoever slept with the computer would wake up believing itself young. Where there is no such clock, a <see cref="LeapClock"/> makes up
/// for it.
/// </summary>
/// <remarks>
/// The server and the client need the same clock and know nothing of each other, and the kernel reads none: so this file is compiled into
/// both hosts, and is the one place that reads it.
/// </remarks>
internal static partial class BootClock
{
    public const long NanosecondsPerSecond = 1_000_000_000;

    private const int Id = 7;

    private static readonly bool IsThere = OperatingSystem.IsLinux() && ReadClock(Id, out _) == 0;

    /// <summary>Nanoseconds since some moment before the process began; never goes backwards.</summary>
    public static long Read()
    {
        if (!IsThere)
            return LeapClock.OfSystem.Read();
        _ = ReadClock(Id, out var time);   // it cannot fail where it was there once
        return (long)time.Seconds * NanosecondsPerSecond + time.Nanoseconds;
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
