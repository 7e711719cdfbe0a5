using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>
/// Each arming yields exactly one event, for the first change in the canonical sequence that qualifies, and it comes before any reply at or
/// past that change on the connection, unless the connection broke. What was armed lives on in the next connection of the session.
/// </summary>
/// <remarks>
/// A server's watch table is a function of the sequence and of the requests of one connection, so the judge keeps one for each connection
/// and runs the sequence past it: a reply at a zxid is the moment by which everything up to it must have been told. Protocol reference §11,
/// §12. A setWatches must name exactly what is inherited, and what it catches up on is judged by what the session had seen, not by what the
/// client says it had. Events about /zookeeper/config are not judged.
/// </remarks>
internal sealed class WatchOrder(Canon canon, bool skipAcl = false) : CanonJudge(canon)
{
    /// <summary>
    /// An event that must come, and the one-shot watches that it uses up. It may come or not if it hangs on an identity that was added in
    /// between: the answer to an auth packet has no zxid, so nobody outside knows on which side of the change it took effect.
    /// </summary>
    private readonly record struct Due(Zxid Zxid, WatchEvent What, string Path, WatchModel.Kinds Used, bool IsOpen = false);

    private sealed class Ear
    {
        public required SessionId Session { get; init; }
        public required int Ordinal { get; init; }
        public WatchModel Table { get; } = new();
        /// <summary>One-shot watches used up by events that were not told, so that the client goes on believing in them.</summary>
        public WatchModel Silent { get; } = new();
        public List<Due> Owed { get; } = [];
        public List<WatchSeen> CaughtUp { get; } = [];
        /// <summary>How far the sequence has been run past the table.</summary>
        public int Facts { get; set; }
        /// <summary>How many identities were proven when the sequence was last run.</summary>
        public int Proven { get; set; }
        /// <summary>What the session's earlier connections had armed and no setWatches has named yet.</summary>
        public WatchModel Inherited { get; } = new();
        /// <summary>The last reply by which all that was armed had been told.</summary>
        public Zxid Seen { get; set; }
    }

    private readonly Dictionary<int, Ear> _ears = [];   // of each client the present connection
    private readonly Proofs _proofs = new();

    /// <inheritdoc/>
    public override void Returned(Operation operation)
    {
        if (operation.Answer is not { } answer)
            return;
        _proofs.Returned(operation);
        if (answer.Zxid <= Zxid.Zero)
            return;
        var ear = EarOf(operation.Client, operation.Session, operation.Connection);
        Hear(operation.Client, ear, answer.Zxid);
        Untold(ear, ear.Owed.Count);
        if (ear.Owed.Count > 0)
            Accuse($"The reply to {operation} at zxid {answer.Zxid} came before the event {ear.Owed[0].What} {ear.Owed[0].Path} at {ear.Owed[0].Zxid}.");
        if (operation.Request is Request.SetWatches replay && answer.Error == ErrorCode.Ok)
            Replay(ear, operation, replay, answer.Zxid);
        else if (!ear.Inherited.IsEmpty && operation.Request.Op is not OpCode.Ping)
            Accuse($"{operation} was answered, and {Text(ear.Inherited)}, armed on an earlier connection, was in no setWatches.");
        if (ear.CaughtUp.Count > 0)
            Accuse($"{ear.CaughtUp[0]} is not what a setWatches had to catch up on.");
        if (ear.Inherited.IsEmpty)
            ear.Seen = answer.Zxid;
        Arm(ear, operation, answer);
    }

    /// <inheritdoc/>
    public override void Saw(WatchSeen seen)
    {
        if (seen.Path == PathRules.Config)
            return;
        var ear = EarOf(seen.Client, seen.Session, seen.Connection);
        if (seen.Zxid == WatchSeen.CaughtUp)
        {
            ear.CaughtUp.Add(seen);
            return;
        }
        Hear(seen.Client, ear, seen.Zxid);
        // The order among the ephemerals of a closed session is nobody's promise; else events come as the changes did.
        var anyOrder = Canon.Find(seen.Zxid)?.Kind is CommandKind.CloseSession or CommandKind.ExpireSession;
        var at = ear.Owed.FindIndex(due => due.Zxid == seen.Zxid && due.What == seen.What && due.Path == seen.Path);
        at -= Untold(ear, at);
        if (at < 0)
            Accuse($"{seen} answers no watch, or answers it again.");
        else if (at > 0 && !(anyOrder && ear.Owed[0].Zxid == seen.Zxid))
            Accuse($"{seen} came before {ear.Owed[0].What} {ear.Owed[0].Path} at {ear.Owed[0].Zxid}.");
        else
            ear.Owed.RemoveAt(at);
        ear.Silent.Remove(seen.Path, seen.What switch
        {
            WatchEvent.NodeChildrenChanged => WatchModel.Kinds.Child,
            WatchEvent.NodeDeleted => WatchModel.Kinds.OneShot,
            _ => WatchModel.Kinds.Data | WatchModel.Kinds.Exist,
        });
    }

    /// <inheritdoc/>
    public override void Saw(SessionSeen seen)
    {
        if (seen.What == SessionChange.Connected)
            EarOf(seen.Client, seen.Session, seen.Connection);
    }

    /// <summary>The present connection of a client; a new one inherits what its session had armed and not been told of.</summary>
    private Ear EarOf(int client, SessionId session, int ordinal)
    {
        if (_ears.TryGetValue(client, out var ear) && ear.Ordinal == ordinal)
            return ear;
        var old = ear;
        _ears[client] = ear = new() { Session = session, Ordinal = ordinal };
        if (old?.Session != session)
            return ear;
        ear.Seen = old.Seen;
        ear.Inherited.AddAll(old.Inherited);
        ear.Inherited.AddAll(old.Table);
        ear.Inherited.AddAll(old.Silent);
        foreach (var due in old.Owed)   // the connection broke among the events of one transaction: the rest is still to be told
            ear.Inherited.Add(due.Path, due.Used);
        return ear;
    }

    /// <summary>Runs the sequence past the table, up to a zxid.</summary>
    private void Hear(int client, Ear ear, Zxid through)
    {
        var facts = Canon.Model.Facts;
        if (ear.Table.IsEmpty)
        {
            // Nothing armed hears nothing; what is armed next is armed at this zxid.
            for (ear.Facts = facts.Length; ear.Facts > 0 && facts[ear.Facts - 1].Zxid > through;)
                ear.Facts--;
            ear.Proven = _proofs.Of(client, ear.Ordinal).Count;
            return;
        }
        for (; ear.Facts < facts.Length && facts[ear.Facts].Zxid <= through; ear.Facts++)
        {
            ref readonly var fact = ref facts[ear.Facts];
            if (fact.Path == PathRules.Config)
                continue;
            var (what, kinds) = fact.Kind switch
            {
                FactKind.Created => (WatchEvent.NodeCreated, WatchModel.Kinds.ForData),
                FactKind.DataSet => (WatchEvent.NodeDataChanged, WatchModel.Kinds.ForData),
                _ => (WatchEvent.NodeDeleted, WatchModel.Kinds.ForData | WatchModel.Kinds.ForChildren),
            };
            Tell(client, ear, new(fact.Zxid, what, fact.Path, default), kinds, fact.Acl);
            if (fact.Kind != FactKind.DataSet)
                Tell(client, ear, new(fact.Zxid, WatchEvent.NodeChildrenChanged, PathRules.Parent(fact.Path), default),
                    WatchModel.Kinds.ForChildren, fact.ParentAcl);
        }
        ear.Proven = _proofs.Of(client, ear.Ordinal).Count;
    }

    /// <summary>
    /// Of the first so many events owed, those that were open and did not come are as if nobody had been allowed to see them.
    /// </summary>
    /// <returns>How many they were.</returns>
    private static int Untold(Ear ear, int first)
    {
        var untold = 0;
        for (var i = 0; i < first - untold;)
            if (ear.Owed[i].IsOpen)
            {
                ear.Silent.Add(ear.Owed[i].Path, ear.Owed[i].Used);
                ear.Owed.RemoveAt(i);
                untold++;
            }
            else
                i++;
        return untold;
    }

    /// <summary>Who may not read is told nothing, though his one-shot watches are used up.</summary>
    private void Tell(int client, Ear ear, in Due due, WatchModel.Kinds kinds, Acl acl)
    {
        if (!ear.Table.Take(due.Path, kinds, out var used))
            return;
        var proofs = _proofs.Of(client, ear.Ordinal);
        if (AccessRules.Allows(acl, Permissions.Read, proofs, skipAcl))
            ear.Owed.Add(
                due with { Used = used, IsOpen = !AccessRules.Allows(acl, Permissions.Read, [.. proofs.Take(ear.Proven)], skipAcl) });
        else
            ear.Silent.Add(due.Path, used);
    }

    /// <summary>Holds a setWatches against what is inherited, and what was caught up on against what had been missed.</summary>
    private void Replay(Ear ear, Operation operation, Request.SetWatches replay, Zxid at)
    {
        foreach (var path in replay.Data)
            Replay(ear, operation, path, WatchModel.Kinds.Data, MissedData(path, ear.Seen, at));
        foreach (var path in replay.Exist)
            Replay(ear, operation, path, WatchModel.Kinds.Exist, Canon.Model.Find(path, at) is null ? null : WatchEvent.NodeCreated);
        foreach (var path in replay.Child)
            Replay(ear, operation, path, WatchModel.Kinds.Child, MissedChildren(path, ear.Seen, at));
        foreach (var path in replay.Persistent)
            Replay(ear, operation, path, WatchModel.Kinds.Persistent, null);
        foreach (var path in replay.Recursive)
            Replay(ear, operation, path, WatchModel.Kinds.Recursive, null);
    }

    private void Replay(Ear ear, Operation operation, string path, WatchModel.Kinds kind, WatchEvent? missed)
    {
        if ((ear.Inherited.On(path) & kind) == 0)
            Accuse($"{operation} names {kind} {path}, which was not armed.");
        ear.Inherited.Remove(path, kind);
        if (missed is null || path == PathRules.Config)
            ear.Table.Add(path, kind);
        else if (ear.CaughtUp.FirstOrDefault() is { } seen && seen.What == missed && seen.Path == path)
            ear.CaughtUp.RemoveAt(0);
        else
            Accuse($"{operation} was answered, and {missed} {path}, missed since zxid {ear.Seen}, was not caught up on.");
    }

    private WatchEvent? MissedData(string path, Zxid seen, Zxid at) => Canon.Model.Find(path, at) switch
    {
        null => WatchEvent.NodeDeleted,
        var znode => znode.Mzxid > seen ? WatchEvent.NodeDataChanged : null,
    };

    private WatchEvent? MissedChildren(string path, Zxid seen, Zxid at) => Canon.Model.Find(path, at) switch
    {
        null => WatchEvent.NodeDeleted,
        var znode => znode.Pzxid > seen ? WatchEvent.NodeChildrenChanged : null,
    };

    /// <summary>What a request does to the table once it is answered; what it says of the table must be so.</summary>
    private void Arm(Ear ear, Operation operation, Answer answer)
    {
        var table = ear.Table;
        var isThere = answer.Error == ErrorCode.Ok;
        switch (operation.Request)
        {
            case Request.Read { Watch: true, Op: OpCode.Exists } exists when isThere || answer.Error == ErrorCode.NoNode:
                table.Add(exists.Path, isThere ? WatchModel.Kinds.Data : WatchModel.Kinds.Exist);
                break;
            case Request.Read { Watch: true, Op: OpCode.GetData } read when isThere:
                table.Add(read.Path, WatchModel.Kinds.Data);
                break;
            case Request.Read { Watch: true, Op: OpCode.GetChildren or OpCode.GetChildren2 } read when isThere:
                table.Add(read.Path, WatchModel.Kinds.Child);
                break;
            case Request.AddWatch add when isThere:
                table.Add(add.Path, add.Recursive ? WatchModel.Kinds.Recursive : WatchModel.Kinds.Persistent);
                break;
            case Request.Watches watches when WatchModel.KindsOf(watches.Type) is var kinds and not WatchModel.Kinds.None:
                if (isThere != ((table.On(watches.Path) & kinds) != 0))
                    Accuse($"{operation} was answered {answer.Error}, and {table.On(watches.Path)} is armed there.");
                if (watches.Op == OpCode.RemoveWatches)
                {
                    table.Remove(watches.Path, kinds);
                    ear.Silent.Remove(watches.Path, kinds);
                }
                break;
        }
    }

    private static string Text(WatchModel table) => string.Join(", ", table.InOrder.Select(watch => $"{watch.Value} {watch.Key}"));
}
