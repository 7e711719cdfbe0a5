using System.Globalization;

namespace Quorate.Kernel.Storage;

/// <summary>What became of a portion that a <see cref="SnapshotReceiver"/> was given.</summary>
internal enum SnapshotReception : byte
{
    /// <summary>Taken; <see cref="SnapshotReceiver.Wanted"/> has moved on.</summary>
    Taken,
    /// <summary>
    /// It brings nothing: it has come before, or others before it are missing. <see cref="SnapshotReceiver.Wanted"/> says where to go on.
    /// </summary>
    Elsewhere,
    /// <summary>Changed on its way: dropped, and wanted again from <see cref="SnapshotReceiver.Wanted"/>.</summary>
    Spoiled,
    /// <summary>The snapshot was given up; <see cref="SnapshotReceiver.Failure"/> says why.</summary>
    Abandoned,
}

/// <summary>
/// Takes another member's snapshot, portion by portion: verified, loaded aside and written to a file of this member's own.
/// </summary>
/// <remarks>
/// Each chunk is verified as soon as it is whole, then delivered to the content and written with this member's number in its header; only
/// the chunk under way is in memory. A portion that does not fit takes nothing away of what is there: portions that come twice or late are
/// nothing unusual, and where each of them threw the receiver back to the start of its chunk, two rounds of portions that got into each
/// other's way would never end. Members' snapshots differ, even of the same state: what another member goes on with is another snapshot,
/// and begins at its start.
/// </remarks>
/// <param name="bytesInFlightLimit">Bytes of writes that have not ended, beyond which <see cref="IsFull"/>.</param>
/// <param name="chunkBytesLimit">A larger chunk is not taken; what it claims would have to fit into memory.</param>
/// <param name="tickets">Where tickets come from.</param>
internal sealed class SnapshotReceiver(int bytesInFlightLimit, int chunkBytesLimit, DiskTickets tickets)
{
    /// <summary>How often one chunk may come spoiled: more than that is not the fault of its way here.</summary>
    public const int SpoiledMax = 3;

    private readonly Arena _arrived = new(initial: 4096, kept: 8 << 20);   // chunks that are whole, and the beginning of one
    private DiskRequests _disk = new(tickets, DiskTickets.SnapshotReceiver);
    private SnapshotChecks? _checks;
    private DiskFile _file;
    private int _whole;          // bytes of whole chunks in front of _arrived
    private int _spoiled;
    private bool _dropRequested;

    /// <summary>Where the snapshot is.</summary>
    public SnapshotProgress Progress { get; private set; }

    /// <summary>Which snapshot it will be here and what it contains.</summary>
    public SnapshotPointer Pointer { get; private set; }

    /// <summary>Why the snapshot was abandoned; null otherwise.</summary>
    public string? Failure { get; private set; }

    /// <summary>
    /// The bytes of the chunks that were written: where the present chunk begins, and when it is finished the size of the file.
    /// </summary>
    public long Bytes { get; private set; }

    /// <summary>The offset of the portion that is wanted next.</summary>
    public long Wanted => Bytes + _arrived.Length;

    /// <summary>Whether so much is on its way to the disk that the next portion should be asked for later.</summary>
    public bool IsFull => _disk.BytesInFlight >= bytesInFlightLimit;

    /// <summary>Whether another snapshot may begin.</summary>
    public bool Idle => Progress is not (SnapshotProgress.Writing or SnapshotProgress.Flushing) && _disk.IsIdle;

    /// <summary>Begins to receive a snapshot.</summary>
    /// <param name="pointer">The number it gets here, and the position it is said to contain.</param>
    /// <param name="theirs">The number it has where it comes from.</param>
    /// <param name="content">Who receives the content; void unless the snapshot is finished.</param>
    public void Begin(in SnapshotPointer pointer, ulong theirs, ISnapshotContent content)
    {
        Invariant.Holds(Idle);
        _disk = new(tickets, DiskTickets.SnapshotReceiver);
        _checks = new(theirs, content);
        _file = new(DiskFileKind.Snapshot, pointer.Number);
        (_whole, _spoiled, _dropRequested, Bytes) = (0, 0, false, 0);
        (Pointer, Progress, Failure) = (pointer, SnapshotProgress.Writing, null);
        _arrived.Clear();
    }

    /// <summary>Takes a portion.</summary>
    public SnapshotReception Take(long offset, ReadOnlySpan<byte> portion, Effects effects)
    {
        if (Progress == SnapshotProgress.Abandoned)
            return SnapshotReception.Abandoned;
        if (Progress != SnapshotProgress.Writing || offset > Wanted || offset + portion.Length <= Wanted)
            return SnapshotReception.Elsewhere;
        _arrived.Append(portion[(int)(Wanted - offset)..]);
        while (Progress == SnapshotProgress.Writing)
        {
            var chunk = TakeChunk(out var problem, out var isFinal);
            if (problem is not null)
                return isFinal ? Abandon(Named(problem), effects) : Spoil(Named(problem), effects);
            if (!chunk)
                break;
        }
        Write(effects);
        return SnapshotReception.Taken;
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
        else if (Progress == SnapshotProgress.Flushing && _disk.IsIdle)
            Progress = SnapshotProgress.Finished;
        return true;
    }

    /// <summary>Gives the snapshot up. Its file is deleted as soon as nothing is being written to it.</summary>
    public SnapshotReception Abandon(string reason, Effects effects)
    {
        Invariant.Holds(Progress is SnapshotProgress.Writing or SnapshotProgress.Flushing);
        (Progress, Failure) = (SnapshotProgress.Abandoned, reason);
        _arrived.Clear();
        DropWhenIdle(effects);
        return SnapshotReception.Abandoned;
    }

    // Takes the first chunk behind the whole ones, if all of it is there. What it says itself cannot have been spoiled on its way when its
    // checksum is right, so a content that does not add up is wrong for good.
    private bool TakeChunk(out string? problem, out bool isFinal)
    {
        (problem, isFinal) = (null, false);
        var bytes = _arrived[new(_whole, _arrived.Length - _whole)];
        if (bytes.Length < SnapshotChunk.HeaderBytes)
            return false;
        var condition = SnapshotChunk.Read(bytes, out var chunk);
        if (condition == BlockCondition.Newer)
            (problem, isFinal) = ($"has format version {SnapshotChunk.VersionOf(bytes)}, which this program cannot read", true);
        else if (condition != BlockCondition.Valid)
            problem = "is damaged: its header is not valid";
        else if (!_checks!.IsNext(chunk))
            problem = SnapshotChecks.NotMeant;
        else if (chunk.PayloadBytes > chunkBytesLimit)
            (problem, isFinal) = ("is larger than this member takes", true);
        if (problem is not null || bytes.Length < SnapshotChunk.HeaderBytes + chunk.PayloadBytes)
            return false;
        problem = Verify(chunk, bytes[..(SnapshotChunk.HeaderBytes + chunk.PayloadBytes)], out isFinal);
        return problem is null;
    }

    private string Named(string problem) => string.Create(
        CultureInfo.InvariantCulture,
        $"the snapshot received for {Pointer.Number}, offset {Bytes + _whole}: chunk {_checks!.Next} {problem}.");

    private string? Verify(in SnapshotChunk chunk, Span<byte> bytes, out bool isFinal)
    {
        var payload = bytes[SnapshotChunk.HeaderBytes..];
        isFinal = Crc32C.Of(payload) == chunk.PayloadChecksum;
        if (_checks!.Take(chunk, payload) is { } problem)
            return problem;
        if (_checks.Position != Pointer.Position)
            return "belongs to a snapshot of another position";
        (chunk with { Snapshot = Pointer.Number }).Write(bytes);
        _whole += bytes.Length;
        _spoiled = 0;
        if (chunk.Kind == SnapshotChunkKind.Trailer)
            Progress = SnapshotProgress.Flushing;
        return null;
    }

    private void Write(Effects effects)
    {
        if (_whole == 0)
            return;
        _disk.Write(effects, _file, Bytes, _arrived[new(0, _whole)]);
        if (Progress == SnapshotProgress.Flushing)
            _disk.Flush(effects, _file);
        Bytes += _whole;
        var rest = _arrived[new(_whole, _arrived.Length - _whole)];
        rest.CopyTo(_arrived[new(0, rest.Length)]);
        _arrived.CutTo(Progress == SnapshotProgress.Flushing ? 0 : rest.Length);
        _whole = 0;
    }

    private SnapshotReception Spoil(string problem, Effects effects)
    {
        if (++_spoiled > SpoiledMax)
            return Abandon(problem, effects);
        Write(effects);
        _arrived.CutTo(0);
        return SnapshotReception.Spoiled;
    }

    // A write that ends after the file was deleted would bring the file back.
    private void DropWhenIdle(Effects effects)
    {
        if (!_disk.IsIdle || _dropRequested)
            return;
        _dropRequested = true;
        _disk.Drop(effects, _file);
    }
}
