using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>What an entry asks the replicated machine to do.</summary>
public enum CommandKind : byte
{
    /// <summary>The opening entry of a term: sets the epoch, restarts the zxid counter. Takes no number itself.</summary>
    Open = 1,
    /// <summary>Sets the bounds that can change outcomes. Takes no zxid.</summary>
    Level = 2,
    /// <summary>Opens a session. Numbered by (member, incarnation, n), not by a session (A4).</summary>
    CreateSession = 3,
    /// <summary>Attaches a session to a connection. Numbered like <see cref="CreateSession"/>; takes no zxid.</summary>
    Attach = 4,
    /// <summary>Ends a session at its owner's request; numbered by the session.</summary>
    CloseSession = 5,
    /// <summary>Ends a session that was silent for too long; proposed by the leader.</summary>
    ExpireSession = 6,
    /// <summary>A client's write: the body is its request record as it came; numbered by the session.</summary>
    Write = 7,
    /// <summary>Deletes an empty container or a stale TTL znode; proposed by the leader. The body is the path.</summary>
    DeleteContainer = 8,
    /// <summary>A session has been silent for a part of its timeout, for leaders to come (design §6.2). The body says how long. Takes no zxid.</summary>
    Silent = 9,
    /// <summary>A session that the log calls silent was heard from. Takes no zxid.</summary>
    Touched = 10,
    /// <summary>
    /// Puts a membership in force, from when it is appended (B9), without a client having asked: the founding one, and what a change ends as.
    /// The machine keeps it for snapshots. Takes no zxid.
    /// </summary>
    Membership = 11,
}

/// <summary>Settings that can change outcomes, stamped into each entry by the leader, so that apply reads none (A7).</summary>
[Flags]
public enum Rules : ushort
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>TTL znodes may be created.</summary>
    ExtendedTypes = 1,
    /// <summary>Hard quotas refuse.</summary>
    EnforceQuota = 2,
    /// <summary>Access control lists are not looked at.</summary>
    SkipAcl = 4,
    /// <summary>reconfig is switched on.</summary>
    Reconfig = 8,
    /// <summary>ACLs may have x509 entries: the server has a secure port.</summary>
    X509 = 16,
}

/// <summary>One life of one member: which disk it was born on, and how often it has started since (A4).</summary>
public readonly record struct Incarnation(ulong Birth, uint Starts);

/// <summary>
/// What an entry asks for, as a view over its bytes. A client's write carries the client's own bytes and what its connection had proven,
/// because access is judged when the entry is applied.
/// </summary>
public readonly ref struct Command
{
    /// <summary>What is asked.</summary>
    public required CommandKind Kind { get; init; }
    /// <summary>Of a <see cref="CommandKind.Write"/>: which one.</summary>
    public OpCode Op { get; init; }
    /// <summary>Stamped by the leader.</summary>
    public Rules Rules { get; init; }
    /// <summary>The member that proposed it.</summary>
    public ServerId Origin { get; init; }
    /// <summary>The session it belongs to or is about.</summary>
    public SessionId Session { get; init; }
    /// <summary>The attachment of the session it was sent on.</summary>
    public uint Attachment { get; init; }
    /// <summary>Its number within the attachment, or within the incarnation for what a member proposes on its own behalf. From 1.</summary>
    public ulong Sequence { get; init; }
    /// <summary>The life of the member that proposed it on its own behalf or for a client; default for what the leader adds.</summary>
    public Incarnation Incarnation { get; init; }
    /// <summary>What its origin calls it until it has seen it applied; counts up within the incarnation. 0 for what the leader adds.</summary>
    public ulong Ticket { get; init; }
    /// <summary>The connection's identities, encoded by <see cref="Wire.Identities"/>.</summary>
    public ReadOnlySpan<byte> Identities { get; init; }
    /// <summary>What it is about, by kind.</summary>
    public ReadOnlySpan<byte> Body { get; init; }
    /// <summary>What the leader has decided about it, encoded by <see cref="Machines.Ruling"/>; empty for all but what concerns membership.</summary>
    public ReadOnlySpan<byte> Ruling { get; init; }
}
