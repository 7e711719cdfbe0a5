using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// The requests that look at or change the watch table: they are no pure reads, so they are executed one after another in read order when
/// the answers of a batch are joined (A13), never on the threads that answer reads.
/// </summary>
internal sealed class WatchRequests(Watches watches, WatchTable table, WatchReplay replay, Connections connections, Machine machine)
{
    public static bool Covers(OpCode op) =>
        op is OpCode.SetWatches or OpCode.SetWatches2 or OpCode.AddWatch or OpCode.RemoveWatches or OpCode.CheckWatches;

    /// <summary>Executes a request and replies.</summary>
    public void Execute(Connection connection, int xid, OpCode op, ReadOnlySpan<byte> record, Effects effects)
    {
        var error = op switch
        {
            OpCode.AddWatch => Add(connection, record, effects),
            OpCode.RemoveWatches => Remove(connection, record),
            OpCode.CheckWatches => Check(connection, record),
            _ => replay.Replay(connection, op, record, effects),
        };
        if (connection.IsGone)
            return;
        var start = effects.Writer.BeginFrame();
        ReplyHeader.Write(effects.Writer, xid, machine.Zxid, error);
        if (op == OpCode.AddWatch && error == ErrorCode.Ok)
            effects.Writer.Int((int)ErrorCode.Ok);
        effects.Writer.EndFrame(start);
        connections.Reply(connection, start, effects);
    }

    private ErrorCode Add(Connection connection, ReadOnlySpan<byte> record, Effects effects)
    {
        var reader = new JuteReader(record);
        var request = PathIntRequest.Read(ref reader);
        if (reader.Failed || request.PathIsNull || request.Value is not (0 or 1))
            return ErrorCode.MarshallingError;
        watches.Arm(connection, request.Path, request.Value == 0 ? WatchKinds.Persistent : WatchKinds.Recursive, effects);
        return ErrorCode.Ok;
    }

    private ErrorCode Remove(Connection connection, ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        var request = PathIntRequest.Read(ref reader);
        if (reader.Failed || !TryKinds(request.Value, out var kinds))
            return ErrorCode.MarshallingError;
        return !request.PathIsNull && table.Disarm(connection.Slot, request.Path, kinds) ? ErrorCode.Ok : ErrorCode.NoWatcher;
    }

    private ErrorCode Check(Connection connection, ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        var request = PathIntRequest.Read(ref reader);
        if (reader.Failed || !TryKinds(request.Value, out var kinds))
            return ErrorCode.MarshallingError;
        return !request.PathIsNull && (table.KindsOf(connection.Slot, request.Path) & kinds) != 0 ? ErrorCode.Ok : ErrorCode.NoWatcher;
    }

    /// <summary>The kinds that a watcher type of the protocol means, by level 3.9: 1 and 2 are the one-shot kinds alone.</summary>
    private static bool TryKinds(int type, out WatchKinds kinds)
    {
        kinds = type switch
        {
            1 => WatchKinds.Child,
            2 => WatchKinds.Data,
            3 => WatchKinds.All,
            4 => WatchKinds.Persistent,
            5 => WatchKinds.Recursive,
            _ => WatchKinds.None,
        };
        return kinds != WatchKinds.None;
    }
}
