using Quorate.Hosts;

namespace Quorate.Client;

/// <summary>The system's clock and timers, with timestamps that count the time a computer was suspended (B11).</summary>
internal sealed class BootTime : TimeProvider
{
    public static BootTime Instance { get; } = new();

    public override long TimestampFrequency => BootClock.NanosecondsPerSecond;

    public override long GetTimestamp() => BootClock.Read();
}
