using System.Diagnostics;

namespace Quorate.Hosts;

/// <summary>
/// Stands in for a clock that goes on while the computer is suspended, where there is none: the monotonic one, set forward by whatever the
/// wall clock has leapt beyond it since the last reading (B11).
/// </summary>
/// <remarks>
/// A wall clock that somebody sets forward looks the same as a suspension and is counted as one: a fence that lapses early for nothing is
/// the lesser evil. One that is set back counts for nothing, so this clock never goes backwards; and one that is set back while the computer
/// is suspended hides that much of the suspension, which nobody can see who has these two clocks.
/// </remarks>
/// <param name="monotonic">Nanoseconds; may stand still in suspension.</param>
/// <param name="wall">Nanoseconds; goes on, and may be set.</param>
internal sealed class LeapClock(Func<long> monotonic, Func<long> wall)
{
    /// <summary>
    /// The least that is a leap: what is slewed or measured unevenly from one reading to the next is less, and suspensions are longer.
    /// </summary>
    public const long LeastNanoseconds = 100_000_000;

    private const long NanosecondsPerTick = 100;

    private readonly Lock _gate = new();
    private long _monotonic = monotonic();
    private long _wall = wall();
    private long _leapt;

    /// <summary>The one over the clocks of .NET.</summary>
    public static LeapClock OfSystem { get; } =
        new(() => Stopwatch.GetElapsedTime(0).Ticks * NanosecondsPerTick, () => DateTime.UtcNow.Ticks * NanosecondsPerTick);

    public long Read()
    {
        lock (_gate)
        {
            var (monotonicNow, wallNow) = (monotonic(), wall());
            var leap = (wallNow - _wall) - (monotonicNow - _monotonic);
            if (leap >= LeastNanoseconds)
                _leapt += leap;
            (_monotonic, _wall) = (monotonicNow, wallNow);
            return monotonicNow + _leapt;
        }
    }
}
