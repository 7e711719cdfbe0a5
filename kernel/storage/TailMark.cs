namespace Quorate.Kernel.Storage;

/// <summary>What a tail mark says: everything up to a position had been flushed, and which segment was the last then.</summary>
/// <param name="Sequence">Counts the marks written; the higher of two slots is the newer. 0 when there is none.</param>
/// <param name="Position">The last flushed position.</param>
/// <param name="Segment">The segment written to last. One opened later, at or before the position, voids the mark (A10).</param>
internal readonly record struct TailMarkState(ulong Sequence, LogPosition Position, ulong Segment)
{
    private const ulong Magic = 0x4C49_4154_524F_5551;   // "QUORTAIL"
    private const int PayloadBytes = 36;

    /// <summary>Bytes of one slot; each lies in a sector of its own.</summary>
    public const int SlotBytes = 512;

    /// <summary>The second slot lies this far behind the first, so that no page of a disk holds both.</summary>
    public const int SlotDistance = 4096;

    /// <summary>The bytes of the file.</summary>
    public const int FileBytes = SlotDistance + SlotBytes;

    /// <summary>Where this mark goes in the file.</summary>
    public long Offset => (long)(Sequence & 1) * SlotDistance;

    /// <summary>Writes a slot.</summary>
    public void Write(Span<byte> slot)
    {
        var fields = new FieldWriter(SealedBlock.Payload(slot));
        fields.ULong(Sequence);
        fields.Position(Position);
        fields.ULong(Segment);
        SealedBlock.Seal(slot, Magic, fields.Length);
    }

    /// <summary>Reads a slot.</summary>
    public static BlockCondition Read(ReadOnlySpan<byte> slot, out TailMarkState state)
    {
        state = default;
        var condition = SealedBlock.Read(slot, Magic, out var payload);
        if (condition != BlockCondition.Valid)
            return condition;
        if (payload.Length < PayloadBytes)
            return BlockCondition.Damaged;
        var fields = new FieldReader(payload);
        state = new(fields.ULong(), fields.Position(), fields.ULong());
        return BlockCondition.Valid;
    }

    /// <summary>The bytes of a slot in a file that may be shorter.</summary>
    public static ReadOnlySpan<byte> Slot(ReadOnlySpan<byte> file, int slot)
    {
        var offset = slot * SlotDistance;
        return offset >= file.Length ? default : file.Slice(offset, Math.Min(SlotBytes, file.Length - offset));
    }
}

/// <summary>
/// The journal's second witness: a small file that says how far the log had been flushed, for when the log itself no longer can.
/// </summary>
/// <remarks>
/// While the journal is busy, batches are witnessed by what follows them: each record says what had been flushed before it was written,
/// and now and then a mark in the segment itself rides with a flush. What needs this file is the last batch before a pause, which nothing
/// follows: a damaged record in it would look like a torn write (A9). So a mark is written when the journal has come to rest. Two slots
/// take turns: a torn mark leaves the one before it.
/// </remarks>
internal sealed class TailMark(DiskTickets tickets, TailMarkState durable)
{
    private static readonly DiskFile File = new(DiskFileKind.TailMark, 0);

    private readonly DiskRequests _disk = new(tickets, DiskFileKind.TailMark);
    private TailMarkState _newest = durable;

    /// <summary>The last flushed mark.</summary>
    public LogPosition Durable { get; private set; } = durable.Position;

    /// <summary>The highest index that the file may witness, whether or not its flush has ended.</summary>
    public LogIndex Highest => Durable.Index > _newest.Position.Index ? Durable.Index : _newest.Position.Index;

    /// <summary>Whether a mark is on its way to the disk.</summary>
    public bool IsBusy => !_disk.IsIdle;

    /// <summary>What went wrong, if anything did.</summary>
    public string? Failure => _disk.Failure;

    /// <summary>Writes and flushes a mark. One at a time.</summary>
    public void Write(in LogPosition position, ulong segment, Effects effects)
    {
        Invariant.Holds(!IsBusy);
        _newest = new(_newest.Sequence + 1, position, segment);
        Span<byte> slot = stackalloc byte[TailMarkState.SlotBytes];
        _newest.Write(slot);
        _disk.Write(effects, File, _newest.Offset, slot);
        _disk.Flush(effects, File);
    }

    /// <summary>Takes note of a completion; false when the request was not made here.</summary>
    public bool Completed(DiskTicket ticket, DiskOutcome outcome)
    {
        if (!_disk.Completed(ticket, outcome))
            return false;
        if (_disk.IsIdle && _disk.Failure is null)
            Durable = _newest.Position;
        return true;
    }
}
