using System.CommandLine;
using System.Text.Json;
using Quorate.Hosts.Tcp;

namespace Quorate.Cli;

/// <summary>quorate inspect: shows what the data folder of a stopped server holds, and whether it is sound.</summary>
internal static class Inspect
{
    private const int Refused = 1;
    private const int Damaged = 3;

    public static Command Command()
    {
        var folder = new Argument<string>("DIR") { Description = "The data folder, or a backup file." };
        var logs = new Option<string?>("--dataLogDir") { Description = "The journal's folder, if it has one of its own.", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var tree = new Option<bool>("--tree") { Description = "Print every znode with its Stat." };
        var records = new Option<bool>("--records") { Description = "Print every record of the journal, not just the last of each segment." };
        var command = new Command("inspect", """
            Shows what the data folder of a stopped server holds: superblock, tail mark, journal, snapshots, and the state they add up to.
            Nothing is changed, and damage does not keep anything else from being shown. Of a backup file it says where it comes from, what it
            holds, and whether all of it is intact.

            Exit code 0: sound. 1: there is nothing to show, or a server is running on it. 3: something is damaged.
            """) { folder, logs, json, tree, records };
        command.SetAction(parsed =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(folder));
            if (File.Exists(path))
                return OfBackup(path);
            var logPath = Path.GetFullPath(parsed.GetValue(logs) ?? path);
            using var files = new ReadOnlyFiles(path, logPath);
            return Run(path, logPath, new(path, files, parsed.GetValue(records), parsed.GetValue(tree)), parsed.GetValue(json));
        });
        return command;
    }

    private static int OfBackup(string path)
    {
        try
        {
            var backup = BackupFile.Read(path);
            if (backup.Summary is null)
            {
                Console.Error.WriteLine($"quorate: {path}, {backup.Refusal}");
                return Damaged;
            }
            Console.WriteLine($"Backup {path}");
            BackupRows.Write(backup.Summary);
            Console.WriteLine("Nothing is damaged.");
            return 0;
        }
        catch (StartRefusedException e)
        {
            Console.Error.WriteLine($"quorate: {e.Message}");
            return Refused;
        }
    }

    private static int Run(string folder, string logFolder, FolderReader reader, bool json)
    {
        try
        {
            RefuseEmpty(folder, logFolder);
            RefuseHeld(folder, logFolder);
            var report = reader.Read();
            // A lock would keep a server from starting, so none is held; but then one may have started.
            RefuseHeld(folder, logFolder);
            if (json)
                Console.WriteLine(JsonSerializer.Serialize(report, InspectJson.Default.InspectReport));
            else
                InspectTables.Write(report);
            return report.Sound ? 0 : Damaged;
        }
        catch (StartRefusedException e)
        {
            Console.Error.WriteLine($"quorate: {e.Message}");
            return Refused;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"quorate: {folder} cannot be read: {e.Message}");
            return Refused;
        }
    }

    private static void RefuseEmpty(string folder, string logFolder)
    {
        foreach (var path in (string[])[folder, logFolder])
            if (!Directory.Exists(path))
                throw new StartRefusedException($"{path} does not exist.");
        if (DiskFiles.Found(folder, logFolder).Count == 0)
            throw new StartRefusedException($"{folder} holds no data of a Quorate server.");
    }

    private static void RefuseHeld(string folder, string logFolder)
    {
        foreach (var path in (string[])[folder, logFolder])
            if (DataFolder.HolderOf(path) is { } holder)
                throw new StartRefusedException($"{path} is in use by {holder}, and changes while one looks at it. Stop that server first.");
    }
}
