using System.Globalization;

namespace Quorate.Kernel.Storage;

/// <summary>How a disk request of a <see cref="SnapshotSource"/> ended.</summary>
internal enum SnapshotPortion : byte
{
    /// <summary>The request was not made here.</summary>
    NotMine,
    /// <summary>The first <see cref="SnapshotSource.Length"/> bytes that were read, of those at <see cref="SnapshotSource.Offset"/>, may be sent.</summary>
    Ready,
    /// <summary>No chunk begins where the receiver wanted to go on: it has to begin at the start.</summary>
    Misplaced,
    /// <summary>The file is not what was written, or cannot be read; <see cref="SnapshotSource.Problem"/> says where.</summary>
    Damaged,
}

/// <summary>Reads a finished snapshot in portions, to be sent to one member that is behind or empty.</summary>
/// <remarks>
/// A portion ends anywhere, but not within the header of a chunk. Each is verified as it passes, so that a snapshot that has rotted is noticed
/// here and not by everybody it is sent to, again and again: what is sent of a chunk that turns out to be damaged is never completed. One
/// portion at a time; a receiver that has lost some of them goes on at the start of a chunk. The owner pins the file meanwhile
/// (<see cref="SnapshotFiles.Pin"/>).
/// </remarks>
/// <param name="pointer">Which snapshot.</param>
/// <param name="bytes">The size of its file.</param>
/// <param name="tickets">Where tickets come from.</param>
internal sealed class SnapshotSource(SnapshotPointer pointer, long bytes, DiskTickets tickets)
{
    private DiskTicket _ticket;   // of the read that is under way; default for none
    private long _left;           // bytes of the present chunk behind the portion
    private uint _checksum;       // of what came of its payload
    private SnapshotChunk _chunk;
    private bool _hasChunk;       // since the reading last began anew
    private bool _isResuming;

    /// <summary>Which snapshot it is.</summary>
    public SnapshotPointer Pointer => pointer;

    /// <summary>The size of the file.</summary>
    public long Bytes => bytes;

    /// <summary>Where the last portion begins.</summary>
    public long Offset { get; private set; }

    /// <summary>How long it is.</summary>
    public int Length { get; private set; }

    /// <summary>Whether a read is under way.</summary>
    public bool IsReading => _ticket != default;

    /// <summary>What is damaged, naming file and offset; null as long as nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Begins to read a portion.</summary>
    /// <param name="offset">Where the last portion ended, or where a chunk begins.</param>
    /// <param name="length">How long it may be at most.</param>
    /// <param name="effects">Gets the request.</param>
    /// <returns>False, and nothing is read, when the file holds nothing there, or is known to be damaged.</returns>
    public bool Read(long offset, int length, Effects effects)
    {
        Invariant.Holds(!IsReading && length >= SnapshotChunk.HeaderBytes);
        if (offset < 0 || offset >= bytes || Problem is not null)
            return false;
        if (offset == 0 || offset != Offset + Length)
            (_left, _hasChunk, _isResuming) = (0, false, offset > 0);
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
            if (_left == 0)
            {
                if (portion.Length - Length < SnapshotChunk.HeaderBytes && Offset + portion.Length < bytes)
                    break;
                if (!Enter(portion[Length..]))
                    return _isResuming && !_hasChunk ? SnapshotPortion.Misplaced : Damage("is damaged: a chunk does not begin there");
                Length += SnapshotChunk.HeaderBytes;
            }
            var part = portion.Slice(Length, (int)Math.Min(_left, portion.Length - Length));
            _checksum = Crc32C.Of(part, _checksum);
            _left -= part.Length;
            Length += part.Length;
            if (_left == 0 && _checksum != _chunk.PayloadChecksum)
                return Damage("is damaged: the content of a chunk does not match its checksum");
        }
        return Length > 0 ? SnapshotPortion.Ready : Damage("ends before its last chunk");
    }

    private bool Enter(ReadOnlySpan<byte> header)
    {
        if (SnapshotChunk.Read(header, out var chunk) != BlockCondition.Valid || chunk.Snapshot != pointer.Number
            || _hasChunk && chunk.Number != _chunk.Number + 1 || !_hasChunk && !_isResuming && chunk.Number != 0)
            return false;
        (_chunk, _hasChunk, _left, _checksum) = (chunk, true, chunk.PayloadBytes, 0);
        return true;
    }

    private SnapshotPortion Damage(string what)
    {
        Problem = string.Create(CultureInfo.InvariantCulture, $"snapshot {pointer.Number}, offset {Offset + Length}: the file {what}.");
        Length = 0;
        return SnapshotPortion.Damaged;
    }
}
