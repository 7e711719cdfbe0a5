using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>What consensus needs of the member it is part of: the log beyond memory, and what lies in entries and state.</summary>
internal interface IReplica
{
    /// <summary>
    /// The entries after a place are about to be taken back: another leader's history goes on from there. They can still be read. The journal
    /// has to be cut there too, and from now on a flush under way attests nothing behind it.
    /// </summary>
    void Truncating(in LogPosition keep);

    /// <summary>The membership that an entry puts in force, or null for all other entries.</summary>
    Membership? MembershipIn(ReadOnlySpan<byte> body);

    /// <summary>How far this member has applied, and the digest of its state there.</summary>
    (LogIndex Applied, Digest Digest) State { get; }

    /// <summary>A follower says the same of itself. Different digests at one index are divergence.</summary>
    void PeerState(ServerId peer, LogIndex applied, Digest digest);

    /// <summary>Whether the journal still has the entry at an index, and what lies before it is known.</summary>
    bool JournalHas(LogIndex index);

    /// <summary>
    /// Read the journal from an index on for a follower that is behind the memory. Ends with <see cref="Raft.CaughtUp"/> or
    /// <see cref="Raft.CatchUpFailed"/>.
    /// </summary>
    void ReadJournal(ServerId to, LogIndex from);

    /// <summary>Send a follower a snapshot. Ends with <see cref="Raft.SnapshotDone"/> or <see cref="Raft.CatchUpFailed"/>.</summary>
    void SendSnapshot(ServerId to);
}
