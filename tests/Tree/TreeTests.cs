using System.Runtime.CompilerServices;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Trees;

public class TreeTests
{
    private readonly Tree _tree = new(1);

    [Fact]
    public void A_new_tree_has_the_systems_own_znodes_with_stats_of_zeros()
    {
        Assert.Equal(["zookeeper"], _tree.Children("/"));
        Assert.Equal(["config", "quota"], _tree.Children("/zookeeper"));
        Assert.Equal((4, 44L), (_tree.Count, _tree.Bytes));
        Assert.Equal((3, 2), (_tree.DescendantsOf(Tree.Root), _tree.DescendantsOf(_tree.Find("/zookeeper"))));
        foreach (var path in (string[])["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"])
        {
            var stat = _tree.StatOf(_tree.Find(path));
            Assert.Equal((0, 0, 0, 0, 0), (stat.Czxid.Value, stat.Mzxid.Value, stat.Pzxid.Value, stat.Ctime, stat.Mtime));
            Assert.Equal((0, -stat.NumChildren, path == "/zookeeper/config" ? -1 : 0), (stat.Version, stat.Cversion, stat.Aversion));
            Assert.Empty(_tree.DataOf(_tree.Find(path), out var isNull).ToArray());
            Assert.False(isNull);
        }
        Assert.Equal(Lists.ReadOnly, _tree.Acls[_tree.AclOf(_tree.Find("/zookeeper/config"))].Bytes.ToArray());
        Assert.Equal(AclTable.OpenToAll, _tree.AclOf(Tree.Root));
        _tree.CheckInvariants();
    }

    [Fact]
    public void The_root_has_two_names()
    {
        Assert.Equal(Tree.Root, _tree.Find(""));
        Assert.Equal(Tree.Root, _tree.Find("/"));
        Assert.Equal("/", _tree.Text(Tree.Root));
        Assert.Equal(Tree.None, _tree.ParentOf(Tree.Root));
        Assert.Equal(Tree.None, _tree.Find("//"));
    }

    [Fact]
    public void Stats_move_as_the_reference_says()
    {
        var p = _tree.Create("/p", "x", zxid: 2, time: 20);
        _tree.Create("/p/a", zxid: 3, time: 30);
        _tree.Create("/p/b", zxid: 4, time: 40);
        Assert.Equal((2, 4, 2, 0), (_tree.StatOf(p).Cversion, _tree.PzxidOf(p).Value, _tree.MzxidOf(p).Value, _tree.VersionOf(p)));
        _tree.Delete("/p/a", zxid: 5);
        Assert.Equal((3, 2, 1, 5), (_tree.StatOf(p).Cversion, _tree.CversionOf(p), _tree.ChildCountOf(p), _tree.PzxidOf(p).Value));
        _tree.SetData("/p", "yy", zxid: 7, time: 70);
        Assert.Equal((7, 70, 1, 5), (_tree.MzxidOf(p).Value, _tree.MtimeOf(p), _tree.VersionOf(p), _tree.PzxidOf(p).Value));
        Assert.Equal(2, _tree.StatOf(p).DataLength);
        _tree.SetAcl(p, _tree.Acls.Intern(Lists.Read(Lists.Bob)));
        Assert.Equal((7, 1, 1), (_tree.MzxidOf(p).Value, _tree.VersionOf(p), _tree.AversionOf(p)));
        Assert.Equal((2, 20), (_tree.StatOf(p).Czxid.Value, _tree.StatOf(p).Ctime));
        _tree.Delete("/p/b", zxid: 4);   // an older number does not take pzxid back
        Assert.Equal((4, 5), (_tree.StatOf(p).Cversion, _tree.PzxidOf(p).Value));
    }

    [Fact]
    public void Owners_of_containers_and_ttl_znodes_are_not_shown()
    {
        var container = _tree.Create("/c", owner: Owners.Container);
        var ttl = _tree.Create("/t", owner: Owners.Ttl(86_400_000));
        var ephemeral = _tree.Create("/e", owner: 0x1234);
        Assert.Equal(SessionId.None, _tree.StatOf(container).EphemeralOwner);
        Assert.Equal(SessionId.None, _tree.StatOf(ttl).EphemeralOwner);
        Assert.Equal(new SessionId(0x1234), _tree.StatOf(ephemeral).EphemeralOwner);
        Assert.Equal(unchecked((long)0xff00000005265c00), _tree.OwnerOf(ttl));
        Assert.Equal(86_400_000, Owners.TtlOf(_tree.OwnerOf(ttl)));
        Assert.False(Owners.IsTtl(Owners.Container));
        Assert.Equal(container, _tree.NextUpkeep(Tree.None));
        Assert.Equal(ttl, _tree.NextUpkeep(container));
        Assert.Equal(Tree.None, _tree.NextUpkeep(ttl));
    }

    [Fact]
    public void Versions_wrap_and_the_counter_of_children_stays_at_its_end()
    {
        var record = new RecordList();
        _tree.BeginSnapshot(record);
        _tree.Advance(100);
        var znode = new Znode { Cversion = int.MaxValue, Version = int.MaxValue, Aversion = int.MaxValue, Ordinal = 7 };
        new ZnodeRecord { Znode = znode, Acl = 0, EphemeralOrdinal = 0, Path = "/full"u8, Data = default, DataIsNull = true }
            .Write(record);
        var tree = new Tree(2);
        record.Records.ForEach(r => tree.Load(r));
        tree.FinishLoad();

        var full = tree.Create("/full/child", zxid: 9) is var child ? tree.ParentOf(child) : Tree.None;
        Assert.Equal((int.MaxValue, 9), (tree.CversionOf(full), tree.PzxidOf(full).Value));
        Assert.Equal(unchecked(2 * int.MaxValue - 1), tree.StatOf(full).Cversion);
        tree.SetData("/full", "x");
        tree.SetAcl(full, AclTable.OpenToAll);
        Assert.Equal((int.MinValue, int.MinValue), (tree.VersionOf(full), tree.AversionOf(full)));
        tree.CheckInvariants();
    }

    [Fact]
    public void Children_and_ephemerals_keep_the_order_of_their_creation_through_a_rollback()
    {
        foreach (var name in (string[])["c", "a", "d", "b"])
            _tree.Create("/" + name, owner: 5);
        _tree.Begin();
        _tree.Delete("/a");
        _tree.Create("/e", owner: 5);
        _tree.Delete("/c");
        _tree.Delete("/b");
        _tree.Rollback();
        Assert.Equal(["zookeeper", "c", "a", "d", "b"], _tree.Children("/"));
        Assert.Equal(["/c", "/a", "/d", "/b"], _tree.Ephemerals(5));
        _tree.CheckInvariants();
    }

    [Fact]
    public void A_session_that_lost_all_its_ephemerals_in_a_failed_transaction_has_them_again()
    {
        _tree.Create("/a", owner: 5);
        _tree.Create("/b", owner: 5);
        _tree.Begin();
        _tree.Delete("/a");
        _tree.Delete("/b");
        Assert.Equal((0, Tree.None), (_tree.EphemeralCountOf(new(5)), _tree.FirstEphemeral(new(5))));
        _tree.Create("/a", owner: 6);
        _tree.Rollback();
        Assert.Equal(["/a", "/b"], _tree.Ephemerals(5));
        Assert.Equal([new SessionId(5)], _tree.EphemeralOwners());
        _tree.CheckInvariants();
    }

    [Fact]
    public void Null_data_and_empty_data_differ_also_in_the_digest()
    {
        var (none, empty) = (new Tree(1), new Tree(1));
        var slot = none.Create(Tree.Root, "/a"u8, default, dataIsNull: true, AclTable.OpenToAll, owner: 0, new(1), 0);
        empty.Create("/a");
        Assert.Empty(none.DataOf(slot, out var isNull).ToArray());
        Assert.True(isNull);
        Assert.Equal(none.StatOf(slot), empty.StatOf(slot));
        Assert.NotEqual(none.Digest, empty.Digest);
    }

    [Fact]
    public void Every_stored_field_shows_in_the_digest()
    {
        var digests = new HashSet<Digest>();
        void Add(Action<Tree> change)
        {
            var tree = new Tree(1);
            change(tree);
            Assert.True(digests.Add(tree.Digest));
        }
        Add(t => t.Create("/a"));
        Add(t => t.Create("/b"));
        Add(t => t.Create("/a", "x"));
        Add(t => t.Create("/a", owner: 5));
        Add(t => t.Create("/a", zxid: 2));
        Add(t => t.Create("/a", time: 2));
        Add(t => t.Create("/a", acl: Lists.Bob));
        Add(t => t.SetAcl(t.Create("/a"), AclTable.OpenToAll));
        Add(t => { t.Create("/a"); t.SetData("/a", ""); });
        Add(t => { t.Create("/a"); t.Create("/b"); });
        Add(t => { t.Create("/b"); t.Create("/a"); });
        Add(t => { t.Create("/a"); t.Create("/b"); t.Delete("/b"); });
    }

    [Fact]
    public void A_znode_takes_120_bytes_in_its_slot() => Assert.Equal(120, Unsafe.SizeOf<Znode>());

    [Fact]
    public void A_znode_of_ordinary_size_takes_less_than_300_bytes_in_all()
    {
        const int Znodes = 100_000;
        var tree = new Tree(1);
        var (path, data) = (new byte[37], new byte[100]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Znodes; i++)
        {
            path.AsSpan().Fill((byte)'x');
            path[0] = (byte)'/';
            i.TryFormat(path.AsSpan(1), out _);
            tree.Create(Tree.Root, path, data, false, AclTable.OpenToAll, 0, new(1), 0);
        }
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Znodes, 250, 299);
    }

    [Fact]
    public void A_steady_load_allocates_nothing()
    {
        for (var i = 0; i < 1000; i++)
            _tree.Create($"/n{i}", "12345678", owner: i % 7, acl: Lists.All[i % 4]);
        _tree.Create("/zookeeper/quota/n1");
        _tree.Create("/zookeeper/quota/n1/zookeeper_limits", "count=1,bytes=1");
        _tree.Create("/zookeeper/quota/n1/zookeeper_stats");
        _tree.Create("/q");
        Round(_tree, 300);
        Assert.Equal(0, Allocated.By(() => Round(_tree, 3000)));

        static void Round(Tree tree, int times)
        {
            Span<byte> data = stackalloc byte[400];
            for (var i = 0; i < times; i++)
            {
                tree.Acls.Sweep();
                tree.Begin();
                var two = tree.Acls.Intern(Lists.Read(Lists.Two));
                var slot = tree.Create(tree.Find("/q"u8), "/q/child"u8, data[..(i % 400)], false, two, i % 5, new(i), i);
                tree.SetData(tree.Find("/n1"u8), data[..(i * 7 % 400)], false, new(i), i);
                tree.SetAcl(slot, tree.Acls.Intern(Lists.Read(Lists.Bob)));
                if (i % 3 == 0)
                    tree.Rollback();
                else
                    tree.Commit();
                if (tree.Find("/q/child"u8) is var child && child != Tree.None)
                    tree.Delete(child, new(i));
            }
        }
    }
}
