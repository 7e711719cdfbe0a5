using System.Buffers.Binary;

namespace Quorate.Kernel.Storage;

/// <summary>What the bytes at a place are worth.</summary>
public enum BlockCondition : byte
{
    /// <summary>Only zeros, or nothing: never written.</summary>
    Blank,
    /// <summary>Written, and exactly what was meant.</summary>
    Valid,
    /// <summary>Not what was written.</summary>
    Damaged,
    /// <summary>Written by a later version of this program, which must read it.</summary>
    Newer,
}

/// <summary>
/// A small block with its own proof: magic, format version, length and checksum in front of a payload. Superblock slots, tail mark slots
/// and segment headers are such blocks.
/// </summary>
/// <remarks>The prefix is the same in every format version, so that a newer one can be told from damage.</remarks>
internal static class SealedBlock
{
    /// <summary>The format version of everything in the data folder.</summary>
    public const uint Version = 1;

    /// <summary>Bytes in front of the payload: magic (8), version (4), payload length (4), checksum (4), zeros (4).</summary>
    public const int PrefixBytes = 24;

    private const int VersionAt = 8;
    private const int LengthAt = 12;
    private const int ChecksumAt = 16;

    /// <summary>Where the payload of a block goes.</summary>
    public static Span<byte> Payload(Span<byte> block) => block[PrefixBytes..];

    /// <summary>Seals a block whose payload of <paramref name="length"/> bytes is in place; everything behind it becomes zero.</summary>
    public static void Seal(Span<byte> block, ulong magic, int length)
    {
        block[(PrefixBytes + length)..].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(block, magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[VersionAt..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(block[LengthAt..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(block[(ChecksumAt + sizeof(uint))..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(block[ChecksumAt..], Checksum(block, length));
    }

    /// <summary>Looks at a block and, if it is valid, at its payload.</summary>
    public static BlockCondition Read(ReadOnlySpan<byte> block, ulong magic, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (!block.ContainsAnyExcept((byte)0))
            return BlockCondition.Blank;
        if (block.Length < PrefixBytes || BinaryPrimitives.ReadUInt64LittleEndian(block) != magic)
            return BlockCondition.Damaged;
        var length = BinaryPrimitives.ReadInt32LittleEndian(block[LengthAt..]);
        if (length < 0 || length > block.Length - PrefixBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(block[ChecksumAt..]) != Checksum(block, length))
            return BlockCondition.Damaged;
        if (VersionOf(block) > Version)
            return BlockCondition.Newer;
        payload = block.Slice(PrefixBytes, length);
        return BlockCondition.Valid;
    }

    /// <summary>The format version a block claims.</summary>
    public static uint VersionOf(ReadOnlySpan<byte> block) =>
        block.Length < PrefixBytes ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(block[VersionAt..]);

    private static uint Checksum(ReadOnlySpan<byte> block, int length) =>
        Crc32C.Of(block.Slice(PrefixBytes, length), Crc32C.Of(block[..ChecksumAt]));
}
