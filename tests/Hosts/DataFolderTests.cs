using System.Globalization;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

public class DataFolderTests
{
    [Fact]
    public void A_folder_is_made_if_there_is_none()
    {
        using var folder = new TempFolder();
        using var data = new DataFolder(folder["a/b"], folder["log"]);
        Assert.True(Directory.Exists(folder["a/b"]));
        Assert.True(Directory.Exists(folder["log"]));
    }

    [Fact]
    public void A_second_server_is_refused_and_told_which_process_has_the_folder()
    {
        using var folder = new TempFolder();
        using var first = new DataFolder(folder.Path, folder.Path);
        var refusal = Assert.Throws<StartRefusedException>(() => new DataFolder(folder.Path, folder.Path));
        var holder = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        Assert.Contains($"is in use by another server, process {holder}.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_folder_is_locked_too()
    {
        using var folder = new TempFolder();
        using var first = new DataFolder(folder["a"], folder["log"]);
        var refusal = Assert.Throws<StartRefusedException>(() => new DataFolder(folder["b"], folder["log"]));
        Assert.StartsWith("dataLogDir=", refusal.Message, StringComparison.Ordinal);
        using var free = new DataFolder(folder["b"], folder["b"]);
    }

    [Fact]
    public void A_folder_is_free_again_when_its_server_has_ended()
    {
        using var folder = new TempFolder();
        new DataFolder(folder.Path, folder.Path).Dispose();
        new DataFolder(folder.Path, folder.Path).Dispose();
    }

    [Theory]
    [InlineData("data")]
    [InlineData("log")]
    public void ZooKeepers_data_is_never_served_as_an_empty_tree(string where)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder[$"{where}/version-2"]);
        File.WriteAllText(folder[$"{where}/version-2/log.1"], "");
        var refusal = Assert.Throws<StartRefusedException>(() => new DataFolder(folder["data"], folder["log"]));
        Assert.Contains($"quorate import {folder[where]}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_was_brought_over_is_ours_even_if_ZooKeepers_files_are_still_there()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["version-2"]);
        folder.Write("version-2/snapshot.0", "");
        folder.Write("superblock", "");
        using var data = new DataFolder(folder.Path, folder.Path);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_refused()
    {
        using var folder = new TempFolder();
        folder.Write("file", "");
        var refusal = Assert.Throws<StartRefusedException>(() => new DataFolder(folder["file/data"], folder["file/data"]));
        Assert.Contains("cannot be created", refusal.Message, StringComparison.Ordinal);
    }
}
