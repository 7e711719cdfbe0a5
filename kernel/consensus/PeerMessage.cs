namespace Quorate.Kernel.Consensus;

/// <summary>What a frame between members says. The numbers are on the wire.</summary>
internal enum PeerKind : byte
{
    /// <summary>Would you vote for me? Changes nothing at anybody (thesis §9.6).</summary>
    PreVote = 1,
    PreVoteAnswer = 2,
    /// <summary>Vote for me.</summary>
    Vote = 3,
    VoteAnswer = 4,
    /// <summary>Entries of the leader's log, or none: then it only asks whether the logs agree at a place.</summary>
    Append = 5,
    AppendAnswer = 6,
    /// <summary>The leader is alive; so far the log is committed; this round is under way.</summary>
    Heartbeat = 7,
    HeartbeatAnswer = 8,
    /// <summary>Stand for election now, without waiting for the timeout (thesis §3.10).</summary>
    TimeoutNow = 9,
    /// <summary>A majority contradicts your log at an index: stop (B4).</summary>
    Verdict = 10,
    /// <summary>I lost what follows my log; and entries that follow it (A8).</summary>
    Borrow = 11,
    Lent = 12,

    /// <summary>A piece of a snapshot, and what became of it. From here on consensus does not look inside.</summary>
    SnapshotChunk = 32,
    SnapshotAnswer = 33,
    /// <summary>A command on its way to the leader, and the leader's refusal.</summary>
    Forward = 34,
    Refused = 35,
    /// <summary>Touches and syncs that ask to be confirmed, and their confirmation.</summary>
    Claim = 36,
    Confirmed = 37,
    /// <summary>Who I am; the first frame on a link.</summary>
    Greeting = 38,
    /// <summary>To one with an empty disk: take part under this birth, as a guest of the leader's until a reconfig takes you in.</summary>
    Welcome = 39,
}

/// <summary>Under which names a member speaks.</summary>
/// <param name="Ensemble">The ensemble's id, agreed upon when it was founded; 0 before that.</param>
/// <param name="Birth">The id under which the member joined (A14).</param>
internal readonly record struct PeerIdentity(ulong Ensemble, ulong Birth);

/// <summary>One frame between members, as a view over its bytes: <see cref="PeerCodec.TryRead"/> has found it whole.</summary>
internal readonly ref struct PeerMessage
{
    public required PeerKind Kind { get; init; }
    /// <summary>Who sends it.</summary>
    public required PeerIdentity Sender { get; init; }
    /// <summary>The sender's term when it was sent.</summary>
    public required Term Term { get; init; }
    /// <summary>What follows the header; for consensus's own kinds its layout has been checked.</summary>
    public required ReadOnlySpan<byte> Body { get; init; }
}
