using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;

namespace Quorate.Tests.Import;

public class ZooKeeperSnapshotTests
{
    [Theory, InlineData("snapshot.0"), InlineData("snapshot.16")]
    public void A_snapshot_of_the_real_server_reads_as_its_decoding_says(string name)
    {
        Assert.True(ZooKeeperSnapshot.TryRead(name, Vectors.Bytes(name), out var snapshot, out var flaw), flaw?.ToString());
        var json = Vectors.Json(name);
        var acls = json.GetProperty("acls");
        Assert.Equal(json.GetProperty("nodes").EnumerateArray().Select(node => Vectors.Line(node, acls)),
            snapshot.Nodes.Select(Vectors.Line));
        Assert.Equal(acls.EnumerateObject().Count(), snapshot.AclCount);
        Assert.Equal(
            json.GetProperty("sessions").EnumerateArray()
                .Select(s => new ImportedSession(new(Vectors.Long(s.GetProperty("id"))), s.GetProperty("timeout").GetInt32())),
            snapshot.Sessions);
        var digest = json.GetProperty("digest");
        Assert.Equal(
            new SnapshotDigest(new(digest.GetProperty("zxid").GetInt64()), digest.GetProperty("version").GetInt32(),
                digest.GetProperty("digest").GetUInt64()),
            snapshot.Digest);
    }

    [Fact]
    public void A_snapshot_that_ends_after_the_first_seal_is_whole()
    {
        var bytes = Vectors.Bytes("snapshot.16")[..(Vectors.Json("snapshot.16").GetProperty("end1").GetInt32())];
        Assert.True(ZooKeeperSnapshot.LooksComplete(bytes));
        Assert.True(ZooKeeperSnapshot.TryRead("snapshot.16", bytes, out var snapshot, out _));
        Assert.Null(snapshot.Digest);
        Assert.Equal(16, snapshot.Nodes.Count);
    }

    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public void The_parts_behind_the_first_seal_may_each_be_missing(bool withDigest, bool withLastProcessed)
    {
        var file = new SnapshotFile();
        file.Node("");
        file.Digest = withDigest ? new(new(7), 2, 99) : null;
        file.LastProcessed = withLastProcessed ? new(9) : null;
        Assert.True(ZooKeeperSnapshot.TryRead("snapshot.7", file.Bytes(), out var snapshot, out var flaw), flaw?.ToString());
        Assert.Equal(file.Digest, snapshot.Digest);
        Assert.Equal(file.LastProcessed, snapshot.LastProcessed);
        Assert.Equal("", Assert.Single(snapshot.Nodes).Path.Length == 0 ? "" : "not the root");
    }

    [Fact]
    public void A_digest_older_than_version_2_is_text_and_is_passed_over()
    {
        var file = new SnapshotFile { OldDigest = "1a2b3c4d", LastProcessed = new(3) };
        file.Node("");
        Assert.True(ZooKeeperSnapshot.TryRead("snapshot.3", file.Bytes(), out var snapshot, out var flaw), flaw?.ToString());
        Assert.Null(snapshot.Digest);
        Assert.Equal(new Zxid(3), snapshot.LastProcessed);
    }

    [Fact]
    public void Every_flipped_byte_of_a_snapshot_is_found()
    {
        var good = Vectors.Bytes("snapshot.16");
        for (var at = 0; at < good.Length; at++)
            foreach (var flip in (ReadOnlySpan<byte>)[0x01, 0x80, 0xff])
            {
                var bad = good.ToArray();
                bad[at] ^= flip;
                Assert.False(ZooKeeperSnapshot.TryRead("snapshot.16", bad, out _, out var flaw),
                    $"byte {at} flipped by {flip:x} went unseen");
                Vectors.Says("snapshot.16, byte ", flaw.ToString());
            }
    }

    [Fact]
    public void A_snapshot_cut_anywhere_but_behind_a_seal_is_refused()
    {
        var good = Vectors.Bytes("snapshot.16");
        var firstSeal = Vectors.Json("snapshot.16").GetProperty("end1").GetInt32();
        for (var length = 0; length < good.Length; length++)
            Assert.Equal(length == firstSeal, ZooKeeperSnapshot.TryRead("snapshot.16", good.AsMemory(0, length), out _, out _));
    }
}
