using System.IO.Compression;
using Quorate.Kernel.Importing;

namespace Quorate.Hosts.Tcp;

/// <summary>The files of a ZooKeeper server: its snapshots, and its logs, which may lie in a folder of their own. Nothing is changed.</summary>
internal sealed class ZooKeeperFiles
{
    private const string Version2 = "version-2";
    private static readonly string[] EpochNames = ["acceptedEpoch", "currentEpoch"];

    private readonly string _snapshots;
    private readonly string _logs;

    /// <summary>The files below a dataDir and a dataLogDir.</summary>
    /// <exception cref="StartRefusedException">There are none.</exception>
    public ZooKeeperFiles(string dataDir, string dataLogDir)
    {
        _snapshots = Inside(dataDir);
        _logs = Inside(dataLogDir);
    }

    /// <summary>Lets an import read all that it wants.</summary>
    /// <exception cref="StartRefusedException">A file cannot be read.</exception>
    public FolderImport Read(ImportOptions options)
    {
        var import = new FolderImport(Names(_snapshots), Names(_logs), options);
        foreach (var name in EpochNames)
            if (Path.Combine(_snapshots, name) is var path && File.Exists(path))
                import.Promise(name, Bytes(path, Packing.None));
        while (import.Wanted is { } file)
            import.Give(Bytes(Path.Combine(file.IsLog ? _logs : _snapshots, file.Name), file.Packing));
        return import;
    }

    private static string Inside(string folder)
    {
        var inside = Path.Combine(Path.GetFullPath(folder), Version2);
        if (Directory.Exists(inside))
            return inside;
        throw new StartRefusedException(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)) == Version2
            ? $"Name the folder that {folder} lies in."
            : $"{folder} has no folder {Version2}: it is not the dataDir, or dataLogDir, of a ZooKeeper server.");
    }

    private static IEnumerable<string> Names(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{folder} cannot be listed: {e.Message}", e);
        }
    }

    private static byte[] Bytes(string path, Packing packing)
    {
        try
        {
            if (packing == Packing.None)
                return File.ReadAllBytes(path);
            using var unpacked = new MemoryStream();
            using var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
            packed.CopyTo(unpacked);
            return unpacked.ToArray();
        }
        catch (InvalidDataException)
        {
            // Damaged: what came before does not end as a snapshot does, and an older one may be whole.
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
