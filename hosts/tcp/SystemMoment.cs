namespace Quorate.Hosts.Tcp;

/// <summary>The only place of this host that reads clocks. The monotonic one counts the time a machine was suspended (B11).</summary>
internal static class SystemMoment
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Both clocks, now.</summary>
    public static Moment Now() => new(Instant(), new WallTime(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));

    /// <summary>The monotonic clock, now.</summary>
    public static Instant Instant() => new(BootClock.Read() / NanosecondsPerTick);
}
