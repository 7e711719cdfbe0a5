using CsCheck;
using Quorate.Kernel.Fronts;

namespace Quorate.Tests.Fronts;

public class LatenciesTests
{
    [Fact]
    public void Percentiles_are_those_of_the_sorted_values_and_at_most_a_thirty_second_above()
    {
        // Spread over magnitudes: some bits of a random number.
        var latency = Gen.Select(Gen.Long[0, long.MaxValue], Gen.Int[24, 63], (bits, shift) => bits >> shift);
        Gen.Select(latency.Array[1, 300], Gen.Int[1, 1000]).Sample((values, thousandths) =>
        {
            var latencies = Filled(values);
            var sorted = values.Order().ToArray();
            var exact = sorted[(int)(((long)sorted.Length * thousandths + 999) / 1000) - 1];
            var shown = (long)latencies.Percentile(thousandths).TotalMicroseconds;
            Assert.InRange(shown, exact, exact + exact / 32);
            Assert.Equal(sorted[0], (long)latencies.Min.TotalMicroseconds);
            Assert.Equal(sorted[^1], (long)latencies.Max.TotalMicroseconds);
            Assert.Equal(values.Sum(), latencies.Sum);
            Assert.Equal(values.Length, latencies.Count);
        }, iter: 1000);
    }

    [Fact]
    public void Short_times_are_exact()
    {
        var latencies = Filled([.. Enumerable.Range(0, 64).Select(i => (long)i)]);
        for (var thousandths = 1; thousandths <= 1000; thousandths++)
            Assert.Equal(((64 * thousandths + 999) / 1000) - 1, latencies.Percentile(thousandths).TotalMicroseconds);
    }

    [Fact]
    public void Nothing_has_no_latency()
    {
        var latencies = new Latencies();
        Assert.Equal(default, latencies.Summary());
        latencies.Add(TimeSpan.FromSeconds(1));
        latencies.Reset();
        Assert.Equal(default, latencies.Summary());
        latencies.Add(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromSeconds(2), latencies.Min);
    }

    [Fact]
    public void A_clock_that_stood_or_ran_away_does_not_break_the_count()
    {
        var latencies = new Latencies();
        latencies.Add(TimeSpan.FromTicks(-5));
        latencies.Add(TimeSpan.MaxValue);
        Assert.Equal(2, latencies.Count);
        Assert.Equal(TimeSpan.Zero, latencies.Min);
        Assert.Equal(latencies.Max, latencies.Percentile(1000));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        var latencies = new Latencies();
        latencies.Add(TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                latencies.Add(TimeSpan.FromMicroseconds(i * 37L));
        }));
    }

    private static Latencies Filled(long[] microseconds)
    {
        var latencies = new Latencies();
        foreach (var value in microseconds)
            latencies.Add(TimeSpan.FromMicroseconds(value));
        return latencies;
    }
}
