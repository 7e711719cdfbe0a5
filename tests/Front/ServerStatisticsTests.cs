using Quorate.Kernel.Fronts;

namespace Quorate.Tests.Fronts;

public class ServerStatisticsTests
{
    [Fact]
    public void Published_counters_are_a_copy_and_go_back_to_nothing_with_srst()
    {
        var statistics = new ServerStatistics();
        var nothing = statistics.Counters();
        statistics.PacketsReceived = 3;
        statistics.SessionsExpired = 1;
        statistics.Flushes.Add(TimeSpan.FromMilliseconds(2));
        var published = statistics.Counters();
        statistics.Reset();
        Assert.Equal((3, 1), (published.PacketsReceived, published.SessionsExpired));
        Assert.Equal((1, TimeSpan.FromMilliseconds(2)), (published.Flushes.Count, published.Flushes.P999));
        Assert.Equal(nothing, statistics.Counters());
    }

    [Fact]
    public void Sizes_keep_the_newest_the_smallest_and_the_largest()
    {
        var sizes = new Extent();
        Assert.Equal((-1, -1, -1), (sizes.Last, sizes.Min, sizes.Max));
        foreach (var size in (int[])[5, 0, 3])
            sizes.Add(size);
        Assert.Equal((3, 0, 5), (sizes.Last, sizes.Min, sizes.Max));
    }
}
