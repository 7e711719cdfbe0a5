using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;

namespace Quorate.Tests.Import;

public class ZooKeeperFolderTests
{
    [Fact]
    public void Snapshots_are_listed_newest_first_and_logs_oldest_first_by_number_not_by_text()
    {
        string[] names = ["log.a", "log.1", "log.100000001", "snapshot.9", "snapshot.10", "snapshot.100000000", "acceptedEpoch",
            "currentEpoch", "snapshot.x", "log.1.old"];
        var folder = new ZooKeeperFolder(names, names);
        Assert.Equal(["snapshot.100000000", "snapshot.10", "snapshot.9"], folder.Snapshots.Select(file => file.Name));
        Assert.Equal(["log.1", "log.a", "log.100000001"], folder.Logs.Select(file => file.Name));
    }

    [Theory]
    [InlineData(0, "log.1 log.a log.14")]
    [InlineData(8, "log.1 log.a log.14")]
    [InlineData(9, "log.a log.14")]
    [InlineData(0x12, "log.a log.14")]
    [InlineData(0x13, "log.14")]
    [InlineData(0x99, "log.14")]
    public void Replay_begins_with_the_last_log_that_can_hold_the_next_transaction(long zxid, string logs) =>
        Assert.Equal(logs, string.Join(' ', new ZooKeeperFolder([], ["log.14", "log.a", "log.1"]).LogsAfter(new(zxid))
            .Select(log => log.Name)));

    [Fact]
    public void When_all_logs_begin_later_all_are_replayed() =>
        Assert.Equal(2, new ZooKeeperFolder([], ["log.14", "log.a"]).LogsAfter(new(3)).Count);

    [Fact]
    public void Names_that_are_not_quite_right_are_passed_over()
    {
        foreach (var name in (ReadOnlySpan<string>)["snapshot", "snapshot.", "snapshot.-1", "snapshot.0x5", "snapshot.5.zip", "log.5.gz",
            "log. 5", "log.fffffffffffffffff", "log.ffffffffffffffff", "LOG.5", "snapshot.5.gz.gz"])
            Assert.False(ZooKeeperFolder.TryParse(name, out _), name);
        Assert.True(ZooKeeperFolder.TryParse("snapshot.5.gz", out var file));
        Assert.Equal(new FolderFile("snapshot.5.gz", false, new(5), Packing.Gzip), file);
        Gen.String.Sample(name => !ZooKeeperFolder.TryParse("log." + name, out var log) || log.IsLog);
    }

    [Fact]
    public void Epochs_are_decimal_text()
    {
        Assert.True(ZooKeeperFolder.TryParseNumber("12\n"u8, out var epoch));
        Assert.Equal(12, epoch);
        Assert.False(ZooKeeperFolder.TryParseNumber("0xC"u8, out _));
        Assert.False(ZooKeeperFolder.TryParseNumber(""u8, out _));
    }

    [Fact]
    public void A_packed_twin_is_only_wanted_when_the_plain_one_is_bad()
    {
        var import = new ZooKeeperImport(new(["snapshot.5.gz", "snapshot.5"], []), new());
        Assert.Equal("snapshot.5", import.Wanted!.Value.Name);
        import.Give(default);
        Assert.Equal(Packing.Gzip, import.Wanted!.Value.Packing);
    }

    [Fact]
    public void Snappy_is_refused_with_a_way_out()
    {
        var import = new ZooKeeperImport(new(["snapshot.5.snappy"], ["log.1"]), new());
        Assert.Null(import.Wanted);
        Vectors.Says("snapshot.compression.method", import.Flaw);
    }

    [Fact]
    public void An_empty_folder_is_refused()
    {
        var import = new ZooKeeperImport(new(["myid"], []), new());
        Vectors.Says("neither a snapshot nor a log", import.Flaw);
        Assert.Null(import.Tree);
    }

    [Fact]
    public void A_damaged_newest_snapshot_is_passed_over_with_a_note()
    {
        var files = Vectors.Names.ToDictionary(name => name, Vectors.Bytes);
        files["snapshot.16"][200] ^= 1;
        var import = Vectors.Import(files);
        Assert.Null(import.Flaw);
        Assert.Equal("snapshot.0", import.Snapshot);
        Vectors.Says("snapshot.16, byte ", Assert.Single(import.Notes));
        Assert.Equal(Vectors.Lines(Vectors.ImportOf("snapshot.16").Tree!), Vectors.Lines(import.Tree!));
    }

    [Fact]
    public void A_torn_newest_snapshot_is_passed_over_by_its_ending()
    {
        var files = Vectors.Names.ToDictionary(name => name, Vectors.Bytes);
        files["snapshot.16"] = files["snapshot.16"][..900];
        var import = Vectors.Import(files);
        Vectors.Says("does not end as a complete one does", Assert.Single(import.Notes));
        Assert.Equal(16, import.Tree!.Count);
    }

    [Fact]
    public void Behind_a_damaged_newest_snapshot_the_logs_must_reach_as_far_as_it_did()
    {
        var files = Vectors.Names.ToDictionary(name => name, Vectors.Bytes);
        files["snapshot.16"][200] ^= 1;
        files["log.1"] = files["log.1"][..1000];
        var flaw = Vectors.Import(files).Flaw;
        Vectors.Says("but the folder has seen 0x16", flaw);
        files.Remove("log.1");
        Assert.NotNull(Vectors.Import(files).Flaw);
    }

    [Fact]
    public void When_every_snapshot_is_damaged_the_newest_is_named()
    {
        var files = Vectors.Names.ToDictionary(name => name, Vectors.Bytes);
        files["snapshot.16"][200] ^= 1;
        files["snapshot.0"][20] ^= 1;
        Assert.Equal("snapshot.16", Vectors.Import(files).Flaw!.File);
    }

    [Fact]
    public void A_snapshot_whose_logs_stop_before_it_was_finished_is_refused()
    {
        var snapshot = new SnapshotFile { LastProcessed = new(12) };
        snapshot.SystemNodes();
        var files = new Dictionary<string, byte[]>
        {
            ["snapshot.8"] = snapshot.Bytes(),
            ["log.9"] = new LogFile().Create(9, "/a", 1).Bytes(),
        };
        Vectors.Says("The logs end at transaction 0x9", Vectors.Import(files).Flaw);

        var late = new SnapshotFile();
        late.SystemNodes();
        late.Node("/late", czxid: 10);
        files["snapshot.8"] = late.Bytes();
        Vectors.Says("/late was changed after 0x9", Vectors.Import(files).Flaw);
    }

    [Fact]
    public void Logs_that_begin_after_the_snapshot_are_worth_a_note_within_an_epoch_and_an_error_behind_a_damaged_snapshot()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        var files = new Dictionary<string, byte[]>
        {
            ["snapshot.8"] = snapshot.Bytes(),
            ["log.b"] = new LogFile().Create(11, "/a", 1).Bytes(),
        };
        var import = Vectors.Import(files);
        Assert.Null(import.Flaw);
        Vectors.Says("between snapshot.8 and log.b", Assert.Single(import.Notes));

        files["snapshot.a"] = [1];
        Vectors.Says("between snapshot.8 and log.b", Vectors.Import(files).Flaw);

        var next = new Dictionary<string, byte[]>
        {
            ["snapshot.8"] = snapshot.Bytes(),
            ["log.100000001"] = new LogFile().Create(0x100000001, "/a", 1).Bytes(),
        };
        Assert.Empty(Vectors.Import(next).Notes);
    }

    [Fact]
    public void Several_logs_are_read_in_order_and_repeats_of_the_snapshot_are_passed_over()
    {
        var snapshot = new SnapshotFile();
        snapshot.SystemNodes();
        var files = new Dictionary<string, byte[]>
        {
            ["snapshot.a"] = snapshot.Bytes(),
            ["log.1"] = [1, 2, 3],
            ["log.9"] = new LogFile().Create(9, "/old", 1).Create(10, "/old2", 2).Create(11, "/new", 3).Bytes(),
            ["log.c"] = new LogFile().Create(12, "/new/er", 1).Bytes(),
        };
        var import = Vectors.Import(files);
        Assert.Null(import.Flaw);
        Assert.Equal((6, 2), (import.Tree!.Count, import.Transactions));
        Assert.Equal(new Zxid(12), import.Tree.LastZxid);
    }

    [Fact]
    public void No_bytes_make_an_import_throw() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3000], Gen.Byte, Gen.Int[0, 3000], Gen.Bool).Sample((file, at, flip, length, cut) =>
        {
            var files = Vectors.Names.ToDictionary(name => name, Vectors.Bytes);
            var bytes = files[Vectors.Names[file]];
            bytes[at % bytes.Length] ^= flip;
            files[Vectors.Names[file]] = cut ? bytes[..Math.Min(length, bytes.Length)] : bytes;
            var import = Vectors.Import(files);
            Assert.True(import.Tree is not null ^ import.Flaw is not null);
        }, iter: 2000);

    [Fact]
    public void No_random_record_behind_a_right_checksum_makes_an_import_throw() =>
        Gen.Select(Gen.OneOf(Gen.Int[-12, 24], Gen.Int), Gen.Byte.Array[0, 60]).Array[1, 5].Sample(records =>
        {
            var snapshot = new SnapshotFile();
            snapshot.SystemNodes();
            var log = new LogFile();
            for (var i = 0; i < records.Length; i++)
                log.Txn(9 + i, (Kernel.Wire.OpCode)records[i].Item1, writer => writer.Raw(records[i].Item2));
            var import = Vectors.Import(new() { ["snapshot.8"] = snapshot.Bytes(), ["log.9"] = log.Bytes() });
            Assert.True(import.Tree is not null ^ import.Flaw is not null);
        }, iter: 2000);
}
