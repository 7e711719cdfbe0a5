using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Trees;

/// <summary>A znode as a snapshot holds it: everything that is not a link.</summary>
/// <remarks>
/// An ACL list is a record of its own, in front of the first znode that has it; the lists count from 1 in the order in which they come.
/// Tags 0x10 to 0x1f are the tree's. Integers are big-endian, bytes carry their length, −1 is null.
/// </remarks>
internal readonly ref struct ZnodeRecord
{
    public const byte Tag = 0x10, AclTag = 0x11;

    /// <summary>The stored fields; links, bytes and the ACL's id are the tree's to fill in.</summary>
    public required Znode Znode { get; init; }

    /// <summary>The number of the ACL among the lists before; 0 is open to all.</summary>
    public required int Acl { get; init; }

    /// <summary>Of an ephemeral: its rank among those of its session.</summary>
    public required long EphemeralOrdinal { get; init; }

    public required ReadOnlySpan<byte> Path { get; init; }

    public required ReadOnlySpan<byte> Data { get; init; }

    public required bool DataIsNull { get; init; }

    /// <summary>Writes the record.</summary>
    public void Write(ISnapshotSink sink, Arena scratch)
    {
        scratch.Clear();
        var writer = new JuteWriter(scratch);
        var znode = Znode;
        writer.Byte(Tag);
        writer.Int(Acl);
        writer.Long(znode.Czxid.Value);
        writer.Long(znode.Mzxid.Value);
        writer.Long(znode.Pzxid.Value);
        writer.Long(znode.Ctime);
        writer.Long(znode.Mtime);
        writer.Long(znode.Owner);
        writer.Long(znode.Ordinal);
        writer.Long(EphemeralOrdinal);
        writer.Int(znode.Version);
        writer.Int(znode.Cversion);
        writer.Int(znode.Aversion);
        writer.Buffer(Path);
        writer.Int(DataIsNull ? -1 : Data.Length);
        var record = sink.Record(scratch.Length + Data.Length);
        scratch.Written.CopyTo(record);
        Data.CopyTo(record[scratch.Length..]);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; the reader stands behind the tag.</summary>
    public static ZnodeRecord Read(scoped ref JuteReader reader)
    {
        var acl = reader.Int();
        var znode = new Znode
        {
            Czxid = new(reader.Long()),
            Mzxid = new(reader.Long()),
            Pzxid = new(reader.Long()),
            Ctime = reader.Long(),
            Mtime = reader.Long(),
            Owner = reader.Long(),
            Ordinal = reader.Long(),
        };
        var ephemeralOrdinal = reader.Long();
        (znode.Version, znode.Cversion, znode.Aversion) = (reader.Int(), reader.Int(), reader.Int());
        var path = reader.NonNull();
        var data = reader.Buffer(out var isNull);
        return new() { Znode = znode, Acl = acl, EphemeralOrdinal = ephemeralOrdinal, Path = path, Data = data, DataIsNull = isNull };
    }
}
