using System.Diagnostics;
using Quorate.Hosts;

namespace Quorate.Client;

/// <summary>
/// The system's clock and timers, with timestamps that count the time a computer was suspended, where there is a clock that does.
/// </summary>
internal sealed class BootTime : TimeProvider
{
    private static readonly bool CountsSuspend = BootClock.TryRead(out _);

    public static BootTime Instance { get; } = new();

    public override long TimestampFrequency => CountsSuspend ? BootClock.NanosecondsPerSecond : Stopwatch.Frequency;

    public override long GetTimestamp() => CountsSuspend && BootClock.TryRead(out var nanoseconds) ? nanoseconds : Stopwatch.GetTimestamp();
}
