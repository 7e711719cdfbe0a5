using System.Runtime.InteropServices;

namespace Quorate.Hosts;

/// <summary>
/// A clock that goes on while the computer is suspended (B11): CLOCK_BOOTTIME of Linux. The timestamps of .NET stand still there, so that
/// whoever slept with the computer would wake up believing itself young.
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

    /// <summary>Nanoseconds since the computer was started; false where there is no such clock.</summary>
    public static bool TryRead(out long nanoseconds)
    {
        nanoseconds = 0;
        if (!IsThere || ReadClock(Id, out var time) != 0)
            return false;
        nanoseconds = (long)time.Seconds * NanosecondsPerSecond + time.Nanoseconds;
        return true;
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
