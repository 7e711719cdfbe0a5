using System.Text;
using CsCheck;
using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Fronts;

public class JanitorTests
{
    private const int Minute = 60_000;
    private long _time = 1_000_000, _zxid = 1;
    private readonly Tree _tree = new(7);

    [Fact]
    public void A_container_goes_once_it_had_a_child_and_has_none()
    {
        Create("/c", Owners.Container);
        var janitor = Begun(new());
        Assert.Empty(Round(janitor));
        Create("/c/k");
        Assert.Empty(Round(janitor));
        Delete("/c/k");
        Assert.Equal(["/c"], Round(janitor));
    }

    [Fact]
    public void A_container_that_was_never_used_goes_only_where_that_is_set_and_after_so_long()
    {
        Create("/c", Owners.Container);
        var janitor = Begun(new());
        var impatient = Begun(new() { ContainerNeverUsed = TimeSpan.FromMinutes(2) });
        for (var i = 0; i < 2; i++)
            Assert.Empty(Round(impatient));
        _time += 1;
        Assert.Equal(["/c"], Round(impatient));
        Assert.Empty(Round(janitor));
    }

    [Fact]
    public void A_ttl_znode_goes_when_it_was_not_written_for_longer_than_its_ttl()
    {
        var slot = Create("/t", Owners.Ttl(90_000));
        var janitor = Begun(new());
        Assert.Empty(Round(janitor));
        _tree.Begin();
        _tree.SetData(slot, "x"u8, false, new(_zxid++), _time);
        _tree.Commit();
        Assert.Empty(Round(janitor));
        Assert.Equal(["/t"], Round(janitor));
    }

    [Fact]
    public void A_ttl_znode_with_children_stays_and_goes_as_soon_as_the_last_one_went()
    {
        Create("/t", Owners.Ttl(10));
        Create("/t/k");
        var janitor = Begun(new());
        Assert.Empty(Round(janitor));
        Delete("/t/k");
        Assert.Equal(["/t"], Round(janitor));
    }

    [Fact]
    public void Ordinary_znodes_and_ephemerals_are_none_of_its_business()
    {
        Create("/p");
        Create("/e", 77);
        Create("/p/k");
        Delete("/p/k");
        Assert.Empty(Round(Begun(new())));
    }

    [Fact]
    public void Nothing_is_looked_at_before_the_interval_is_over()
    {
        Create("/t", Owners.Ttl(1));
        var janitor = new Janitor(new(), _tree);
        Assert.Equal(Instant.Never, janitor.NextDeadline);
        janitor.Begin(Now);
        Assert.Equal(Now.Instant + TimeSpan.FromMinutes(1), janitor.NextDeadline);
        _time += Minute - 1;
        Assert.False(janitor.TryTake(Now, out _));
        _time += 1;
        Assert.True(janitor.TryTake(Now, out _));
    }

    [Fact]
    public void A_round_over_many_is_cut_into_portions_and_misses_none()
    {
        for (var i = 0; i < 3 * Janitor.Portion; i++)
            Create($"/t{i}", i % 2 == 0 ? Owners.Ttl(1) : Owners.Container);
        var janitor = Begun(new());
        _time += Minute;
        var steps = 0;
        var taken = new List<string>();
        while (janitor.NextDeadline <= Now.Instant)
        {
            var portion = Take(janitor);
            Assert.True(portion.Count <= Janitor.Portion);
            taken.AddRange(portion);
            steps++;
        }
        Assert.InRange(steps, 3, 4);
        Assert.Equal(Enumerable.Range(0, 3 * Janitor.Portion).Where(i => i % 2 == 0).Select(i => $"/t{i}").Order(), taken.Order());
        Assert.Equal(Now.Instant + TimeSpan.FromMinutes(1), janitor.NextDeadline);
    }

    [Fact]
    public void No_more_are_taken_in_a_minute_than_the_setting_says()
    {
        for (var i = 0; i < 25; i++)
            Create($"/t{i}", Owners.Ttl(1));
        var janitor = Begun(new() { ContainerDeletesPerMinute = 10 });
        foreach (var expected in (int[])[10, 10, 5])
        {
            _time = janitor.NextDeadline.Ticks / TimeSpan.TicksPerMillisecond;
            var taken = Take(janitor);
            Assert.Equal(expected, taken.Count);
            taken.ForEach(Delete);
        }
    }

    [Fact]
    public void Applying_looks_again_by_the_entrys_time()
    {
        var container = Create("/c", Owners.Container);
        var ttl = Create("/t", Owners.Ttl(1000));
        var plain = Create("/p");
        Assert.True(Upkeep.MayDelete(_tree, container, new(_time)));
        Assert.False(Upkeep.MayDelete(_tree, plain, new(_time)));
        Assert.False(Upkeep.MayDelete(_tree, ttl, new(_time + 1000)));
        Assert.True(Upkeep.MayDelete(_tree, ttl, new(_time + 1001)));
        Create("/c/k");
        Assert.False(Upkeep.MayDelete(_tree, container, new(_time)));
    }

    [Fact]
    public void What_is_taken_is_what_an_obvious_look_at_every_znode_finds()
    {
        var kind = Gen.OneOf(Gen.Const(0L), Gen.Const(Owners.Container), Gen.Long[1, 200_000].Select(Owners.Ttl), Gen.Const(77L));
        Gen.Select(Gen.Select(kind, Gen.Int[0, 2]).Array[1, 40], Gen.Long[0, 300_000]).Sample((znodes, wait) =>
        {
            var test = new JanitorTests();
            var expected = new List<string>();
            var janitor = test.Begun(new());
            for (var i = 0; i < znodes.Length; i++)
            {
                var (owner, children) = znodes[i];
                test.Create($"/z{i}", owner);
                var extended = Owners.IsTtl(owner) || owner == Owners.Container;
                if (extended && children > 0)
                    test.Create($"/z{i}/k");
                if (extended && children == 1)
                    test.Delete($"/z{i}/k");
                if (extended && children < 2 && (owner == Owners.Container ? children == 1 : wait + Minute > Owners.TtlOf(owner)))
                    expected.Add($"/z{i}");
            }
            test._time += wait;
            Assert.Equal(expected.Order(), test.Round(janitor).Order());
        }, iter: 200);
    }

    private Moment Now => new(new(_time * TimeSpan.TicksPerMillisecond), new(_time));

    private Janitor Begun(Settings settings)
    {
        var janitor = new Janitor(settings, _tree);
        janitor.Begin(Now);
        return janitor;
    }

    /// <summary>Waits a minute and takes what there is; nothing of it is deleted.</summary>
    private List<string> Round(Janitor janitor)
    {
        _time += Minute;
        return Take(janitor);
    }

    private List<string> Take(Janitor janitor)
    {
        var taken = new List<string>();
        while (janitor.TryTake(Now, out var slot))
            taken.Add(Encoding.UTF8.GetString(_tree.PathOf(slot)));
        return taken;
    }

    private int Create(string path, long owner = 0)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        var parent = _tree.Find(bytes.AsSpan(0, path.LastIndexOf('/')));
        _tree.Begin();
        var slot = _tree.Create(parent, bytes, "x"u8, false, AclTable.OpenToAll, owner, new(_zxid++), _time);
        _tree.Commit();
        return slot;
    }

    private void Delete(string path)
    {
        _tree.Begin();
        _tree.Delete(_tree.Find(Encoding.UTF8.GetBytes(path)), new(_zxid++));
        _tree.Commit();
    }
}
