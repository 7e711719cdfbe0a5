using System.Globalization;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>Reads a backup from its first byte to its last, and loads it: only what adds up to what its header and its trailer promise counts.</summary>
/// <remarks>
/// Without I/O: <see cref="Wanted"/> says how many bytes are needed next, <see cref="Give"/> takes them. Fewer mean that the file ends there.
/// No more is ever wanted than a checksum has vouched for.
/// </remarks>
public sealed class BackupReading
{
    private enum Part : byte
    {
        Header,
        ChunkHeader,
        Payload,
        End,
    }

    /// <summary>How much stands in front of the snapshot in a backup file.</summary>
    public const int HeaderBytes = BackupHeader.Bytes;

    private const string AnotherCopy = "Use another copy of this backup, or an older one.";

    private readonly LoadingMachine _state = new(hashKey: 0x1D5BEC7);
    private Part _part = Part.Header;
    private BackupHeader? _header;
    private SnapshotChecks? _checks;
    private SnapshotChunk _chunk;
    private long _offset;   // of what is wanted

    /// <summary>How many bytes are needed next; 0 when nothing more is.</summary>
    public int Wanted { get; private set; } = BackupHeader.Bytes;

    /// <summary>Why this is no backup that anything could be restored from: place, what is wrong, what to do; null as long as it may be one.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What the backup holds; null until all of it has been found right.</summary>
    public BackupSummary? Summary { get; private set; }

    internal Machine Machine => _state.Machine;

    internal Term NewestTerm => _header!.Term;

    /// <summary>Takes what is wanted, or what there is of it.</summary>
    public void Give(ReadOnlySpan<byte> bytes)
    {
        Invariant.Holds(Wanted > 0 && bytes.Length <= Wanted);
        switch (_part)
        {
            case Part.Header:
                TakeHeader(bytes);
                break;
            case Part.End when bytes.IsEmpty:
                Conclude();
                break;
            case Part.End:
                Refuse("something else follows where the backup should end");
                break;
            default:
                if (bytes.Length < Wanted)
                    Refuse($"chunk {_checks!.Next} is cut short: the file ends within it");
                else if (_part == Part.ChunkHeader)
                    TakeChunkHeader(bytes);
                else
                    TakePayload(bytes);
                break;
        }
    }

    private void TakeHeader(ReadOnlySpan<byte> bytes)
    {
        switch (BackupHeader.Read(bytes, out _header))
        {
            case BlockCondition.Valid:
                _checks = new(_header!.Snapshot.Number, _state);
                Want(Part.ChunkHeader, SnapshotChunk.HeaderBytes, bytes.Length);
                break;
            case BlockCondition.Newer:
                RefuseNewer(SealedBlock.VersionOf(bytes));
                break;
            default:
                Refuse("this is not the beginning of a backup, or it is damaged");
                break;
        }
    }

    private void TakeChunkHeader(ReadOnlySpan<byte> bytes)
    {
        switch (SnapshotChunk.Read(bytes, out _chunk))
        {
            case BlockCondition.Valid when !_checks!.IsNext(_chunk):
                Refuse($"chunk {_checks.Next} {SnapshotChecks.NotMeant}");
                break;
            case BlockCondition.Valid:
                Want(Part.Payload, _chunk.PayloadBytes, bytes.Length);
                if (Wanted == 0)
                    TakePayload([]);
                break;
            case BlockCondition.Newer:
                RefuseNewer(SnapshotChunk.VersionOf(bytes));
                break;
            default:
                Refuse($"chunk {_checks!.Next} is damaged: its header is not valid");
                break;
        }
    }

    private void TakePayload(ReadOnlySpan<byte> bytes)
    {
        if (_checks!.Take(_chunk, bytes) is { } problem)
            Refuse($"chunk {_checks.Next} {problem}");
        else if (_chunk.Kind == SnapshotChunkKind.Trailer)
            Want(Part.End, 1, bytes.Length);
        else
            Want(Part.ChunkHeader, SnapshotChunk.HeaderBytes, bytes.Length);
    }

    private void Conclude()
    {
        var header = _header!;
        Wanted = 0;
        if (_checks!.Position != header.Snapshot.Position || Machine.Digest != header.Digest || _offset != BackupHeader.Bytes + header.SnapshotBytes)
            Refuse("the snapshot is not the one that the header describes");
        else
            Summary = new(
                header.Ensemble, Membership.TryDecode(header.Membership, out var members) ? members.ToString() : "?", header.Member, header.Taken,
                header.IsConfirmed, header.IsConvalescent, header.Term, Machine.AppliedIndex, Machine.AppliedTerm, Machine.Zxid, Machine.Digest,
                Machine.Tree.Count, Machine.Tree.EphemeralCount, Machine.Sessions.Count, _offset);
    }

    private void Want(Part part, int bytes, int taken)
    {
        _offset += taken;
        (_part, Wanted) = (part, bytes);
    }

    private void RefuseNewer(uint version) =>
        Say($"it has format version {version}, this program reads up to {SealedBlock.Version}. Use a newer one.");

    private void Refuse(string what) => Say($"{what}. {AnotherCopy}");

    private void Say(string what)
    {
        Refusal = string.Create(CultureInfo.InvariantCulture, $"offset {_offset}: {what}");
        Wanted = 0;
    }
}
