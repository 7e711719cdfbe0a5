using Quorate.Kernel.Machines;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// Turns the facts of an applied entry into notifications. They join the connections' output as the entry is applied, so before any reply
/// that could reveal the change: the order that clients rely on follows from one thread appending to one buffer. Protocol reference §11.
/// </summary>
/// <remarks>
/// As in ZooKeeper 3.9: kinds on one path coexist, the header carries the change's zxid, and who may not read the znode is told nothing,
/// though a one-shot watch of his is used up. A connection gets at most one event for each (fact, kind of event), however many of its
/// watches match, and a single NodeDeleted for data and child watches together. A frame is written once and shared by all who get it.
/// </remarks>
internal sealed class Watches(WatchTable table, Connections connections, Machine machine, Settings settings, Limits limits)
{
    private const WatchKinds ForData = WatchKinds.Data | WatchKinds.Persistent | WatchKinds.Recursive;
    private const WatchKinds ForChildren = WatchKinds.Child | WatchKinds.Persistent;

    private readonly record struct Occasion(WatchEvent What, Slice Path, int Acl);

    private ulong _event;
    private Slice _frame;

    /// <summary>Sets a watch; at the bound the connection is hung up instead.</summary>
    public void Arm(Connection connection, ReadOnlySpan<byte> path, WatchKinds kinds, Effects effects)
    {
        if (table.CountOf(connection.Slot) >= limits.WatchesPerConnection && table.KindsOf(connection.Slot, path) == WatchKinds.None)
        {
            connections.Refuse(connection, $"it has {limits.WatchesPerConnection} watches, the limit", effects);
            return;
        }
        table.Arm(connection.Slot, path, kinds);
    }

    /// <summary>Notifies of everything an entry has changed.</summary>
    public void Fire(Changes changes, Effects effects)
    {
        for (var i = 0; i < changes.Count && table.Count > 0; i++)
        {
            ref readonly var change = ref changes[i];
            switch (change.Kind)
            {
                case ChangeKind.Created:
                    Notify(new(WatchEvent.NodeCreated, change.Path, change.Acl), ForData, changes, effects);
                    Notify(new(WatchEvent.NodeChildrenChanged, ParentOf(changes, change), change.ParentAcl), ForChildren, changes, effects);
                    break;
                case ChangeKind.DataSet:
                    Notify(new(WatchEvent.NodeDataChanged, change.Path, change.Acl), ForData, changes, effects);
                    break;
                case ChangeKind.Deleted:
                    Notify(new(WatchEvent.NodeDeleted, change.Path, change.Acl), ForData | ForChildren, changes, effects);
                    Notify(new(WatchEvent.NodeChildrenChanged, ParentOf(changes, change), change.ParentAcl), ForChildren, changes, effects);
                    break;
                default:
                    Invariant.Broken("unknown kind of change");
                    break;
            }
        }
    }

    private void Notify(in Occasion occasion, WatchKinds kinds, Changes changes, Effects effects)
    {
        _event++;
        _frame = default;
        var path = changes.Paths[occasion.Path];
        Notify(occasion, table.FirstOn(path), kinds, changes, effects);
        if ((kinds & WatchKinds.Recursive) == 0)
            return;
        var above = occasion.Path;
        while (table.RecursiveCount > 0 && above.Length > 1)
        {
            above = ParentOf(changes, above);
            Notify(occasion, table.FirstOn(changes.Paths[above]), WatchKinds.Recursive, changes, effects);
        }
    }

    private void Notify(in Occasion occasion, int first, WatchKinds kinds, Changes changes, Effects effects)
    {
        int next;
        for (var watch = first; watch != WatchTable.None; watch = next)
        {
            next = table[watch].NextOfPath;
            var matching = table[watch].Kinds & kinds;
            if (matching == WatchKinds.None)
                continue;
            var connection = connections[table[watch].Connection]!;
            table.Take(watch, matching & WatchKinds.OneShot);
            if (connection.LastEvent == _event)
                continue;
            connection.LastEvent = _event;
            if (MayRead(connection, occasion.Acl))
                connections.Reply(connection, Frame(occasion, changes, effects), effects);
        }
    }

    private Slice Frame(in Occasion occasion, Changes changes, Effects effects)
    {
        if (_frame.Length > 0)
            return _frame;
        var start = effects.Arena.Length;
        Notification.Write(effects.Writer, occasion.What, changes.Paths[occasion.Path], changes.Zxid);
        return _frame = new(start, effects.Arena.Length - start);
    }

    private bool MayRead(Connection connection, int acl) =>
        acl == AclTable.OpenToAll || Access.Allows(machine.Tree.Acls[acl], Permissions.Read, connection.Identities, settings.SkipAcl);

    private static Slice ParentOf(Changes changes, in Change change) => ParentOf(changes, change.Path);

    /// <summary>The parent's path as a part of the path; of a top-level znode it is the root, "/".</summary>
    private static Slice ParentOf(Changes changes, Slice path) =>
        path with { Length = Math.Max(1, ((ReadOnlySpan<byte>)changes.Paths[path]).LastIndexOf((byte)'/')) };
}
