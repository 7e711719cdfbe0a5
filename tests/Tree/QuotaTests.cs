using Quorate.Kernel.Trees;

namespace Quorate.Tests.Trees;

/// <summary>The first two follow the transcripts quota_soft and quota_hard_needs_enforce.</summary>
public class QuotaTests
{
    private const string Limits = "/zookeeper/quota/v/q/zookeeper_limits", Stats = "/zookeeper/quota/v/q/zookeeper_stats";

    private readonly Tree _tree = new(1);

    public QuotaTests()
    {
        _tree.Create("/v");
        _tree.Create("/v/q", "xyz");
        _tree.Create("/zookeeper/quota/v");
        _tree.Create("/zookeeper/quota/v/q");
    }

    [Fact]
    public void The_stats_follow_creates_deletes_and_sets_without_a_trace_in_their_stat()
    {
        _tree.Create(Limits, "count=2,bytes=4");
        _tree.Create(Stats, "count=99,bytes=99", zxid: 6, time: 60);
        Assert.Equal("count=1,bytes=3", _tree.Data(Stats));
        _tree.Create("/v/q/a", "1234", zxid: 7);
        _tree.Create("/v/q/b", "5", zxid: 8);
        Assert.Equal("count=3,bytes=8", _tree.Data(Stats));
        _tree.SetData("/v/q/b", "67", zxid: 9);
        _tree.Delete("/v/q/a", zxid: 10);
        Assert.Equal("count=2,bytes=5", _tree.Data(Stats));
        var stat = _tree.StatOf(_tree.Find(Stats));
        Assert.Equal((6, 6, 60, 0, 15), (stat.Mzxid.Value, stat.Pzxid.Value, stat.Mtime, stat.Version, stat.DataLength));
        _tree.Delete(Limits, zxid: 11);
        _tree.Create("/v/q/c", zxid: 12);
        Assert.Equal("count=2,bytes=5", _tree.Data(Stats));
        _tree.CheckInvariants();
    }

    [Fact]
    public void Hard_limits_refuse_what_would_bring_a_figure_above_them()
    {
        Hard(count: 2, bytes: 10);
        Assert.True(Allows("/v/q/a", 1, 7));
        Assert.False(Allows("/v/q/a", 1, 8));
        _tree.Create("/v/q/a", "12345");
        Assert.False(Allows("/v/q/b", 1, 0));
        Assert.True(Allows("/v/q/a", 0, 2));
        Assert.False(Allows("/v/q/a", 0, 3));
        Assert.True(Allows("/v", 1, 100));
    }

    [Fact]
    public void Soft_limits_refuse_nothing()
    {
        _tree.Create(Limits, "count=1,bytes=1");
        _tree.Create(Stats);
        Assert.True(Allows("/v/q/a", 100, 100));
    }

    [Fact]
    public void What_does_not_change_is_not_judged_and_what_shrinks_is()
    {
        Hard(count: -1, bytes: 1);
        Assert.True(Allows("/v/q", 0, 0));
        Assert.False(Allows("/v/q", 0, -1));
        Assert.True(Allows("/v/q", 0, -2));
    }

    [Fact]
    public void Only_the_nearest_quota_counts()
    {
        Hard(count: 2, bytes: -1);
        _tree.Create("/v/q/a");
        _tree.Create("/zookeeper/quota/v/q/a");
        _tree.Create("/zookeeper/quota/v/q/a/zookeeper_limits", "countHardLimit=5");
        _tree.Create("/zookeeper/quota/v/q/a/zookeeper_stats");
        Assert.True(Allows("/v/q/a/b", 1, 0));
        Assert.False(Allows("/v/q/b", 1, 0));
        Assert.False(Allows("/v/q/ab", 1, 0));
        _tree.Create("/v/q/a/b");
        Assert.Equal("count=2,bytes=0", _tree.Data("/zookeeper/quota/v/q/a/zookeeper_stats"));
        Assert.Equal("count=2,bytes=3", _tree.Data(Stats));
    }

    [Fact]
    public void A_quota_on_the_root_has_no_effect()
    {
        _tree.Create("/zookeeper/quota/zookeeper_limits", "countHardLimit=0");
        _tree.Create("/zookeeper/quota/zookeeper_stats");
        Assert.True(Allows("/x", 1, 1));
        var stats = _tree.Data("/zookeeper/quota/zookeeper_stats");
        _tree.Create("/x");
        Assert.Equal(stats, _tree.Data("/zookeeper/quota/zookeeper_stats"));
    }

    [Fact]
    public void A_quota_without_stats_refuses_nothing()
    {
        _tree.Create(Limits, "countHardLimit=0");
        Assert.True(Allows("/v/q/a", 1, 1));
    }

    [Fact]
    public void The_operations_of_a_transaction_may_overshoot_together_but_the_next_one_may_not()
    {
        Hard(count: 2, bytes: -1);
        _tree.Begin();
        Assert.True(Allows("/v/q/a", 1, 0));
        _tree.Create("/v/q/a");
        Assert.True(Allows("/v/q/b", 1, 0));
        _tree.Create("/v/q/b");
        _tree.Commit();
        Assert.Equal("count=3,bytes=3", _tree.Data(Stats));
        Assert.False(Allows("/v/q/c", 1, 0));
    }

    [Fact]
    public void A_transaction_is_judged_by_the_limits_before_it_also_when_it_lifts_or_imposes_them()
    {
        Hard(count: 1, bytes: -1);
        _tree.Begin();
        _tree.Delete(Limits);
        _tree.Delete(Stats);
        _tree.Delete("/zookeeper/quota/v/q");
        _tree.Delete("/zookeeper/quota/v");
        Assert.False(Allows("/v/q/a", 1, 0));
        _tree.Rollback();
        _tree.Delete(Limits);
        _tree.Begin();
        _tree.Create(Limits, "countHardLimit=1");
        Assert.True(Allows("/v/q/a", 1, 0));
        _tree.Commit();
        Assert.False(Allows("/v/q/a", 1, 0));
    }

    [Fact]
    public void A_rollback_takes_the_figures_back()
    {
        Hard(count: 9, bytes: 99);
        _tree.Begin();
        _tree.Create("/v/q/a", "12345");
        _tree.Rollback();
        Assert.Equal("count=1,bytes=3", _tree.Data(Stats));
        _tree.CheckInvariants();
    }

    [Theory]
    [InlineData("count=3,bytes=4", 3, 4, -1, -1)]
    [InlineData("count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=2", -1, -1, 2, 10)]
    [InlineData("bytes=5;count=6", 6, 5, -1, -1)]
    [InlineData("count=,bytes=7", -1, 7, -1, -1)]
    [InlineData("count=x,bytes=1e3,other=4", -1, -1, -1, -1)]
    [InlineData("", -1, -1, -1, -1)]
    [InlineData(",;=;,count=1", 1, -1, -1, -1)]
    public void The_text_of_a_quota(string text, long count, long bytes, long countHard, long byteHard) =>
        Assert.Equal(new QuotaFigures(count, bytes, countHard, byteHard), QuotaFigures.Parse(TreeTalk.Bytes(text)));

    [Fact]
    public void The_text_of_stats_has_room_for_any_number()
    {
        var text = new byte[QuotaFigures.StatsLengthMax];
        Assert.Equal(text.Length, QuotaFigures.WriteStats(text, long.MinValue, long.MinValue));
        Assert.Equal("count=-9223372036854775808,bytes=-9223372036854775808", System.Text.Encoding.UTF8.GetString(text));
    }

    private void Hard(int count, int bytes)
    {
        _tree.Create(Limits, $"count=-1,bytes=-1=;byteHardLimit={bytes};countHardLimit={count}");
        _tree.Create(Stats);
    }

    private bool Allows(string path, long count, long bytes) => _tree.Quotas.Allows(TreeTalk.Bytes(path), count, bytes);
}
