using Quorate.Kernel.Machines;
using Quorate.Kernel.Trees;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// setWatches and setWatches2: a client that reconnected says what it watched and how far it had seen; what it missed is told at once,
/// the rest is armed. Protocol reference §12.
/// </summary>
/// <remarks>Catch-up events carry the zxid −1 and are not filtered by permission, as in ZooKeeper; the watches armed here are.</remarks>
internal sealed class WatchReplay(Watches watches, Connections connections, Machine machine)
{
    private static readonly Zxid NoZxid = new(-1);

    /// <summary>Tells and arms, list by list in field order.</summary>
    public ErrorCode Replay(Connection connection, OpCode op, ReadOnlySpan<byte> record, Effects effects)
    {
        var reader = new JuteReader(record);
        var request = SetWatchesRequest.Read(ref reader, op);
        if (reader.Failed)
            return ErrorCode.MarshallingError;
        foreach (var path in request.Data)
            Catch(connection, path, WatchKinds.Data, MissedData(path, request.RelativeZxid), effects);
        foreach (var path in request.Exist)
            Catch(connection, path, WatchKinds.Data, Exists(path) ? WatchEvent.NodeCreated : null, effects);
        foreach (var path in request.Child)
            Catch(connection, path, WatchKinds.Child, MissedChildren(path, request.RelativeZxid), effects);
        foreach (var path in request.Persistent)
            Catch(connection, path, WatchKinds.Persistent, null, effects);
        foreach (var path in request.Recursive)
            Catch(connection, path, WatchKinds.Recursive, null, effects);
        return ErrorCode.Ok;
    }

    private void Catch(Connection connection, ReadOnlySpan<byte> path, WatchKinds kind, WatchEvent? missed, Effects effects)
    {
        if (connection.IsGone)
            return;
        if (missed is null)
        {
            watches.Arm(connection, path, kind, effects);
            return;
        }
        var start = effects.Arena.Length;
        Notification.Write(effects.Writer, missed.Value, path, NoZxid);
        connections.Reply(connection, start, effects);
    }

    private bool Exists(ReadOnlySpan<byte> path) => machine.Tree.Find(path) != Tree.None;

    private WatchEvent? MissedData(ReadOnlySpan<byte> path, Zxid seen)
    {
        var slot = machine.Tree.Find(path);
        if (slot == Tree.None)
            return WatchEvent.NodeDeleted;
        return machine.Tree.MzxidOf(slot) > seen ? WatchEvent.NodeDataChanged : null;
    }

    private WatchEvent? MissedChildren(ReadOnlySpan<byte> path, Zxid seen)
    {
        var slot = machine.Tree.Find(path);
        if (slot == Tree.None)
            return WatchEvent.NodeDeleted;
#if MUTANTS
        if (Mutant.Is(Mutants.MissedChildrenUntold))
            return machine.Tree.MzxidOf(slot) > seen ? WatchEvent.NodeChildrenChanged : null;
#endif
        return machine.Tree.PzxidOf(slot) > seen ? WatchEvent.NodeChildrenChanged : null;
    }
}
