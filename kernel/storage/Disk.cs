namespace Quorate.Kernel.Storage;

/// <summary>The kinds of file a member keeps. Hosts map them to names; the kernel owns every byte inside.</summary>
public enum DiskFileKind : byte
{
    /// <summary>Term, vote, identity, snapshot pointer: one file of two slots.</summary>
    Superblock = 1,
    /// <summary>A second witness of the last flushed index: one small file.</summary>
    TailMark = 2,
    /// <summary>A segment of the log, numbered from 1.</summary>
    Journal = 3,
    /// <summary>A snapshot, numbered by the generation that wrote it.</summary>
    Snapshot = 4,
}

/// <summary>A file. The number is 0 for the kinds of which there is only one.</summary>
public readonly record struct DiskFile(DiskFileKind Kind, ulong Number);

/// <summary>A span of bytes in a file.</summary>
public readonly record struct DiskPlace(DiskFile File, long Offset, int Length);

/// <summary>Names one disk request; its completion carries the same ticket. Never reused while a server runs.</summary>
public readonly record struct DiskTicket(ulong Value);

/// <summary>How a disk request ended.</summary>
public enum DiskOutcome : byte
{
    /// <summary>Done. A read past the end of the file is done with fewer bytes.</summary>
    Done,
    /// <summary>The file does not exist; only reads end so.</summary>
    Missing,
    /// <summary>No space is left on the device.</summary>
    Full,
    /// <summary>The device failed. What a failed write or flush left behind is unknown.</summary>
    Failed,
}
