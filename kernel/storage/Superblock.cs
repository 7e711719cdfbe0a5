namespace Quorate.Kernel.Storage;

/// <summary>Which snapshot holds the state, and up to where. Number 0: none.</summary>
/// <param name="Number">The snapshot's number, also its file's.</param>
/// <param name="Position">The last entry the snapshot contains.</param>
public readonly record struct SnapshotPointer(ulong Number, LogPosition Position);

/// <summary>What a member must never forget. Small, and always written whole.</summary>
internal sealed record SuperblockState
{
    /// <summary>
    /// The ensemble's id, agreed upon when it was founded. 0: the member has been born but belongs to none yet; its birth is durable before
    /// it tells anybody that it is empty (A14).
    /// </summary>
    public ulong Ensemble { get; init; }

    /// <summary>The id under which this member joined; with <see cref="Starts"/> its incarnation (A4, A14). Known to no client.</summary>
    public ulong Birth { get; init; }

    /// <summary>How often this member has been started.</summary>
    public uint Starts { get; init; }

    /// <summary>The newest term seen.</summary>
    public Term Term { get; init; }

    /// <summary>Who got this member's vote in that term; 0 for nobody.</summary>
    public ServerId VotedFor { get; init; }

    /// <summary>The configuration as of the snapshot pointer, with the members' births, in consensus's encoding.</summary>
    public byte[] Membership { get; init; } = [];

    /// <summary>The newest finished snapshot.</summary>
    public SnapshotPointer Snapshot { get; init; }

    /// <summary>Older snapshots that are kept, newest first: what recovery falls back on when the newest is damaged.</summary>
    public IReadOnlyList<SnapshotPointer> OlderSnapshots { get; init; } = [];

    /// <summary>Lower-numbered segments are no part of the log: they hold a history that an installed snapshot has replaced (B7).</summary>
    public ulong FirstSegment { get; init; }

    /// <summary>What the member has to hold again, if its journal was damaged (A8).</summary>
    public Convalescence Convalescence { get; init; }

    /// <summary>
    /// This state with another member's snapshot in place of everything the member had (B7). Its own older snapshots belong to another
    /// history, and it begins anew as an incarnation, since what it had proposed is forgotten (A2).
    /// </summary>
    /// <param name="snapshot">The snapshot, whole and durable.</param>
    /// <param name="firstSegment">The next segment that will be opened: no earlier one counts.</param>
    /// <param name="membership">The configuration as of the snapshot.</param>
    public SuperblockState Installed(in SnapshotPointer snapshot, ulong firstSegment, byte[] membership) => this with
    {
        Snapshot = snapshot,
        OlderSnapshots = [],
        FirstSegment = firstSegment,
        Membership = membership,
        Starts = Starts + 1,
        Convalescence = Convalescence.IsOverAt(snapshot.Position) ? Convalescence.None : Convalescence,
    };

    /// <summary>This state with a newer snapshot, of which <paramref name="kept"/> are kept in all.</summary>
    public SuperblockState WithSnapshot(in SnapshotPointer newest, int kept)
    {
        var older = new List<SnapshotPointer>();
        if (Snapshot.Number != 0)
            older.Add(Snapshot);
        older.AddRange(OlderSnapshots);
        var room = Math.Clamp(kept - 1, 0, SuperblockImage.OlderSnapshotsMax);
        if (older.Count > room)
            older.RemoveRange(room, older.Count - room);
        return this with { Snapshot = newest, OlderSnapshots = older };
    }

    /// <summary>Whether a snapshot is the newest or one of the older ones that are kept.</summary>
    public bool Keeps(ulong snapshot)
    {
        var keeps = Snapshot.Number == snapshot;
        foreach (var older in OlderSnapshots)
            keeps |= older.Number == snapshot;
        return keeps;
    }

    /// <summary>The last entry of the oldest snapshot kept: the journal before it is needed by nobody.</summary>
    public LogIndex OldestSnapshotIndex => OlderSnapshots.Count == 0 ? Snapshot.Position.Index : OlderSnapshots[^1].Position.Index;
}

/// <summary>A superblock slot as found in the file.</summary>
/// <param name="Slot">0 or 1.</param>
/// <param name="Generation">Which writing of the superblock it is.</param>
/// <param name="State">What it says.</param>
internal sealed record SuperblockImage(int Slot, ulong Generation, SuperblockState State)
{
    /// <summary>Each slot lies in a sector of its own, whatever the disk calls a sector.</summary>
    public const int SlotBytes = 4096;

    /// <summary>Room for the membership.</summary>
    public const int MembershipBytes = SlotBytes - SealedBlock.PrefixBytes - FixedBytes - OlderSnapshotsMax * SnapshotBytes;

    /// <summary>Older snapshots that can be kept.</summary>
    public const int OlderSnapshotsMax = 15;

    private const ulong Magic = 0x5250_5553_524F_5551;   // "QUORSUPR"
    private const int FixedBytes = 98;
    private const int SnapshotBytes = 28;

    /// <summary>Writes a slot.</summary>
    public void Write(Span<byte> slot)
    {
        Invariant.Holds(State.Membership.Length <= MembershipBytes && State.OlderSnapshots.Count <= OlderSnapshotsMax);
        var fields = new FieldWriter(SealedBlock.Payload(slot));
        fields.ULong(Generation);
        fields.ULong(State.Ensemble);
        fields.ULong(State.Birth);
        fields.UInt(State.Starts);
        fields.UInt(State.Term.Value);
        fields.Byte(State.VotedFor.Value);
        fields.ULong(State.Snapshot.Number);
        fields.Position(State.Snapshot.Position);
        fields.ULong(State.FirstSegment);
        fields.Byte(State.Convalescence.IsMarkLost ? (byte)1 : (byte)0);
        fields.Position(State.Convalescence.Mark);
        fields.UInt((uint)State.OlderSnapshots.Count);
        fields.UInt((uint)State.Membership.Length);
        Invariant.Holds(fields.Length == FixedBytes);
        foreach (var older in State.OlderSnapshots)
        {
            fields.ULong(older.Number);
            fields.Position(older.Position);
        }
        fields.Bytes(State.Membership);
        SealedBlock.Seal(slot, Magic, fields.Length);
    }

    /// <summary>Reads a slot of a file that may be shorter than it should be.</summary>
    public static BlockCondition Read(ReadOnlySpan<byte> file, int slot, out SuperblockImage? image)
    {
        image = null;
        var condition = SealedBlock.Read(Bytes(file, slot), Magic, out var payload);
        if (condition != BlockCondition.Valid)
            return condition;
        if (payload.Length < FixedBytes)
            return BlockCondition.Damaged;
        var fields = new FieldReader(payload);
        var generation = fields.ULong();
        var state = new SuperblockState
        {
            Ensemble = fields.ULong(),
            Birth = fields.ULong(),
            Starts = fields.UInt(),
            Term = new(fields.UInt()),
            VotedFor = new(fields.Byte()),
            Snapshot = new(fields.ULong(), fields.Position()),
            FirstSegment = fields.ULong(),
            Convalescence = new(IsMarkLost: fields.Byte() != 0, Mark: fields.Position()),
        };
        var older = new SnapshotPointer[fields.UInt()];
        var membership = (int)fields.UInt();
        for (var i = 0; i < older.Length; i++)
            older[i] = new(fields.ULong(), fields.Position());
        state = state with { OlderSnapshots = older, Membership = fields.Bytes(membership).ToArray() };
        image = new(slot, generation, state);
        return BlockCondition.Valid;
    }

    /// <summary>The bytes of a slot, as many as there are.</summary>
    public static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> file, int slot)
    {
        var offset = slot * SlotBytes;
        return offset >= file.Length ? default : file.Slice(offset, Math.Min(SlotBytes, file.Length - offset));
    }
}

/// <summary>
/// Term, vote, identity and snapshot pointer on disk: one file of two slots.
/// </summary>
/// <remarks>
/// Were the slots written in turn, one bad slot would bring back the vote of a generation ago, and with it a second leader of one term
/// (A3). So each generation goes to both, the second after the first has been flushed, and only then is it durable: from there on either
/// slot alone says all that was ever relied upon. The slot written first is always the one that does not hold the newest whole generation,
/// so that a torn write can only hit what is not needed. Requests made while a generation is on its way are merged into the next.
/// </remarks>
internal sealed class Superblock
{
    private static readonly DiskFile File = new(DiskFileKind.Superblock, 0);

    private readonly DiskRequests _disk;
    private readonly byte[] _slot = new byte[SuperblockImage.SlotBytes];
    private int _newestSlot;
    private int _slotsWritten;
    private ulong _writing;     // the generation on its way; 0 for none
    private ulong _requested;   // the generation last asked for

    /// <summary>A superblock that goes on from what recovery found, or from nothing.</summary>
    public Superblock(DiskTickets tickets, SuperblockImage? found)
    {
        _disk = new(tickets, DiskFileKind.Superblock);
        _newestSlot = found?.Slot ?? 1;
        State = found?.State ?? new();
        _requested = found?.Generation ?? 0;
    }

    /// <summary>The newest state asked for, durable or not.</summary>
    public SuperblockState State { get; private set; }

    /// <summary>The newest generation that both slots hold for good; 0 until this server has written one.</summary>
    public ulong DurableGeneration { get; private set; }

    /// <summary>Whether nothing is on its way.</summary>
    public bool Idle => _writing == 0;

    /// <summary>Why nothing advances any more, in words for an operator; null while all is well (B8).</summary>
    public string? Failure => _disk.Failure;

    /// <summary>Asks for a state to be made durable; returns the generation to wait for.</summary>
    public ulong Write(SuperblockState state, Effects effects)
    {
        State = state;
        _requested++;
        if (Idle && Failure is null)
            Begin(effects);
        return _requested;
    }

    /// <summary>Takes note of a completion.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, Effects effects)
    {
        Invariant.Holds(_disk.Completed(ticket, outcome));
        if (!_disk.IsIdle || Failure is not null)
            return;
        _newestSlot ^= 1;
#if MUTANTS
        if (!Mutant.Is(Mutants.OneSlotSuffices))
#endif
        if (++_slotsWritten == 1)
        {
            WriteSlot(effects);
            return;
        }
        DurableGeneration = _writing;
        _writing = 0;
        if (_requested > DurableGeneration)
            Begin(effects);
    }

    private void Begin(Effects effects)
    {
        _writing = _requested;
        _slotsWritten = 0;
        new SuperblockImage(0, _writing, State).Write(_slot);
        WriteSlot(effects);
    }

    private void WriteSlot(Effects effects)
    {
        _disk.Write(effects, File, (_newestSlot ^ 1) * SuperblockImage.SlotBytes, _slot);
        _disk.Flush(effects, File);
    }
}
