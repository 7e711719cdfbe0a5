namespace Quorate.Kernel.Wire;

/// <summary>Writes the record of each kind of request, as a client does: what stands behind the <see cref="RequestHeader"/>. Protocol reference §7.</summary>
public static class RequestRecord
{
    /// <summary>create, create2 and createContainer; <paramref name="acl"/> is an encoded list such as <see cref="AclList.Open"/>.</summary>
    public static void Create(JuteWriter writer, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, ReadOnlySpan<byte> acl, ZnodeKind kind)
    {
        writer.Buffer(path);
        writer.Buffer(data);
        writer.Raw(acl);
        writer.Int((int)kind);
    }

    /// <summary>createTTL.</summary>
    public static void CreateTtl(
        JuteWriter writer, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, ReadOnlySpan<byte> acl, ZnodeKind kind, long ttlMilliseconds)
    {
        Create(writer, path, data, acl, kind);
        writer.Long(ttlMilliseconds);
    }

    /// <summary>delete and check.</summary>
    public static void Versioned(JuteWriter writer, ReadOnlySpan<byte> path, int version)
    {
        writer.Buffer(path);
        writer.Int(version);
    }

    /// <summary>setData.</summary>
    public static void SetData(JuteWriter writer, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, int version)
    {
        writer.Buffer(path);
        writer.Buffer(data);
        writer.Int(version);
    }

    /// <summary>setACL.</summary>
    public static void SetAcl(JuteWriter writer, ReadOnlySpan<byte> path, ReadOnlySpan<byte> acl, int version)
    {
        writer.Buffer(path);
        writer.Raw(acl);
        writer.Int(version);
    }

    /// <summary>exists, getData, getChildren and getChildren2.</summary>
    public static void Read(JuteWriter writer, ReadOnlySpan<byte> path, bool watch)
    {
        writer.Buffer(path);
        writer.Bool(watch);
    }

    /// <summary>getACL, sync, getEphemerals and getAllChildrenNumber.</summary>
    public static void Path(JuteWriter writer, ReadOnlySpan<byte> path) => writer.Buffer(path);

    /// <summary>addWatch.</summary>
    public static void AddWatch(JuteWriter writer, ReadOnlySpan<byte> path, AddWatchMode mode)
    {
        writer.Buffer(path);
        writer.Int((int)mode);
    }

    /// <summary>removeWatches and checkWatches.</summary>
    public static void Watches(JuteWriter writer, ReadOnlySpan<byte> path, WatcherType type)
    {
        writer.Buffer(path);
        writer.Int((int)type);
    }

    /// <summary>auth.</summary>
    public static void Auth(JuteWriter writer, ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> credentials)
    {
        writer.Int(0);
        writer.Buffer(scheme);
        writer.Buffer(credentials);
    }

    /// <summary>reconfig; lists are comma separated, and empty where they are not meant.</summary>
    public static void Reconfig(JuteWriter writer, ReadOnlySpan<byte> joining, ReadOnlySpan<byte> leaving, ReadOnlySpan<byte> members, long version)
    {
        writer.Buffer(joining, joining.IsEmpty);
        writer.Buffer(leaving, leaving.IsEmpty);
        writer.Buffer(members, members.IsEmpty);
        writer.Long(version);
    }

    /// <summary>The header of one operation of a multi or multiRead; its record follows, and <see cref="MultiHeader.WriteEnd"/> ends them all.</summary>
    public static void Operation(JuteWriter writer, OpCode op)
    {
        writer.Int((int)op);
        writer.Bool(false);
        writer.Int(-1);
    }
}
