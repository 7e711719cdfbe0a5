namespace Quorate.Simulation.Disks;

/// <summary>How fast the members' disks are.</summary>
public sealed record DiskPlan
{
    /// <summary>What a write or read takes at least.</summary>
    public TimeSpan Access { get; init; } = TimeSpan.FromMicroseconds(20);

    /// <summary>What a flush takes at least.</summary>
    public TimeSpan Flush { get; init; } = TimeSpan.FromMicroseconds(200);

    /// <summary>The mean of what comes on top of either.</summary>
    public TimeSpan Tail { get; init; } = TimeSpan.FromMicroseconds(100);

    /// <summary>How many of a million requests stall.</summary>
    public int Stalls { get; init; } = 200;

    /// <summary>The mean time of a stall.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How many bytes it moves in a second.</summary>
    public long BytesPerSecond { get; init; } = 200_000_000;
}
