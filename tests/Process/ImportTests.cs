using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Tests.Foreign;
using Quorate.Tests.Hosts;
using Quorate.Tests.Import;

namespace Quorate.Tests.Crashes;

/// <summary>quorate import as an operator uses it: on a folder that the real server has just written, and on folders it must refuse.</summary>
public sealed class ImportTests
{

    [Fact(Timeout = 300_000)]
    public async Task Clients_of_a_real_server_go_on_at_Quorate_as_if_nothing_had_happened()
    {
        RealServer.IsNeeded();
        using var theirs = new TempFolder();
        List<string> shown;
        SessionId owner;
        byte[] password;
        using (var server = new RealServer(theirs.Path, "-Dzookeeper.snapCount=20"))
        {
            using var session = server.Connect();
            session.Authenticate("bob:pw");
            foreach (var (path, mode) in ((string, int)[])[("/a", 0), ("/a/b", 0), ("/a/s-", 2), ("/a/s-", 2), ("/container", 4), ("/eph", 1)])
                session.Ask(OpCode.Create, writer => Create(writer, path, mode));
            for (var i = 0; i < 50; i++)
                session.Ask(OpCode.SetData, writer => { RawSession.Path(writer, "/a"); writer.Buffer("new"u8); writer.Int(-1); });
            shown = session.Tree();
            (owner, password) = (session.Id, session.Password);
        }

        await using var quorate = new QuorateProcess(new Dictionary<string, string>());
        var (code, output, errors) = await QuorateProcess.Run(TestContext.Current.CancellationToken, "import", theirs.Path, "--to", quorate.Data);
        Assert.True(code == 0, errors);
        Assert.Contains("sessions   1, with 1 ephemeral", output, StringComparison.Ordinal);
        await quorate.Start(TestContext.Current.CancellationToken);
        using (var again = new RawSession(quorate.Port, 30_000, owner, password))
        {
            Assert.Equal(owner, again.Id);
            again.Authenticate("bob:pw");
            Assert.Equal(shown.Order(StringComparer.Ordinal), again.Tree().Order(StringComparer.Ordinal));
            again.Ask(OpCode.Create, writer => Create(writer, "/a/s-", 2));
            shown = again.Tree();
            Assert.Contains(shown, line => line.StartsWith("/a/s-0000000003 ", StringComparison.Ordinal));
        }

        await quorate.Kill();
        await quorate.Start(TestContext.Current.CancellationToken);
        using var after = new RawSession(quorate.Port, 30_000, owner, password);
        Assert.Equal(shown.Order(StringComparer.Ordinal), after.Tree().Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 300_000)]
    public async Task Without_a_target_the_folder_itself_becomes_Quorates_and_ZooKeepers_files_stay()
    {
        using var folder = Recorded(Vectors.Names);
        var (code, output, errors) = await QuorateProcess.Run(TestContext.Current.CancellationToken, "import", folder.Path);
        Assert.True(code == 0, errors);
        Assert.Contains($"quorate serve --dataDir {folder.Path}", output, StringComparison.Ordinal);
        Assert.All(Vectors.Names, name => Assert.Equal(Vectors.Bytes(name), File.ReadAllBytes(folder["version-2/" + name])));
        Assert.True(File.Exists(folder["superblock"]));

        (code, _, errors) = await QuorateProcess.Run(TestContext.Current.CancellationToken, "import", folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("holds the data of a Quorate server already", errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task Logs_of_a_folder_of_their_own_and_snapshots_packed_with_gzip_are_read()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["data/version-2"]);
        Directory.CreateDirectory(folder["log/version-2"]);
        using (var packed = new System.IO.Compression.GZipStream(
            File.Create(folder["data/version-2/snapshot.0.gz"]), System.IO.Compression.CompressionMode.Compress))
            packed.Write(Vectors.Bytes("snapshot.0"));
        File.WriteAllBytes(folder["log/version-2/log.1"], Vectors.Bytes("log.1"));
        var (code, output, errors) = await QuorateProcess.Run(
            TestContext.Current.CancellationToken, "import", folder["data"], "--dataLogDir", folder["log"], "--to", folder["new"]);
        Assert.True(code == 0, errors);
        Assert.Contains("snapshot.0.gz", output, StringComparison.Ordinal);
        Assert.Contains("last zxid  0x16", output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task What_cannot_be_imported_is_refused_and_leaves_nothing_behind()
    {
        using var folder = Recorded("log.1");
        await Refused("--trust-empty", folder.Path, "--to", folder["new"]);
        Assert.False(File.Exists(folder["new/superblock"]));
        Assert.Equal(0, (await QuorateProcess.Run(TestContext.Current.CancellationToken, "import", folder.Path, "--to", folder["new"], "--trust-empty")).Code);

        await Refused("Name the folder that", folder["version-2"]);
        await Refused("has no folder version-2", folder["new"], "--to", folder["newer"]);

        using var other = Recorded(Vectors.Names);
        await Refused("holds data of Apache ZooKeeper", folder.Path, "--to", other.Path, "--trust-empty");
        other.Write("snapshot-0000000000000001", "");
        await Refused("what an interrupted import leaves", other.Path);
        using var held = new Quorate.Hosts.Tcp.DataFolder(folder["held"], folder["held"]);
        await Refused($"process {Environment.ProcessId}", folder.Path, "--to", folder["held"]);
    }

    private static async Task Refused(string words, params string[] arguments)
    {
        var (code, _, errors) = await QuorateProcess.Run(TestContext.Current.CancellationToken, ["import", .. arguments]);
        Assert.Equal(1, code);
        Assert.Contains(words, errors, StringComparison.Ordinal);
    }

    private static TempFolder Recorded(params string[] names)
    {
        var folder = new TempFolder();
        Directory.CreateDirectory(folder["version-2"]);
        foreach (var name in names)
            File.WriteAllBytes(folder["version-2/" + name], Vectors.Bytes(name));
        return folder;
    }

    private static void Create(JuteWriter writer, string path, int mode)
    {
        RawSession.Path(writer, path);
        writer.Buffer("x"u8);
        ForeignFiles.Acl(writer, "world");
        writer.Int(mode);
    }
}
