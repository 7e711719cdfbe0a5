using System.Collections.Immutable;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>What kind of znode it is, as far as its end is concerned.</summary>
internal enum ZnodeKind : byte
{
    Persistent,
    Ephemeral,
    Container,
    Ttl,
}

/// <summary>A znode at one moment. Semantics reference §4.</summary>
internal sealed record Znode
{
    public byte[]? Data { get; init; }
    public Acl Acl { get; init; } = Acl.Open;
    public ZnodeKind Kind { get; init; }
    public SessionId Owner { get; init; }
    public long Ttl { get; init; }
    public Zxid Czxid { get; init; }
    public Zxid Mzxid { get; init; }
    public Zxid Pzxid { get; init; }
    public long Ctime { get; init; }
    public long Mtime { get; init; }
    public int Version { get; init; }
    public int Aversion { get; init; }
    /// <summary>How many children were ever created: the number of the next sequential child.</summary>
    public int Creates { get; init; }
    public ImmutableSortedSet<string> Children { get; init; } = NoNames;

    public static readonly ImmutableSortedSet<string> NoNames = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public int DataLength => Data?.Length ?? 0;

    public Stat Stat => new()
    {
        Czxid = Czxid,
        Mzxid = Mzxid,
        Ctime = Ctime,
        Mtime = Mtime,
        Version = Version,
        Cversion = unchecked((2 * Creates) - Children.Count),
        Aversion = Aversion,
        EphemeralOwner = Owner,
        DataLength = DataLength,
        NumChildren = Children.Count,
        Pzxid = Pzxid,
    };
}

/// <summary>A session at one moment: which connection writes in it, what comes next there, and which znodes die with it.</summary>
internal sealed record ModelSession(uint Attachment, ulong NextSequence, ImmutableSortedSet<string> Ephemerals);

/// <summary>What a transaction did to one znode, for those who watch it.</summary>
internal enum FactKind : byte
{
    Created,
    Deleted,
    DataSet,
}

/// <summary>One such fact.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Path">To which znode.</param>
/// <param name="Zxid">In which transaction.</param>
/// <param name="Acl">The znode's list; of a deletion, the one it had.</param>
/// <param name="ParentAcl">The parent's list.</param>
internal readonly record struct Fact(FactKind Kind, string Path, Zxid Zxid, Acl Acl, Acl ParentAcl);
