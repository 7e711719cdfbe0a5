using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Importing;

/// <summary>One znode as ZooKeeper stores it. All numbers are in stored form, not as clients see them (semantics reference §4).</summary>
internal sealed class ImportedNode
{
    /// <summary>The full path in UTF-8; empty for the root.</summary>
    public required ReadOnlyMemory<byte> Path { get; init; }
    /// <summary>The data; empty when null.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }
    /// <summary>Whether the data are null, which is not the same as empty.</summary>
    public bool DataIsNull { get; set; }

    /// <summary>The ACL as its encoded vector, count included.</summary>
    /// <remarks>
    /// Empty while unknown: a snapshot's ACL table is written before its znodes, so a znode may name a list that was not there yet.
    /// The transaction that introduced the list is in the log, and replaying it fills the gap.
    /// </remarks>
    public ReadOnlyMemory<byte> Acl { get; set; }

    /// <summary>The zxid that created it.</summary>
    public required Zxid Czxid { get; init; }
    /// <summary>The zxid that last set its data.</summary>
    public required Zxid Mzxid { get; set; }
    /// <summary>The zxid that last created or deleted a child.</summary>
    public required Zxid Pzxid { get; set; }
    /// <summary>When it was created, in milliseconds since 1970.</summary>
    public required long Ctime { get; init; }
    /// <summary>When its data were last set.</summary>
    public required long Mtime { get; set; }
    /// <summary>How often its data were set.</summary>
    public int Version { get; set; }
    /// <summary>How many children were ever created: the next sequential number.</summary>
    public int Cversion { get; set; }
    /// <summary>How often its ACL was set.</summary>
    public int Aversion { get; set; }
    /// <summary>0, a session, the mark of a container, or a time to live.</summary>
    public required long Owner { get; init; }

    /// <summary>The session that owns it, or none: containers and TTL znodes have no owner.</summary>
    public SessionId Session => Owner == ContainerOwner || (Owner >>> 56) == 0xff ? SessionId.None : new(Owner);

    /// <summary>The stored owner of a container.</summary>
    public const long ContainerOwner = long.MinValue;

    /// <summary>The stored owner of a znode with a time to live.</summary>
    public static long TtlOwner(long milliseconds) => unchecked((long)0xff00000000000000) | milliseconds;

    /// <summary>The ACL for a walk over its entries.</summary>
    public AclList AclList
    {
        get
        {
            var reader = new JuteReader(Acl.Span);
            return AclList.Read(ref reader);
        }
    }

    // Links, owned by ImportedTree: children in the order in which they were added, ephemerals of one session likewise.
    internal ImportedNode? Parent, FirstChild, LastChild, PreviousSibling, NextSibling;
    internal ImportedNode? PreviousOfOwner, NextOfOwner;

    /// <summary>What the znode presently adds to the tree's digest.</summary>
    internal uint Contribution;
}

/// <summary>One session as ZooKeeper stores it.</summary>
internal readonly record struct ImportedSession(SessionId Id, int TimeoutMilliseconds);
