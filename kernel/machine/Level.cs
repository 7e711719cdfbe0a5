using System.Buffers.Binary;

namespace Quorate.Kernel.Machines;

/// <summary>The bounds that can change the outcome of an entry. They reach the machine through the log, so that members agree on them (A7).</summary>
internal readonly record struct Level(int Sessions, int EphemeralsPerSession, int Znodes, int MultiOperations, long BlobBytes)
{
    public const int Length = 24;

    /// <summary>The part of a server's limits that is replicated.</summary>
    public static Level Of(Limits limits) =>
        new(limits.Sessions, limits.EphemeralsPerSession, limits.Znodes, limits.MultiOperations, limits.BlobBytes);

    public Digest Digest
    {
        get
        {
            Span<byte> bytes = stackalloc byte[Length];
            Write(bytes);
            return Digest.Of(bytes, salt: 0x1E7E1);
        }
    }

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Sessions);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], EphemeralsPerSession);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Znodes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], MultiOperations);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], BlobBytes);
    }

    public static Level Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt32LittleEndian(bytes),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
}
