using System.Buffers.Binary;

namespace Quorate.Kernel.Storage;

/// <summary>
/// Verifies the chunks of one snapshot in their order and delivers their content record by record, wherever the bytes come from.
/// </summary>
/// <param name="snapshot">The number that the chunks carry.</param>
/// <param name="content">Who receives the content.</param>
internal sealed class SnapshotChecks(ulong snapshot, ISnapshotContent content)
{
    /// <summary>Bytes of the log position that the header chunk begins with.</summary>
    public const int PositionBytes = 20;

    public const string NotMeant = "is not the one that belongs there";

    /// <summary>The place of the chunk that comes next.</summary>
    public uint Next { get; private set; }

    /// <summary>The last entry the snapshot contains; known once its first chunk was taken.</summary>
    public LogPosition Position { get; private set; }

    /// <summary>Whether a header is that of the chunk that comes next.</summary>
    public bool IsNext(in SnapshotChunk chunk) =>
        chunk.Snapshot == snapshot && chunk.Number == Next && (chunk.Kind == SnapshotChunkKind.Header) == (Next == 0)
        && chunk.Kind is SnapshotChunkKind.Header or SnapshotChunkKind.Content or SnapshotChunkKind.Trailer;

    /// <summary>Takes the payload of the chunk that comes next. Returns what is wrong with it; null when it was delivered.</summary>
    public string? Take(in SnapshotChunk chunk, ReadOnlySpan<byte> payload)
    {
        if (Crc32C.Of(payload) != chunk.PayloadChecksum)
            return "is damaged: its content does not match its checksum";
        if (!Deliver(chunk.Kind, payload))
            return "does not add up: the content is not what it promises";
        Next++;
        return null;
    }

    private bool Deliver(SnapshotChunkKind kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case SnapshotChunkKind.Header when payload.Length >= PositionBytes:
                Position = new FieldReader(payload).Position();
                content.SnapshotHeader(payload[PositionBytes..]);
                return true;
            case SnapshotChunkKind.Content:
                return DeliverRecords(payload);
            case SnapshotChunkKind.Trailer:
                return content.SnapshotTrailer(payload);
            default:
                return false;
        }
    }

    private bool DeliverRecords(ReadOnlySpan<byte> payload)
    {
        while (payload.Length >= sizeof(int))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(payload);
            payload = payload[sizeof(int)..];
            if (length < 0 || length > payload.Length)
                return false;
            content.SnapshotRecord(payload[..length]);
            payload = payload[length..];
        }
        return payload.IsEmpty;
    }
}
