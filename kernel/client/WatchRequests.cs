using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Clients;

/// <summary>The requests that set or clear a watch: which they are, and what the reply does to the book. Protocol reference §11.</summary>
internal static class WatchRequests
{
    /// <summary>Whether the record asks for a watch, or for the end of one.</summary>
    public static bool SetsOrClears(OpCode op, ReadOnlySpan<byte> record) => op switch
    {
        OpCode.GetData or OpCode.Exists or OpCode.GetChildren or OpCode.GetChildren2 => AsksToWatch(record),
        OpCode.AddWatch or OpCode.RemoveWatches => true,
        _ => false,
    };

    /// <summary>Enters what a reply says into the book: a watch is set only if the server set it.</summary>
    public static void Answered(WatchBook book, OpCode op, ReadOnlySpan<byte> record, ErrorCode error)
    {
        var reader = new JuteReader(record);
        if (op is OpCode.AddWatch or OpCode.RemoveWatches)
        {
            var request = PathIntRequest.Read(ref reader);
            if (op == OpCode.RemoveWatches && error is ErrorCode.Ok or ErrorCode.NoWatcher)
                book.Remove(request.Path, KindsOf((WatcherType)request.Value));
            else if (op == OpCode.AddWatch && error == ErrorCode.Ok)
                book.Add(request.Path, (AddWatchMode)request.Value == AddWatchMode.Recursive ? Watching.Recursive : Watching.Persistent);
            return;
        }
        var kind = op switch
        {
            OpCode.Exists when error == ErrorCode.NoNode => Watching.Exist,
            _ when error != ErrorCode.Ok => Watching.None,
            OpCode.Exists or OpCode.GetData => Watching.Data,
            _ => Watching.Child,
        };
        if (kind != Watching.None)
            book.Add(ReadRequest.Read(ref reader).Path, kind);
    }

    private static bool AsksToWatch(ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(record);
        return ReadRequest.Read(ref reader).Watch;
    }

    private static Watching KindsOf(WatcherType type) => type switch
    {
        WatcherType.Children => Watching.Child,
        WatcherType.Data => Watching.Data | Watching.Exist,
        WatcherType.Persistent => Watching.Persistent,
        WatcherType.Recursive => Watching.Recursive,
        _ => (Watching)byte.MaxValue,
    };
}
