using Quorate.Kernel.Ground;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>Reads at any zxid. Protocol reference §7, order of errors: semantics reference §9.</summary>
internal sealed partial class ZnodeModel
{
    /// <summary>What a read must be answered at a zxid; null when the model has no opinion.</summary>
    /// <param name="request">What is read.</param>
    /// <param name="at">The zxid in the reply's header.</param>
    /// <param name="session">Whose ephemerals a getEphemerals lists.</param>
    /// <param name="proofs">What the connection had proven.</param>
    /// <param name="skipAcl">Whether the servers look at lists of access at all.</param>
    public Answer? Read(Request request, Zxid at, SessionId session, IReadOnlyList<Proof> proofs, bool skipAcl) => request switch
    {
        Request.Sync => new(ErrorCode.Ok, at) { Path = request.Path },
        Request.MultiRead reads => ReadAll(reads, at, proofs, skipAcl),
        Request.Read read => read.Op switch
        {
            OpCode.Exists when read.Path.Contains('\0') => new(ErrorCode.BadArguments, at),
            OpCode.GetEphemerals => Ephemerals(read, at, session),
            _ => PathRules.IsServers(read.Path) ? null : Look(read, at, proofs, skipAcl),
        },
        _ => null,
    };

    private Answer Look(Request.Read read, Zxid at, IReadOnlyList<Proof> proofs, bool skipAcl)
    {
        if (Find(read.Path, at) is not { } znode)
            return new(ErrorCode.NoNode, at);
        var needed = read.Op switch
        {
            OpCode.Exists => Permissions.None,
            OpCode.GetAcl => Permissions.Read | Permissions.Admin,
            _ => Permissions.Read,
        };
        if (needed != Permissions.None && !AccessRules.Allows(znode.Acl, needed, proofs, skipAcl))
            return new(ErrorCode.NoAuth, at);
        return read.Op switch
        {
            OpCode.Exists => new(ErrorCode.Ok, at) { Stat = znode.Stat },
            OpCode.GetData => new(ErrorCode.Ok, at) { Stat = znode.Stat, Data = znode.Data },
            OpCode.GetChildren => new(ErrorCode.Ok, at) { Names = znode.Children },
            OpCode.GetChildren2 => new(ErrorCode.Ok, at) { Stat = znode.Stat, Names = znode.Children },
            OpCode.GetAllChildrenNumber => new(ErrorCode.Ok, at) { Count = Descendants(read.Path, znode, at) },
            OpCode.GetAcl => new(ErrorCode.Ok, at)
            {
                Stat = znode.Stat,
                Acl = AccessRules.Allows(znode.Acl, Permissions.Admin, proofs, skipAcl) ? znode.Acl : AccessRules.Masked(znode.Acl),
            },
            _ => new(ErrorCode.Unimplemented, at),
        };
    }

    private Answer? ReadAll(Request.MultiRead reads, Zxid at, IReadOnlyList<Proof> proofs, bool skipAcl)
    {
        var parts = new List<Answer>(reads.Parts.Count);
        foreach (var read in reads.Parts)
        {
            if (PathRules.IsServers(read.Path))
                return null;
            parts.Add(Look(read, at, proofs, skipAcl));
        }
        return new(ErrorCode.Ok, at) { Parts = parts };
    }

    private Answer Ephemerals(Request.Read read, Zxid at, SessionId session)
    {
        var prefix = string.IsNullOrWhiteSpace(read.Path) ? PathRules.Root : read.Path;
        var all = FindSession(session, at)?.Ephemerals ?? Znode.NoNames;
        return new(ErrorCode.Ok, at) { Names = [.. all.Where(path => path.StartsWith(prefix, StringComparison.Ordinal))] };
    }

    private int Descendants(string path, Znode znode, Zxid at)
    {
        var count = znode.Children.Count;
        foreach (var name in znode.Children)
            if (PathRules.Child(path.Length == 0 ? PathRules.Root : path, name) is var child && Find(child, at) is { } below)
                count += Descendants(child, below, at);
        return count;
    }
}
