using System.Buffers.Binary;
using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>A member's files for somebody who only looks: every file is opened for reading, and whatever would change one fails.</summary>
internal sealed class ReadOnlyFiles(string dataFolder, string logFolder) : IDisk
{
    private const int EntryBytes = 1 + sizeof(ulong) + sizeof(long);

    /// <summary>The files, by kind and number, with their lengths.</summary>
    public List<(DiskFile File, long Length)> Found => DiskFiles.Found(dataFolder, logFolder);

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public FileStream Open(DiskFile file) =>
        new(DiskFiles.PathOf(file, dataFolder, logFolder), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    public DiskOutcome Read(DiskFile file, long offset, Span<byte> into, out int found)
    {
        found = 0;
        try
        {
            using var stream = Open(file);
            stream.Position = offset;
            found = stream.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
            return DiskOutcome.Done;
        }
        catch (FileNotFoundException)
        {
            return DiskOutcome.Missing;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return DiskOutcome.Failed;
        }
    }

    public DiskOutcome List(Arena into)
    {
        foreach (var (file, length) in Found)
        {
            var entry = into[into.Reserve(EntryBytes)];
            entry[0] = (byte)file.Kind;
            BinaryPrimitives.WriteUInt64LittleEndian(entry[1..], file.Number);
            BinaryPrimitives.WriteInt64LittleEndian(entry[(1 + sizeof(ulong))..], length);
        }
        return DiskOutcome.Done;
    }

    public DiskOutcome Write(DiskFile file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers) => DiskOutcome.Failed;

    public DiskOutcome Flush(DiskFile file) => DiskOutcome.Failed;

    public DiskOutcome Drop(DiskFile file) => DiskOutcome.Failed;

    public void Dispose()
    {
    }
}
