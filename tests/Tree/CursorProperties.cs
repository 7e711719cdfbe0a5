using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Trees;

public class CursorProperties
{
    [Fact]
    public void A_snapshot_taken_under_change_is_the_state_at_its_start() =>
        Gen.Select(TreeOp.Gen.Array[0, 80], TreeOp.Gen.Array[0, 80], Gen.Int[1, 4], Gen.ULong).Sample((before, during, budget, seed) =>
        {
            var (pair, dice, sink) = (new TreePair(), new Dice(seed), new RecordList());
            foreach (var op in before)
                pair.Do(op);
            pair.EndTransaction(commit: dice.Below(2) == 0);

            var (expected, digest) = (pair.Model.Clone(), pair.Tree.Digest);
            pair.Tree.BeginSnapshot(sink);
            foreach (var op in during)
            {
                pair.Do(op);
                sink.IsFull = dice.Below(3) == 0;
                if (!pair.Model.InTransaction && pair.Tree.IsInSnapshot)
                    pair.Tree.Advance(budget);
            }
            pair.EndTransaction(commit: dice.Below(2) == 0);
            sink.IsFull = false;
            while (pair.Tree.IsInSnapshot)
                pair.Tree.Advance(budget);
            pair.Model.AssertSame(pair.Tree);
            pair.Tree.CheckInvariants();

            var loaded = Load(sink.Records, dice);
            Assert.Equal(digest, loaded.Digest);
            expected.AssertSame(loaded);
            loaded.CheckInvariants();
        }, iter: 300);

    [Fact]
    public void A_loaded_tree_goes_on_exactly_as_the_one_it_was_taken_from() =>
        Gen.Select(TreeOp.Gen.Array[0, 80], TreeOp.Gen.Array[0, 40], Gen.ULong).Sample((before, after, seed) =>
        {
            var pair = new TreePair();
            foreach (var op in before)
                pair.Do(op);
            pair.EndTransaction(commit: true);
            var loaded = Load(Snapshot(pair.Tree), new(seed));
            var twin = new TreePair(loaded, pair);
            foreach (var op in after)
            {
                twin.Do(op);
                pair.Do(op);
                Assert.Equal(pair.Tree.Digest, loaded.Digest);
            }
            twin.Model.AssertSame(loaded);
            twin.EndTransaction(commit: true);
            loaded.CheckInvariants();
        });

    [Fact]
    public void Advance_writes_no_more_znodes_than_its_budget()
    {
        var (tree, sink) = (new Tree(1), new RecordList());
        for (var i = 0; i < 100; i++)
            tree.Create($"/n{i}");
        tree.BeginSnapshot(sink);
        Assert.False(tree.Advance(10));
        Assert.Equal(10, sink.Records.Count(r => r[0] == ZnodeRecord.Tag));
    }

    [Fact]
    public void A_full_sink_stops_the_cursor_but_not_a_change()
    {
        var (tree, sink) = (new Tree(1), new RecordList { IsFull = true });
        tree.Create("/a", "old");
        tree.BeginSnapshot(sink);
        Assert.False(tree.Advance(10));
        Assert.Empty(sink.Records);
        tree.SetData("/a", "new");
        Assert.Single(sink.Records);
        sink.IsFull = false;
        Assert.True(tree.Advance(10));
        Assert.Equal("old", Load(sink.Records, new(1)).Data("/a"));
    }

    [Fact]
    public void Looking_at_free_slots_is_bounded_too()
    {
        var (tree, sink) = (new Tree(1), new RecordList());
        for (var i = 0; i < 5000; i++)
            tree.Create($"/n{i}");
        for (var i = 0; i < 5000; i++)
            tree.Delete($"/n{i}");
        tree.BeginSnapshot(sink);
        var steps = 1;
        while (!tree.Advance(10))
            steps++;
        Assert.InRange(steps, 20, 5000);
        Assert.Equal(4 + 1, sink.Records.Count);   // and the ACL list of /zookeeper/config
    }

    [Fact]
    public void B6_a_rolled_back_delete_of_an_unvisited_znode_is_written_once_and_keeps_its_slot()
    {
        var (tree, sink) = (new Tree(1), new RecordList());
        var slot = tree.Create("/a", "kept");
        var digest = tree.Digest;
        tree.BeginSnapshot(sink);
        tree.Begin();
        tree.Delete("/a");
        Assert.Equal(slot, tree.Create("/b", "in its slot"));
        tree.Rollback();
        Assert.Equal(slot, tree.Find("/a"));
        Assert.True(tree.Advance(100));
        var loaded = Load(sink.Records, new(1));
        Assert.Equal(digest, loaded.Digest);
        Assert.Equal("kept", loaded.Data("/a"));
        Assert.Equal(Tree.None, loaded.Find("/b"));
    }

    [Fact]
    public void An_acl_id_that_changes_its_meaning_during_the_snapshot_does_not_confuse_it()
    {
        var (tree, sink) = (new Tree(1), new RecordList());
        tree.Create("/a", acl: Lists.Bob);
        var id = tree.AclOf(tree.Find("/a"));
        tree.BeginSnapshot(sink);
        tree.SetAcl(tree.Find("/a"), AclTable.OpenToAll);
        tree.Acls.Sweep();
        tree.Create("/b", acl: Lists.Two);
        Assert.Equal(id, tree.AclOf(tree.Find("/b")));
        Assert.True(tree.Advance(100));
        var loaded = Load(sink.Records, new(1));
        Assert.Equal(Lists.Bob, loaded.Acls[loaded.AclOf(loaded.Find("/a"))].Bytes.ToArray());
        loaded.Acls.Sweep();
        loaded.CheckInvariants();
    }

    [Fact]
    public void An_abandoned_snapshot_leaves_nothing_for_the_next_one()
    {
        var tree = new Tree(1);
        tree.Create("/a", acl: Lists.Bob);
        tree.BeginSnapshot(new RecordList());
        tree.Advance(3);
        tree.SetData("/a", "x");
        tree.AbandonSnapshot();
        Assert.False(tree.IsInSnapshot);
        Assert.Equal(tree.Digest, Load(Snapshot(tree), new(1)).Digest);
    }

    private static List<byte[]> Snapshot(Tree tree)
    {
        var sink = new RecordList();
        tree.BeginSnapshot(sink);
        while (!tree.Advance(7))
            continue;
        return sink.Records;
    }

    /// <summary>Loads the znodes in a random order; the ACL lists keep theirs, and come first.</summary>
    private static Tree Load(List<byte[]> records, Dice dice)
    {
        var tree = new Tree(0xABCD);
        foreach (var list in records.Where(r => r[0] == ZnodeRecord.AclTag))
            tree.Load(list);
        var znodes = records.Where(r => r[0] == ZnodeRecord.Tag).ToList();
        for (; znodes.Count > 0; znodes.RemoveAt(znodes.Count - 1))
        {
            var pick = (int)dice.Below((ulong)znodes.Count);
            (znodes[pick], znodes[^1]) = (znodes[^1], znodes[pick]);
            tree.Load(znodes[^1]);
        }
        tree.FinishLoad();
        return tree;
    }
}
