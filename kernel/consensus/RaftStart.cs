using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>What a member goes on from after a start; the log has been filled already.</summary>
internal readonly record struct RaftStart
{
    /// <summary>Under which names it speaks.</summary>
    public required PeerIdentity Identity { get; init; }

    /// <summary>The membership in force at <see cref="Applied"/>. What later entries in the log say is read from them.</summary>
    public required Membership Membership { get; init; }

    public required Term Term { get; init; }

    public required ServerId VotedFor { get; init; }

    /// <summary>The last entry applied; everything behind it is in the log.</summary>
    public required LogIndex Applied { get; init; }

    /// <summary>What it may have lost.</summary>
    public Convalescence Convalescence { get; init; }
}
