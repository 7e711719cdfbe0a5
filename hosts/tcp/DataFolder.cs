using System.Globalization;
using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// A server's data folder, and its log folder if that is another: made if need be, checked, and locked for as long as the server runs.
/// </summary>
/// <remarks>
/// The lock is the system's, on an empty file: it goes with the process however that ends. Whose it is stands in a file beside it, because
/// a locked file cannot be read everywhere.
/// </remarks>
public sealed class DataFolder : IDisposable
{
    private const string LockName = "quorate.lock";
    private const string HolderName = "quorate.pid";
    private const string ZooKeeperName = "version-2";

    private readonly List<FileStream> _locks = [];

    /// <summary>Opens and locks the folders.</summary>
    /// <exception cref="StartRefusedException">They cannot be used; the message says why and what to do.</exception>
    public DataFolder(string dataDir, string dataLogDir)
        : this(dataDir, dataLogDir, isImport: false)
    {
    }

    private DataFolder(string dataDir, string dataLogDir, bool isImport)
    {
        Path = System.IO.Path.GetFullPath(dataDir);
        LogPath = System.IO.Path.GetFullPath(dataLogDir);
        try
        {
            Make(Path, "dataDir");
            Make(LogPath, "dataLogDir");
            if (!isImport)
            {
                RefuseZooKeeper(Path);
                RefuseZooKeeper(LogPath);
            }
            Lock(Path, "dataDir");
            if (LogPath != Path)
                Lock(LogPath, "dataLogDir");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens and locks a folder that an import is to fill: no server's data may lie there yet, but for those that are imported.</summary>
    /// <param name="dataDir">The folder; made if need be.</param>
    /// <param name="source">ZooKeeper's dataDir.</param>
    /// <exception cref="StartRefusedException">It cannot be used; the message says why and what to do.</exception>
    public static DataFolder ForImport(string dataDir, string source) => Fresh(dataDir, System.IO.Path.GetFullPath(source), "import");

    /// <summary>Opens and locks a folder that a backup is restored into: no server's data may lie there yet.</summary>
    /// <param name="dataDir">The folder; made if need be.</param>
    /// <exception cref="StartRefusedException">It cannot be used; the message says why and what to do.</exception>
    public static DataFolder ForRestore(string dataDir) => Fresh(dataDir, source: null, "restore");

    private static DataFolder Fresh(string dataDir, string? source, string verb)
    {
        var folder = new DataFolder(dataDir, dataDir, isImport: true);
        try
        {
            folder.RefuseInhabited(verb);
            if (folder.Path != source)
                folder.RefuseZooKeeper(folder.Path);
            // The folder may have been made just now: its own name must last, too.
            if (System.IO.Path.GetDirectoryName(folder.Path) is { Length: > 0 } parent)
                FolderFlush.Flush(parent);
            return folder;
        }
        catch (IOException e)
        {
            folder.Dispose();
            throw new StartRefusedException($"{folder.Path} cannot be made durable: {e.Message}", e);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>The process that has a folder locked, as it can be named; null when the folder is free. Changes nothing.</summary>
    public static string? HolderOf(string folder)
    {
        var file = System.IO.Path.Combine(folder, LockName);
        try
        {
            // Shared, so that two who only ask do not see each other.
            if (File.Exists(file))
                new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read).Dispose();
            return null;
        }
        catch (IOException)
        {
            return Holder(System.IO.Path.Combine(folder, HolderName)) is { } process ? $"process {process}" : "another process";
        }
    }

    /// <summary>Where superblock and snapshots lie.</summary>
    public string Path { get; }

    /// <summary>Where the journal lies.</summary>
    public string LogPath { get; }

    /// <summary>Unlocks.</summary>
    public void Dispose()
    {
        foreach (var held in _locks)
            held.Dispose();
        _locks.Clear();
    }

    private static void Make(string path, string key)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"{key}={path} cannot be created: {e.Message} Choose a folder this user may write to.", e);
        }
    }

    /// <summary>ZooKeeper's data must never be served as an empty tree. Once a superblock stands beside it, the folder is ours.</summary>
    private void RefuseZooKeeper(string folder)
    {
        var theirs = System.IO.Path.Combine(folder, ZooKeeperName);
        if (!Directory.Exists(theirs) || File.Exists(System.IO.Path.Combine(Path, "superblock")))
            return;
        if (Directory.EnumerateFileSystemEntries(theirs).Any())
            throw new StartRefusedException(
                $"{folder} holds data of Apache ZooKeeper ({ZooKeeperName}), which Quorate does not serve as it is. "
                + $"Bring it over first, with ZooKeeper stopped: quorate import {folder}");
    }

    private void RefuseInhabited(string verb)
    {
        var files = DiskFiles.Found(Path, Path);
        if (files.Count == 0)
            return;
        throw new StartRefusedException(files.Exists(static found => found.File.Kind == DiskFileKind.Superblock)
            ? $"{Path} holds the data of a Quorate server already ({DiskFiles.NameOf(files[0].File)}). Choose another folder: {verb} … --to FOLDER."
            : $"{Path} holds {DiskFiles.NameOf(files[0].File)}, but no superblock: what an interrupted {verb} leaves. "
                + $"Delete that file and {verb} again, or choose another folder: {verb} … --to FOLDER.");
    }

    private void Lock(string folder, string key)
    {
        var holder = System.IO.Path.Combine(folder, HolderName);
        try
        {
            _locks.Add(new(System.IO.Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartRefusedException($"{key}={folder} is not writable for this user. Change its owner or choose another one.", e);
        }
        catch (IOException e)
        {
            throw new StartRefusedException(Holder(holder) is { } other
                ? $"{key}={folder} is in use by another server, process {other}. Stop that one, or choose another folder."
                : $"{key}={folder} cannot be locked: {e.Message}", e);
        }
    }

    /// <summary>The process that holds a lock; null if it cannot be told.</summary>
    private static string? Holder(string path)
    {
        try
        {
            return File.ReadAllText(path) is { Length: > 0 } text ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
