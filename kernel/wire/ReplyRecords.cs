namespace Quorate.Kernel.Wire;

/// <summary>The body of a reply to create, and with a Stat to create2, createContainer and createTTL, as a view over the frame.</summary>
public readonly ref struct CreateReply
{
    /// <summary>The path that was made, with its number if it is sequential.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }
    /// <summary>The Stat; all zeros behind a plain create.</summary>
    public Stat Stat { get; private init; }

    /// <summary>Decodes the body.</summary>
    public static CreateReply Read(scoped ref JuteReader reader, OpCode op)
    {
        var path = reader.NonNull();
        return new() { Path = path, Stat = op == OpCode.Create ? default : Stat.Read(ref reader) };
    }
}

/// <summary>The body of a reply to getData.</summary>
public readonly ref struct DataReply
{
    /// <summary>The data.</summary>
    public ReadOnlySpan<byte> Data { get; private init; }
    /// <summary>Whether the data are null rather than empty.</summary>
    public bool DataIsNull { get; private init; }
    /// <summary>The Stat.</summary>
    public Stat Stat { get; private init; }

    /// <summary>Decodes the body.</summary>
    public static DataReply Read(scoped ref JuteReader reader)
    {
        var data = reader.Buffer(out var isNull);
        return new() { Data = data, DataIsNull = isNull, Stat = Stat.Read(ref reader) };
    }
}

/// <summary>The body of a reply to getChildren, and with a Stat to getChildren2.</summary>
public readonly ref struct ChildrenReply
{
    /// <summary>The children's names, without any order.</summary>
    public PathList Children { get; private init; }
    /// <summary>The Stat; all zeros behind getChildren.</summary>
    public Stat Stat { get; private init; }

    /// <summary>Decodes the body.</summary>
    public static ChildrenReply Read(scoped ref JuteReader reader, OpCode op)
    {
        var children = PathList.Read(ref reader);
        return new() { Children = children, Stat = op == OpCode.GetChildren ? default : Stat.Read(ref reader) };
    }
}

/// <summary>The body of a reply to getACL.</summary>
public readonly ref struct AclReply
{
    /// <summary>The list.</summary>
    public AclList Acl { get; private init; }
    /// <summary>The Stat.</summary>
    public Stat Stat { get; private init; }

    /// <summary>Decodes the body.</summary>
    public static AclReply Read(scoped ref JuteReader reader)
    {
        var acl = AclList.Read(ref reader);
        return new() { Acl = acl, Stat = Stat.Read(ref reader) };
    }
}

/// <summary>The body of a reply to whoAmI.</summary>
public readonly ref struct WhoAmIReply
{
    /// <summary>How many identities the connection has.</summary>
    public int Count { get; private init; }
    /// <summary>The identities; of a digest identity only the user.</summary>
    public Identities Identities { get; private init; }

    /// <summary>Decodes the body.</summary>
    public static WhoAmIReply Read(scoped ref JuteReader reader)
    {
        var count = reader.Count(out _);
        return new() { Count = count, Identities = new(reader.Rest) };
    }
}
