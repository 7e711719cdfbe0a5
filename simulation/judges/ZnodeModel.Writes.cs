using System.Globalization;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>Clients' writes. The order of the checks in each is the protocol's (semantics reference §9).</summary>
internal sealed partial class ZnodeModel
{
    private const long TtlMax = (1L << 40) - 1;

    private Undo? _undo;   // while a multi is under way

    /// <summary>Who asks, and under which number and time.</summary>
    private readonly record struct Asker(CanonEntry Entry, Zxid Zxid, bool InMulti)
    {
        public bool Has(Rules rule) => (Entry.Rules & rule) != 0;

        public bool May(Znode znode, Permissions permission) =>
            AccessRules.Allows(znode.Acl, permission, Entry.Proofs, Has(Rules.SkipAcl));
    }

    private sealed class Undo
    {
        public List<(string Path, Version<Znode>? Before)> Znodes { get; } = [];
        public List<(SessionId Id, Version<ModelSession>? Before)> Sessions { get; } = [];
        public required int Facts { get; init; }
    }

    /// <summary>All or nothing; where one fails, the results are errors only, and the header says Ok (protocol reference §8.3).</summary>
    private Answer PerformAll(in Asker asker, Request.Multi multi)
    {
        if (multi.Parts.Count > _level.MultiOperations)
            return new(ErrorCode.MarshallingError, asker.Zxid);
        var zxid = asker.Zxid;
        _undo = new() { Facts = _facts.Count };
        var results = new List<Answer>(multi.Parts.Count);
        foreach (var part in multi.Parts)
        {
            results.Add(Perform(asker, part));
            if (results[^1].Error != ErrorCode.Ok)
                break;
        }
        if (results.Count > 0 && results[^1].Error != ErrorCode.Ok)
        {
            TakeBack(_undo);
            results = [.. multi.Parts.Select((_, i) => new Answer(
                i < results.Count - 1 ? ErrorCode.Ok : i > results.Count - 1 ? ErrorCode.RuntimeInconsistency : results[i].Error, zxid))];
        }
        _undo = null;
        return new(ErrorCode.Ok, asker.Zxid) { Parts = results };
    }

    private void TakeBack(Undo undo)
    {
        _undo = null;
        foreach (var (path, before) in Enumerable.Reverse(undo.Znodes))
        {
            Weigh(path, Current(path), -1);
            Weigh(path, before?.Value, +1);
            Restore(_znodes, path, before);
        }
        foreach (var (id, before) in Enumerable.Reverse(undo.Sessions))
            Restore(_sessions, id, before);
        _facts.RemoveRange(undo.Facts, _facts.Count - undo.Facts);
    }

    private static void Restore<TKey, T>(Dictionary<TKey, Version<T>> into, TKey key, Version<T>? before) where TKey : notnull where T : class
    {
        if (before is null)
            into.Remove(key);
        else
            into[key] = before;
    }

    private Answer Perform(in Asker asker, Request request) => request switch
    {
        Request.Create create => Create(asker, create),
        Request.Delete delete => Delete(asker, delete),
        Request.DeleteContainer delete => DeleteContainer(asker, delete),
        Request.SetData set => SetData(asker, set),
        Request.SetAcl set => SetAcl(asker, set),
        Request.Check check => Check(asker, check),
        _ => new(ErrorCode.MarshallingError, asker.Zxid),
    };

    private Answer Create(in Asker asker, Request.Create request)
    {
        var op = !asker.InMulti ? request.Op : request.Flags switch
        {
            >= 0 and <= 3 => OpCode.Create,   // inside a multi the flags alone decide
            4 => OpCode.CreateContainer,
            _ => request.Op,
        };
        var hasTtl = request.Flags is 5 or 6;
        if (request.Flags is < 0 or > 6)
            return new(ErrorCode.BadArguments, asker.Zxid);
        if (hasTtl && !asker.Has(Rules.ExtendedTypes))
            return new(ErrorCode.Unimplemented, asker.Zxid);
        if (hasTtl != (op == OpCode.CreateTtl) || (hasTtl && request.Ttl is < 1 or > TtlMax))
            return new(ErrorCode.BadArguments, asker.Zxid);
        var kind = op == OpCode.CreateContainer ? ZnodeKind.Container : hasTtl ? ZnodeKind.Ttl
            : request.Flags is 1 or 3 ? ZnodeKind.Ephemeral : ZnodeKind.Persistent;
        if (!PathRules.HasForm(request.Path))
            return new(ErrorCode.BadArguments, asker.Zxid);
        if (AccessRules.Stored(request.Acl, asker.Entry.Proofs, asker.Entry.Rules) is not { } acl)
            return new(ErrorCode.InvalidAcl, asker.Zxid);
        var above = PathRules.Parent(request.Path);
        if (Current(above) is not { } parent)
            return new(ErrorCode.NoNode, asker.Zxid);
        if (!asker.May(parent, Permissions.Create))
            return new(ErrorCode.NoAuth, asker.Zxid);
        var isSequential = request.Flags is 2 or 3 or 6;
        var path = isSequential ? request.Path + parent.Creates.ToString(parent.Creates < 0 ? "D9" : "D10", CultureInfo.InvariantCulture)
            : request.Path;
        if (!PathRules.IsValid(path))
            return new(ErrorCode.BadArguments, asker.Zxid);
        if (Current(path) is not null)
            return new(ErrorCode.NodeExists, asker.Zxid);
        if (parent.Kind == ZnodeKind.Ephemeral)
            return new(ErrorCode.NoChildrenForEphemerals, asker.Zxid);
        if (!Fits(asker, path, request.Data?.Length ?? 0, kind))
            return new(ErrorCode.QuotaExceeded, asker.Zxid);

        var znode = new Znode
        {
            Data = request.Data,
            Acl = acl,
            Kind = kind,
            Owner = kind == ZnodeKind.Ephemeral ? asker.Entry.Session : SessionId.None,
            Ttl = kind == ZnodeKind.Ttl ? request.Ttl : 0,
            Czxid = asker.Zxid,
            Mzxid = asker.Zxid,
            Pzxid = asker.Zxid,
            Ctime = asker.Entry.Time.Milliseconds,
            Mtime = asker.Entry.Time.Milliseconds,
        };
        Put(path, znode);
        Put(above, parent with { Creates = parent.Creates + 1, Pzxid = asker.Zxid, Children = parent.Children.Add(PathRules.Name(path)) });
        if (kind == ZnodeKind.Ephemeral && Current(asker.Entry.Session) is { } session)
            Put(asker.Entry.Session, session with { Ephemerals = session.Ephemerals.Add(path) });
        _facts.Add(new(FactKind.Created, path, asker.Zxid, acl, parent.Acl));
        var showsStat = asker.InMulti ? kind is ZnodeKind.Container or ZnodeKind.Ttl : op != OpCode.Create;
        return new(ErrorCode.Ok, asker.Zxid) { Path = path, Stat = showsStat ? znode.Stat : null };
    }

    private bool Fits(in Asker asker, string path, int length, ZnodeKind kind) =>
        _count < _level.Znodes && _bytes + Utf8(path) + length <= _level.BlobBytes
        && (kind != ZnodeKind.Ephemeral || Current(asker.Entry.Session)!.Ephemerals.Count < _level.EphemeralsPerSession);

    private Answer Delete(in Asker asker, Request.Delete request)
    {
        if (!PathRules.HasForm(request.Path) || PathRules.IsReserved(request.Path))
            return new(ErrorCode.BadArguments, asker.Zxid);
        if (Current(PathRules.Parent(request.Path)) is not { } parent)
            return new(ErrorCode.NoNode, asker.Zxid);
        if (!asker.May(parent, Permissions.Delete))
            return new(ErrorCode.NoAuth, asker.Zxid);
        if (Current(request.Path) is not { } znode)
            return new(ErrorCode.NoNode, asker.Zxid);
        if (!Matches(request.Version, znode.Version))
            return new(ErrorCode.BadVersion, asker.Zxid);
        if (znode.Children.Count > 0)
            return new(ErrorCode.NotEmpty, asker.Zxid);
        Remove(request.Path, asker.Zxid);
        return new(ErrorCode.Ok, asker.Zxid);
    }

    private Answer DeleteContainer(in Asker asker, Request.DeleteContainer request)
    {
        if (!PathRules.HasForm(request.Path) || PathRules.IsReserved(request.Path))
            return new(ErrorCode.BadArguments, asker.Zxid);
        if (Current(request.Path) is not { } znode)
            return new(ErrorCode.NoNode, asker.Zxid);
        if (!asker.May(Current(PathRules.Parent(request.Path))!, Permissions.Delete))
            return new(ErrorCode.NoAuth, asker.Zxid);
        if (znode.Children.Count > 0)
            return new(ErrorCode.NotEmpty, asker.Zxid);
        if (znode.Kind is not (ZnodeKind.Container or ZnodeKind.Ttl))
            return new(ErrorCode.BadVersion, asker.Zxid);
        Remove(request.Path, asker.Zxid);
        return new(ErrorCode.Ok, asker.Zxid);
    }

    private Answer SetData(in Asker asker, Request.SetData request)
    {
        if (!PathRules.IsValid(request.Path))
            return new(ErrorCode.BadArguments, asker.Zxid);
        if (Current(request.Path) is not { } znode)
            return new(ErrorCode.NoNode, asker.Zxid);
        if (!asker.May(znode, Permissions.Write))
            return new(ErrorCode.NoAuth, asker.Zxid);
        var growth = (request.Data?.Length ?? 0) - znode.DataLength;
        if (growth > 0 && _bytes + growth > _level.BlobBytes)
            return new(ErrorCode.QuotaExceeded, asker.Zxid);
        if (!Matches(request.Version, znode.Version))
            return new(ErrorCode.BadVersion, asker.Zxid);
        var set = znode with
        {
            Data = request.Data,
            Version = unchecked(znode.Version + 1),
            Mzxid = asker.Zxid,
            Mtime = asker.Entry.Time.Milliseconds,
        };
        Put(request.Path, set);
        _facts.Add(new(FactKind.DataSet, request.Path, asker.Zxid, znode.Acl, Acl.Open));
        return new(ErrorCode.Ok, asker.Zxid) { Stat = set.Stat };
    }

    private Answer SetAcl(in Asker asker, Request.SetAcl request)
    {
        if (!PathRules.IsValid(request.Path))
            return new(ErrorCode.BadArguments, asker.Zxid);
        if (AccessRules.Stored(request.Acl, asker.Entry.Proofs, asker.Entry.Rules) is not { } acl)
            return new(ErrorCode.InvalidAcl, asker.Zxid);
        if (Current(request.Path) is not { } znode)
            return new(ErrorCode.NoNode, asker.Zxid);
        if (!asker.May(znode, Permissions.Admin))
            return new(ErrorCode.NoAuth, asker.Zxid);
        if (!Matches(request.Version, znode.Aversion))
            return new(ErrorCode.BadVersion, asker.Zxid);
        var set = znode with { Acl = acl, Aversion = unchecked(znode.Aversion + 1) };
        Put(request.Path, set);
        return new(ErrorCode.Ok, asker.Zxid) { Stat = set.Stat };
    }

    private Answer Check(in Asker asker, Request.Check request)
    {
        if (!PathRules.IsValid(request.Path))
            return new(ErrorCode.BadArguments, asker.Zxid);
        if (Current(request.Path) is not { } znode)
            return new(ErrorCode.NoNode, asker.Zxid);
        if (!asker.May(znode, Permissions.Read))
            return new(ErrorCode.NoAuth, asker.Zxid);
        return new(Matches(request.Version, znode.Version) ? ErrorCode.Ok : ErrorCode.BadVersion, asker.Zxid);
    }

    private void Remove(string path, Zxid zxid)
    {
        var above = PathRules.Parent(path);
        var (znode, parent) = (Current(path)!, Current(above)!);
        Put(path, null);
        Put(above, parent with { Pzxid = zxid, Children = parent.Children.Remove(PathRules.Name(path)) });
        if (znode.Owner != SessionId.None && Current(znode.Owner) is { } owner)
            Put(znode.Owner, owner with { Ephemerals = owner.Ephemerals.Remove(path) });
        _facts.Add(new(FactKind.Deleted, path, zxid, znode.Acl, parent.Acl));
    }

    /// <summary>−1 matches anything, every other value only itself.</summary>
    private static bool Matches(int wanted, int version) => wanted == -1 || wanted == version;
}
