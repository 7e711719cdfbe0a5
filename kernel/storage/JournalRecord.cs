using System.Buffers.Binary;

namespace Quorate.Kernel.Storage;

/// <summary>The header of a journal record.</summary>
/// <param name="Index">The entry's index.</param>
/// <param name="Term">The entry's term.</param>
/// <param name="Time">The leader's time stamp.</param>
/// <param name="Commit">The commit index known when the record was written: recovery may apply that far.</param>
/// <param name="Chain">The chain value after this entry.</param>
/// <param name="BodyLength">The length of the body in bytes.</param>
/// <param name="BodyChecksum">CRC-32C of the body.</param>
/// <param name="Flushed">What had been flushed when this record was written: a record is a witness for those before it.</param>
internal readonly record struct JournalEntry(
    LogIndex Index, Term Term, WallTime Time, LogIndex Commit, ulong Chain, int BodyLength, uint BodyChecksum, LogIndex Flushed);

/// <summary>
/// The layout of one record: a header of 64 bytes with a checksum of its own, the body, and zeros up to a multiple of eight bytes.
/// </summary>
/// <remarks>
/// Little-endian: magic u32, header checksum u32, index u64, chain u64, time i64, commit u64, flushed u64, term u32, segment u32,
/// body length i32, body checksum u32. Records begin at multiples of eight, so that a scan behind a bad record can find the next good one.
/// Bodies carry what clients send, which could be made to look like a record to such a scan; therefore the header's checksum starts from a
/// salt that follows from the member's birth id, which no client ever sees. The segment's number is in every header because sectors of a
/// deleted segment may surface in a newer file after a crash.
/// </remarks>
internal static class JournalRecord
{
    /// <summary>Bytes in front of the body.</summary>
    public const int HeaderBytes = 64;

    /// <summary>Records begin at multiples of this.</summary>
    public const int Alignment = 8;

    /// <summary>The largest body.</summary>
    public const int BodyBytesMax = 1 << 30;

    private const uint Magic = 0x4345_5251;   // "QREC"
    private const int ChecksumAt = 4;
    private const int FlushedAt = 40;
    private const int SegmentAt = 52;

    /// <summary>The bytes of a record with a body of that length.</summary>
    public static int SizeOf(int bodyLength) => (HeaderBytes + bodyLength + Alignment - 1) & ~(Alignment - 1);

    /// <summary>What the header checksum of a member's records begins with.</summary>
    public static uint SaltOf(ulong birth) => (uint)Mix.Bits(birth);

    /// <summary>Writes a record of <see cref="SizeOf"/> bytes, all but what <see cref="Seal"/> adds.</summary>
    public static void Write(Span<byte> record, in JournalEntry entry, ReadOnlySpan<byte> body)
    {
        var fields = new FieldWriter(record);
        fields.UInt(Magic);
        fields.UInt(0);
        fields.ULong(entry.Index.Value);
        fields.ULong(entry.Chain);
        fields.ULong((ulong)entry.Time.Milliseconds);
        fields.ULong(entry.Commit.Value);
        fields.ULong(entry.Flushed.Value);
        fields.UInt(entry.Term.Value);
        fields.UInt(0);
        fields.UInt((uint)entry.BodyLength);
        fields.UInt(entry.BodyChecksum);
        fields.Bytes(body);
        record[fields.Length..].Clear();
    }

    /// <summary>Adds what is known only when the record goes to the disk: its segment, and what has been flushed by then.</summary>
    public static void Seal(Span<byte> record, ulong segment, LogIndex flushed, uint salt)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(record[FlushedAt..], flushed.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(record[SegmentAt..], (uint)segment);
        BinaryPrimitives.WriteUInt32LittleEndian(record[ChecksumAt..], HeaderChecksum(record, salt));
    }

    /// <summary>Reads a header that this program wrote and nobody has sealed or damaged yet.</summary>
    public static JournalEntry Read(ReadOnlySpan<byte> record)
    {
        var fields = new FieldReader(record[8..]);
        var index = new LogIndex(fields.ULong());
        var chain = fields.ULong();
        var time = new WallTime((long)fields.ULong());
        var commit = new LogIndex(fields.ULong());
        var flushed = new LogIndex(fields.ULong());
        var term = new Term(fields.UInt());
        fields.UInt();
        return new(index, term, time, commit, chain, (int)fields.UInt(), fields.UInt(), flushed);
    }

    /// <summary>Reads a header from a file; false unless it is one, whole, of that segment and that member.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ulong segment, uint salt, out JournalEntry entry)
    {
        entry = default;
        if (bytes.Length < HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[SegmentAt..]) != (uint)segment
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumAt..]) != HeaderChecksum(bytes, salt))
            return false;
        entry = Read(bytes);
        return entry.BodyLength is >= 0 and <= BodyBytesMax;
    }

    /// <summary>The body of a record whose header has been read.</summary>
    public static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> record, in JournalEntry entry) => record.Slice(HeaderBytes, entry.BodyLength);

    /// <summary>Whether the body of a record whose header has been read is there and is what was written.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> record, in JournalEntry entry) =>
        record.Length >= HeaderBytes + entry.BodyLength && Crc32C.Of(Body(record, entry)) == entry.BodyChecksum;

    /// <summary>Whether an entry continues the log after <paramref name="previous"/>.</summary>
    public static bool Continues(in JournalEntry entry, in LogPosition previous) =>
        entry.Index == previous.Index.Next
        && entry.Chain == Chain.Next(previous.Chain, entry.Index, entry.Term, entry.Time, entry.BodyChecksum, entry.BodyLength);

    private static uint HeaderChecksum(ReadOnlySpan<byte> record, uint salt) =>
        Crc32C.Of(record[(ChecksumAt + sizeof(uint))..HeaderBytes], salt);
}
