using System.Globalization;
using System.Text;
using Quorate.Tests.Foreign;
using Quorate.Tests.Hosts;

namespace Quorate.Tests.Crashes;

/// <summary>quorate snapshot and quorate restore as an operator uses them: on an ensemble that goes on writing, and when a majority is lost for good.</summary>
public sealed class BackupTests
{
    private const int Timeout = 60_000;
    private const int Ephemeral = 1;

    private static readonly IReadOnlyDictionary<string, string> Settings = ServerSettings.Patient;

    [Fact(Timeout = 640_000)]
    public async Task A_backup_of_a_follower_under_writes_holds_what_was_acknowledged_before_and_one_or_three_members_go_on_with_it()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        Book book;
        long owner, younger;
        byte[] password, youngerPassword;
        await using (var trio = Trio.OfQuorate())
        {
            await trio.Start(cancel);
            using (var leaving = await RawClient.Connect(trio.Members[0].Port, Timeout, cancel))
            {
                Assert.Equal(0, (await leaving.Create("/mine", [], Ephemeral, cancel)).Error);
                (owner, password) = (leaving.Session, leaving.Password);
            }
            book = await Book.Open(trio.Members[0], cancel);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var writing = trio.Members.Select((member, i) => book.WriteUntil(member, i, stop.Token)).ToList();
            var follower = trio.Others(await trio.Leader(cancel))[0];
            await trio.Until(() => book.Acknowledged >= 50, "clients write", cancel);
            await book.Expect(follower, cancel);

            await Command(0, "snapshot", follower.Data, "--to", folder["backup"]);
            var since = book.Acknowledged;
            await trio.Until(() => book.Acknowledged > since, "clients go on writing", cancel);
            await stop.CancelAsync();
            await Task.WhenAll(writing);
            using var late = await RawClient.Connect(follower.Port, Timeout, cancel);
            (younger, youngerPassword) = (late.Session, late.Password);
        }

        await using (var alone = new QuorateProcess(Settings))
        {
            await Command(0, "restore", folder["backup"], "--to", alone.Data);
            await alone.Start(cancel);
            await book.Verify(alone, cancel);
            await HasSession(alone, owner, password, cancel);
            using var refused = await RawClient.Connect(alone.Port, Timeout, cancel, younger, youngerPassword);
            Assert.Equal(0, refused.Timeout);
            await Read(alone.Endpoint, cancel);
        }

        await using var restored = Trio.OfQuorate();
        await Command(0, "restore", folder["backup"], "--to", restored.Members[1].Data);
        await restored.Start(cancel);
        foreach (var member in restored.Members)
            await book.Verify(member, cancel);
        await HasSession(restored.Members[2], owner, password, cancel);
        await Read(string.Join(',', restored.Members.Select(static member => member.Endpoint)), cancel);
    }

    [Fact(Timeout = 640_000)]
    public async Task The_permanent_loss_of_a_majority_is_got_over_step_by_step_and_never_by_itself()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        await using var trio = Trio.OfQuorate();
        await trio.Start(cancel);
        var survivor = trio.Members[2];
        var book = await Book.Open(survivor, cancel);
        for (var i = 0; i < 20; i++)
            await book.Write(survivor, i, cancel);
        await book.Expect(survivor, cancel);
        foreach (var lost in trio.Others(survivor))
        {
            await lost.Kill();
            Directory.Delete(lost.Data, recursive: true);
        }

        // It says what is missing, and neither serves nor gives a backup that nobody could vouch for.
        await trio.Until(
            () => survivor.Output.Contains("A majority is missing: of the ensemble of 1 2 3, member 3 has no link with 1, 2.", StringComparison.Ordinal),
            "the survivor says who is missing", cancel);
        Assert.Null(await survivor.Mode(cancel));
        Assert.Contains("has had no leader", await Command(1, "snapshot", survivor.Data, "--to", folder["backup"], "--wait", "15"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));

        Assert.Equal(0, await survivor.Terminate(cancel));
        Assert.Contains("acknowledged or not", await Command(0, "snapshot", survivor.Data, "--to", folder["backup"]), StringComparison.Ordinal);
        await using var next = Trio.OfQuorate();
        var first = next.Members[0];
        Assert.Contains("--unconfirmed", await Command(1, "restore", folder["backup"], "--to", first.Data), StringComparison.Ordinal);
        await Command(0, "restore", folder["backup"], "--to", first.Data, "--unconfirmed");

        // The survivor's own folder is the former ensemble's: as long as it takes part nothing is founded.
        Copy(survivor.Data, next.Members[2].Data);
        foreach (var member in next.Members)
            member.Launch();
        await next.Until(
            () => first.Output.Contains("stop member 3, empty its data folder", StringComparison.Ordinal), "the member with old data is named", cancel);
        Assert.Null(await first.Mode(cancel));
        await next.Members[2].Kill();
        foreach (var file in Directory.GetFiles(next.Members[2].Data).Where(static file => !file.EndsWith("myid", StringComparison.Ordinal)))
            File.Delete(file);
        next.Members[2].Launch();
        foreach (var member in next.Members)
        {
            await next.Serves(member, cancel);
            await book.Verify(member, cancel);
        }

        // Once it is founded, a member that comes with the old data changes nothing, and is told apart.
        await next.Members[2].Kill();
        Copy(survivor.Data, next.Members[2].Data);
        next.Members[2].Launch();
        await next.Until(
            () => next.Members[2].Output.Contains("belongs to another ensemble", StringComparison.Ordinal), "the old one is told apart", cancel);
        Assert.Null(await next.Members[2].Mode(cancel));
        await book.Verify(first, cancel);
    }

    [Fact(Timeout = 300_000)]
    public async Task What_cannot_be_done_is_refused_in_one_line_and_changes_nothing()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        await using var server = new QuorateProcess(Settings);
        Assert.Contains("holds no data", await Command(1, "snapshot", server.Data, "--to", folder["backup"]), StringComparison.Ordinal);
        await server.Start(cancel);
        using (var client = await RawClient.Connect(server.Port, Timeout, cancel))
            Assert.Equal(0, (await client.Create("/a", new byte[5000], 0, cancel)).Error);
        await Command(0, "snapshot", server.Data, "--to", folder["backup"]);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["backup"]));

        var bytes = await File.ReadAllBytesAsync(folder["backup"], cancel);
        Assert.Contains("exists", await Command(1, "snapshot", server.Data, "--to", folder["backup"]), StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(folder["backup"], cancel));
        await Command(0, "snapshot", server.Data, "--to", folder["backup"], "--force");
        Assert.Contains("process", await Command(1, "restore", folder["backup"], "--to", server.Data), StringComparison.Ordinal);
        await server.Kill();
        Assert.Contains(
            "holds the data of a Quorate server already", await Command(1, "restore", folder["backup"], "--to", server.Data), StringComparison.Ordinal);

        bytes[5000] ^= 1;
        await File.WriteAllBytesAsync(folder["damaged"], bytes, cancel);
        Assert.Contains($"{folder["damaged"]}, offset ", await Command(1, "restore", folder["damaged"], "--to", folder["new"]), StringComparison.Ordinal);
        Assert.Contains("offset ", await Command(3, "inspect", folder["damaged"]), StringComparison.Ordinal);
        Assert.Contains("Nothing is damaged.", await Command(0, "inspect", folder["backup"]), StringComparison.Ordinal);
        await File.WriteAllBytesAsync(folder["cut"], bytes[..^1], cancel);
        Assert.Contains("offset ", await Command(1, "restore", folder["cut"], "--to", folder["new"]), StringComparison.Ordinal);
        Assert.Contains("cannot be read", await Command(1, "restore", folder["missing"], "--to", folder["new"]), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["new"]));

        // Alone, what a stopped server has is all that there ever was.
        await Command(0, "snapshot", server.Data, "--to", folder["stopped"]);
        await Command(0, "restore", folder["stopped"], "--to", folder["new"]);
    }

    [Fact(Timeout = 300_000)]
    public async Task The_path_of_a_data_folder_may_be_long()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux takes the socket of a long path");
        var cancel = TestContext.Current.CancellationToken;
        using var folder = new TempFolder();
        var data = folder[new string('d', 120)];
        await using var server = new QuorateProcess(new Dictionary<string, string>(Settings) { ["dataDir"] = data });
        await server.Start(cancel);
        await Command(0, "snapshot", data, "--to", folder["backup"]);
    }

    private static async Task HasSession(ServerProcess member, long session, byte[] password, CancellationToken cancel)
    {
        using var again = await RawClient.Connect(member.Port, Timeout, cancel, session, password);
        Assert.Equal(session, again.Session);
        Assert.Equal(session, (await again.Exists("/mine", cancel)).EphemeralOwner);
    }

    private static async Task Read(string endpoints, CancellationToken cancel)
    {
        // The rest of the test is worth running without; CI promises that kazoo is there.
        if (Tools.PythonWithKazoo is null && Environment.GetEnvironmentVariable("CI") != "true")
            return;
        Tools.NeedKazoo();
        await Script.RunToVerdict(new(Tools.PythonWithKazoo!) { ArgumentList = { "-B", Script.PathOf("restored.py"), endpoints } }, cancel);
    }

    /// <summary>Runs a verb that must end with a code; gives what it said.</summary>
    private static async Task<string> Command(int code, params string[] arguments)
    {
        var (exit, output, errors) = await QuorateProcess.Run(TestContext.Current.CancellationToken, arguments);
        Assert.True(exit == code, $"{string.Join(' ', arguments)} ended with {exit}:\n{output}{errors}");
        Assert.Equal(code == 0 ? 0 : 1, errors.Count(static letter => letter == '\n'));
        return output + errors;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from).Where(static file => Path.GetFileName(file) is not ("quorate.sock" or "quorate.lock")))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
    }

    /// <summary>Nodes below /kept that were acknowledged, each with its name as its data.</summary>
    private sealed class Book
    {
        private readonly List<string> _names = [];
        private List<string> _expected = [];

        public int Acknowledged
        {
            get
            {
                lock (_names)
                    return _names.Count;
            }
        }

        public static async Task<Book> Open(ServerProcess member, CancellationToken cancel)
        {
            using var client = await RawClient.Connect(member.Port, Timeout, cancel);
            foreach (var path in (string[])["/kept", "/expected"])
                Assert.Equal(0, (await client.Create(path, [], 0, cancel)).Error);
            return new();
        }

        public async Task WriteUntil(ServerProcess member, int writer, CancellationToken stop)
        {
            using var client = await RawClient.Connect(member.Port, Timeout, CancellationToken.None);
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await Write(client, string.Create(CultureInfo.InvariantCulture, $"{writer}-{i:d6}"), CancellationToken.None);
        }

        public async Task Write(ServerProcess member, int number, CancellationToken cancel)
        {
            using var client = await RawClient.Connect(member.Port, Timeout, cancel);
            await Write(client, string.Create(CultureInfo.InvariantCulture, $"{number:d6}"), cancel);
        }

        /// <summary>From now on a backup must hold all that has been acknowledged.</summary>
        public async Task Expect(ServerProcess member, CancellationToken cancel)
        {
            lock (_names)
                _expected = [.. _names];
            using var client = await RawClient.Connect(member.Port, Timeout, cancel);
            Assert.Equal(0, (await client.Set("/expected", Encoding.ASCII.GetBytes($"{_expected.Count}"), cancel)).Error);
            Assert.Equal(0, (await client.Sync("/", cancel)).Error);
        }

        public async Task Verify(ServerProcess member, CancellationToken cancel)
        {
            using var client = await RawClient.Connect(member.Port, Timeout, cancel);
            Assert.Equal(0, (await client.Sync("/", cancel)).Error);
            Assert.Empty(_expected.Except((await client.Children("/kept", cancel)).Names));
        }

        private async Task Write(RawClient client, string name, CancellationToken cancel)
        {
            Assert.Equal(0, (await client.Create("/kept/" + name, Encoding.ASCII.GetBytes(name), 0, cancel)).Error);
            lock (_names)
                _names.Add(name);
        }
    }
}
