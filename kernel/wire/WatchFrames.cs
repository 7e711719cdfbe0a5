namespace Quorate.Kernel.Wire;

/// <summary>What happened to a watched path.</summary>
public enum WatchEvent
{
    /// <summary>The znode was created.</summary>
    NodeCreated = 1,
    /// <summary>The znode was deleted.</summary>
    NodeDeleted = 2,
    /// <summary>Its data were set.</summary>
    NodeDataChanged = 3,
    /// <summary>A child was created or deleted.</summary>
    NodeChildrenChanged = 4,
}

/// <summary>A watch event on its way to a client. Protocol reference §10.</summary>
public static class Notification
{
    /// <summary>The xid of every notification.</summary>
    public const int Xid = -1;

    private const int SyncConnected = 3;

    /// <summary>Appends a whole notification frame; <paramref name="zxid"/> is the change's, −1 for a catch-up event.</summary>
    public static void Write(JuteWriter writer, WatchEvent what, ReadOnlySpan<byte> path, Zxid zxid)
    {
        var frame = writer.BeginFrame();
        ReplyHeader.Write(writer, Xid, zxid, ErrorCode.Ok);
        writer.Int((int)what);
        writer.Int(SyncConnected);
        EchoedText.Write(writer, path, isNull: false);
        writer.EndFrame(frame);
    }
}

/// <summary>A watch event as its client reads it.</summary>
public readonly ref struct WatchNotice
{
    /// <summary>What happened.</summary>
    public WatchEvent Event { get; private init; }
    /// <summary>To which znode.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }

    /// <summary>Decodes the body of a notification.</summary>
    public static WatchNotice Read(scoped ref JuteReader reader)
    {
        var what = (WatchEvent)reader.Int();
        reader.Int();   // the state, always SyncConnected
        return new() { Event = what, Path = reader.NonNull() };
    }
}

/// <summary>setWatches and setWatches2: what a client wants re-armed after a reconnect. Protocol reference §12.</summary>
public readonly ref struct SetWatchesRequest
{
    /// <summary>The xid that clients use for it.</summary>
    public const int Xid = -8;

    /// <summary>The newest zxid the client had seen.</summary>
    public Zxid RelativeZxid { get; private init; }
    /// <summary>Watches set by getData and by exists on an existing znode.</summary>
    public PathList Data { get; private init; }
    /// <summary>Watches set by exists on a missing znode.</summary>
    public PathList Exist { get; private init; }
    /// <summary>Watches set by getChildren.</summary>
    public PathList Child { get; private init; }
    /// <summary>Persistent watches; only in setWatches2.</summary>
    public PathList Persistent { get; private init; }
    /// <summary>Persistent recursive watches; only in setWatches2.</summary>
    public PathList Recursive { get; private init; }

    /// <summary>Decodes the record; a null list fails the reader.</summary>
    public static SetWatchesRequest Read(scoped ref JuteReader reader, OpCode op)
    {
        var zxid = reader.Long();
        var data = PathList.Read(ref reader);
        var exist = PathList.Read(ref reader);
        var child = PathList.Read(ref reader);
        var two = op == OpCode.SetWatches2;
        var persistent = two ? PathList.Read(ref reader) : default;
        var recursive = two ? PathList.Read(ref reader) : default;
        return new() { RelativeZxid = new(zxid), Data = data, Exist = exist, Child = child, Persistent = persistent, Recursive = recursive };
    }
}

/// <summary>An encoded vector of paths, as a view over the frame it stands in.</summary>
public readonly ref struct PathList
{
    private readonly ReadOnlySpan<byte> _elements;

    private PathList(ReadOnlySpan<byte> elements, int count)
    {
        _elements = elements;
        Count = count;
    }

    /// <summary>Number of paths.</summary>
    public int Count { get; }

    /// <summary>Reads a list and checks that all of its paths are there; a null list or a null path fails the reader.</summary>
    public static PathList Read(scoped ref JuteReader reader)
    {
        var count = reader.Count(out var isNull);
        if (isNull)
            reader.Fail();
        var elements = reader.Rest;
        var start = reader.Position;
        for (var i = 0; i < count && !reader.Failed; i++)
            reader.NonNull();
        return reader.Failed ? default : new(elements[..(reader.Position - start)], count);
    }

    /// <summary>The paths, in order.</summary>
    public Enumerator GetEnumerator() => new(_elements, Count);

    /// <summary>Walks a list.</summary>
    public ref struct Enumerator
    {
        private JuteReader _reader;
        private int _left;

        internal Enumerator(ReadOnlySpan<byte> elements, int count)
        {
            _reader = new(elements);
            _left = count;
        }

        /// <summary>The present path.</summary>
        public ReadOnlySpan<byte> Current { get; private set; }

        /// <summary>Steps to the next path.</summary>
        public bool MoveNext()
        {
            if (_left == 0)
                return false;
            _left--;
            Current = _reader.Buffer(out _);
            return true;
        }
    }
}
