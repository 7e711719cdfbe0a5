namespace Quorate.Kernel.Storage;

/// <summary>
/// What a journal segment says about itself in its first sector. A segment's number is its generation: each start, truncation and
/// rotation opens the next one and none is used twice.
/// </summary>
/// <remarks>
/// Records of lower-numbered segments at or after <see cref="First"/> are evidence of nothing, neither of entries nor of damage: they are
/// what a truncation took back or a crash tore (A10).
/// </remarks>
/// <param name="Number">The segment's number, also its file's.</param>
/// <param name="Birth">The member that wrote it, by its birth id.</param>
/// <param name="Before">The log's position before the first record.</param>
/// <param name="Flushed">Everything up to here had been flushed when the segment was opened.</param>
internal readonly record struct SegmentHeader(ulong Number, ulong Birth, LogPosition Before, LogIndex Flushed)
{
    /// <summary>The header has a sector of its own, which no torn record can touch.</summary>
    public const int Bytes = 512;

    /// <summary>Two slots for marks, a sector each: <see cref="TailMarkState"/>s that ride with the segment's own flushes.</summary>
    public const int MarksAt = 1024;

    /// <summary>What must be read to know header and marks.</summary>
    public const int PreambleBytes = MarksAt + 2 * TailMarkState.SlotBytes;

    /// <summary>Where the first record begins: no page holds both records and what witnesses them.</summary>
    public const int RecordsAt = 4096;

    private const ulong Magic = 0x4C4E_524A_524F_5551;   // "QUORJRNL"
    private const int PayloadBytes = 44;

    /// <summary>The index of the first record.</summary>
    public LogIndex First => Before.Index.Next;

    /// <summary>Writes the sector.</summary>
    public void Write(Span<byte> sector)
    {
        var fields = new FieldWriter(SealedBlock.Payload(sector));
        fields.ULong(Number);
        fields.ULong(Birth);
        fields.Position(Before);
        fields.ULong(Flushed.Value);
        SealedBlock.Seal(sector, Magic, fields.Length);
    }

    /// <summary>The newer of the two marks in a segment's first bytes; its sequence is 0 when there is none.</summary>
    public static TailMarkState ReadMark(ReadOnlySpan<byte> preamble, ulong number)
    {
        TailMarkState newest = default;
        for (var slot = 0; slot < 2; slot++)
        {
            var at = MarksAt + slot * TailMarkState.SlotBytes;
            if (preamble.Length <= at)
                break;
            var bytes = preamble[at..Math.Min(preamble.Length, at + TailMarkState.SlotBytes)];
            if (TailMarkState.Read(bytes, out var mark) == BlockCondition.Valid
                && mark.Segment == number && mark.Sequence > newest.Sequence)
                newest = mark;
        }
        return newest;
    }

    /// <summary>Reads the header of the segment in file <paramref name="number"/>.</summary>
    public static BlockCondition Read(ReadOnlySpan<byte> preamble, ulong number, out SegmentHeader header)
    {
        header = default;
        var condition = SealedBlock.Read(preamble[..Math.Min(preamble.Length, Bytes)], Magic, out var payload);
        if (condition != BlockCondition.Valid)
            return condition;
        if (payload.Length < PayloadBytes)
            return BlockCondition.Damaged;
        var fields = new FieldReader(payload);
        header = new(fields.ULong(), fields.ULong(), fields.Position(), new(fields.ULong()));
        return header.Number == number ? BlockCondition.Valid : BlockCondition.Damaged;
    }
}
