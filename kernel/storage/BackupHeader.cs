namespace Quorate.Kernel.Storage;

/// <summary>What stands in front of the snapshot in a backup file: where the snapshot comes from, and what it holds.</summary>
/// <remarks>A sealed block of <see cref="Bytes"/> bytes; the snapshot follows as it lay in the data folder.</remarks>
internal sealed record BackupHeader
{
    /// <summary>The length of the header; the snapshot begins behind it.</summary>
    public const int Bytes = 4096;

    private const ulong Magic = 0x5055_4B42_524F_5551;   // "QUORBKUP"
    private const int FixedBytes = 94;
    private const byte ConfirmedFlag = 1, ConvalescentFlag = 2;

    /// <summary>The ensemble that it is a backup of.</summary>
    public required ulong Ensemble { get; init; }

    /// <summary>The member whose state it is; 0 if its folder does not say.</summary>
    public required ServerId Member { get; init; }

    /// <summary>The newest term that this member knew.</summary>
    public required Term Term { get; init; }

    /// <summary>When it was taken.</summary>
    public required WallTime Taken { get; init; }

    /// <summary>
    /// Whether a majority confirmed that it holds all that had been acknowledged. Otherwise it holds what that one member had: things may be
    /// missing, and things may be there that were never acknowledged.
    /// </summary>
    public bool IsConfirmed { get; init; }

    /// <summary>Whether the member knew that it had lost something that it had once acknowledged (A8).</summary>
    public bool IsConvalescent { get; init; }

    /// <summary>The snapshot's number and position.</summary>
    public required SnapshotPointer Snapshot { get; init; }

    /// <summary>The snapshot's length.</summary>
    public required long SnapshotBytes { get; init; }

    /// <summary>The last zxid in it.</summary>
    public required Zxid Zxid { get; init; }

    /// <summary>The digest of the state.</summary>
    public required Digest Digest { get; init; }

    /// <summary>Znodes, the system's own included.</summary>
    public required int Znodes { get; init; }

    /// <summary>Ephemerals among them.</summary>
    public required int Ephemerals { get; init; }

    /// <summary>Open sessions.</summary>
    public required int Sessions { get; init; }

    /// <summary>Who belonged to the ensemble, in consensus's encoding.</summary>
    public required byte[] Membership { get; init; }

    /// <summary>The header's bytes.</summary>
    public byte[] Write()
    {
        var block = new byte[Bytes];
        var fields = new FieldWriter(SealedBlock.Payload(block));
        fields.ULong(Ensemble);
        fields.Byte(Member.Value);
        fields.Byte((byte)((IsConfirmed ? ConfirmedFlag : 0) | (IsConvalescent ? ConvalescentFlag : 0)));
        fields.UInt(Term.Value);
        fields.ULong((ulong)Taken.Milliseconds);
        fields.ULong(Snapshot.Number);
        fields.Position(Snapshot.Position);
        fields.ULong((ulong)SnapshotBytes);
        fields.ULong((ulong)Zxid.Value);
        fields.ULong((ulong)(Digest.Value >> 64));
        fields.ULong((ulong)Digest.Value);
        fields.UInt((uint)Znodes);
        fields.UInt((uint)Ephemerals);
        fields.UInt((uint)Sessions);
        Invariant.Holds(fields.Length == FixedBytes);
        fields.Bytes(Membership);
        SealedBlock.Seal(block, Magic, fields.Length);
        return block;
    }

    /// <summary>Reads the header of a file that may be anything.</summary>
    public static BlockCondition Read(ReadOnlySpan<byte> block, out BackupHeader? header)
    {
        header = null;
        var condition = SealedBlock.Read(block, Magic, out var payload);
        if (condition != BlockCondition.Valid)
            return condition;
        if (payload.Length < FixedBytes)
            return BlockCondition.Damaged;
        var fields = new FieldReader(payload);
        var (ensemble, member, flags) = (fields.ULong(), new ServerId(fields.Byte()), fields.Byte());
        header = new()
        {
            Ensemble = ensemble,
            Member = member,
            IsConfirmed = (flags & ConfirmedFlag) != 0,
            IsConvalescent = (flags & ConvalescentFlag) != 0,
            Term = new(fields.UInt()),
            Taken = new((long)fields.ULong()),
            Snapshot = new(fields.ULong(), fields.Position()),
            SnapshotBytes = (long)fields.ULong(),
            Zxid = new((long)fields.ULong()),
            Digest = new(new(fields.ULong(), fields.ULong())),
            Znodes = (int)fields.UInt(),
            Ephemerals = (int)fields.UInt(),
            Sessions = (int)fields.UInt(),
            Membership = payload[FixedBytes..].ToArray(),
        };
        return BlockCondition.Valid;
    }
}
