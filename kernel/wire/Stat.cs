namespace Quorate.Kernel.Wire;

/// <summary>What a client sees of a znode besides its data, 68 bytes on the wire. Times are milliseconds since 1970.</summary>
/// <remarks>All values are in visible form: <see cref="Cversion"/> counts creates plus deletes of children, and
/// <see cref="EphemeralOwner"/> is 0 for containers and TTL nodes (semantics reference §4).</remarks>
public readonly record struct Stat
{
    /// <summary>The zxid that created the znode.</summary>
    public required Zxid Czxid { get; init; }
    /// <summary>The zxid that last set its data.</summary>
    public required Zxid Mzxid { get; init; }
    /// <summary>When it was created.</summary>
    public required long Ctime { get; init; }
    /// <summary>When its data were last set.</summary>
    public required long Mtime { get; init; }
    /// <summary>How often its data were set.</summary>
    public required int Version { get; init; }
    /// <summary>How often children were created or deleted.</summary>
    public required int Cversion { get; init; }
    /// <summary>How often its ACL was set.</summary>
    public required int Aversion { get; init; }
    /// <summary>The owning session of an ephemeral, else none.</summary>
    public required SessionId EphemeralOwner { get; init; }
    /// <summary>Length of the data; 0 for null.</summary>
    public required int DataLength { get; init; }
    /// <summary>Number of direct children.</summary>
    public required int NumChildren { get; init; }
    /// <summary>The zxid that last created or deleted a child.</summary>
    public required Zxid Pzxid { get; init; }

    /// <summary>Appends the 68 bytes.</summary>
    public void Write(JuteWriter writer)
    {
        writer.Long(Czxid.Value);
        writer.Long(Mzxid.Value);
        writer.Long(Ctime);
        writer.Long(Mtime);
        writer.Int(Version);
        writer.Int(Cversion);
        writer.Int(Aversion);
        writer.Long(EphemeralOwner.Value);
        writer.Int(DataLength);
        writer.Int(NumChildren);
        writer.Long(Pzxid.Value);
    }

    /// <summary>Reads the 68 bytes.</summary>
    public static Stat Read(scoped ref JuteReader reader) => new()
    {
        Czxid = new(reader.Long()),
        Mzxid = new(reader.Long()),
        Ctime = reader.Long(),
        Mtime = reader.Long(),
        Version = reader.Int(),
        Cversion = reader.Int(),
        Aversion = reader.Int(),
        EphemeralOwner = new(reader.Long()),
        DataLength = reader.Int(),
        NumChildren = reader.Int(),
        Pzxid = new(reader.Long()),
    };
}
