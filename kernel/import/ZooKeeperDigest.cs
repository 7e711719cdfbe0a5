using System.Buffers.Binary;

namespace Quorate.Kernel.Importing;

/// <summary>ZooKeeper's own digest of its tree, version 2: the sum of one CRC-32 for each znode (semantics reference §20.3).</summary>
internal static class ZooKeeperDigest
{
    /// <summary>The only version whose rules are known; digests of another one are not compared.</summary>
    public const int Version = 2;

    private const int StatLength = 5 * sizeof(long) + 3 * sizeof(int) + sizeof(long);

    /// <summary>What one znode adds. Znodes below /zookeeper add nothing: a server changes some of them without a transaction.</summary>
    public static uint Of(ImportedNode node)
    {
        if (node.Path.Span.StartsWith("/zookeeper/"u8))
            return 0;
        Span<byte> stat = stackalloc byte[StatLength];
        BinaryPrimitives.WriteInt64BigEndian(stat, node.Czxid.Value);
        BinaryPrimitives.WriteInt64BigEndian(stat[8..], node.Mzxid.Value);
        BinaryPrimitives.WriteInt64BigEndian(stat[16..], node.Pzxid.Value);
        BinaryPrimitives.WriteInt64BigEndian(stat[24..], node.Ctime);
        BinaryPrimitives.WriteInt64BigEndian(stat[32..], node.Mtime);
        BinaryPrimitives.WriteInt32BigEndian(stat[40..], node.Version);
        BinaryPrimitives.WriteInt32BigEndian(stat[44..], node.Cversion);
        BinaryPrimitives.WriteInt32BigEndian(stat[48..], node.Aversion);
        BinaryPrimitives.WriteInt64BigEndian(stat[52..], node.Owner);
        return Crc32.Of(stat, Crc32.Of(node.Data.Span, Crc32.Of(node.Path.Span)));
    }
}
