using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// A member's files in its data folder, by name: superblock, tailmark, journal-000000000000002a, snapshot-0000000000000007 (numbers in
/// hexadecimal). The journal and the mark of its end, which are flushed with every batch, lie in the log folder if there is one.
/// </summary>
/// <remarks>
/// A file that is created or deleted is made durable by flushing its folder before the request ends (B8). Space for a journal segment is
/// reserved when it is created, so that a full disk shows before the segment is begun, and its writes do not have to find room.
/// </remarks>
internal sealed class DiskFiles(string dataFolder, string logFolder, long segmentBytes, TimeSpan slowFlush, ILogger log) : IDisk
{
    private const int EntryBytes = 1 + sizeof(ulong) + sizeof(long);

    private readonly Dictionary<DiskFile, SafeFileHandle> _open = [];

    public DiskOutcome Write(DiskFile file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        try
        {
            var handle = Open(file) ?? Create(file);
            if (buffers.Count == 1)
                RandomAccess.Write(handle, buffers[0].Span, offset);
            else
                RandomAccess.Write(handle, buffers, offset);
            return DiskOutcome.Done;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return Report(file, "written", e);
        }
    }

    public DiskOutcome Read(DiskFile file, long offset, Span<byte> into, out int found)
    {
        found = 0;
        try
        {
            if (Open(file) is not { } handle)
                return DiskOutcome.Missing;
            while (found < into.Length && RandomAccess.Read(handle, into[found..], offset + found) is > 0 and var read)
                found += read;
            return DiskOutcome.Done;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return Report(file, "read", e);
        }
    }

    public DiskOutcome Flush(DiskFile file)
    {
        try
        {
            // A file without a handle has not been written to since the start: nothing to flush, unless an earlier process left it so.
            if (Open(file) is not { } handle)
                return DiskOutcome.Done;
            var begun = Stopwatch.GetTimestamp();
            RandomAccess.FlushToDisk(handle);
            var taken = Stopwatch.GetElapsedTime(begun);
            HostMeters.Flushes.Record(taken.TotalMilliseconds);
            if (taken >= slowFlush)
                HostLog.SlowFlush(log, PathOf(file), (long)taken.TotalMilliseconds);
            return DiskOutcome.Done;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return Report(file, "flushed", e);
        }
    }

    public DiskOutcome Drop(DiskFile file)
    {
        try
        {
            if (_open.Remove(file, out var handle))
                handle.Dispose();
            File.Delete(PathOf(file));
            FolderFlush.Flush(FolderOf(file.Kind));
            return DiskOutcome.Done;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return Report(file, "deleted", e);
        }
    }

    public DiskOutcome List(Arena into)
    {
        try
        {
            foreach (var (file, length) in Found(dataFolder, logFolder))
            {
                var entry = into[into.Reserve(EntryBytes)];
                entry[0] = (byte)file.Kind;
                BinaryPrimitives.WriteUInt64LittleEndian(entry[1..], file.Number);
                BinaryPrimitives.WriteInt64LittleEndian(entry[(1 + sizeof(ulong))..], length);
            }
            return DiskOutcome.Done;
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            return Report(default, "listed", e);
        }
    }

    public void Dispose()
    {
        foreach (var handle in _open.Values)
            handle.Dispose();
        _open.Clear();
    }

    /// <summary>The name of a file in its folder.</summary>
    public static string NameOf(DiskFile file) => file.Kind switch
    {
        DiskFileKind.Superblock => "superblock",
        DiskFileKind.TailMark => "tailmark",
        DiskFileKind.Journal => string.Create(CultureInfo.InvariantCulture, $"journal-{file.Number:x16}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"snapshot-{file.Number:x16}"),
    };

    /// <summary>The file that has a name; null if the name is not one of ours.</summary>
    public static DiskFile? FileOf(string name)
    {
        if (name == "superblock")
            return new(DiskFileKind.Superblock, 0);
        if (name == "tailmark")
            return new(DiskFileKind.TailMark, 0);
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || name.Length - dash != 17
            || !ulong.TryParse(name.AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            return null;
        return name[..dash] switch
        {
            "journal" => new(DiskFileKind.Journal, number),
            "snapshot" => new(DiskFileKind.Snapshot, number),
            _ => null,
        };
    }

    private SafeFileHandle? Open(DiskFile file)
    {
        if (_open.TryGetValue(file, out var handle))
            return handle;
        var path = PathOf(file);
        if (!File.Exists(path))
            return null;
        handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _open.Add(file, handle);
        return handle;
    }

    private SafeFileHandle Create(DiskFile file)
    {
        var reserved = file.Kind == DiskFileKind.Journal ? segmentBytes : 0;
        var handle = File.OpenHandle(
            PathOf(file), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, reserved);
        _open.Add(file, handle);
        FolderFlush.Flush(FolderOf(file.Kind));
        return handle;
    }

    /// <summary>The member's files in its folders, sorted by kind and number.</summary>
    public static List<(DiskFile File, long Length)> Found(string dataFolder, string logFolder)
    {
        var found = new List<(DiskFile, long)>();
        foreach (var folder in dataFolder == logFolder ? [dataFolder] : (string[])[dataFolder, logFolder])
            foreach (var info in new DirectoryInfo(folder).EnumerateFiles())
                if (FileOf(info.Name) is { } file && (LiesWithTheJournal(file.Kind) ? logFolder : dataFolder) == folder)
                    found.Add((file, info.Length));
        found.Sort(static (a, b) => (a.Item1.Kind, a.Item1.Number).CompareTo((b.Item1.Kind, b.Item1.Number)));
        return found;
    }

    /// <summary>Where a file lies.</summary>
    public static string PathOf(DiskFile file, string dataFolder, string logFolder) =>
        Path.Combine(LiesWithTheJournal(file.Kind) ? logFolder : dataFolder, NameOf(file));

    private static bool LiesWithTheJournal(DiskFileKind kind) => kind is DiskFileKind.Journal or DiskFileKind.TailMark;

    private string FolderOf(DiskFileKind kind) => LiesWithTheJournal(kind) ? logFolder : dataFolder;

    private string PathOf(DiskFile file) => PathOf(file, dataFolder, logFolder);

    private DiskOutcome Report(DiskFile file, string verb, Exception trouble)
    {
        HostLog.DiskTrouble(log, file.Kind == 0 ? dataFolder : PathOf(file), verb, DiskTrouble.Describe(trouble));
        return DiskTrouble.IsFull(trouble) ? DiskOutcome.Full : DiskOutcome.Failed;
    }
}
