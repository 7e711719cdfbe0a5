using System.Buffers.Binary;
using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Importing;

namespace Quorate.Cli;

/// <summary>quorate import: brings the data of a ZooKeeper server over into a fresh data folder.</summary>
internal static class Import
{
    private const int Refused = 1;
    private const int Failed = 2;

    public static Command Command()
    {
        var from = new Argument<string>("DIR") { Description = "ZooKeeper's dataDir: the folder with version-2 in it." };
        var logs = new Option<string?>("--dataLogDir") { Description = "ZooKeeper's dataLogDir, if it has one.", HelpName = "DIR" };
        var to = new Option<string?>("--to")
        {
            Description = "The data folder to make. Without it: DIR itself, beside version-2, which stays as it is.",
            HelpName = "DATADIR",
        };
        var trustEmpty = new Option<bool>("--trust-empty")
        {
            Description = "There are logs but no snapshot, and the server was new when they began (ZooKeeper's snapshot.trust.empty).",
        };
        var ignoreDigests = new Option<bool>("--ignore-digests") { Description = "Do not compare the tree with the digests ZooKeeper logged." };
        var command = new Command("import", """
            Brings the data of a ZooKeeper server over into a fresh data folder. Stop ZooKeeper first.

            Znodes keep their Stat, sessions their id and password, ephemerals their session. Clients that find the new server within their
            session timeout go on as if nothing had happened. Nothing of ZooKeeper's is changed.
            """) { from, logs, to, trustEmpty, ignoreDigests };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(from),
            parsed.GetValue(logs),
            parsed.GetValue(to),
            new() { TrustEmpty = parsed.GetValue(trustEmpty), IgnoreDigests = parsed.GetValue(ignoreDigests) }));
        return command;
    }

    private static int Run(string from, string? logs, string? to, ImportOptions options)
    {
        try
        {
            var files = new ZooKeeperFiles(from, logs ?? from);
            using var folder = DataFolder.ForImport(to ?? from, from);
            var import = files.Read(options);
            if (import.Refusal is { } refusal)
                throw new StartRefusedException(refusal);
            if (Write(import, folder) is { } failure)
            {
                Console.Error.WriteLine($"quorate: {failure} Nothing was imported; delete what was written to {folder.Path}.");
                return Failed;
            }
            Print(import.Summary!, from, folder.Path);
            return 0;
        }
        catch (StartRefusedException e)
        {
            Console.Error.WriteLine($"quorate: {e.Message}");
            return Refused;
        }
    }

    private static string? Write(FolderImport import, DataFolder folder)
    {
        using var log = new ConsoleLog();
        using var disk = new DiskFiles(folder.Path, folder.LogPath, segmentBytes: 0, TimeSpan.MaxValue, log.CreateLogger(""));
        var effects = new Effects();
        var seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        import.Found(seed, effects);
        new DirectDisk(disk).Run(effects, (ticket, outcome, _, next) => import.Completed(ticket, outcome, next));
        return import.IsDurable ? null : import.Failure ?? "The folder could not be completed.";
    }

    private static void Print(ImportSummary summary, string from, string to)
    {
        foreach (var note in summary.Notes)
            Console.WriteLine($"Note: {note}");
        Console.WriteLine($"Imported {Path.GetFullPath(from)} into {to}.");
        Rows.Write("snapshot", summary.Snapshot.Length == 0 ? "none" : summary.Snapshot);
        Rows.Write("log", Rows.Count(summary.Transactions, "transaction"));
        Rows.Write("znodes", summary.Znodes.ToString(CultureInfo.InvariantCulture));
        Rows.Write("sessions", $"{summary.Sessions}, with {Rows.Count(summary.Ephemerals, "ephemeral")}");
        Rows.Write("last zxid", summary.LastZxid.ToString());
        Rows.Write("serve it", $"quorate serve --dataDir {to}");
    }
}
