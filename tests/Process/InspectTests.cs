using System.Text.Json;
using Quorate.Tests.Foreign;
using Quorate.Tests.Hosts;

namespace Quorate.Tests.Crashes;

/// <summary>quorate inspect as an operator uses it: after a crash, on damaged files, and on a folder whose server runs.</summary>
public sealed class InspectTests
{
    private static readonly Dictionary<string, string> Settings = new() { ["snapCount"] = "30" };

    [Fact(Timeout = 300_000)]
    public async Task After_a_crash_everything_is_shown_and_nothing_changes()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await Killed(cancel);
        var before = Contents(server.Data);
        var (code, report, _) = await Json(server.Data, ["--tree", "--records"], cancel);
        Assert.Equal(0, code);
        Assert.True(report.GetProperty("sound").GetBoolean());
        var slots = report.GetProperty("superblock").EnumerateArray().ToArray();
        Assert.All(slots, slot => Assert.Equal("ok", slot.GetProperty("condition").GetString()));
        Assert.Equal("1", slots[0].GetProperty("content").GetProperty("members").GetString());
        var records = Records(report);
        Assert.Equal(records.Select((_, i) => (ulong)i + 1), records.Select(record => record.GetProperty("index").GetUInt64()));
        Assert.Contains(
            records, record => record.GetProperty("path").GetString() == "/n7" && record.GetProperty("op").GetString() == "Create");
        Assert.Contains(report.GetProperty("snapshots").EnumerateArray(), snapshot => snapshot.GetProperty("role").GetString() == "newest"
            && snapshot.GetProperty("condition").GetString() == "ok" && snapshot.GetProperty("records").GetInt64() > 4);
        var state = report.GetProperty("state");
        Assert.Equal(records[^1].GetProperty("index").GetUInt64(), state.GetProperty("index").GetUInt64());
        var tree = report.GetProperty("tree").EnumerateArray().ToArray();
        Assert.Equal(state.GetProperty("znodes").GetInt32(), tree.Length);
        Assert.Contains(tree, znode => znode.GetProperty("path").GetString() == "/n7" && znode.GetProperty("version").GetInt32() == 1);

        (code, var tables, _) = await QuorateProcess.Run(cancel, "inspect", server.Data, "--tree");
        Assert.Equal(0, code);
        foreach (var words in (string[])["superblock", "tail mark", "journal-0000000000000001", "newest state", "/n7", "Nothing is damaged."])
            Assert.Contains(words, tables, StringComparison.Ordinal);
        Assert.Equal(before, Contents(server.Data));
    }

    [Fact(Timeout = 300_000)]
    public async Task Damage_is_named_and_keeps_nothing_else_from_being_shown()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await Killed(cancel);
        var (_, sound, _) = await Json(server.Data, ["--records"], cancel);
        var victim = Records(sound)[^4];
        var journal = sound.GetProperty("journal").EnumerateArray().Last().GetProperty("file").GetString()!;
        var offset = victim.GetProperty("offset").GetInt64();
        Flip(Path.Combine(server.Data, journal), offset + 70);
        var before = Contents(server.Data);
        var (code, report, _) = await Json(server.Data, ["--records"], cancel);
        Assert.Equal(3, code);
        Assert.Contains($"{journal}, offset {offset}: ", Assert.Single(report.GetProperty("damage").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
        Assert.Contains($"offset {offset}", report.GetProperty("refusal").GetString(), StringComparison.Ordinal);
        Assert.Equal(Records(sound).Length, Records(report).Length);
        Assert.Equal(victim.GetProperty("index").GetUInt64() - 1, report.GetProperty("state").GetProperty("index").GetUInt64());
        (code, var tables, _) = await QuorateProcess.Run(cancel, "inspect", server.Data);
        Assert.Equal(3, code);
        Assert.Contains("A server refuses this folder: ", tables, StringComparison.Ordinal);
        Assert.Equal(before, Contents(server.Data));
    }

    [Fact(Timeout = 300_000)]
    public async Task Without_superblock_the_rest_is_still_shown()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await Killed(cancel);
        File.Delete(Path.Combine(server.Data, "superblock"));
        var (code, report, _) = await Json(server.Data, [], cancel);
        Assert.Equal(3, code);
        Assert.Contains("superblock is missing", report.GetProperty("refusal").GetString(), StringComparison.Ordinal);
        Assert.Contains(Records(report), record => record.GetProperty("worth").GetString() == "ok");
        Assert.False(report.TryGetProperty("state", out _));
    }

    [Fact(Timeout = 300_000)]
    public async Task Any_flipped_sector_and_any_cut_ends_in_a_report()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = await Killed(cancel);
        foreach (var path in Directory.GetFiles(server.Data).Where(path => new FileInfo(path).Length > 100))
        {
            var bytes = await File.ReadAllBytesAsync(path, cancel);
            Flip(path, bytes.Length / 3);
            using (var file = File.OpenWrite(path))
                file.SetLength(bytes.Length - 13);
            var (code, report, errors) = await Json(server.Data, [], cancel);
            Assert.True(code is 0 or 3, errors);
            Assert.True(report.TryGetProperty("journal", out _));
            await File.WriteAllBytesAsync(path, bytes, cancel);
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task A_folder_whose_server_runs_is_refused_by_naming_the_process_and_one_without_data_too()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var server = new QuorateProcess(Settings);
        await server.Start(cancel);
        var (code, _, errors) = await QuorateProcess.Run(cancel, "inspect", server.Data);
        Assert.Equal(1, code);
        var process = await File.ReadAllTextAsync(Path.Combine(server.Data, "quorate.pid"), cancel);
        Assert.Contains($"is in use by process {process},", errors, StringComparison.Ordinal);

        using var empty = new TempFolder();
        (code, _, errors) = await QuorateProcess.Run(cancel, "inspect", empty.Path);
        Assert.Equal(1, code);
        Assert.Contains("holds no data of a Quorate server", errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(empty.Path));
    }

    /// <summary>A server that wrote, took a snapshot, wrote again and was killed.</summary>
    private static async Task<QuorateProcess> Killed(CancellationToken cancel)
    {
        var server = new QuorateProcess(Settings);
        await server.Start(cancel);
        using var client = await RawClient.Connect(server.Port, 30_000, cancel);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(0, (await client.Create($"/n{i}", [1, 2, 3], 0, cancel)).Error);
            Assert.Equal(0, (await client.Set($"/n{i}", [4], cancel)).Error);
        }
        // What it does of its own accord behind the writes is done when nothing changes any more: the snapshot, and the tail mark, without which
        // the last record's loss could pass for a torn write.
        var stages = (Before: "", Now: Stage(server.Data));
        while (stages.Before != stages.Now || !Directory.EnumerateFiles(server.Data, "snapshot-*").Any())
        {
            await Task.Delay(500, cancel);
            stages = (stages.Now, Stage(server.Data));
        }
        await server.Kill();
        return server;
    }

    private static async Task<(int Code, JsonElement Report, string Errors)> Json(
        string folder, string[] options, CancellationToken cancel)
    {
        var (code, output, errors) = await QuorateProcess.Run(cancel, ["inspect", folder, "--json", .. options]);
        return (code, code == 1 ? default : JsonDocument.Parse(output).RootElement, errors);
    }

    private static JsonElement[] Records(JsonElement report) =>
        [.. report.GetProperty("journal").EnumerateArray().SelectMany(segment => segment.GetProperty("records").EnumerateArray())];

    private static void Flip(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }

    /// <summary>Every file, its content and when it was written; but not the socket that a killed server leaves behind.</summary>
    private static string Contents(string folder) =>
        string.Join('\n', Directory.GetFiles(folder).Where(IsData).Order(StringComparer.Ordinal).Select(path =>
        $"{path} {File.GetLastWriteTimeUtc(path):O} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)))}"));

    private static string Stage(string folder) => string.Join('\n', new DirectoryInfo(folder).GetFiles()
        .OrderBy(static file => file.Name, StringComparer.Ordinal).Select(static file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc:O}"));

    private static bool IsData(string path) => Path.GetExtension(path) != ".sock";
}
