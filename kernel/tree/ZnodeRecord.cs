using System.Buffers.Binary;
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

    private const int PathAt = 85;   // behind tag, ACL, eight longs, three ints and the length

    /// <summary>The stored fields; links, bytes and the ACL's id are the tree's to fill in.</summary>
    public required Znode Znode { get; init; }

    /// <summary>The number of the ACL among the lists before; 0 is open to all.</summary>
    public required int Acl { get; init; }

    /// <summary>Of an ephemeral: its rank among those of its session.</summary>
    public required long EphemeralOrdinal { get; init; }

    public required ReadOnlySpan<byte> Path { get; init; }

    public required ReadOnlySpan<byte> Data { get; init; }

    public required bool DataIsNull { get; init; }

    /// <summary>Writes the record, straight to where it goes.</summary>
    public void Write(ISnapshotSink sink) => Write(sink, Znode, Acl, EphemeralOrdinal, Path, Data, DataIsNull);

    /// <summary>Writes the record of a znode that lies somewhere else.</summary>
    public static void Write(
        ISnapshotSink sink, in Znode znode, int acl, long ephemeralOrdinal, ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool dataIsNull)
    {
        var record = sink.Record(PathAt + path.Length + sizeof(int) + data.Length);
        record[0] = Tag;
        BinaryPrimitives.WriteInt32BigEndian(record[1..], acl);
        BinaryPrimitives.WriteInt64BigEndian(record[5..], znode.Czxid.Value);
        BinaryPrimitives.WriteInt64BigEndian(record[13..], znode.Mzxid.Value);
        BinaryPrimitives.WriteInt64BigEndian(record[21..], znode.Pzxid.Value);
        BinaryPrimitives.WriteInt64BigEndian(record[29..], znode.Ctime);
        BinaryPrimitives.WriteInt64BigEndian(record[37..], znode.Mtime);
        BinaryPrimitives.WriteInt64BigEndian(record[45..], znode.Owner);
        BinaryPrimitives.WriteInt64BigEndian(record[53..], znode.Ordinal);
        BinaryPrimitives.WriteInt64BigEndian(record[61..], ephemeralOrdinal);
        BinaryPrimitives.WriteInt32BigEndian(record[69..], znode.Version);
        BinaryPrimitives.WriteInt32BigEndian(record[73..], znode.Cversion);
        BinaryPrimitives.WriteInt32BigEndian(record[77..], znode.Aversion);
        BinaryPrimitives.WriteInt32BigEndian(record[81..], path.Length);
        path.CopyTo(record[PathAt..]);
        var rest = record[(PathAt + path.Length)..];
        BinaryPrimitives.WriteInt32BigEndian(rest, dataIsNull ? -1 : data.Length);
        data.CopyTo(rest[sizeof(int)..]);
    }

    /// <summary>Reads what <see cref="Write(ISnapshotSink)"/> wrote; the reader stands behind the tag.</summary>
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
