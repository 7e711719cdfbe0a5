using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>Deleting empty containers and stale TTL znodes.</summary>
internal sealed partial class Machine
{
    /// <summary>
    /// The leader's janitor found a candidate; whether it may still go is decided here, by the entry's own time. The body is the path.
    /// </summary>
    private Outcome DeleteContainer(WallTime time, ReadOnlySpan<byte> path, Changes changes)
    {
        var slot = Tree.Find(path);
        var zxid = TakeZxid();
        if (slot == Tree.None)
            return new(Verdict.Applied, ErrorCode.NoNode, zxid, SessionId.None, 0, default);
        if (!Upkeep.MayDelete(Tree, slot, time))
            return new(Verdict.Applied, ErrorCode.NotEmpty, zxid, SessionId.None, 0, default);
        Tree.Begin();
        Remove(slot, zxid, changes);
        Tree.Commit();
        return new(Verdict.Applied, ErrorCode.Ok, zxid, SessionId.None, 0, default);
    }

    /// <summary>
    /// A client may ask for the same. The server's own rule ignores ACLs; here DELETE on the parent is demanded as for any other delete, and
    /// only containers and TTL znodes can go this way.
    /// </summary>
    private ErrorCode DeleteContainer(in Asker asker, scoped ref JuteReader reader, Changes changes)
    {
        var request = PathRequest.Read(ref reader);
        if (reader.Failed || request.PathIsNull)
            return ErrorCode.MarshallingError;
        if (!Paths.MayBeDeleted(request.Path))
            return ErrorCode.BadArguments;
        var slot = Tree.Find(request.Path);
        if (slot == Tree.None)
            return ErrorCode.NoNode;
        if (!Allowed(asker, Tree.ParentOf(slot), Permissions.Delete))
            return ErrorCode.NoAuth;
        if (Tree.ChildCountOf(slot) > 0)
            return ErrorCode.NotEmpty;
        var owner = Tree.OwnerOf(slot);
        if (owner != Owners.Container && !Owners.IsTtl(owner))
            return ErrorCode.BadVersion;
        Remove(slot, asker.Zxid, changes);
        return ErrorCode.Ok;
    }
}
