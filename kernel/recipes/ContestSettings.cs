using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>In which queue to stand, and how; fixed for as long as a contest lasts.</summary>
public sealed record ContestSettings
{
    /// <summary>The znode below which the queue is, in UTF-8, with the chroot; never the root. It is made if need be.</summary>
    public required ReadOnlyMemory<byte> Path { get; init; }

    /// <summary>Who waits for whom.</summary>
    public required Discipline Discipline { get; init; }

    /// <summary>What one's own znode says, for others to read: who stands there.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>
    /// The access control list of what is made, encoded; empty for <see cref="AclList.Open"/>. Whoever stands in the queue must be able to
    /// read it.
    /// </summary>
    public ReadOnlyMemory<byte> Acl { get; init; }

    /// <summary>When to give up if it has not been one's turn by then.</summary>
    public Instant WaitUntil { get; init; } = Instant.Never;
}
