using Quorate.Kernel;

namespace Quorate.Hosts.Memory;

/// <summary>How an in-memory server starts.</summary>
public sealed record MemoryOptions
{
    /// <summary>How the server behaves.</summary>
    public Settings Settings { get; init; } = new();

    /// <summary>Its bounds; by default small, so that many fit into one process.</summary>
    public Limits Limits { get; init; } = new() { LogRingBytes = 8 << 20, LogRingEntries = 1 << 12 };

    /// <summary>Feeds all of its chance.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Its clock.</summary>
    public MemoryTime Time { get; init; } = MemoryTime.Real;

    /// <summary>Its disk; an empty one unless a former server's is given.</summary>
    public MemoryDisk Disk { get; init; } = new();

    /// <summary>The disks of several members, by id; those that are not given are empty.</summary>
    public IReadOnlyList<MemoryDisk> Disks { get; init; } = [];

    /// <summary>Observes it.</summary>
    public ITrace Trace { get; init; } = NoTrace.Instance;
}
