namespace Quorate.Kernel.Ground;

/// <summary>A point on one computer's monotonic clock, in ticks of 100 ns since an origin that only that computer knows.</summary>
/// <remarks>Instants of different computers cannot be compared; nothing in the kernel does.</remarks>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>The instant that no clock reaches: a deadline that is not set.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    /// <summary>The origin of the clock.</summary>
    public static readonly Instant Origin = new(0);

    /// <summary>The earlier of two instants.</summary>
    public static Instant Earlier(Instant a, Instant b) => a.Ticks <= b.Ticks ? a : b;

    /// <summary>The later of two instants.</summary>
    public static Instant Later(Instant a, Instant b) => a.Ticks >= b.Ticks ? a : b;

    /// <summary>The instant <paramref name="span"/> after this one; <see cref="Never"/> stays <see cref="Never"/>.</summary>
    public static Instant operator +(Instant at, TimeSpan span) => at == Never ? Never : new(at.Ticks + span.Ticks);

    /// <summary>The time between two instants of one clock.</summary>
    public static TimeSpan operator -(Instant later, Instant earlier) => new(later.Ticks - earlier.Ticks);

    /// <summary>Whether <paramref name="a"/> is before <paramref name="b"/>.</summary>
    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;

    /// <summary>Whether <paramref name="a"/> is after <paramref name="b"/>.</summary>
    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;

    /// <summary>Whether <paramref name="a"/> is not after <paramref name="b"/>.</summary>
    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;

    /// <summary>Whether <paramref name="a"/> is not before <paramref name="b"/>.</summary>
    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);
}

/// <summary>A wall-clock reading in milliseconds since 1970-01-01 UTC: for people and for Stat, never for safety.</summary>
public readonly record struct WallTime(long Milliseconds);

/// <summary>A monotonic instant and a wall-clock reading taken together, once per batch, after its inputs were received (C1).</summary>
public readonly record struct Moment(Instant Instant, WallTime Wall);
