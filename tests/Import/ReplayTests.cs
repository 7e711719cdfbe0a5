using System.Text;
using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Import;

public class ReplayTests
{
    [Fact]
    public void The_empty_snapshot_and_the_log_give_the_later_snapshot()
    {
        var replayed = Vectors.ImportOf("snapshot.0", "log.1");
        var loaded = Vectors.ImportOf("snapshot.16");
        Assert.Null(replayed.Flaw);
        Assert.Null(loaded.Flaw);
        Assert.Equal(Vectors.Lines(loaded.Tree!), Vectors.Lines(replayed.Tree!));
        Assert.Equal((22, 0), (replayed.Transactions, loaded.Transactions));
        Assert.Equal(("snapshot.0", "snapshot.16"), (replayed.Snapshot, loaded.Snapshot));
        Assert.Equal((16, 1, 1), (loaded.Tree!.Count, loaded.Tree.EphemeralCount, loaded.Tree.SessionCount));
        Assert.Equal(17997720705ul, loaded.Tree.Digest);
        Assert.Empty(replayed.Notes);
    }

    [Fact]
    public void The_later_snapshot_leaves_nothing_of_the_log_to_apply()
    {
        var import = Vectors.ImportOf(Vectors.Names);
        Assert.Null(import.Flaw);
        Assert.Equal(("snapshot.16", 0), (import.Snapshot, import.Transactions));
    }

    [Fact]
    public void Applying_again_what_a_snapshot_already_shows_changes_nothing()
    {
        var snapshot = Vectors.Bytes("snapshot.16")[..Vectors.Json("snapshot.16").GetProperty("end1").GetInt32()];
        for (var zxid = 0; zxid <= 0x16; zxid++)
        {
            var import = Vectors.Import(new() { [$"snapshot.{zxid:x}"] = snapshot, ["log.1"] = Vectors.Bytes("log.1") },
                new() { IgnoreDigests = true });
            Assert.Null(import.Flaw);
            Assert.Equal(0x16 - zxid, import.Transactions);
            Assert.Equal(Vectors.Lines(Vectors.ImportOf("snapshot.16").Tree!), Vectors.Lines(import.Tree!));
        }
    }

    [Fact]
    public void An_empty_start_may_be_trusted_and_is_the_empty_snapshot()
    {
        var files = new Dictionary<string, byte[]> { ["log.1"] = Vectors.Bytes("log.1") };
        Vectors.Says("no snapshot", Vectors.Import(files).Flaw);
        var trusted = Vectors.Import(files, new() { TrustEmpty = true });
        Assert.Null(trusted.Flaw);
        Assert.Equal(Vectors.Lines(Vectors.ImportOf("snapshot.16").Tree!), Vectors.Lines(trusted.Tree!));
    }

    [Fact]
    public void Parents_come_before_children_and_siblings_in_the_order_of_their_creation()
    {
        var paths = Vectors.ImportOf("snapshot.16").Tree!.Nodes.Select(node => Encoding.UTF8.GetString(node.Path.Span)).ToList();
        Assert.Equal(
            ["", "/zookeeper", "/zookeeper/config", "/zookeeper/quota", "/zookeeper/quota/app", "/zookeeper/quota/app/zookeeper_limits",
                "/zookeeper/quota/app/zookeeper_stats", "/app", "/app/nulldata", "/app/eph", "/app/seq-0000000002", "/app/box",
                    "/app/ttl", "/app/umlé", "/sec", "/m1"],
            paths);
    }

    [Fact]
    public void A_session_keeps_its_timeout_and_its_computable_password()
    {
        var session = Assert.Single(Vectors.ImportOf("snapshot.0", "log.1").Tree!.Sessions);
        Assert.Equal(new(new SessionId(0x1000023bfc30000), 10_000), session);
        Assert.Equal(ZooKeeperPassword.Length, ZooKeeperPassword.Of(session.Id).Length);
    }

    [Fact]
    public void A_digest_that_does_not_fit_names_its_transaction()
    {
        var log = new LogFile().Txn(1, OpCode.CreateSession, writer => writer.Int(4000), digest: 1371985504)
            .Txn(2, OpCode.Create, writer => ForeignFiles.Create(writer, "/a", 1, false, "", "world"), digest: 1).Bytes();
        var files = new Dictionary<string, byte[]> { ["snapshot.0"] = Vectors.Bytes("snapshot.0"), ["log.1"] = log };
        var flaw = Vectors.Import(files).Flaw;
        Assert.Equal("log.1", flaw!.File);
        Vectors.Says("transaction 0x2: the tree's digest", flaw.ToString());
        Assert.Null(Vectors.Import(files, new() { IgnoreDigests = true }).Flaw);
    }

    [Fact]
    public void A_snapshot_digest_that_does_not_fit_is_an_error_unless_the_next_transaction_clears_it()
    {
        var snapshot = new SnapshotFile { Digest = new(new(5), 2, 12345) };
        snapshot.SystemNodes();
        var alone = Vectors.Import(new() { ["snapshot.5"] = snapshot.Bytes() });
        Vectors.Says("after transaction 0x5", alone.Flaw);

        // The digest of the empty tree: what the log says is right, so the snapshot's was taken halfway through transaction 6.
        var log = new LogFile().Txn(6, OpCode.CreateSession, writer => writer.Int(4000), digest: 1371985504).Bytes();
        Assert.Null(Vectors.Import(new() { ["snapshot.5"] = snapshot.Bytes(), ["log.6"] = log }).Flaw);
        log = new LogFile().Txn(6, OpCode.CreateSession, writer => writer.Int(4000), digest: 4711).Bytes();
        Assert.NotNull(Vectors.Import(new() { ["snapshot.5"] = snapshot.Bytes(), ["log.6"] = log }).Flaw);
    }

    [Fact]
    public void A_create_of_what_is_there_only_raises_the_parent()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        snapshot.Node("/a", "later", czxid: 9, mzxid: 10, version: 4);
        var nodes = Nodes(snapshot, new LogFile().Create(9, "/a", 3, data: "first").SetData(10, "/a", "later", 4));
        Vectors.Says("cversion=3", nodes[""]);
        Vectors.Says("pzxid=9", nodes[""]);
        Vectors.Says($"data={Hex("later")}", nodes["/a"]);
        Vectors.Says("mzxid=10", nodes["/a"]);
    }

    [Fact]
    public void A_create_never_lowers_the_parent()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes(rootCversion: 7, rootPzxid: 12);
        var nodes = Nodes(snapshot, new LogFile().Create(9, "/a", 3).Delete(12, "/a"));
        Vectors.Says("cversion=7", nodes[""]);
        Vectors.Says("pzxid=12", nodes[""]);
    }

    [Fact]
    public void A_delete_of_what_is_gone_still_raises_the_parent()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes(rootCversion: 1, rootPzxid: 3);
        Vectors.Says("pzxid=9", Nodes(snapshot, new LogFile().Delete(9, "/a"))[""]);
    }

    [Fact]
    public void What_is_missing_is_not_an_error()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        var log = new LogFile().Create(9, "/gone/a", 1).SetData(10, "/gone", "x", 1).SetAcl(11, "/gone", "ip", 1).Delete(12, "/gone/a");
        Assert.Equal(4, Nodes(snapshot, log).Count);
    }

    [Fact]
    public void A_znode_that_came_back_with_children_is_deleted_with_them_and_made_anew()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes(rootCversion: 1, rootPzxid: 3);
        snapshot.Node("/a", "new", czxid: 10, cversion: 1, pzxid: 11);
        snapshot.Node("/a/b", czxid: 11);
        var nodes = Nodes(snapshot, new LogFile().Delete(9, "/a").Create(10, "/a", 2, data: "new").Create(11, "/a/b", 1)
            .Create(12, "/a/c", 2));
        Assert.Equal(["", "/a", "/a/b", "/a/c", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"],
            nodes.Keys.Order(StringComparer.Ordinal));
        Vectors.Says("cversion=2", nodes["/a"]);
    }

    [Fact]
    public void An_acl_younger_than_the_snapshots_table_comes_from_the_log()
    {
        var snapshot = new SnapshotFile { Acls = { [1] = "ip" } };
        snapshot.SystemNodes();
        snapshot.Node("/a", czxid: 9, acl: 2);
        snapshot.Node("/b", acl: 1);
        Vectors.Says("acl=31:x509:127.0.0.1", Nodes(snapshot, new LogFile().Create(9, "/a", 1, acl: "x509"))["/a"]);
        Vectors.Says("acl=31:ip:127.0.0.1", Nodes(snapshot, new LogFile().Create(9, "/a", 1, acl: "x509"))["/b"]);
        var without = Vectors.Import(new() { ["snapshot.9"] = snapshot.Bytes() });
        Vectors.Says("The ACL of znode /a", without.Flaw);
    }

    [Fact]
    public void A_failed_multi_and_a_failed_request_change_nothing_but_the_zxid()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        var log = new LogFile().Txn(9, OpCode.Multi, writer => Multi(writer, (OpCode.Create, "/a"), (OpCode.Error, "")))
            .Txn(10, OpCode.Error, writer => writer.Int(-101));
        var import = Vectors.Import(Files(snapshot, log));
        Assert.Null(import.Flaw);
        Assert.Equal((4, new Zxid(10)), (import.Tree!.Count, import.Tree.LastZxid));
    }

    [Fact]
    public void A_multi_changes_everything_at_one_time()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        var nodes = Nodes(snapshot, new LogFile()
            .Txn(9, OpCode.Multi, writer => Multi(writer, (OpCode.Create, "/a"), (OpCode.Create2, "/a/b"), (OpCode.Check, "/a"))));
        Vectors.Says("czxid=9", nodes["/a/b"]);
    }

    [Fact]
    public void The_kind_of_create_decides_the_stored_owner()
    {
        var snapshot = new SnapshotFile { Sessions = { new(new(LogFile.Session), 4000) } };
        snapshot.SystemNodes();
        var log = new LogFile().Create(9, "/eph", 1, ephemeral: true).Create(10, "/plain", 2)
            .Txn(11, OpCode.CreateContainer, writer => Unmarked(writer, "/box", null))
            .Txn(12, OpCode.CreateTtl, writer => Unmarked(writer, "/ttl", 86_400_000));
        var import = Vectors.Import(Files(snapshot, log));
        long Owner(string path) => import.Tree!.Find(Encoding.UTF8.GetBytes(path))!.Owner;
        Assert.Equal([LogFile.Session, 0, long.MinValue, unchecked((long)0xff00000005265c00)],
            [Owner("/eph"), Owner("/plain"), Owner("/box"), Owner("/ttl")]);
        Assert.Equal(1, import.Tree!.EphemeralCount);
    }

    [Fact]
    public void A_very_old_create_counts_the_parent_itself()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes(rootCversion: 4);
        Vectors.Says("cversion=5", Nodes(snapshot, new LogFile().Create(9, "/a", null))[""]);
        Vectors.Says("cversion=5", Nodes(snapshot, new LogFile().Create(9, "/a", -1))[""]);
    }

    [Fact]
    public void A_close_without_paths_deletes_all_ephemerals_of_its_session_and_of_no_other()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        var log = new LogFile();
        static long Owner(int i) => LogFile.Session + i % 2;
        for (var i = 0; i < 6; i++)
            log.Txn(9 + i, OpCode.Create, writer => ForeignFiles.Create(writer, $"/e{i}", i, true, "", "world"), session: Owner(i));
        log.Txn(20, OpCode.CreateSession, writer => writer.Int(4000))
            .Txn(21, OpCode.CreateSession, writer => writer.Int(4000), session: LogFile.Session + 1);
        log.Delete(22, "/e2").Txn(23, OpCode.CloseSession, _ => { });
        var import = Vectors.Import(Files(snapshot, log));
        Assert.Null(import.Flaw);
        Assert.Equal(["/e1", "/e3", "/e5"], import.Tree!.Nodes.Where(node => node.Owner != 0)
            .Select(node => Encoding.UTF8.GetString(node.Path.Span)));
        Assert.Equal(new Zxid(23), import.Tree.Find(default)!.Pzxid);
        Assert.Equal(3, import.Tree.EphemeralCount);
        Assert.Equal(LogFile.Session + 1, Assert.Single(import.Tree.Sessions).Id.Value);
    }

    [Fact]
    public void Ephemerals_of_unknown_sessions_are_left_out_with_a_note()
    {
        var snapshot = new SnapshotFile { Sessions = { new(new(5), 4000) } };
        snapshot.SystemNodes();
        snapshot.Node("/orphan", owner: 6);
        snapshot.Node("/child", owner: 5);
        var import = Vectors.Import(new() { ["snapshot.9"] = snapshot.Bytes() });
        Assert.Equal(5, import.Tree!.Count);
        Vectors.Says("1 ephemerals of sessions that do not exist are left out, among them /orphan of session 0x6", Assert.Single(import.Notes));
        Assert.Equal(new Zxid(9), import.Tree.Find(default)!.Pzxid);
    }

    [Fact]
    public void Quota_stats_are_recounted()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        snapshot.Node("/zookeeper/quota/a");
        snapshot.Node("/zookeeper/quota/a/zookeeper_limits", "count=5,bytes=-1");
        snapshot.Node("/zookeeper/quota/a/zookeeper_stats", "count=77,bytes=77");
        snapshot.Node("/zookeeper/quota/a/b");
        snapshot.Node("/zookeeper/quota/a/b/zookeeper_limits", "count=5,bytes=-1");
        snapshot.Node("/a", "xyz");
        snapshot.Node("/a/b", null);
        snapshot.Node("/a/b/c", "12");
        snapshot.Node("/ab", "not counted");
        var nodes = Nodes(snapshot, new LogFile().Create(9, "/a/d", 2, data: "4").Delete(10, "/a/b/c"));
        Vectors.Says($"data={Hex("count=3,bytes=4")}", nodes["/zookeeper/quota/a/zookeeper_stats"]);
    }

    [Theory, InlineData("a"), InlineData(""), InlineData("/"), InlineData("/a/")]
    public void A_transaction_on_what_is_no_path_is_refused(string path)
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        Vectors.Says("log.9, byte 16: Record 1, transaction 0x9", Vectors.Import(Files(snapshot, new LogFile().Create(9, path, 1))).Flaw);
        Assert.NotNull(Vectors.Import(Files(snapshot, new LogFile().Delete(9, path))).Flaw);
    }

    [Fact]
    public void Unknown_and_senseless_records_are_named()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        Vectors.Says("type 77 ", Vectors.Import(Files(snapshot, new LogFile().Txn(9, (OpCode)77, _ => { }))).Flaw);
        Vectors.Says("type 5 ", Vectors.Import(Files(snapshot, new LogFile().Txn(9, OpCode.SetData, writer => writer.Int(99)))).Flaw);
        Vectors.Says("type 2 ", Vectors.Import(Files(snapshot, new LogFile()
            .Txn(9, OpCode.Delete, writer => { writer.Buffer("/a"u8); writer.Byte(1); }))).Flaw);
    }

    [Fact]
    public void A_log_that_goes_back_is_refused()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        Vectors.Says("goes back", Vectors.Import(Files(snapshot, new LogFile().Create(9, "/a", 1).Create(8, "/b", 2))).Flaw);
    }

    [Fact]
    public void The_digest_kept_along_the_way_is_that_of_the_whole_tree() =>
        Gen.Int[0, 5].Select(Gen.Int[0, 4], Gen.Int[0, 4]).Array[1, 40].Sample(steps =>
        {
            var snapshot = new SnapshotFile { Sessions = { new(new(LogFile.Session), 4000) } };
            snapshot.SystemNodes();
            var log = new LogFile();
            for (var i = 0; i < steps.Length; i++)
                Step(log, 9 + i, steps[i]);
            var tree = Vectors.Import(Files(snapshot, log)).Tree!;
            Assert.Equal(tree.Nodes.Aggregate(0ul, (sum, node) => sum + ZooKeeperDigest.Of(node)), tree.Digest);
            Assert.Equal(tree.Count, tree.Nodes.Count);
            Assert.Equal(tree.EphemeralCount, tree.Nodes.Count(node => node.Owner != 0));
        });

    private static void Step(LogFile log, int zxid, (int Kind, int A, int B) step)
    {
        var path = step.A == 0 ? $"/{step.B}" : $"/{step.A}/{step.B}";
        _ = step.Kind switch
        {
            0 or 1 => log.Create(zxid, path, -1, ephemeral: step.A > 2),
            2 => log.Create(zxid, $"/{step.A}", -1),
            3 => log.Delete(zxid, path),
            4 => log.SetData(zxid, path, $"data {zxid}", zxid),
            _ => log.SetAcl(zxid, path, "ip", zxid),
        };
    }

    private static Dictionary<string, byte[]> Files(SnapshotFile snapshot, LogFile log) =>
        new() { ["snapshot.8"] = snapshot.Bytes(), ["log.9"] = log.Bytes() };

    private static Dictionary<string, string> Nodes(SnapshotFile snapshot, LogFile log)
    {
        var import = Vectors.Import(Files(snapshot, log));
        Assert.Null(import.Flaw);
        return import.Tree!.Nodes.ToDictionary(node => Encoding.UTF8.GetString(node.Path.Span), Vectors.Line);
    }

    private static void Multi(JuteWriter writer, params (OpCode Type, string Path)[] parts)
    {
        writer.Int(parts.Length);
        foreach (var (type, path) in parts)
        {
            writer.Int((int)type);
            var record = writer.Gap();
            if (type == OpCode.Error)
                writer.Int(-101);
            else if (type == OpCode.Check)
            {
                writer.Buffer(Encoding.UTF8.GetBytes(path));
                writer.Int(1);
            }
            else
                ForeignFiles.Create(writer, path, 1, false, "", "world");
            writer.EndFrame(record);
        }
    }

    private static void Unmarked(JuteWriter writer, string path, long? ttl)
    {
        writer.Buffer(Encoding.UTF8.GetBytes(path));
        writer.Buffer([]);
        ForeignFiles.Acl(writer, "world");
        writer.Int(3);
        if (ttl is { } milliseconds)
            writer.Long(milliseconds);
    }

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text));
}
