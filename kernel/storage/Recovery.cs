using System.Buffers.Binary;

namespace Quorate.Kernel.Storage;

/// <summary>What recovery concluded.</summary>
internal enum RecoveryVerdict : byte
{
    /// <summary>It is not done.</summary>
    Reading,
    /// <summary>There is nothing: a fresh folder, or one whose founding was interrupted before anything could rely on it.</summary>
    Empty,
    /// <summary>The member has its state back.</summary>
    Recovered,
    /// <summary>
    /// The member, one of several, has back what is intact; what was damaged is gone from the folder. By its superblock it is convalescent
    /// until it holds again what it may have acknowledged (A8).
    /// </summary>
    Damaged,
    /// <summary>The folder must not be used as it is; <see cref="Recovery.Refusal"/> says why. Nothing was changed.</summary>
    Refused,
}

/// <summary>What the rooms of a member go on from.</summary>
/// <param name="Superblock">For <see cref="Superblock"/>; its state names the snapshot that was delivered.</param>
/// <param name="Last">The last entry delivered, or the snapshot's.</param>
/// <param name="Commit">Entries up to here are known to be committed; those behind are on a member that is alone.</param>
/// <param name="Journal">For <see cref="Journal"/>.</param>
/// <param name="Snapshots">The snapshot files that are kept.</param>
/// <param name="NextSnapshot">A number that no snapshot has had.</param>
/// <param name="Notes">What an operator should know: a torn tail, a damaged snapshot that could be done without.</param>
internal sealed record RecoveredFolder(
    SuperblockImage Superblock, LogPosition Last, LogIndex Commit, JournalStart Journal,
    IReadOnlyList<SnapshotSpan> Snapshots, ulong NextSnapshot, IReadOnlyList<string> Notes);

/// <summary>
/// Reads a data folder after a start: superblock, tail mark, snapshot, journal, in that order; then makes sure of what it found.
/// </summary>
/// <remarks>
/// What is read may be in the operating system's memory only: a process that was killed loses nothing, but a power cut later would. So each
/// journal segment is flushed before it is read, since its receiver, if it is alone, applies what is in it; unless a later one says that it
/// has been: many segments would else cost as many flushes, one after the other. Only after the verdict is anything deleted: torn tails,
/// half-written snapshots and what an installed snapshot has replaced. A refusal changes nothing at all.
/// <para>
/// Damage is refused where the member is alone, since an operator may still have a copy of what is missing. With others to repair it from,
/// the folder is cut down to what is intact. That destroys the evidence of what had been flushed, and so it is first written, durably, to
/// both slots of the superblock; however often the member is started in between, it is convalescent until it is well (A8).
/// </para>
/// </remarks>
internal sealed partial class Recovery(DiskTickets tickets, IRecoverySink sink)
{
    private enum Step : byte
    {
        List,
        Superblock,
        TailMark,
        SegmentHeaders,
        Snapshot,
        Flush,
        Journal,
        RepairOtherSlot,
        RepairOwnSlot,
        Drop,
    }

    private readonly FileScan _scan = new(tickets);
    private readonly DiskRequests _disk = new(tickets, DiskTickets.Recovery);
    private readonly List<string> _notes = [];
    private readonly List<(ulong Number, long Length)> _journals = [];
    private readonly List<(ulong Number, long Length)> _snapshots = [];
    private readonly List<ulong> _replaced = [];   // segments of a history that an installed snapshot has replaced
    private bool _hasSuperblock;
    private bool _hasTailMark;

    private Step _step;
    private DiskTicket _ticket;
    private DiskFile _file;
    private int _reading;   // which segment's header
    private SuperblockImage? _image;
    private byte[] _otherSlot = [];
    private TailMarkState _mark;
    private bool _markIsLost;
    private readonly List<SnapshotPointer> _candidates = [];
    private int _candidate;
    private SnapshotReader? _snapshot;
    private JournalRecovery? _journal;
    private SegmentFound? _segment;   // the one that is being read
    private bool _isRewritten;      // the superblock says something new
    private bool _snapshotIsLost;   // and all entries with it: nothing follows them
    private bool _isDamaged;

    /// <summary>What was concluded.</summary>
    public RecoveryVerdict Verdict { get; private set; }

    /// <summary>Why the folder is refused, naming the file, the place in it, and what to do.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Where the log is damaged, if it is.</summary>
    public JournalDamage? Damage { get; private set; }

    /// <summary>Where the log's tail is torn, if it is and may be cut there.</summary>
    public JournalTear? Tear => Verdict == RecoveryVerdict.Recovered ? _journal?.Tear : null;

    /// <summary>What the member goes on from.</summary>
    public RecoveredFolder? Folder { get; private set; }

    /// <summary>Begins.</summary>
    public void Begin(Effects effects)
    {
        _ticket = tickets.Next(DiskTickets.Recovery);
        effects.DiskList(_ticket);
    }

    /// <summary>Takes note of a completion and goes on.</summary>
    public void Completed(DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes, Effects effects)
    {
        if (Verdict != RecoveryVerdict.Reading)
            return;
        switch (_step)
        {
            case Step.Snapshot:
                _scan.Completed(ticket, outcome, bytes);
                ReadSnapshot(effects);
                return;
            case Step.Journal:
                _scan.Completed(ticket, outcome, bytes);
                ReadJournal(effects);
                return;
            case Step.Flush or Step.RepairOtherSlot or Step.RepairOwnSlot or Step.Drop:
                Invariant.Holds(_disk.Completed(ticket, outcome));
                if (_disk.Failure is { } failure)
                    Refuse(failure);
                else if (_step == Step.Flush)
                    OpenSegment(effects);
                else if (_disk.IsIdle)
                    MakeSure(effects);
                return;
        }
        Invariant.Holds(ticket == _ticket);
        if (outcome is not (DiskOutcome.Done or DiskOutcome.Missing))
        {
            var what = _step == Step.List ? "The list of files" : DiskRequests.NameOf(_file);
            Refuse(RecoveryText.Unreadable(what));
            return;
        }
        switch (_step)
        {
            case Step.List:
                List(bytes, effects);
                break;
            case Step.Superblock:
                ReadSuperblock(bytes, effects);
                break;
            case Step.TailMark:
                ReadTailMark(bytes, effects);
                break;
            default:
                ReadSegmentHeader(bytes, effects);
                break;
        }
    }

    private void List(ReadOnlySpan<byte> listing, Effects effects)
    {
        const int EntryBytes = 17;
        for (; listing.Length >= EntryBytes; listing = listing[EntryBytes..])
        {
            var number = BinaryPrimitives.ReadUInt64LittleEndian(listing[1..]);
            var length = BinaryPrimitives.ReadInt64LittleEndian(listing[9..]);
            switch ((DiskFileKind)listing[0])
            {
                case DiskFileKind.Superblock:
                    _hasSuperblock = true;
                    break;
                case DiskFileKind.TailMark:
                    _hasTailMark = true;
                    break;
                case DiskFileKind.Journal:
                    _journals.Add((number, length));
                    break;
                case DiskFileKind.Snapshot:
                    _snapshots.Add((number, length));
                    break;
            }
        }
        _journals.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        _snapshots.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        if (_hasSuperblock)
            Read(Step.Superblock, new(DiskFileKind.Superblock, 0), 2 * SuperblockImage.SlotBytes, effects);
        else if (HoldsOnlyTheSuperblock)
            Verdict = RecoveryVerdict.Empty;
        else
            Refuse(RecoveryText.SuperblockMissing);
    }

    private bool HoldsOnlyTheSuperblock => !_hasTailMark && _journals.Count == 0 && _snapshots.Count == 0;

    private void ReadSuperblock(ReadOnlySpan<byte> file, Effects effects)
    {
        var a = SuperblockImage.Read(file, 0, out var first);
        var b = SuperblockImage.Read(file, 1, out var second);
        if (a == BlockCondition.Newer || b == BlockCondition.Newer)
        {
            var version = SealedBlock.VersionOf(SuperblockImage.Bytes(file, a == BlockCondition.Newer ? 0 : 1));
            Refuse(RecoveryText.Newer("The superblock", version));
            return;
        }
        _image = second is not null && (first is null || second.Generation > first.Generation) ? second : first;
        if (_image is null)
        {
            // The second slot is written only after the first is durable, and nothing relies on a generation before both are.
            if (b == BlockCondition.Blank && HoldsOnlyTheSuperblock)
                Verdict = RecoveryVerdict.Empty;
            else
                Refuse(RecoveryText.SuperblockLost);
            return;
        }
        var other = _image.Slot ^ 1;
        if (!SuperblockImage.Bytes(file, 0).SequenceEqual(SuperblockImage.Bytes(file, 1)))
            _otherSlot = SuperblockImage.Bytes(file, _image.Slot).ToArray();
        if ((other == 0 ? a : b) == BlockCondition.Damaged)
            _notes.Add(RecoveryText.SlotRepaired(other));
        while (_journals.Count > 0 && _journals[0].Number < _image.State.FirstSegment)
        {
            _replaced.Add(_journals[0].Number);
            _journals.RemoveAt(0);
        }
        sink.Superblock(_image.State);
        _journal = new(_image.State.Birth, sink);
        if (_hasTailMark)
            Read(Step.TailMark, new(DiskFileKind.TailMark, 0), TailMarkState.FileBytes, effects);
        else
            ReadNextSegmentHeader(effects);
    }

    private void ReadTailMark(ReadOnlySpan<byte> file, Effects effects)
    {
        var a = TailMarkState.Read(TailMarkState.Slot(file, 0), out var first);
        var b = TailMarkState.Read(TailMarkState.Slot(file, 1), out var second);
        if (a == BlockCondition.Newer || b == BlockCondition.Newer)
        {
            var newer = TailMarkState.Slot(file, a == BlockCondition.Newer ? 0 : 1);
            Refuse(RecoveryText.Newer("The tail mark", SealedBlock.VersionOf(newer)));
            return;
        }
        _mark = first.Sequence > second.Sequence ? first : second;
        // The first mark ever goes to the second slot; torn, it leaves the first one blank, and there was no mark to lose.
        _markIsLost = _mark.Sequence == 0 && a == BlockCondition.Damaged;
        ReadNextSegmentHeader(effects);
    }

    private void ReadNextSegmentHeader(Effects effects)
    {
        if (_reading < _journals.Count)
            Read(Step.SegmentHeaders, new(DiskFileKind.Journal, _journals[_reading].Number), SegmentHeader.PreambleBytes, effects);
        else
            BeginSnapshot(effects);
    }

    private void ReadSegmentHeader(ReadOnlySpan<byte> preamble, Effects effects)
    {
        var (number, length) = _journals[_reading++];
        if (_journal!.Add(number, length, preamble) is { } refusal)
            Refuse(refusal);
        else
            ReadNextSegmentHeader(effects);
    }

    private void BeginSnapshot(Effects effects)
    {
        var state = _image!.State;
        if (state.Snapshot.Number == 0)
        {
            BeginJournal(LogPosition.Start, effects);
            return;
        }
        _candidates.Add(state.Snapshot);
        _candidates.AddRange(state.OlderSnapshots);
        TrySnapshot(effects);
    }

    private void TrySnapshot(Effects effects)
    {
        _step = Step.Snapshot;
        var number = _candidates[_candidate].Number;
        _snapshot = new(number, sink);
        _scan.Open(new(DiskFileKind.Snapshot, number), 0, _snapshots.Find(found => found.Number == number).Length);
        ReadSnapshot(effects);
    }

    private void ReadSnapshot(Effects effects)
    {
        var reading = _snapshot!.Advance(_scan);
        if (reading == SnapshotReading.NeedsMore)
        {
            _scan.ReadMore(effects);
            return;
        }
        var pointer = _candidates[_candidate];
        if (reading == SnapshotReading.Newer)
            Refuse(RecoveryText.Newer(DiskRequests.NameOf(new(DiskFileKind.Snapshot, pointer.Number)), _snapshot.Version));
        else if (reading == SnapshotReading.Complete && _snapshot.Position == pointer.Position)
            BeginJournal(pointer.Position, effects);
        else
            LoseSnapshot(_snapshot.Problem ?? RecoveryText.OtherPosition(pointer, _snapshot.Position.Index), effects);
    }

    private void LoseSnapshot(string problem, Effects effects)
    {
        sink.SnapshotLost();
        _notes.Add(problem);
        if (++_candidate < _candidates.Count)
            TrySnapshot(effects);
        else if (sink.IsAlone)
            Refuse(RecoveryText.NoSnapshot(_notes));
        else
        {
            // The journal is read all the same: it says what the member may have acknowledged.
            _snapshotIsLost = true;
            BeginJournal(_image!.State.Snapshot.Position, effects);
        }
    }

    private void BeginJournal(in LogPosition from, Effects effects)
    {
        _journal!.Begin(from, _image!.State.Snapshot.Position, _image.State.FirstSegment, _mark, delivers: !_snapshotIsLost);
        NextSegment(effects);
    }

    private void NextSegment(Effects effects)
    {
        _segment = _journal!.Next();
        if (_segment is null)
        {
            Judge(effects);
            return;
        }
        if (_segment.IsFlushed)
        {
            OpenSegment(effects);
            return;
        }
        _step = Step.Flush;
        _disk.Flush(effects, new(DiskFileKind.Journal, _segment.Number));
    }

    private void OpenSegment(Effects effects)
    {
        _step = Step.Journal;
        _scan.Open(new(DiskFileKind.Journal, _segment!.Number), SegmentHeader.RecordsAt, _segment.Length);
        ReadJournal(effects);
    }

    private void ReadJournal(Effects effects)
    {
        if (_journal!.Advance(_scan))
            NextSegment(effects);
        else
            _scan.ReadMore(effects);
    }

    private void Read(Step step, DiskFile file, int length, Effects effects)
    {
        _step = step;
        _file = file;
        _ticket = tickets.Next(DiskTickets.Recovery);
        effects.DiskRead(_ticket, file, 0, length);
    }

    private void Refuse(string why)
    {
        Refusal = why;
        Verdict = RecoveryVerdict.Refused;
    }
}
