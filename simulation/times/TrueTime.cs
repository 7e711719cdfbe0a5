using System.Globalization;

namespace Quorate.Simulation.Times;

/// <summary>The world's own time in ticks of 100 ns since its beginning. No computer in it can read it; each has a clock that says something else.</summary>
public readonly record struct TrueTime(long Ticks) : IComparable<TrueTime>
{
    /// <summary>The beginning of the world.</summary>
    public static readonly TrueTime Start;

    /// <summary>A time that does not come.</summary>
    public static readonly TrueTime Never = new(long.MaxValue);

    /// <summary>The later of two times.</summary>
    public static TrueTime Later(TrueTime a, TrueTime b) => a.Ticks >= b.Ticks ? a : b;

    /// <summary>The earlier of two times.</summary>
    public static TrueTime Earlier(TrueTime a, TrueTime b) => a.Ticks <= b.Ticks ? a : b;

    /// <summary>The time <paramref name="span"/> after this one; <see cref="Never"/> stays <see cref="Never"/>.</summary>
    public static TrueTime operator +(TrueTime at, TimeSpan span) => at == Never ? Never : new(at.Ticks + span.Ticks);

    /// <summary>The time between two.</summary>
    public static TimeSpan operator -(TrueTime later, TrueTime earlier) => new(later.Ticks - earlier.Ticks);

    /// <summary>Whether <paramref name="a"/> is before <paramref name="b"/>.</summary>
    public static bool operator <(TrueTime a, TrueTime b) => a.Ticks < b.Ticks;

    /// <summary>Whether <paramref name="a"/> is after <paramref name="b"/>.</summary>
    public static bool operator >(TrueTime a, TrueTime b) => a.Ticks > b.Ticks;

    /// <summary>Whether <paramref name="a"/> is not after <paramref name="b"/>.</summary>
    public static bool operator <=(TrueTime a, TrueTime b) => a.Ticks <= b.Ticks;

    /// <summary>Whether <paramref name="a"/> is not before <paramref name="b"/>.</summary>
    public static bool operator >=(TrueTime a, TrueTime b) => a.Ticks >= b.Ticks;

    /// <inheritdoc/>
    public int CompareTo(TrueTime other) => Ticks.CompareTo(other.Ticks);

    /// <summary>Seconds with six digits behind the point.</summary>
    public override string ToString() =>
        this == Never ? "never" : string.Create(CultureInfo.InvariantCulture, $"{Ticks / TimeSpan.TicksPerSecond}.{Ticks / 10 % 1_000_000:d6}s");
}
