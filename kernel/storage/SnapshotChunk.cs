using System.Buffers.Binary;

namespace Quorate.Kernel.Storage;

/// <summary>What a chunk of a snapshot holds.</summary>
public enum SnapshotChunkKind : byte
{
    /// <summary>The first chunk: which snapshot this is, and the content's own header.</summary>
    Header = 1,
    /// <summary>Content records, each with its length (4 bytes) in front.</summary>
    Content = 2,
    /// <summary>The last chunk: what the content must add up to.</summary>
    Trailer = 3,
}

/// <summary>The header of a snapshot chunk.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Snapshot">The number of the snapshot it belongs to.</param>
/// <param name="Number">Its place in the file, from 0.</param>
/// <param name="PayloadBytes">The bytes that follow the header.</param>
/// <param name="PayloadChecksum">Their CRC-32C.</param>
internal readonly record struct SnapshotChunk(
    SnapshotChunkKind Kind, ulong Snapshot, uint Number, int PayloadBytes, uint PayloadChecksum)
{
    /// <summary>Bytes in front of the payload: magic u32, header checksum u32, version u32, kind u32, snapshot u64, number u32, payload
    /// length i32, payload checksum u32, zeros.</summary>
    public const int HeaderBytes = 40;

    /// <summary>The payload of a full chunk. A record that is larger has a chunk of its own.</summary>
    public const int FullBytes = 256 << 10;

    private const uint Magic = 0x504E_5351;   // "QSNP"
    private const int ChecksumAt = 4;
    private const int VersionAt = 8;

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> header)
    {
        var fields = new FieldWriter(header[..HeaderBytes]);
        fields.UInt(Magic);
        fields.UInt(0);
        fields.UInt(SealedBlock.Version);
        fields.UInt((uint)Kind);
        fields.ULong(Snapshot);
        fields.UInt(Number);
        fields.UInt((uint)PayloadBytes);
        fields.UInt(PayloadChecksum);
        fields.UInt(0);
        BinaryPrimitives.WriteUInt32LittleEndian(header[ChecksumAt..], Checksum(header));
    }

    /// <summary>Reads a header; it says nothing yet about the payload.</summary>
    public static BlockCondition Read(ReadOnlySpan<byte> bytes, out SnapshotChunk chunk)
    {
        chunk = default;
        if (!bytes[..Math.Min(bytes.Length, HeaderBytes)].ContainsAnyExcept((byte)0))
            return BlockCondition.Blank;
        if (bytes.Length < HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != Checksum(bytes))
            return BlockCondition.Damaged;
        if (VersionOf(bytes) > SealedBlock.Version)
            return BlockCondition.Newer;
        var fields = new FieldReader(bytes[(VersionAt + sizeof(uint))..]);
        chunk = new((SnapshotChunkKind)fields.UInt(), fields.ULong(), fields.UInt(), (int)fields.UInt(), fields.UInt());
        return chunk.PayloadBytes >= 0 ? BlockCondition.Valid : BlockCondition.Damaged;
    }

    /// <summary>The format version a chunk claims.</summary>
    public static uint VersionOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header[VersionAt..]);

    private static uint Checksum(ReadOnlySpan<byte> header) => Crc32C.Of(header[(ChecksumAt + sizeof(uint))..HeaderBytes]);
}
