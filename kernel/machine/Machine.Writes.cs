using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Machines;

/// <summary>Clients' writes: create, delete, setData, setACL, check, as single requests and as the operations of a multi.</summary>
/// <remarks>The order of the checks in each operation is the protocol's, pinned by transcripts (semantics reference §9).</remarks>
internal sealed partial class Machine
{
    private readonly Arena _fixed = new(256);    // ACL lists after validation
    private readonly Arena _path = new(256);     // final paths of sequential creates

    /// <summary>Who asks, and under which number and time.</summary>
    private readonly ref struct Asker
    {
        public required SessionId Session { get; init; }
        public required ReadOnlySpan<byte> Identities { get; init; }
        public required Rules Rules { get; init; }
        public required Zxid Zxid { get; init; }
        public required WallTime Time { get; init; }
        public bool InMulti { get; init; }
        public bool Has(Rules rule) => (Rules & rule) != 0;
    }

    private Outcome Write(WallTime time, in Command command, Changes changes, JuteWriter reply)
    {
        var turn = TakeTurn(command, out _);
        if (turn is not null)
            return turn.Value;
        var start = reply.Position;
        var multi = command.Op == OpCode.Multi;
        var asker = new Asker
        {
            Session = command.Session,
            Identities = command.Identities,
            Rules = command.Rules,
            Zxid = TakeZxid(),
            Time = time,
            InMulti = multi,
        };
        var error = multi ? Multi(asker, command.Body, changes, reply)
            : command.Op == OpCode.Reconfig ? Reconfigure(asker, command.Ruling, changes, reply)
            : Single(asker, command.Op, command.Body, changes, reply);
        if (error != ErrorCode.Ok)
            reply.Arena.CutTo(start);
        return new(Verdict.Applied, error, asker.Zxid, command.Session, 0, new(start, reply.Position - start));
    }

    private ErrorCode Single(in Asker asker, OpCode op, ReadOnlySpan<byte> record, Changes changes, JuteWriter reply)
    {
        var reader = new JuteReader(record);
        Tree.Begin();
        var error = Perform(asker, op, ref reader, changes, reply);
        if (error == ErrorCode.Ok)
            Tree.Commit();
        else
            Tree.Rollback();
        return error;
    }

    /// <summary>One operation, judged against the state that the operations before it have left.</summary>
    private ErrorCode Perform(in Asker asker, OpCode op, scoped ref JuteReader reader, Changes changes, JuteWriter reply) => op switch
    {
        OpCode.Create or OpCode.Create2 or OpCode.CreateContainer or OpCode.CreateTtl => Create(asker, op, ref reader, changes, reply),
        OpCode.Delete => Delete(asker, ref reader, changes),
        OpCode.SetData => SetData(asker, ref reader, changes, reply),
        OpCode.SetAcl => SetAcl(asker, ref reader, reply),
        OpCode.Check => Check(asker, ref reader),
        OpCode.DeleteContainer => DeleteContainer(asker, ref reader, changes),
        _ => throw new BrokenInvariantException($"a write of type {op} reached the log"),
    };

    private ErrorCode Create(in Asker asker, OpCode op, scoped ref JuteReader reader, Changes changes, JuteWriter reply)
    {
        var request = CreateRequest.Read(ref reader, op);
        if (reader.Failed || request.PathIsNull)
            return ErrorCode.MarshallingError;
        if (asker.InMulti)
            op = CreateMode.InMulti(op, request.Flags);
        if (CreateMode.Judge(op, request.Flags, request.Ttl, asker.Has(Rules.ExtendedTypes)) is var wrong and not ErrorCode.Ok)
            return wrong;
        var mode = CreateMode.Of(op, request.Flags);
        if (!Paths.MayBeCreated(request.Path))
            return ErrorCode.BadArguments;
        _fixed.Clear();
        if (AclRules.Fix(request.Acl, asker.Identities, asker.Rules, new(_fixed)) is var bad and not ErrorCode.Ok)
            return bad;

        var parent = Tree.Find(Paths.Parent(request.Path));
        if (parent == Tree.None)
            return ErrorCode.NoNode;
        if (!Allowed(asker, parent, Permissions.Create))
            return ErrorCode.NoAuth;
        var path = mode.Sequential ? Numbered(request.Path, Tree.CversionOf(parent)) : request.Path;
#if MUTANTS
        if (mode.Sequential && Mutant.Is(Mutants.SuffixesComeBack))
            path = Numbered(request.Path, Tree.ChildCountOf(parent));
#endif
        if (!Paths.IsValid(path))
            return ErrorCode.BadArguments;
        if (Tree.Find(path) != Tree.None)
            return ErrorCode.NodeExists;
        if (Owners.Session(Tree.OwnerOf(parent)) != SessionId.None)
            return ErrorCode.NoChildrenForEphemerals;
        if (!Fits(asker, path, request.Data.Length, mode.Ephemeral))
            return ErrorCode.QuotaExceeded;

        var owner = mode.Owner(asker.Session, request.Ttl);
        var acl = Tree.Acls.Intern(ReadList(_fixed.Written));
        var parentAcl = Tree.AclOf(parent);
        var slot = Tree.Create(parent, path, request.Data, request.DataIsNull, acl, owner, asker.Zxid, asker.Time.Milliseconds);
        changes.Add(ChangeKind.Created, path, acl, parentAcl);
        ReplyCreated(asker, op, mode, slot, reply);
        return ErrorCode.Ok;
    }

    /// <summary>create answers the path, the others path and Stat; inside a multi only containers and TTL znodes have a Stat (protocol §8.2).</summary>
    private void ReplyCreated(in Asker asker, OpCode op, CreateMode mode, int slot, JuteWriter reply)
    {
        var withStat = asker.InMulti ? mode.Container || mode.Ttl : op != OpCode.Create;
        if (asker.InMulti)
            MultiHeader.Write(reply, withStat ? OpCode.Create2 : OpCode.Create, ErrorCode.Ok);
        reply.Buffer(Tree.PathOf(slot));
        if (withStat)
            Tree.StatOf(slot).Write(reply);
    }

    private bool Fits(in Asker asker, ReadOnlySpan<byte> path, int dataLength, bool ephemeral)
    {
        if (Tree.Count >= _level.Znodes || Tree.Bytes + path.Length + dataLength > _level.BlobBytes)
            return false;
        if (ephemeral && Tree.EphemeralCountOf(asker.Session) >= _level.EphemeralsPerSession)
            return false;
        return !asker.Has(Rules.EnforceQuota) || Tree.Quotas.Allows(path, 1, dataLength);
    }

    private ReadOnlySpan<byte> Numbered(ReadOnlySpan<byte> prefix, int number)
    {
        _path.Clear();
        _path.Append(prefix);
        Paths.AppendSuffix(_path, number);
        return _path.Written;
    }

    private ErrorCode Delete(in Asker asker, scoped ref JuteReader reader, Changes changes)
    {
        var request = PathIntRequest.Read(ref reader);
        if (reader.Failed || request.PathIsNull)
            return ErrorCode.MarshallingError;
        if (!Paths.MayBeDeleted(request.Path))
            return ErrorCode.BadArguments;
        var parent = Tree.Find(Paths.Parent(request.Path));
        if (parent == Tree.None)
            return ErrorCode.NoNode;
        if (!Allowed(asker, parent, Permissions.Delete))
            return ErrorCode.NoAuth;
        var slot = Tree.Find(request.Path);
        if (slot == Tree.None)
            return ErrorCode.NoNode;
        if (!Matches(request.Value, Tree.VersionOf(slot)))
            return ErrorCode.BadVersion;
        if (Tree.ChildCountOf(slot) > 0)
            return ErrorCode.NotEmpty;
        Remove(slot, asker.Zxid, changes);
        return ErrorCode.Ok;
    }

    private ErrorCode SetData(in Asker asker, scoped ref JuteReader reader, Changes changes, JuteWriter reply)
    {
        var request = SetDataRequest.Read(ref reader);
        if (reader.Failed)
            return ErrorCode.MarshallingError;
        if (request.PathIsNull || !Paths.IsValid(request.Path))
            return ErrorCode.BadArguments;
        var slot = Tree.Find(request.Path);
        if (slot == Tree.None)
            return ErrorCode.NoNode;
        if (!Allowed(asker, slot, Permissions.Write))
            return ErrorCode.NoAuth;
        var growth = request.Data.Length - Tree.DataOf(slot, out _).Length;
        if (growth > 0 && Tree.Bytes + growth > _level.BlobBytes)
            return ErrorCode.QuotaExceeded;
        if (growth != 0 && asker.Has(Rules.EnforceQuota) && !Tree.Quotas.Allows(request.Path, 0, growth))
            return ErrorCode.QuotaExceeded;
        if (!Matches(request.Version, Tree.VersionOf(slot)))
            return ErrorCode.BadVersion;
        Tree.SetData(slot, request.Data, request.DataIsNull, asker.Zxid, asker.Time.Milliseconds);
        changes.Add(ChangeKind.DataSet, request.Path, Tree.AclOf(slot), AclTable.OpenToAll);
        if (asker.InMulti)
            MultiHeader.Write(reply, OpCode.SetData, ErrorCode.Ok);
        Tree.StatOf(slot).Write(reply);
        return ErrorCode.Ok;
    }

    private ErrorCode SetAcl(in Asker asker, scoped ref JuteReader reader, JuteWriter reply)
    {
        var request = SetAclRequest.Read(ref reader);
        if (reader.Failed)
            return ErrorCode.MarshallingError;
        if (request.PathIsNull || !Paths.IsValid(request.Path))
            return ErrorCode.BadArguments;
        _fixed.Clear();
        if (AclRules.Fix(request.Acl, asker.Identities, asker.Rules, new(_fixed)) is var bad and not ErrorCode.Ok)
            return bad;
        var slot = Tree.Find(request.Path);
        if (slot == Tree.None)
            return ErrorCode.NoNode;
        if (!Allowed(asker, slot, Permissions.Admin))
            return ErrorCode.NoAuth;
        if (!Matches(request.Version, Tree.AversionOf(slot)))
            return ErrorCode.BadVersion;
        Tree.SetAcl(slot, Tree.Acls.Intern(ReadList(_fixed.Written)));
        Tree.StatOf(slot).Write(reply);
        return ErrorCode.Ok;
    }

    private ErrorCode Check(in Asker asker, scoped ref JuteReader reader)
    {
        var request = PathIntRequest.Read(ref reader);
        if (reader.Failed)
            return ErrorCode.MarshallingError;
        if (request.PathIsNull || !Paths.IsValid(request.Path))
            return ErrorCode.BadArguments;
        var slot = Tree.Find(request.Path);
        if (slot == Tree.None)
            return ErrorCode.NoNode;
        if (!Allowed(asker, slot, Permissions.Read))
            return ErrorCode.NoAuth;
        return Matches(request.Value, Tree.VersionOf(slot)) ? ErrorCode.Ok : ErrorCode.BadVersion;
    }

    private void Remove(int slot, Zxid zxid, Changes changes)
    {
        changes.Add(ChangeKind.Deleted, Tree.PathOf(slot), Tree.AclOf(slot), Tree.AclOf(Tree.ParentOf(slot)));
        Tree.Delete(slot, zxid);
    }

    private bool Allowed(in Asker asker, int slot, Permissions permission) =>
        Access.Allows(Tree.Acls[Tree.AclOf(slot)], permission, asker.Identities, asker.Has(Rules.SkipAcl));

    private static AclList ReadList(ReadOnlySpan<byte> bytes)
    {
        var reader = new JuteReader(bytes);
        return AclList.Read(ref reader);
    }

    /// <summary>−1 matches anything; every other value only itself.</summary>
    private static bool Matches(int wanted, int version) => wanted == -1 || wanted == version;
}
