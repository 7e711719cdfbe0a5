using System.Buffers.Binary;
using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;

namespace Quorate.Cli;

/// <summary>quorate restore: makes a new data folder of a backup, from which a new ensemble begins.</summary>
internal static class Restore
{
    private const int Refused = 1;
    private const int Failed = 2;

    public static Command Command()
    {
        var file = new Argument<string>("FILE") { Description = "A backup that quorate snapshot has made." };
        var to = new Option<string>("--to") { Description = "The data folder to make; it must hold no server's data.", HelpName = "DIR", Required = true };
        var unconfirmed = new Option<bool>("--unconfirmed")
        {
            Description = "Accept a backup of a stopped member: something that was acknowledged may be missing from it for ever.",
        };
        var command = new Command("restore", """
            Makes a new data folder of a backup. From it a new ensemble begins; the former one, if any of it is left, is neither changed nor joined.

            For a single server: start it on the new folder. For several: start one of them on the new folder and all others on empty ones. They
            found the new ensemble when all have said so, and take over what the backup holds. A folder with old data keeps them from it, and a
            line in the log says which.

            Znodes keep their Stat. Sessions live on, each for its timeout from the start, and ephemerals with their sessions: clients that find
            the new ensemble in time notice a reconnect. Sessions that are younger than the backup have expired. Zxids go on in a later epoch.

            Exit code 0: done. 1: refused, nothing was written. 2: the folder could not be written.
            """) { file, to, unconfirmed };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(file), parsed.GetRequiredValue(to), parsed.GetValue(unconfirmed)));
        return command;
    }

    private static int Run(string file, string to, bool unconfirmed)
    {
        try
        {
            var backup = BackupFile.Read(file);
            if (backup.Summary is not { } summary)
                throw new StartRefusedException($"{file}, {backup.Refusal}");
            if (!summary.IsConfirmed && !unconfirmed)
                throw new StartRefusedException(
                    $"{file} holds what the one stopped member {summary.Member} of the ensemble {summary.Members} had: what the others had acknowledged without it is "
                    + "not in it. If that is to count from now on, say so: --unconfirmed.");
            var restore = new FolderRestore(backup, BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))));
            if (restore.Refusal is { } refusal)
                throw new StartRefusedException($"{file}: {refusal}");
            using var folder = DataFolder.ForRestore(to);
            if (Write(restore, folder) is { } failure)
            {
                Console.Error.WriteLine($"quorate: {failure} Nothing was restored; delete what was written to {folder.Path}.");
                return Failed;
            }
            Print(summary, file, folder.Path);
            return 0;
        }
        catch (StartRefusedException e)
        {
            Console.Error.WriteLine($"quorate: {e.Message}");
            return Refused;
        }
    }

    private static string? Write(FolderRestore restore, DataFolder folder)
    {
        using var log = new ConsoleLog();
        using var disk = new DiskFiles(folder.Path, folder.LogPath, segmentBytes: 0, TimeSpan.MaxValue, log.CreateLogger(""));
        var effects = new Effects();
        restore.Begin(effects);
        new DirectDisk(disk).Run(effects, (ticket, outcome, _, next) => restore.Completed(ticket, outcome, next));
        return restore.IsDurable ? null : restore.Failure ?? "The folder could not be completed.";
    }

    private static void Print(BackupSummary summary, string file, string to)
    {
        Console.WriteLine($"Restored {Path.GetFullPath(file)} into {to}.");
        BackupRows.Write(summary);
        Rows.Write("serve it", $"quorate serve --dataDir {to}");
        Rows.Write("", "with server lines: this member on this folder, all others on empty ones");
        Console.WriteLine("It begins a new ensemble. Members of the former one are not taken in: stop them, and empty their data folders first.");
    }
}
