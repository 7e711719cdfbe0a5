using System.Globalization;

namespace Quorate.Kernel.Storage;

/// <summary>How a disk request of a <see cref="SnapshotSource"/> ended.</summary>
internal enum SnapshotPortion : byte
{
    /// <summary>The request was not made here.</summary>
    NotMine,
    /// <summary>
    /// The first <see cref="SnapshotSource.Length"/> bytes that were read, of those at <see cref="SnapshotSource.Offset"/>, may be sent.
    /// </summary>
    Ready,
    /// <summary>No chunk begins where the receiver wanted to go on: it has to begin at the start.</summary>
    Misplaced,
    /// <summary>The file is not what was written, or cannot be read; <see cref="SnapshotSource.Problem"/> says where.</summary>
    Damaged,
}

/// <summary>Reads a finished snapshot in portions, to be sent to one member that is behind or empty.</summary>
/// <remarks>
/// A portion ends anywhere, but not within the header of a chunk. Each is verified as it passes, so that a snapshot that has rotted is
/// noticed here and not by everybody it is sent to, again and again: what is sent of a chunk that turns out to be damaged is never
/// completed. One portion at a time, and the last one once more if it was lost; else it goes on at the start of a chunk. The owner pins the
/// file meanwhile (<see cref="SnapshotFiles.Pin"/>).
/// </remarks>
/// <param name="pointer">Which snapshot.</param>
/// <param name="bytes">The size of its file.</param>
/// <param name="tickets">Where tickets come from.</param>
internal sealed class SnapshotSource(SnapshotPointer pointer, long bytes, DiskTickets tickets)
{
    /// <summary>How far the reading is within the chunks.</summary>
    private struct Place
    {
        public long Left;             // bytes of the present chunk behind the portion
        public uint Checksum;         // of what came of its payload
        public SnapshotChunk Chunk;
        public bool HasChunk;         // since the reading last began anew
        public bool IsResuming;
    }

    private DiskTicket _ticket;       // of the read that is under way; default for none
    private Place _at, _before;       // behind the last portion, and before it

    /// <summary>Which snapshot it is.</summary>
    public SnapshotPointer Pointer => pointer;

    /// <summary>The size of the file.</summary>
    public long Bytes => bytes;

    /// <summary>Where the last portion begins.</summary>
    public long Offset { get; private set; }

    /// <summary>How long it is.</summary>
    public int Length { get; private set; }

    /// <summary>Where it ends.</summary>
    public long End => Offset + Length;

    /// <summary>Whether a read is under way.</summary>
    public bool IsReading => _ticket != default;

    /// <summary>What is damaged, naming file and offset; null as long as nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Begins to read a portion.</summary>
    /// <param name="offset">Where the last portion ended or began, or where a chunk begins.</param>
    /// <param name="length">How long it may be at most.</param>
    /// <param name="effects">Gets the request.</param>
    /// <returns>False, and nothing is read, when the file holds nothing there, or is known to be damaged.</returns>
    public bool Read(long offset, int length, Effects effects)
    {
        Invariant.Holds(!IsReading && length >= SnapshotChunk.HeaderBytes);
        if (offset < 0 || offset >= bytes || Problem is not null)
            return false;
        if (offset == 0 || (offset != End && offset != Offset))
            _before = new() { IsResuming = offset > 0 };
        else if (offset == End)
            _before = _at;
        _at = _before;
        (Offset, Length) = (offset, 0);
        _ticket = tickets.Next(DiskTickets.SnapshotSource);
        effects.DiskRead(_ticket, new(DiskFileKind.Snapshot, pointer.Number), offset, (int)Math.Min(length, bytes - offset));
        return true;
    }

    /// <summary>Takes what was read.</summary>
    public SnapshotPortion Completed(DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> portion)
    {
        if (!IsReading || ticket != _ticket)
            return SnapshotPortion.NotMine;
        _ticket = default;
        if (outcome != DiskOutcome.Done)
            return Damage("could not be read");
        while (Length < portion.Length)
        {
            if (_at.Left == 0)
            {
                if (portion.Length - Length < SnapshotChunk.HeaderBytes && Offset + portion.Length < bytes)
                    break;
                if (!Enter(portion[Length..]))
                    return _at.IsResuming && !_at.HasChunk ? SnapshotPortion.Misplaced : Damage("is damaged: a chunk does not begin there");
                Length += SnapshotChunk.HeaderBytes;
            }
            var part = portion.Slice(Length, (int)Math.Min(_at.Left, portion.Length - Length));
            _at.Checksum = Crc32C.Of(part, _at.Checksum);
            _at.Left -= part.Length;
            Length += part.Length;
            if (_at.Left == 0 && _at.Checksum != _at.Chunk.PayloadChecksum)
                return Damage("is damaged: the content of a chunk does not match its checksum");
        }
        return Length > 0 ? SnapshotPortion.Ready : Damage("ends before its last chunk");
    }

    private bool Enter(ReadOnlySpan<byte> header)
    {
        if (SnapshotChunk.Read(header, out var chunk) != BlockCondition.Valid || chunk.Snapshot != pointer.Number
            || _at.HasChunk && chunk.Number != _at.Chunk.Number + 1 || !_at.HasChunk && !_at.IsResuming && chunk.Number != 0)
            return false;
        _at = _at with { Chunk = chunk, HasChunk = true, Left = chunk.PayloadBytes, Checksum = 0 };
        return true;
    }

    private SnapshotPortion Damage(string what)
    {
        Problem = string.Create(CultureInfo.InvariantCulture, $"snapshot {pointer.Number}, offset {Offset + Length}: the file {what}.");
        Length = 0;
        return SnapshotPortion.Damaged;
    }
}
