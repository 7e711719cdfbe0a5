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

/// <summary>Reads a snapshot file after a start: verifies it chunk by chunk and delivers its content record by record.</summary>
internal sealed class SnapshotReader(ulong snapshot, ISnapshotContent content)
{
    private readonly SnapshotChecks _checks = new(snapshot, content);

    /// <summary>The last entry the snapshot contains; known once its first chunk was read.</summary>
    public LogPosition Position => _checks.Position;

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
            if (!_checks.IsNext(chunk))
                return Damage(Place(scan, SnapshotChecks.NotMeant));
            if (scan.Remaining < SnapshotChunk.HeaderBytes + (long)chunk.PayloadBytes)
                return Damage(Place(scan, "is cut short: the file ends within it"));
            if (bytes.Length < SnapshotChunk.HeaderBytes + chunk.PayloadBytes)
                return SnapshotReading.NeedsMore;
            if (_checks.Take(chunk, bytes.Slice(SnapshotChunk.HeaderBytes, chunk.PayloadBytes)) is { } problem)
                return Damage(Place(scan, problem));
            if (chunk.Kind == SnapshotChunkKind.Trailer)
                return SnapshotReading.Complete;
            scan.Consume(SnapshotChunk.HeaderBytes + chunk.PayloadBytes);
        }
    }

    private string Place(FileScan scan, string what) => string.Create(
        CultureInfo.InvariantCulture, $"snapshot {snapshot}, offset {scan.Offset}: chunk {_checks.Next} {what}.");

    private SnapshotReading Damage(string problem)
    {
        Problem = problem;
        return SnapshotReading.Damaged;
    }
}
