namespace Quorate.Kernel.Wire;

/// <summary>The eight bytes in front of every request.</summary>
public readonly record struct RequestHeader(int Xid, OpCode Op)
{
    /// <summary>Length of the header, in bytes.</summary>
    public const int Length = 8;

    /// <summary>Splits a frame into header and record; false when the frame is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, out RequestHeader header, out ReadOnlySpan<byte> record)
    {
        var reader = new JuteReader(frame);
        header = new(reader.Int(), (OpCode)reader.Int());
        record = reader.Failed ? default : reader.Rest;
        return !reader.Failed;
    }

    /// <summary>Appends the header.</summary>
    public void Write(JuteWriter writer)
    {
        writer.Int(Xid);
        writer.Int((int)Op);
    }
}

/// <summary>create, create2, createContainer and createTTL.</summary>
public readonly ref struct CreateRequest
{
    /// <summary>The path; empty with <see cref="PathIsNull"/>.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }
    /// <summary>Whether the path was null.</summary>
    public bool PathIsNull { get; private init; }
    /// <summary>The data.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }
    /// <summary>Whether the data were null.</summary>
    public bool DataIsNull { get; private init; }
    /// <summary>The access control list.</summary>
    public AclList Acl { get; private init; }
    /// <summary>The create mode, 0 to 6.</summary>
    public int Flags { get; private init; }
    /// <summary>Time to live in milliseconds; −1 unless the request is createTTL.</summary>
    public long Ttl { get; private init; }

    /// <summary>Decodes the record; only createTTL has a TTL field.</summary>
    public static CreateRequest Read(scoped ref JuteReader reader, OpCode op)
    {
        var path = reader.Buffer(out var pathIsNull);
        var data = reader.Buffer(out var dataIsNull);
        var acl = AclList.Read(ref reader);
        var flags = reader.Int();
        var ttl = op == OpCode.CreateTtl ? reader.Long() : -1;
        return new() { Path = path, PathIsNull = pathIsNull, Data = data, DataIsNull = dataIsNull, Acl = acl, Flags = flags, Ttl = ttl };
    }
}

/// <summary>delete, check, and every other request that is a path and an integer (addWatch: mode; removeWatches, checkWatches: type).</summary>
public readonly ref struct PathIntRequest
{
    /// <summary>The path; empty with <see cref="PathIsNull"/>.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }
    /// <summary>Whether the path was null.</summary>
    public bool PathIsNull { get; private init; }
    /// <summary>Version, mode or type, as the operation says.</summary>
    public int Value { get; private init; }

    /// <summary>Decodes the record.</summary>
    public static PathIntRequest Read(scoped ref JuteReader reader)
    {
        var path = reader.Buffer(out var isNull);
        return new() { Path = path, PathIsNull = isNull, Value = reader.Int() };
    }
}

/// <summary>setData.</summary>
public readonly ref struct SetDataRequest
{
    /// <summary>The path; empty with <see cref="PathIsNull"/>.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }
    /// <summary>Whether the path was null.</summary>
    public bool PathIsNull { get; private init; }
    /// <summary>The new data.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }
    /// <summary>Whether the data were null.</summary>
    public bool DataIsNull { get; private init; }
    /// <summary>The version the znode must have; −1 for any.</summary>
    public int Version { get; private init; }

    /// <summary>Decodes the record.</summary>
    public static SetDataRequest Read(scoped ref JuteReader reader)
    {
        var path = reader.Buffer(out var pathIsNull);
        var data = reader.Buffer(out var dataIsNull);
        return new() { Path = path, PathIsNull = pathIsNull, Data = data, DataIsNull = dataIsNull, Version = reader.Int() };
    }
}

/// <summary>setACL.</summary>
public readonly ref struct SetAclRequest
{
    /// <summary>The path; empty with <see cref="PathIsNull"/>.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }
    /// <summary>Whether the path was null.</summary>
    public bool PathIsNull { get; private init; }
    /// <summary>The new list.</summary>
    public AclList Acl { get; private init; }
    /// <summary>The aversion the znode must have; −1 for any.</summary>
    public int Version { get; private init; }

    /// <summary>Decodes the record.</summary>
    public static SetAclRequest Read(scoped ref JuteReader reader)
    {
        var path = reader.Buffer(out var pathIsNull);
        var acl = AclList.Read(ref reader);
        return new() { Path = path, PathIsNull = pathIsNull, Acl = acl, Version = reader.Int() };
    }
}

/// <summary>exists, getData, getChildren, getChildren2: a path and whether to watch it.</summary>
public readonly ref struct ReadRequest
{
    /// <summary>The path; empty with <see cref="PathIsNull"/>.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }
    /// <summary>Whether the path was null.</summary>
    public bool PathIsNull { get; private init; }
    /// <summary>Whether to set a one-shot watch.</summary>
    public bool Watch { get; private init; }

    /// <summary>Decodes the record.</summary>
    public static ReadRequest Read(scoped ref JuteReader reader)
    {
        var path = reader.Buffer(out var isNull);
        return new() { Path = path, PathIsNull = isNull, Watch = reader.Bool() };
    }
}

/// <summary>getACL, sync, getEphemerals, getAllChildrenNumber: a path alone.</summary>
public readonly ref struct PathRequest
{
    /// <summary>The path; empty with <see cref="PathIsNull"/>.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }
    /// <summary>Whether the path was null.</summary>
    public bool PathIsNull { get; private init; }

    /// <summary>Decodes the record.</summary>
    public static PathRequest Read(scoped ref JuteReader reader)
    {
        var path = reader.Buffer(out var isNull);
        return new() { Path = path, PathIsNull = isNull };
    }
}

/// <summary>auth.</summary>
public readonly ref struct AuthRequest
{
    /// <summary>The scheme, in UTF-8; empty when null.</summary>
    public ReadOnlySpan<byte> Scheme { get; private init; }
    /// <summary>The credentials.</summary>
    public ReadOnlySpan<byte> Credentials { get; private init; }

    /// <summary>Decodes the record.</summary>
    public static AuthRequest Read(scoped ref JuteReader reader)
    {
        reader.Int();   // a type that nobody uses
        var scheme = reader.Buffer(out _);
        return new() { Scheme = scheme, Credentials = reader.Buffer(out _) };
    }
}
