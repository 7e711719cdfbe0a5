namespace Quorate.Simulation.Programs;

/// <summary>A computer's clocks and timers, as .NET's programs know them. Its timestamps go on while the computer stands still.</summary>
internal sealed class ProgramTime(ProgramComputer computer) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        computer.Stage.Demand(computer.Name);
        return computer.Now.Instant.Ticks;
    }

    public override DateTimeOffset GetUtcNow()
    {
        computer.Stage.Demand(computer.Name);
        return DateTimeOffset.FromUnixTimeMilliseconds(computer.Now.Wall.Milliseconds);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        computer.Stage.Demand(computer.Name);
        return (computer.Running ?? throw new InvalidOperationException(
            $"{computer.Name} is off: only its own programs can set its timers."))
            .NewTimer(callback, state, dueTime, period);
    }
}
