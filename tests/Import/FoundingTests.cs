using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Quorate.Hosts.Memory;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;
using Quorate.Tests.Storage;
using CrashingDisk = Quorate.Tests.Storage.MemoryDisk;
using ServedDisk = Quorate.Hosts.Memory.MemoryDisk;

namespace Quorate.Tests.Import;

/// <summary>What was imported becomes a data folder that a server goes on from.</summary>
public class FoundingTests
{
    private static readonly Dictionary<string, byte[]> Recorded = Vectors.Names.ToDictionary(name => name, Vectors.Bytes);

    [Theory]
    [InlineData("snapshot.0", "log.1", "snapshot.16")]
    [InlineData("snapshot.0", "log.1")]
    [InlineData("log.1")]
    public void A_server_shows_what_ZooKeeper_had(params string[] names)
    {
        var files = names.ToDictionary(name => name, Vectors.Bytes);
        var tree = Vectors.Import(files, new() { TrustEmpty = true }).Tree!;
        using var server = Serve(Founded(files));
        using var session = Connect(server);
        Assert.Equal(Shown.Lines(tree).Order(StringComparer.Ordinal), session.Tree().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_session_goes_on_with_the_password_that_ZooKeeper_gave_it_and_takes_its_ephemerals_along_when_it_ends()
    {
        var disk = Founded(Recorded);
        var tree = Vectors.Import(Recorded).Tree!;
        var known = Assert.Single(tree.Sessions);
        var ephemeral = Encoding.UTF8.GetString(Assert.Single(tree.Nodes, node => node.Session == known.Id).Path.Span);
        using var server = Serve(disk);
        using var stranger = new RawSession(new ConnectionStream(server.Connect()), 30_000, known.Id, [.. "a wrong password"u8]);
        Assert.Equal(0, stranger.TimeoutMilliseconds);
        using var owner = new RawSession(new ConnectionStream(server.Connect()), 30_000, known.Id, ZooKeeperPassword.Of(known.Id));
        Assert.Equal(known.Id, owner.Id);
        Assert.Equal(30_000, owner.TimeoutMilliseconds);
        using var observer = Connect(server);
        Assert.Equal(known.Id, Exists(observer, ephemeral)!.Value.EphemeralOwner);
        owner.Ask(OpCode.CloseSession, _ => { });
        Assert.Null(Exists(observer, ephemeral));
    }

    [Fact]
    public void A_session_that_nobody_comes_back_to_expires_after_its_own_timeout()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000));
        using var server = MemoryEnsemble.Start(new() { Disk = Founded(Recorded), Time = time });
        var known = Assert.Single(Vectors.Import(Recorded).Tree!.Sessions);
        server.Advance(TimeSpan.FromMilliseconds(known.TimeoutMilliseconds - 1));
        using var last = new RawSession(new ConnectionStream(server.Connect()), 30_000, known.Id, ZooKeeperPassword.Of(known.Id));
        Assert.Equal(30_000, last.TimeoutMilliseconds);
        server.Advance(TimeSpan.FromSeconds(61));
        using var late = new RawSession(new ConnectionStream(server.Connect()), 30_000, known.Id, ZooKeeperPassword.Of(known.Id));
        Assert.Equal(0, late.TimeoutMilliseconds);
    }

    [Fact]
    public void Zxids_go_on_in_a_new_epoch_and_a_restart_changes_nothing()
    {
        var disk = Founded(Recorded);
        var before = Vectors.Import(Recorded).Tree!.LastZxid;
        Stat made;
        List<string> shown;
        using (var server = Serve(disk))
        {
            using var session = Connect(server);
            session.Ask(OpCode.Create, writer => Create(writer, "/after"));
            made = Exists(session, "/after")!.Value;
            shown = session.Tree();
        }
        Assert.True(made.Czxid > before, $"{made.Czxid} is not after {before}");
        Assert.Equal(before.Epoch.Next, made.Czxid.Epoch);
        using var again = Serve(disk);
        using var observer = Connect(again);
        Assert.Equal(shown.Order(StringComparer.Ordinal), observer.Tree().Order(StringComparer.Ordinal));
        observer.Ask(OpCode.Create, writer => Create(writer, "/later"));
        Assert.True(Exists(observer, "/later")!.Value.Czxid > made.Czxid);
    }

    [Fact]
    public void An_epoch_that_was_promised_is_not_given_again()
    {
        using var server = Serve(Founded(Recorded, promised: "41\n"));
        using var session = Connect(server);
        session.Ask(OpCode.Create, writer => Create(writer, "/after"));
        Assert.Equal(new Term(42), Exists(session, "/after")!.Value.Czxid.Epoch);
    }

    [Fact]
    public void The_members_of_another_ensemble_are_left_out_and_what_old_versions_lacked_is_added()
    {
        var snapshot = new SnapshotFile();
        snapshot.Node("", cversion: 1);
        snapshot.Node("/zookeeper", cversion: 1);
        snapshot.Node("/zookeeper/config", "server.1=a:1:2:participant\nversion=100000000");
        var import = Import(new() { ["snapshot.0"] = snapshot.Bytes() });
        Vectors.Says("/zookeeper/config", Assert.Single(import.Summary!.Notes));
        using var server = Serve(Found(import));
        using var session = Connect(server);
        var lines = session.Tree();
        Assert.Contains(lines, line => line.StartsWith("/zookeeper/config data= acl=31:world:anyone ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("/zookeeper/quota data= acl=31:world:anyone ", StringComparison.Ordinal));
    }

    [Fact]
    public void Siblings_and_ephemerals_keep_the_order_of_their_creation()
    {
        var snapshot = new SnapshotFile { Sessions = { new(new(LogFile.Session), 30_000) } };
        snapshot.SystemNodes(rootCversion: 4, rootPzxid: 9);
        foreach (var (name, zxid) in ((string, long)[])[("/b", 5), ("/a", 9), ("/d", 2), ("/c", 7)])
            snapshot.Node(name, czxid: zxid, owner: LogFile.Session);
        using var server = Serve(Founded(new() { ["snapshot.9"] = snapshot.Bytes() }));
        using var session = Connect(server);
        var children = session.Ask(OpCode.GetChildren, writer => { RawSession.Path(writer, "/"); writer.Bool(false); });
        Assert.Equal(["zookeeper", "d", "b", "c", "a"], Names(children));
        using var owner = new RawSession(
            new ConnectionStream(server.Connect()), 30_000, new(LogFile.Session), ZooKeeperPassword.Of(new(LogFile.Session)));
        var ephemerals = owner.Ask(OpCode.GetEphemerals, writer => RawSession.Path(writer, "/"));
        Assert.Equal(["/a", "/b", "/c", "/d"], Names(ephemerals).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_no_server_could_go_on_from_is_refused_although_its_checksums_fit()
    {
        var children = new SnapshotFile { Sessions = { new(new(LogFile.Session), 30_000) } };
        children.SystemNodes();
        children.Node("/eph", owner: LogFile.Session);
        children.Node("/eph/child");
        Vectors.Says("/eph is an ephemeral and has children", Import(new() { ["snapshot.0"] = children.Bytes() }).Refusal);

        var session = new SnapshotFile { Sessions = { new(new(0x1_0000_0001), 30_000) } };
        session.SystemNodes();
        Vectors.Says("session 0x100000001 is one that new sessions will get", Import(new() { ["snapshot.0"] = session.Bytes() }).Refusal);

        var high = new SnapshotFile();
        high.SystemNodes();
        Vectors.Says("zxids would run out", Import(new() { ["snapshot.7fffffff00000000"] = high.Bytes() }).Refusal);
    }

    /// <summary>Power fails after any number of disk requests, and keeps of the unflushed sectors what it likes.</summary>
    [Fact]
    public void A_power_cut_leaves_the_whole_state_or_nothing_that_a_server_would_serve()
    {
        var whole = Recover(Write(new(), int.MaxValue, () => true)).Snapshot;
        Assert.NotEmpty(whole);
        Gen.Int[0, 12].Select(Gen.Int).Sample((requests, seed) =>
        {
            var dice = new Random(seed);
            var sink = Recover(Write(new(), requests, () => dice.Next(2) == 0));
            Assert.True(sink.Snapshot.Count == 0 || sink.Snapshot.SequenceEqual(whole));
        }, iter: 300);
    }

    [Fact]
    public void A_disk_that_fails_ends_the_import_with_a_reason()
    {
        foreach (var kind in (DiskFileKind[])[DiskFileKind.Snapshot, DiskFileKind.Superblock])
        {
            var disk = new CrashingDisk
            {
                Fate = effect => effect.Place.File.Kind == kind && effect.Kind == EffectKind.DiskFlush ? DiskOutcome.Full : DiskOutcome.Done,
            };
            var import = Import(Recorded);
            Perform(import, disk, int.MaxValue);
            Assert.False(import.IsDurable);
            Vectors.Says("no space is left", import.Failure);
        }
    }

    /// <summary>Recovers; the folder must be refused, or empty of files, unless the state is there.</summary>
    private static RecordingSink Recover(CrashingDisk disk)
    {
        var folder = new Folder(disk);
        var verdict = folder.Recover();
        Assert.Equal(verdict == RecoveryVerdict.Recovered, folder.Sink.Snapshot.Count > 0);
        // A file that a crash has left without a byte says nothing.
        if (verdict == RecoveryVerdict.Empty)
            Assert.DoesNotContain(disk.Files, file => file.Kind == DiskFileKind.Snapshot);
        return folder.Sink;
    }

    private static CrashingDisk Write(CrashingDisk disk, int requests, Func<bool> keeps)
    {
        Perform(Import(Recorded), disk, requests);
        disk.Crash(keeps);
        return disk;
    }

    private static void Perform(FolderImport import, CrashingDisk disk, int requests)
    {
        var effects = new Effects();
        import.Found(seed: 7, effects);
        disk.Take(effects);
        for (; disk.Waiting > 0 && requests > 0; requests--)
        {
            var (ticket, outcome, _) = disk.Perform();
            import.Completed(ticket, outcome, effects);
            disk.Take(effects);
        }
    }

    private static FolderImport Import(Dictionary<string, byte[]> files, string? promised = null)
    {
        var import = new FolderImport(files.Keys, files.Keys, new() { TrustEmpty = true });
        if (promised is not null)
            import.Promise("currentEpoch", Encoding.ASCII.GetBytes(promised));
        while (import.Wanted is { } file)
            import.Give(files[file.Name]);
        return import;
    }

    private static ServedDisk Founded(Dictionary<string, byte[]> files, string? promised = null) => Found(Import(files, promised));

    private static ServedDisk Found(FolderImport import)
    {
        Assert.Null(import.Refusal);
        var (disk, effects) = (new ServedDisk(), new Effects());
        import.Found(seed: 7, effects);
        while (effects.Count > 0)
        {
            var next = new Effects();
            for (var i = 0; i < effects.Count; i++)
                import.Completed(effects[i].Ticket, disk.Perform(effects[i], effects.Bytes(effects[i])).Outcome, next);
            effects = next;
        }
        Assert.True(import.IsDurable);
        return disk;
    }

    private static MemoryEnsemble Serve(ServedDisk disk) =>
        MemoryEnsemble.Start(new()
        {
            Disk = disk,
            Time = new ManualTime(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000)),
            Settings = new() { SkipAcl = true },
        });

    private static RawSession Connect(MemoryEnsemble server) => new(new ConnectionStream(server.Connect()), 30_000);

    private static void Create(JuteWriter writer, string path)
    {
        RawSession.Path(writer, path);
        writer.Buffer("x"u8);
        ForeignFiles.Acl(writer, "world");
        writer.Int(0);
    }

    private static Stat? Exists(RawSession session, string path)
    {
        session.Post(OpCode.Exists, writer => { RawSession.Path(writer, path); writer.Bool(false); });
        var (error, record) = session.Next();
        var reader = new JuteReader(record);
        return error == ErrorCode.NoNode ? null : Stat.Read(ref reader);
    }

    private static List<string> Names(byte[] record)
    {
        var names = new List<string>();
        var reader = new JuteReader(record);
        foreach (var name in PathList.Read(ref reader))
            names.Add(Encoding.UTF8.GetString(name));
        return names;
    }
}
