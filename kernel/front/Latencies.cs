using System.Numerics;

namespace Quorate.Kernel.Fronts;

/// <summary>How long things took: least, most, average, and percentiles out of a histogram of fixed size.</summary>
/// <remarks>
/// Microseconds in log-linear buckets: 32 for each power of two, so that a percentile is at most one thirty-second above the truth, and
/// below 64 microseconds exact. Integers only, and no allocation after the first.
/// </remarks>
internal sealed class Latencies
{
    private const int LinearBits = 5;
    private const int Linear = 1 << LinearBits;

    /// <summary>Longer is counted as this long: 2^40 microseconds are twelve days.</summary>
    private const long MicrosecondsMax = (1L << 40) - 1;

    private static readonly int BucketCount = BucketOf(MicrosecondsMax) + 1;

    private long[] _buckets = [];   // until the first is added
    private long _min, _max;

    /// <summary>How many have been added.</summary>
    public long Count { get; private set; }

    /// <summary>All of them together, in microseconds.</summary>
    public long Sum { get; private set; }

    /// <summary>The shortest; zero when there is none.</summary>
    public TimeSpan Min => TimeSpan.FromMicroseconds(_min);

    /// <summary>The longest; zero when there is none.</summary>
    public TimeSpan Max => TimeSpan.FromMicroseconds(_max);

    /// <summary>Counts one.</summary>
    public void Add(TimeSpan elapsed)
    {
        var microseconds = Math.Clamp(elapsed.Ticks / TimeSpan.TicksPerMicrosecond, 0, MicrosecondsMax);
        _min = Count == 0 ? microseconds : Math.Min(_min, microseconds);
        _max = Math.Max(_max, microseconds);
        Count++;
        Sum += microseconds;
        if (_buckets.Length == 0)
            _buckets = new long[BucketCount];
        _buckets[BucketOf(microseconds)]++;
    }

    /// <summary>The shortest time that at least so many thousandths of all did not exceed; zero when there is none.</summary>
    public TimeSpan Percentile(int thousandths)
    {
        Invariant.Holds(thousandths is > 0 and <= 1000);
        if (Count == 0)
            return TimeSpan.Zero;
        var rank = (long)(((Int128)Count * thousandths + 999) / 1000);
        var bucket = 0;
        for (var passed = _buckets[0]; passed < rank; passed += _buckets[bucket])
            bucket++;
        return TimeSpan.FromMicroseconds(Math.Min(LastOf(bucket), _max));
    }

    /// <summary>The figures that are published.</summary>
    public LatencySummary Summary() => new(
        Count, TimeSpan.FromMicroseconds(Sum), Min, Max, Percentile(500), Percentile(950), Percentile(990), Percentile(999));

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        Array.Clear(_buckets);
        Count = Sum = _min = _max = 0;
    }

    /// <summary>Values below 64 have a bucket each; from there on the six leading bits tell the bucket.</summary>
    private static int BucketOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value) - LinearBits);
        return shift * Linear + (int)(value >> shift);
    }

    /// <summary>The greatest value that falls into a bucket.</summary>
    private static long LastOf(int bucket)
    {
        var shift = Math.Max(0, bucket / Linear - 1);
        return ((long)(bucket - shift * Linear + 1) << shift) - 1;
    }
}
