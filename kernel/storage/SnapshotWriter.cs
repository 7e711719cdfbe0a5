using System.Buffers.Binary;

namespace Quorate.Kernel.Storage;

/// <summary>Where a snapshot being written is.</summary>
internal enum SnapshotProgress : byte
{
    /// <summary>None was begun.</summary>
    None,
    /// <summary>Content goes to the file.</summary>
    Writing,
    /// <summary>All content is given; the file is being flushed.</summary>
    Flushing,
    /// <summary>The file is whole and durable; the superblock may point to it.</summary>
    Finished,
    /// <summary>The disk refused; the file is being deleted. The server goes on without this snapshot (B8).</summary>
    Abandoned,
}

/// <summary>
/// Packs content records into chunks and the chunks into a file. One snapshot at a time.
/// </summary>
/// <remarks>
/// Records are written straight into the chunk under construction. <see cref="Submit"/>, called once per batch of inputs, hands finished
/// chunks to the disk with one write. The content may go on when <see cref="IsFull"/> says it should wait: what must be written, is.
/// </remarks>
internal sealed class SnapshotWriter(int bytesInFlightLimit, DiskTickets tickets) : ISnapshotSink
{
    private readonly Arena _chunks = new(initial: 4096, kept: 8 << 20);
    private DiskRequests _disk = new(tickets, DiskFileKind.Snapshot);
    private DiskFile _file;
    private long _offset;         // where the next write goes
    private int _open;            // where the chunk under construction begins in _chunks
    private uint _number;         // of that chunk
    private bool _dropRequested;

    /// <summary>Where the snapshot is.</summary>
    public SnapshotProgress Progress { get; private set; }

    /// <summary>Which snapshot it is and what it contains.</summary>
    public SnapshotPointer Pointer { get; private set; }

    /// <summary>Why the snapshot was abandoned; null otherwise.</summary>
    public string? Failure { get; private set; }

    /// <summary>The size of the file so far: all chunks but the one under construction.</summary>
    public long Bytes => _offset + _open;

    /// <inheritdoc/>
    public bool IsFull => _disk.BytesInFlight + _open >= bytesInFlightLimit;

    /// <summary>Whether another snapshot may begin.</summary>
    public bool Idle => Progress is not (SnapshotProgress.Writing or SnapshotProgress.Flushing) && _disk.IsIdle;

    /// <summary>Begins a snapshot of the state after an entry, with the content's own header.</summary>
    public void Begin(in SnapshotPointer pointer, ReadOnlySpan<byte> header)
    {
        Invariant.Holds(Idle);
        _disk = new(tickets, DiskFileKind.Snapshot);
        _file = new(DiskFileKind.Snapshot, pointer.Number);
        (_offset, _open, _number, _dropRequested) = (0, 0, 0, false);
        (Pointer, Progress, Failure) = (pointer, SnapshotProgress.Writing, null);
        _chunks.Clear();
        _chunks.Reserve(SnapshotChunk.HeaderBytes);
        Span<byte> position = stackalloc byte[SnapshotChecks.PositionBytes];
        new FieldWriter(position).Position(pointer.Position);
        _chunks.Append(position);
        _chunks.Append(header);
        CloseChunk(SnapshotChunkKind.Header);
    }

    /// <inheritdoc/>
    public Span<byte> Record(int length)
    {
        Invariant.Holds(Progress is SnapshotProgress.Writing or SnapshotProgress.Abandoned);
        if (Progress == SnapshotProgress.Abandoned)
            _chunks.CutTo(_open + SnapshotChunk.HeaderBytes);   // nobody will read it, but the caller writes all the same
        var payload = _chunks.Length - _open - SnapshotChunk.HeaderBytes;
        if (payload > 0 && payload + sizeof(int) + length > SnapshotChunk.FullBytes)
            CloseChunk(SnapshotChunkKind.Content);
        var record = _chunks[_chunks.Reserve(sizeof(int) + length)];
        BinaryPrimitives.WriteInt32LittleEndian(record, length);
        return record[sizeof(int)..];
    }

    /// <summary>Ends the content with what it must add up to.</summary>
    public void End(ReadOnlySpan<byte> trailer)
    {
        if (Progress == SnapshotProgress.Abandoned)
            return;
        Invariant.Holds(Progress == SnapshotProgress.Writing);
        if (_chunks.Length - _open > SnapshotChunk.HeaderBytes)
            CloseChunk(SnapshotChunkKind.Content);
        _chunks.Append(trailer);
        CloseChunk(SnapshotChunkKind.Trailer);
        Progress = SnapshotProgress.Flushing;
    }

    /// <summary>Gives the snapshot up: the state it was taken of is no longer wanted, or the disk refused.</summary>
    public void Abandon(string reason, Effects effects)
    {
        Invariant.Holds(Progress is SnapshotProgress.Writing or SnapshotProgress.Flushing);
        (Progress, Failure) = (SnapshotProgress.Abandoned, reason);
        _chunks.Clear();
        _chunks.Reserve(SnapshotChunk.HeaderBytes);
        _open = 0;
        DropWhenIdle(effects);
    }

    /// <summary>Hands finished chunks to the disk; called once at the end of each batch of inputs.</summary>
    public void Submit(Effects effects)
    {
        if (_open == 0 || Progress is not (SnapshotProgress.Writing or SnapshotProgress.Flushing))
            return;
        _disk.Write(effects, _file, _offset, _chunks[new(0, _open)]);
        if (Progress == SnapshotProgress.Flushing)
            _disk.Flush(effects, _file);
        _offset += _open;
        var rest = _chunks[new(_open, _chunks.Length - _open)];
        rest.CopyTo(_chunks[new(0, rest.Length)]);
        _chunks.CutTo(rest.Length);
        _open = 0;
    }

    /// <summary>Takes note of a completion; false when the request was not made here.</summary>
    public bool Completed(DiskTicket ticket, DiskOutcome outcome, Effects effects)
    {
        if (!_disk.Completed(ticket, outcome))
            return false;
        if (Progress == SnapshotProgress.Abandoned)
            DropWhenIdle(effects);
        else if (_disk.Failure is { } failure)
            Abandon(failure, effects);
        else if (Progress == SnapshotProgress.Flushing && _disk.IsIdle && _open == 0)
            Progress = SnapshotProgress.Finished;
        return true;
    }

    // A write that ends after the file was deleted would bring the file back.
    private void DropWhenIdle(Effects effects)
    {
        if (!_disk.IsIdle || _dropRequested)
            return;
        _dropRequested = true;
        _disk.Drop(effects, _file);
    }

    private void CloseChunk(SnapshotChunkKind kind)
    {
        var payload = _chunks[new(_open + SnapshotChunk.HeaderBytes, _chunks.Length - _open - SnapshotChunk.HeaderBytes)];
        var chunk = new SnapshotChunk(kind, Pointer.Number, _number++, payload.Length, Crc32C.Of(payload));
        chunk.Write(_chunks[new(_open, SnapshotChunk.HeaderBytes)]);
        _open = _chunks.Length;
        _chunks.Reserve(SnapshotChunk.HeaderBytes);
    }
}
