using System.Runtime.InteropServices;

namespace Quorate.Kernel.Trees;

/// <summary>One slot of the tree: a znode's stored Stat, its links to other slots and where its path and data lie. 120 bytes.</summary>
/// <remarks>
/// Everything is by value or by number: a million znodes are a thousand arrays without references, which the garbage collector does
/// not look into. What only few znodes need (ephemeral lists, upkeep, the snapshot's visits) is kept beside the slots, not in them.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct Znode : IHashed
{
    /// <summary>The value of <see cref="Parent"/> in a slot that is not taken.</summary>
    public const int Free = -2;

    public Zxid Czxid;
    public Zxid Mzxid;
    public Zxid Pzxid;
    public long Ctime;
    public long Mtime;
    /// <summary>Stored form: see <see cref="Owners"/>.</summary>
    public long Owner;
    /// <summary>Ascends among siblings in the order of their creation.</summary>
    public long Ordinal;
    public int Version;
    /// <summary>Persisted form: how many children were ever created.</summary>
    public int Cversion;
    public int Aversion;
    public int Acl;
    public int Parent;
    /// <summary>The oldest child. In an ephemeral, which cannot have children, its place in <see cref="Ephemerals"/>.</summary>
    public int FirstChild;
    public int LastChild;
    public int PreviousSibling;
    public int NextSibling;
    public int ChildCount;
    /// <summary>The whole path; empty for the root.</summary>
    public Blob Path;
    public Blob Data;
    public uint Hash;
    public int Next;

    readonly uint IHashed.Hash => Hash;

    int ISlot.Next { readonly get => Next; set => Next = value; }

    public readonly bool IsFree => Parent == Free;

    /// <summary>The session it lives and dies with, or none.</summary>
    public readonly SessionId EphemeralOwner => Owners.Session(Owner);

    public readonly bool IsEphemeral => EphemeralOwner != SessionId.None;
}
