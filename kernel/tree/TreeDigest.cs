using System.Buffers.Binary;

namespace Quorate.Kernel.Trees;

/// <summary>What a znode contributes to the digest of the tree.</summary>
/// <remarks>
/// Two parts, both tied to the path: the data, and everything else. So a parent whose children change, or a znode whose ACL does, costs
/// the same however large its data are. The sum is a pure function of what is stored: no slot number, hash key or id is in it.
/// </remarks>
internal static class TreeDigest
{
    private const ulong PathSalt = 0xBB67AE8584CAA73B, RestSalt = 0x510E527FADE682D1;
    private const ulong NullSalt = 0x3C6EF372FE94F82B, DataSalt = 0xA54FF53A5F1D36F1;

    /// <summary>What stands for the path in both parts.</summary>
    public static ulong PathKey(ReadOnlySpan<byte> path) => Mix.Bytes(path, PathSalt);

    /// <summary>The data, null being different from empty.</summary>
    public static Digest Data(ulong pathKey, ReadOnlySpan<byte> data, bool isNull) =>
        Digest.Of(data, pathKey ^ (isNull ? NullSalt : DataSalt));

    /// <summary>The stored Stat, the owner, the ACL and the rank among siblings.</summary>
    public static Digest Rest(ulong pathKey, in Znode znode, ulong aclKey)
    {
        Span<byte> fields = stackalloc byte[8 * sizeof(long) + 3 * sizeof(int)];
        BinaryPrimitives.WriteInt64LittleEndian(fields, znode.Czxid.Value);
        BinaryPrimitives.WriteInt64LittleEndian(fields[8..], znode.Mzxid.Value);
        BinaryPrimitives.WriteInt64LittleEndian(fields[16..], znode.Pzxid.Value);
        BinaryPrimitives.WriteInt64LittleEndian(fields[24..], znode.Ctime);
        BinaryPrimitives.WriteInt64LittleEndian(fields[32..], znode.Mtime);
        BinaryPrimitives.WriteInt64LittleEndian(fields[40..], znode.Owner);
        BinaryPrimitives.WriteInt64LittleEndian(fields[48..], znode.Ordinal);
        BinaryPrimitives.WriteUInt64LittleEndian(fields[56..], aclKey);
        BinaryPrimitives.WriteInt32LittleEndian(fields[64..], znode.Version);
        BinaryPrimitives.WriteInt32LittleEndian(fields[68..], znode.Cversion);
        BinaryPrimitives.WriteInt32LittleEndian(fields[72..], znode.Aversion);
        return Digest.Of(fields, pathKey ^ RestSalt);
    }
}
