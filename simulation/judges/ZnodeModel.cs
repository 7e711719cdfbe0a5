using System.Runtime.InteropServices;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>
/// ZooKeeper as one would write it without a thought for speed or space: dictionaries of immutable values that remember what they were at
/// every zxid. It is given the log's entries in order and says what each must be answered, and what a read must be at any zxid.
/// </summary>
/// <remarks>
/// It knows nothing of members, connections or elections, and shares no code with the kernel's tree and machine. It has no opinion (null)
/// on what servers make themselves: the configuration, and the figures under /zookeeper/quota.
/// </remarks>
internal sealed partial class ZnodeModel
{
    private readonly Dictionary<string, Version<Znode>> _znodes = [];
    private readonly Dictionary<SessionId, Version<ModelSession>> _sessions = [];
    private readonly List<Fact> _facts = [];
    private Level _level = new(int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, long.MaxValue);   // until the log says
    private int _openSessions, _count;
    private long _bytes;

    public ZnodeModel()
    {
        Put(PathRules.Root, new() { Data = [], Children = Znode.NoNames.Add("zookeeper") });
        Put(PathRules.System, new() { Children = Znode.NoNames.Add("config").Add("quota") });
        Put(PathRules.Quota, new());
        Put(PathRules.Config, new() { Aversion = -1, Acl = new([new(Permissions.Read, "world", "anyone")]) });
    }

    /// <summary>The last zxid taken.</summary>
    public Zxid Zxid { get; private set; }

    /// <summary>Everything that transactions did to znodes, in order.</summary>
    public ReadOnlySpan<Fact> Facts => CollectionsMarshal.AsSpan(_facts);

    /// <summary>A znode as it was at a zxid; null when there was none.</summary>
    public Znode? Find(string path, Zxid at) => _znodes.GetValueOrDefault(path.Length == 0 ? PathRules.Root : path).At(at);

    /// <summary>A session as it was at a zxid; null when it was not open.</summary>
    public ModelSession? FindSession(SessionId id, Zxid at) => _sessions.GetValueOrDefault(id).At(at);

    /// <summary>Applies the next entry.</summary>
    /// <returns>What it must be answered; null when that is nothing, or the model has no opinion.</returns>
    public Answer? Apply(CanonEntry entry)
    {
        switch (entry.Kind)
        {
            case CommandKind.Open:
                Zxid = new(entry.Term, 0);
                return null;
            case CommandKind.Level:
                _level = entry.Level;
                return null;
            case CommandKind.CreateSession:
                return entry.Answer is null ? null : Open();
            case CommandKind.Attach:
                if (entry.Answer == ErrorCode.Ok)
                    Attach(entry.Session);
                return null;
            case CommandKind.ExpireSession:
                return Current(entry.Session) is null ? null : Close(entry.Session, Take());
            case CommandKind.DeleteContainer:
                return DeleteContainer(entry.Path, entry.Time, Take());
            case CommandKind.Write or CommandKind.CloseSession:
                return HasTurn(entry, out var refusal) ? Perform(entry, Take()) : refusal;
            default:
                // Bookkeeping of the members: no client sees more of it than the zxid, if it takes one.
                Zxid = entry.Zxid;
                return null;
        }
    }

    private Znode? Current(string path) => _znodes.GetValueOrDefault(path.Length == 0 ? PathRules.Root : path)?.Value;

    private ModelSession? Current(SessionId id) => _sessions.GetValueOrDefault(id)?.Value;

    private Zxid Take() => Zxid = new(Zxid.Epoch, Zxid.Counter + 1);

    private Answer Open()
    {
        var zxid = Take();
        if (_openSessions >= _level.Sessions)
            return new(ErrorCode.SessionExpired, zxid);
        _openSessions++;
        Put(new SessionId(zxid.Value), new ModelSession(1, 1, Znode.NoNames));
        return new(ErrorCode.Ok, zxid);
    }

    private void Attach(SessionId id)
    {
        if (Current(id) is { } session)
            Put(id, session with { Attachment = session.Attachment + 1, NextSequence = 1 });
    }

    /// <summary>The rule of order: an entry is performed if it is the next one of its session's present attachment (design §6.2).</summary>
    private bool HasTurn(CanonEntry entry, out Answer? refusal)
    {
        refusal = null;
        if (Current(entry.Session) is not { } session)
            refusal = new(ErrorCode.SessionExpired, Take());
        else if (entry.Attachment < session.Attachment)
            refusal = new(ErrorCode.SessionMoved, Take());
        else if (entry.Attachment == session.Attachment && entry.Sequence == session.NextSequence)
        {
            Put(entry.Session, session with { NextSequence = session.NextSequence + 1 });
            return true;
        }
        return false;
    }

    private Answer? Perform(CanonEntry entry, Zxid zxid) => entry.Request switch
    {
        Request.Plain { Op: OpCode.CloseSession } => Close(entry.Session, zxid),
        Request.Reconfig => Reconfigure(entry, zxid),
        Request.Multi multi => PerformAll(new(entry, zxid, InMulti: true), multi),
        _ => Perform(new(entry, zxid, InMulti: false), entry.Request!),
    };

    /// <summary>All ephemerals of the session go in the one transaction.</summary>
    private Answer Close(SessionId id, Zxid zxid)
    {
        foreach (var path in Current(id)!.Ephemerals)
            Remove(path, zxid);
        Put(id, null);
        _openSessions--;
        return new(ErrorCode.Ok, zxid);
    }

    private Answer? Reconfigure(CanonEntry entry, Zxid zxid)
    {
        if (entry.Answer == ErrorCode.Ok)
        {
            var config = Current(PathRules.Config)!;
            Put(PathRules.Config, config with { Mzxid = zxid });
            _facts.Add(new(FactKind.DataSet, PathRules.Config, zxid, config.Acl, Acl.Open));
        }
        return null;
    }

    /// <summary>The leader's janitor proposes; whether the znode may still go is decided by the entry's own time.</summary>
    private Answer DeleteContainer(string path, WallTime time, Zxid zxid)
    {
        if (Current(path) is not { } znode)
            return new(ErrorCode.NoNode, zxid);
        var isDue = znode.Kind == ZnodeKind.Container || (znode.Kind == ZnodeKind.Ttl && time.Milliseconds - znode.Mtime > znode.Ttl);
        if (!isDue || znode.Children.Count > 0)
            return new(ErrorCode.NotEmpty, zxid);
        Remove(path, zxid);
        return new(ErrorCode.Ok, zxid);
    }

    private void Put(SessionId id, ModelSession? session)
    {
        _undo?.Sessions.Add((id, _sessions.GetValueOrDefault(id)));
        _sessions[id] = new(Zxid, session, _sessions.GetValueOrDefault(id));
    }

    /// <summary>Every change of a znode goes through here, so that its past and the sums stay right.</summary>
    private void Put(string path, Znode? znode)
    {
        var before = _znodes.GetValueOrDefault(path);
        _undo?.Znodes.Add((path, before));
        Weigh(path, before?.Value, -1);
        Weigh(path, znode, +1);
        _znodes[path] = new(Zxid, znode, before);
    }

    private void Weigh(string path, Znode? znode, int sign)
    {
        if (znode is null)
            return;
        _count += sign;
        _bytes += sign * (Utf8(path) + znode.DataLength);
    }

    private static int Utf8(string path) => System.Text.Encoding.UTF8.GetByteCount(path);
}
