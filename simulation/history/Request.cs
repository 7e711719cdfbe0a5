using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;

namespace Quorate.Simulation.Histories;

/// <summary>
/// What a client asked for, as a value. One kind for each shape of request; the operation code tells kinds of one shape apart.
/// </summary>
/// <param name="Op">Which request.</param>
/// <param name="Path">The path it is about; empty when it has none.</param>
/// <remarks>A record's own equality compares arrays by reference; <see cref="IsSame"/> compares what would be sent.</remarks>
internal abstract record Request(OpCode Op, string Path)
{
    /// <summary>create, create2, createContainer, createTTL. <paramref name="Ttl"/> is −1 unless it is createTTL.</summary>
    public sealed record Create(OpCode Op, string Path, byte[]? Data, Acl? Acl, int Flags = 0, long Ttl = -1) : Request(Op, Path);

    /// <summary>delete.</summary>
    public sealed record Delete(string Path, int Version = -1) : Request(OpCode.Delete, Path);

    /// <summary>deleteContainer, as a client may send it.</summary>
    public sealed record DeleteContainer(string Path) : Request(OpCode.DeleteContainer, Path);

    /// <summary>setData.</summary>
    public sealed record SetData(string Path, byte[]? Data, int Version = -1) : Request(OpCode.SetData, Path);

    /// <summary>setACL.</summary>
    public sealed record SetAcl(string Path, Acl? Acl, int Version = -1) : Request(OpCode.SetAcl, Path);

    /// <summary>check, alone or in a multi.</summary>
    public sealed record Check(string Path, int Version) : Request(OpCode.Check, Path);

    /// <summary>multi.</summary>
    public sealed record Multi(IReadOnlyList<Request> Parts) : Request(OpCode.Multi, "");

    /// <summary>exists, getData, getChildren, getChildren2, getACL, getAllChildrenNumber, getEphemerals (the path is the prefix).</summary>
    public sealed record Read(OpCode Op, string Path, bool Watch = false) : Request(Op, Path);

    /// <summary>multiRead; its parts are getData and getChildren.</summary>
    public sealed record MultiRead(IReadOnlyList<Read> Parts) : Request(OpCode.MultiRead, "");

    /// <summary>sync.</summary>
    public sealed record Sync(string Path) : Request(OpCode.Sync, Path);

    /// <summary>addWatch.</summary>
    public sealed record AddWatch(string Path, bool Recursive) : Request(OpCode.AddWatch, Path);

    /// <summary>
    /// removeWatches and checkWatches, with a watcher type of the protocol (1 child, 2 data, 3 any, 4 persistent, 5 recursive).
    /// </summary>
    public sealed record Watches(OpCode Op, string Path, int Type) : Request(Op, Path);

    /// <summary>setWatches and setWatches2, which the client's session machine sends after a reattach.</summary>
    public sealed record SetWatches(
        OpCode Op, Zxid Seen, IReadOnlyList<string> Data, IReadOnlyList<string> Exist, IReadOnlyList<string> Child,
        IReadOnlyList<string> Persistent, IReadOnlyList<string> Recursive) : Request(Op, "");

    /// <summary>auth. An identity of the connection from its reply on.</summary>
    public sealed record Auth(string Scheme, byte[] Credentials) : Request(OpCode.Auth, "");

    /// <summary>reconfig.</summary>
    public sealed record Reconfig(string? Joining, string? Leaving, string? Members, long Version) : Request(OpCode.Reconfig, "");

    /// <summary>What has nothing to say but its code: ping, closeSession, whoAmI.</summary>
    public sealed record Plain(OpCode Op) : Request(Op, "");

    /// <summary>A record that cannot be decoded, or of a kind that this list does not know.</summary>
    public sealed record Malformed(OpCode Op) : Request(Op, "");

    /// <summary>Whether it goes through the log and, once it has its turn, takes a zxid even when it fails.</summary>
    public bool IsWrite => Op is OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl or OpCode.Delete
        or OpCode.DeleteContainer or OpCode.SetData or OpCode.SetAcl or OpCode.Check or OpCode.Multi or OpCode.Reconfig or OpCode.CloseSession;

    /// <summary>Whether both would be sent as the same record.</summary>
    public bool IsSame(Request other) => Op == other.Op && (this, other) switch
    {
        (Create a, Create b) => a.Path == b.Path && Same(a.Data, b.Data) && a.Acl == b.Acl && a.Flags == b.Flags && a.Ttl == b.Ttl,
        (SetData a, SetData b) => a.Path == b.Path && Same(a.Data, b.Data) && a.Version == b.Version,
        (Multi a, Multi b) => a.Parts.Count == b.Parts.Count && a.Parts.Zip(b.Parts).All(pair => pair.First.IsSame(pair.Second)),
        _ => Equals(other),
    };

    private static bool Same(byte[]? a, byte[]? b) => (a is null) == (b is null) && a.AsSpan().SequenceEqual(b);

    /// <summary>The operation and its path, for people.</summary>
    public sealed override string ToString() => this switch
    {
        Multi multi => $"Multi[{string.Join("; ", multi.Parts)}]",
        MultiRead reads => $"MultiRead[{string.Join("; ", reads.Parts)}]",
        _ => Path.Length > 0 ? $"{Op} {Path}" : Op.ToString(),
    };
}
