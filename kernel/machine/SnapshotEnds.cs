using System.Buffers.Binary;

namespace Quorate.Kernel.Machines;

/// <summary>What a snapshot of the machine begins and ends with: the chain value of its position, and the digest it must add up to.</summary>
internal static class SnapshotEnds
{
    public const int HeaderLength = sizeof(ulong), TrailerLength = 16;

    public static void WriteHeader(Span<byte> header, ulong chain) => BinaryPrimitives.WriteUInt64LittleEndian(header, chain);

    public static ulong ReadHeader(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt64LittleEndian(header);

    public static void WriteTrailer(Span<byte> trailer, Digest digest) => BinaryPrimitives.WriteUInt128LittleEndian(trailer, digest.Value);

    public static Digest ReadTrailer(ReadOnlySpan<byte> trailer) => new(BinaryPrimitives.ReadUInt128LittleEndian(trailer));
}
