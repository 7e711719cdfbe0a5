using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Import;

/// <summary>Folders that the real server has just written are read; folders made here are read by the real server.</summary>
public sealed class RealServerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quorate-import-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, InlineData(""), InlineData("gz")]
    public void A_folder_that_the_real_server_has_just_written_holds_what_the_server_showed(string compression)
    {
        RealServer.IsNeeded();
        List<string> shown;
        List<(ImportedSession Session, byte[] Password)> open = [];
        using (var server = new RealServer(_folder, "-Dzookeeper.snapCount=150", $"-Dzookeeper.snapshot.compression.method={compression}"))
        {
            var sessions = Enumerable.Range(0, 4).Select(i => server.Connect(35_000 + 1000 * i)).ToList();
            sessions[0].Authenticate("bob:pw");
            new Workload(sessions).Run(1500);
            sessions[3].Ask(OpCode.CloseSession, _ => { });
            open.AddRange(sessions.Take(3).Select(session =>
                (new ImportedSession(session.Id, session.TimeoutMilliseconds), session.Password)));
            shown = sessions[0].Tree();
            sessions.ForEach(session => session.Dispose());
            AwaitSnapshots();
        }

        var names = Directory.GetFiles(Version2).Select(path => Path.GetFileName(path)!).ToList();
        var folder = new ZooKeeperFolder(names, names);
        Assert.True(folder.Snapshots.Count > 3, "too few snapshots were taken while writing");
        Assert.All(folder.Snapshots, snapshot => Assert.Equal(compression == "gz" ? Packing.Gzip : Packing.None, snapshot.Packing));
        foreach (var newest in folder.Snapshots)
        {
            var import = Import(names.Where(name =>
                !(ZooKeeperFolder.TryParse(name, out var file) && !file.IsLog && file.Zxid > newest.Zxid)).ToList());
            Assert.Equal(newest.Name, import.Snapshot);
            Assert.Equal(shown.Order(StringComparer.Ordinal), Shown.Lines(import.Tree!).Order(StringComparer.Ordinal));
            Assert.Equal(open.Select(it => it.Session), import.Tree!.Sessions);
            Assert.All(open, it => Assert.Equal(it.Password, ZooKeeperPassword.Of(it.Session.Id)));
        }
    }

    [Fact]
    public void The_real_server_makes_the_same_of_a_fuzzy_snapshot_and_its_log()
    {
        RealServer.IsNeeded();
        Directory.CreateDirectory(Version2);
        var snapshot = new SnapshotFile { Sessions = { new(new(LogFile.Session), 30_000) }, Acls = { [1] = "world" } };
        snapshot.SystemNodes(rootCversion: 4, rootPzxid: 0xc);
        snapshot.Node("/again", "new", czxid: 0xa, cversion: 1, pzxid: 0xb, acl: 1);
        snapshot.Node("/same-acl", acl: 1);
        snapshot.Node("/again/child", czxid: 0xb);
        // The list of /young is not in the table; the server numbers lists as they come, and will give 2 to it.
        snapshot.Node("/young", czxid: 0xc, acl: 2);
        snapshot.Node("/eph", czxid: 3, owner: LogFile.Session + 1);
        snapshot.Node("/orphans", czxid: 3, cversion: 1, pzxid: 4);
        snapshot.Node("/orphans/one", czxid: 4, owner: LogFile.Session + 7);
        var log = new LogFile().Delete(9, "/again").Create(0xa, "/again", 3, data: "new").Create(0xb, "/again/child", 1)
            .Create(0xc, "/young", 4, acl: "ip")
            .Delete(0xd, "/gone").Delete(0xe, "/again/gone").Create(0xf, "/missing/child", 9).SetData(0x10, "/missing", "x", 3)
            .Create(0x11, "/late", 9, ephemeral: true).Create(0x12, "/late", 11)
            .Txn(0x13, OpCode.CreateSession, writer => writer.Int(30_000), session: LogFile.Session + 1)
            .Txn(0x14, OpCode.CloseSession, _ => { }, session: LogFile.Session + 1)
            .SetAcl(0x15, "/again", "ip", 5).Delete(0x16, "/again/child").Create(0x17, "/again/old", null);
        File.WriteAllBytes(Path.Combine(Version2, "snapshot.8"), snapshot.Bytes());
        File.WriteAllBytes(Path.Combine(Version2, "log.9"), log.Bytes());
        var import = Import(["snapshot.8", "log.9"]);

        using var server = new RealServer(_folder, "-Dzookeeper.digest.enabled=false");
        using var session = server.Connect();
        Assert.Equal(session.Tree().Order(StringComparer.Ordinal), Shown.Lines(import.Tree!).Order(StringComparer.Ordinal));
    }

    /// <summary>The server writes them beside everything else: each is whole when none grows any more.</summary>
    private void AwaitSnapshots()
    {
        var (before, now) = (-1L, Written());
        while (before != now)
        {
            Thread.Sleep(1000);
            (before, now) = (now, Written());
        }

        long Written() => new DirectoryInfo(Version2).GetFiles("snapshot*").Sum(static file => 1 + file.Length);
    }

    private string Version2 => Path.Combine(_folder, "version-2");

    private ZooKeeperImport Import(List<string> names)
    {
        var import = new ZooKeeperImport(new(names, names), new());
        while (import.Wanted is { } file)
        {
            using var stream = File.OpenRead(Path.Combine(Version2, file.Name));
            using var unpacked = new MemoryStream();
            if (file.Packing == Packing.Gzip)
                new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionMode.Decompress).CopyTo(unpacked);
            else
                stream.CopyTo(unpacked);
            import.Give(unpacked.ToArray());
        }
        Assert.Null(import.Flaw?.ToString());
        return import;
    }

    /// <summary>Requests of every kind, many in flight, so that snapshots are taken while they are applied.</summary>
    private sealed class Workload(List<RawSession> sessions)
    {
        private readonly Random _random = new(1);

        public void Run(int rounds)
        {
            foreach (var path in (string[])["/app", "/app/deep", "/zookeeper/quota/app"])
                sessions[0].Ask(OpCode.Create, writer => Create(writer, path, 0));
            sessions[0].Ask(OpCode.Create, writer => Create(writer, "/zookeeper/quota/app/zookeeper_limits", 0, "count=100000,bytes=-1"));
            sessions[0].Ask(OpCode.Create, writer => Create(writer, "/zookeeper/quota/app/zookeeper_stats", 0, "count=0,bytes=0"));
            for (var round = 0; round < rounds; round += 50)
            {
                foreach (var session in sessions)
                    for (var i = 0; i < 50; i++)
                        Post(session);
                foreach (var session in sessions)
                    for (var i = 0; i < 50; i++)
                        session.Next();
            }
        }

        private void Post(RawSession session)
        {
            var path = ((string[])["", "/app", "/app/deep", "/app/n1", "/n2"])[_random.Next(5)] + $"/n{_random.Next(12)}";
            switch (_random.Next(12))
            {
                case 0 or 1:
                    session.Post(OpCode.Create, writer => Create(writer, path, _random.Next(4)));
                    break;
                case 2:
                    session.Post(OpCode.Create2, writer => Create(writer, path, 0, null));
                    break;
                case 3:
                    session.Post(OpCode.CreateContainer, writer => Create(writer, path, 4));
                    break;
                case 4:
                    session.Post(OpCode.CreateTtl, writer => { Create(writer, path, 5); writer.Long(3_600_000); });
                    break;
                case 5 or 6:
                    session.Post(OpCode.Delete, writer => Delete(writer, path));
                    break;
                case 7:
                    session.Post(OpCode.SetAcl, writer => { RawSession.Path(writer, path); Acl(writer); writer.Int(-1); });
                    break;
                case 8:
                    session.Post(OpCode.Multi, writer => Multi(writer, path));
                    break;
                default:
                    session.Post(OpCode.SetData, writer => SetData(writer, path));
                    break;
            }
        }

        /// <summary>Three parts, of which any can fail.</summary>
        private void Multi(JuteWriter writer, string path)
        {
            foreach (var op in (ReadOnlySpan<OpCode>)[OpCode.Create, OpCode.SetData, OpCode.Delete])
            {
                writer.Int((int)op);
                writer.Bool(false);
                writer.Int(-1);
                if (op == OpCode.Create)
                    Create(writer, path + "/m", _random.Next(2));
                else if (op == OpCode.SetData)
                    SetData(writer, path);
                else
                    Delete(writer, path + (_random.Next(2) == 0 ? "/m" : "/none"));
            }
            writer.Int(-1);
            writer.Bool(true);
            writer.Int(-1);
        }

        private void Create(JuteWriter writer, string path, int flags, string? data = "some data")
        {
            RawSession.Path(writer, path);
            writer.Buffer(Encoding.UTF8.GetBytes(data ?? ""), data is null);
            Acl(writer);
            writer.Int(flags);
        }

        private static void Delete(JuteWriter writer, string path)
        {
            RawSession.Path(writer, path);
            writer.Int(-1);
        }

        private void SetData(JuteWriter writer, string path)
        {
            RawSession.Path(writer, path);
            var isNull = _random.Next(8) == 0;
            writer.Buffer(isNull ? [] : Encoding.UTF8.GetBytes(new string('ü', _random.Next(40))), isNull);
            writer.Int(-1);
        }

        /// <summary>Open to all; now and then with an entry that few other lists have, so that snapshots lack some of them.</summary>
        private void Acl(JuteWriter writer)
        {
            var own = _random.Next(4) == 0;
            writer.Int(own ? 2 : 1);
            writer.Int(31);
            writer.Buffer("world"u8);
            writer.Buffer("anyone"u8);
            if (!own)
                return;
            writer.Int(_random.Next(1, 32));
            writer.Buffer("ip"u8);
            writer.Buffer(Encoding.UTF8.GetBytes($"10.0.0.{_random.Next(256)}"));
        }
    }
}
