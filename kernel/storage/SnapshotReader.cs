using System.Buffers.Binary;
using System.Globalization;

namespace Quorate.Kernel.Storage;

/// <summary>How far reading a snapshot has come.</summary>
internal enum SnapshotReading : byte
{
    /// <summary>The window is used up; read more.</summary>
    NeedsMore,
    /// <summary>The whole snapshot was delivered, and it is what was written.</summary>
    Complete,
    /// <summary>A chunk is missing or is not what was written.</summary>
    Damaged,
    /// <summary>Written by a later version of this program.</summary>
    Newer,
}

/// <summary>Verifies a snapshot chunk by chunk and delivers its content record by record.</summary>
internal sealed class SnapshotReader(ulong snapshot, IRecoverySink sink)
{
    /// <summary>Bytes of the log position that the header chunk begins with.</summary>
    public const int PositionBytes = 20;

    private uint _next;

    /// <summary>The last entry the snapshot contains; known once its first chunk was read.</summary>
    public LogPosition Position { get; private set; }

    /// <summary>The format version, when it is a newer one.</summary>
    public uint Version { get; private set; }

    /// <summary>What is wrong, naming file, offset and chunk; null while nothing is.</summary>
    public string? Problem { get; private set; }

    /// <summary>Delivers as much as the window holds.</summary>
    public SnapshotReading Advance(FileScan scan)
    {
        while (true)
        {
            if (scan.Failure is { } failure)
                return Damage(failure);
            var bytes = scan.Bytes;
            if (bytes.Length < SnapshotChunk.HeaderBytes && !scan.AtEnd)
                return SnapshotReading.NeedsMore;
            switch (SnapshotChunk.Read(bytes, out var chunk))
            {
                case BlockCondition.Newer:
                    Version = SnapshotChunk.VersionOf(bytes);
                    return SnapshotReading.Newer;
                case not BlockCondition.Valid:
                    return Damage(Place(scan, bytes.IsEmpty ? "is missing: the file ends there" : "is damaged: its header is not valid"));
            }
            if (chunk.Snapshot != snapshot || chunk.Number != _next || (chunk.Kind == SnapshotChunkKind.Header) != (_next == 0))
                return Damage(Place(scan, "is not the one that belongs there"));
            if (scan.Remaining < SnapshotChunk.HeaderBytes + (long)chunk.PayloadBytes)
                return Damage(Place(scan, "is cut short: the file ends within it"));
            if (bytes.Length < SnapshotChunk.HeaderBytes + chunk.PayloadBytes)
                return SnapshotReading.NeedsMore;
            var payload = bytes.Slice(SnapshotChunk.HeaderBytes, chunk.PayloadBytes);
            if (Crc32C.Of(payload) != chunk.PayloadChecksum)
                return Damage(Place(scan, "is damaged: its content does not match its checksum"));
            if (!Deliver(chunk.Kind, payload))
                return Damage(Place(scan, "does not add up: the content is not what the trailer promises"));
            if (chunk.Kind == SnapshotChunkKind.Trailer)
                return SnapshotReading.Complete;
            scan.Consume(SnapshotChunk.HeaderBytes + chunk.PayloadBytes);
            _next++;
        }
    }

    private bool Deliver(SnapshotChunkKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case SnapshotChunkKind.Header:
                Position = new FieldReader(payload).Position();
                sink.SnapshotHeader(payload[PositionBytes..]);
                return true;
            case SnapshotChunkKind.Content:
                while (!payload.IsEmpty)
                {
                    var length = BinaryPrimitives.ReadInt32LittleEndian(payload);
                    sink.SnapshotRecord(payload.Slice(sizeof(int), length));
                    payload = payload[(sizeof(int) + length)..];
                }
                return true;
            default:
                return sink.SnapshotTrailer(payload);
        }
    }

    private string Place(FileScan scan, string what) => string.Create(
        CultureInfo.InvariantCulture, $"snapshot {snapshot}, offset {scan.Offset}: chunk {_next} {what}.");

    private SnapshotReading Damage(string problem)
    {
        Problem = problem;
        return SnapshotReading.Damaged;
    }
}
