using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Trees;

public class AclTableTests
{
    private readonly Blobs _blobs = new();
    private readonly AclTable _table;

    public AclTableTests() => _table = new(_blobs, 1);

    [Fact]
    public void Open_to_all_is_recognised_and_never_counted()
    {
        Assert.Equal(AclTable.OpenToAll, _table.Intern(Lists.Read(Lists.Open)));
        _table.Release(AclTable.OpenToAll);
        _table.Release(AclTable.OpenToAll);
        _table.Sweep();
        Assert.Equal(Lists.Open, _table[AclTable.OpenToAll].Bytes.ToArray());
    }

    [Fact]
    public void Equal_lists_share_an_id()
    {
        var id = _table.Intern(Lists.Read(Lists.Bob));
        Assert.NotEqual(AclTable.OpenToAll, id);
        Assert.Equal(id, _table.Intern(Lists.Read(Lists.Bob)));
        Assert.NotEqual(id, _table.Intern(Lists.Read(Lists.Two)));
        Assert.Equal(2, _table[_table.Intern(Lists.Read(Lists.Two))].Count);
    }

    [Fact]
    public void A_list_without_references_is_readable_until_the_sweep_and_gone_after_it()
    {
        var before = _blobs.Bytes;
        var id = _table.Intern(Lists.Read(Lists.Bob));
        _table.Release(id);
        Assert.Equal(Lists.Bob, _table[id].Bytes.ToArray());
        _table.Sweep();
        Assert.Equal(before, _blobs.Bytes);
        Assert.Equal(id, _table.Intern(Lists.Read(Lists.Two)));
    }

    [Fact]
    public void A_list_that_is_wanted_again_before_the_sweep_survives_it()
    {
        var id = _table.Intern(Lists.Read(Lists.Bob));
        _table.Release(id);
        Assert.Equal(id, _table.Intern(Lists.Read(Lists.Bob)));
        _table.Release(id);
        Assert.Equal(id, _table.Intern(Lists.Read(Lists.Bob)));
        _table.Sweep();
        Assert.Equal(Lists.Bob, _table[id].Bytes.ToArray());
    }

    [Fact]
    public void A_null_list_stays_null()
    {
        Assert.True(_table[_table.Intern(Lists.Read([0xff, 0xff, 0xff, 0xff]))].IsNull);
        Assert.True(_table[_table.Intern(default)].IsNull);
    }

    [Fact]
    public void Releasing_what_nobody_holds_is_a_bug()
    {
        var id = _table.Intern(Lists.Read(Lists.Bob));
        _table.Release(id);
        Assert.Throws<BrokenInvariantException>(() => _table.Release(id));
    }

    [Fact]
    public void Many_lists_are_all_found_again()
    {
        var ids = Enumerable.Range(0, 3000).Select(i => _table.Intern(Lists.Read(Lists.Encode((i, "ip", "1.2.3.4"))))).ToList();
        Assert.Equal(3000, ids.Distinct().Count());
        for (var i = 0; i < ids.Count; i++)
            Assert.Equal(ids[i], _table.Intern(Lists.Read(Lists.Encode((i, "ip", "1.2.3.4")))));
    }
}
