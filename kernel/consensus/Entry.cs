namespace Quorate.Kernel.Consensus;

/// <summary>One entry of the log, as a view over the ring it lies in. Its body is an encoded command; consensus does not look inside.</summary>
internal readonly ref struct Entry
{
    public required LogIndex Index { get; init; }
    public required Term Term { get; init; }
    public required WallTime Time { get; init; }
    /// <summary>The chained checksum after this entry.</summary>
    public required ulong Chain { get; init; }
    public required ReadOnlySpan<byte> Body { get; init; }
}
