using CsCheck;

namespace Quorate.Tests.Trees;

public class TreeAgainstModel
{
    [Fact]
    public void Any_sequence_of_changes_and_transactions_leaves_what_a_plain_dictionary_would_hold() =>
        TreeOp.Gen.Array[1, 80].Sample(ops =>
        {
            var pair = new TreePair();
            foreach (var op in ops)
            {
                pair.Do(op);
                pair.Model.AssertSame(pair.Tree);
                if (!pair.Model.InTransaction)
                    pair.Tree.CheckInvariants();
            }
        });

    [Fact]
    public void A_long_life_leaks_nothing() =>
        TreeOp.Gen.Array[1500, 2000].Sample(ops =>
        {
            var pair = new TreePair();
            foreach (var op in ops)
                pair.Do(op);
            pair.EndTransaction(commit: false);
            pair.Model.AssertSame(pair.Tree);
            pair.Tree.CheckInvariants();
        }, iter: 10);

    [Fact]
    public void A_rollback_restores_tree_and_digest_whatever_was_done_since_begin() =>
        Gen.Select(TreeOp.Gen.Array[0, 60], TreeOp.Gen.Array[1, 60]).Sample((before, inside) =>
        {
            var pair = new TreePair();
            foreach (var op in before)
                pair.Do(op);
            pair.EndTransaction(commit: true);
            var digest = pair.Tree.Digest;
            pair.Begin();
            foreach (var op in inside.Where(op => op.Kind < 82))
                pair.Do(op);
            pair.EndTransaction(commit: false);
            Assert.Equal(digest, pair.Tree.Digest);
            pair.Model.AssertSame(pair.Tree);
            pair.Tree.CheckInvariants();
        });

    [Fact]
    public void Equal_histories_have_equal_digests_whatever_the_hash_key() =>
        TreeOp.Gen.Array[1, 80].Sample(ops =>
        {
            var (a, b) = (new TreePair(), new TreePair(hashKey: 99));
            foreach (var op in ops)
            {
                a.Do(op);
                b.Do(op);
                Assert.Equal(a.Tree.Digest, b.Tree.Digest);
            }
        });
}
