using Quorate.Kernel.Storage;

namespace Quorate.Hosts.Tcp;

/// <summary>A member's files, one request at a time, blocking. The disk thread is its only caller.</summary>
internal interface IDisk : IDisposable
{
    /// <summary>Writes buffers one behind the other at an offset; creates the file if need be, durably.</summary>
    DiskOutcome Write(DiskFile file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers);

    /// <summary>Reads at an offset; <paramref name="found"/> is less than asked for only at the end of the file.</summary>
    DiskOutcome Read(DiskFile file, long offset, Span<byte> into, out int found);

    /// <summary>Makes every write to a file durable.</summary>
    DiskOutcome Flush(DiskFile file);

    /// <summary>Deletes a file, durably. Done also when there is none.</summary>
    DiskOutcome Drop(DiskFile file);

    /// <summary>Lists the files: for each, kind (1 byte), number and length (8 bytes each, little-endian).</summary>
    DiskOutcome List(Arena into);
}
