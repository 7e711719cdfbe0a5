using System.CommandLine;
using System.Globalization;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Cli;

/// <summary>quorate snapshot: a backup of a running ensemble by any of its members, or of what one stopped member has.</summary>
internal static class Snapshot
{
    private const int Refused = 1;
    private const int Failed = 2;
    private const int WaitSeconds = 60;

    public static Command Command()
    {
        var folder = new Argument<string>("DIR") { Description = "The data folder of a member on this machine." };
        var to = new Option<string>("--to") { Description = "The file to make.", HelpName = "FILE", Required = true };
        var logs = new Option<string?>("--dataLogDir") { Description = "The journal's folder, if it has one of its own; only of use when the member is stopped.", HelpName = "DIR" };
        var wait = new Option<int>("--wait")
        {
            Description = "How long a running member may take until it has everything.",
            HelpName = "SECONDS",
            DefaultValueFactory = static _ => WaitSeconds,
        };
        wait.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 86_400))
                result.AddError($"--wait {text} is not allowed: 0 to 86400 seconds.");
        });
        var force = new Option<bool>("--force") { Description = "Replace FILE if it exists, once the new one is whole." };
        var command = new Command("snapshot", """
            Takes a backup of a running ensemble into one file, without stopping anything. Any member will do, leader or not.

            Everything that was acknowledged anywhere in the ensemble before the command began is in it: the member first has its leader confirm
            up to where it must have applied the log, and waits until it has. The file is read again and checked before it gets its name.

            Of a stopped member it takes what that one member has. That may lack what was acknowledged, and may hold what never was: use it when
            there is nothing better, as after the loss of a majority.

            The way back: quorate restore. Exit code 0: done. 1: refused, nothing was written. 2: the file could not be written.
            """) { folder, to, logs, wait, force };
        command.SetAction((parsed, cancel) => Run(
            Path.GetFullPath(parsed.GetRequiredValue(folder)), parsed.GetValue(logs), parsed.GetRequiredValue(to), TimeSpan.FromSeconds(parsed.GetValue(wait)),
            parsed.GetValue(force), cancel));
        return command;
    }

    private static async Task<int> Run(string folder, string? logs, string to, TimeSpan patience, bool force, CancellationToken cancel)
    {
        try
        {
            if (!Directory.Exists(folder))
                throw new StartRefusedException($"{folder} is not a folder.");
            using var file = new BackupFile(to, force);
            var isRunning = DataFolder.HolderOf(folder) is not null;
            if (isRunning)
                await OfRunning(folder, file, patience, cancel);
            else
                OfStopped(folder, Path.GetFullPath(logs ?? folder), file);
            var summary = file.Finish();
            Console.WriteLine(isRunning
                ? $"Took a backup of the running ensemble from member {summary.Member}, into {Path.GetFullPath(to)}."
                : $"Took a backup of what the stopped member has, into {Path.GetFullPath(to)}.");
            BackupRows.Write(summary);
            Rows.Write("restore it", $"quorate restore {to} --to NEWDIR");
            return 0;
        }
        catch (StartRefusedException e)
        {
            await Console.Error.WriteLineAsync($"quorate: {e.Message}");
            return Refused;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"quorate: the backup could not be written: {e.Message}");
            return Failed;
        }
    }

    private static async Task OfRunning(string folder, BackupFile file, TimeSpan patience, CancellationToken cancel)
    {
        using var member = new RunningMember(folder, patience);
        var ready = await member.Backup(cancel);
        file.WriteHeader(ready.Header);
        file.CopySnapshot(DiskFiles.PathOf(new(DiskFileKind.Snapshot, ready.Snapshot), folder, folder));
    }

    private static void OfStopped(string folder, string logFolder, BackupFile file)
    {
        if (DiskFiles.Found(folder, logFolder).Count == 0)
            throw new StartRefusedException($"{folder} holds no data of a Quorate server.");
        using var files = new ReadOnlyFiles(folder, logFolder);
        var inspection = new FolderInspection();
        var effects = new Effects();
        inspection.Begin(effects);
        new DirectDisk(files).Run(effects, inspection.Completed);
        // A lock would keep a server from starting, so none is held; but then one may have started.
        if (DataFolder.HolderOf(folder) is { } holder)
            throw new StartRefusedException($"{folder} is in use by {holder} since just now. Run the command again.");
        if (inspection.Refusal is { } refusal)
            throw new StartRefusedException($"{folder} is not whole, and a backup of it would not be either: {refusal}");
        if (inspection.State is not { Index.Value: > 0 })
            throw new StartRefusedException($"{folder} holds no state: its member has never taken part in an ensemble.");
        var backup = new FolderBackup(inspection, new(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()));
        effects.Clear();
        backup.Begin(effects);
        new DirectDisk(file).Run(effects, (ticket, outcome, _, next) => backup.Completed(ticket, outcome, next));
        if (!backup.IsFinished)
            throw new IOException(backup.Failure);
        file.WriteHeader(backup.Header);
    }
}
