using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>From the disk to a member that knows who it is: the newest snapshot into the machine, the journal behind it into the log.</summary>
public sealed partial class Server : IRecoverySink
{
    private ulong _snapshotChain;
    private ulong _birth, _ensemble;
    private bool _isAlone;
    private LogIndex _recoveredCommit;
    private bool _ringIsTooSmall;
    private Incarnation _incarnation;
    private ulong _incarnationWritten;     // the superblock generation that holds this start

    void IRecoverySink.Superblock(SuperblockState state) =>
        (_birth, _ensemble, _isAlone) = (state.Birth, state.Ensemble, FoundsAlone(state)
            || (Membership.TryDecode(state.Membership, out var membership) && membership.IsSoleVoter(_settings.Id, state.Birth)));

    /// <summary>Whether the folder belongs to no ensemble yet, and there is nobody to found one with.</summary>
    private bool FoundsAlone(SuperblockState state) => state.Ensemble == 0 && _settings.Ensemble.Count <= 1;

    bool IRecoverySink.IsAlone => _isAlone;

    void ISnapshotContent.SnapshotHeader(ReadOnlySpan<byte> header) => _snapshotChain = SnapshotEnds.ReadHeader(header);

    void ISnapshotContent.SnapshotRecord(ReadOnlySpan<byte> record) => _machine.Load(record);

    /// <summary>The state is complete: it must have the digest that was noted when the snapshot began.</summary>
    bool ISnapshotContent.SnapshotTrailer(ReadOnlySpan<byte> trailer)
    {
        _machine.FinishLoad();
        if (_machine.MembershipIn(_ensemble) is { IsEmpty: false } kept)
            _isAlone = Membership.Decode(kept).IsSoleVoter(_settings.Id, _birth);
        _raft.Log.Reset(_machine.AppliedIndex, _machine.AppliedTerm, _snapshotChain, _machine.AppliedTime);
        return _machine.Digest == SnapshotEnds.ReadTrailer(trailer);
    }

    void IRecoverySink.SnapshotLost()
    {
        _machine = new(_dice.Next());
        _raft.Log.Reset(LogIndex.Zero, default, Chain.Start, default);
        _recoveredCommit = LogIndex.Zero;
    }

    /// <summary>
    /// Alone, a member's journal is its quorum: whatever is in it is committed. Otherwise only what a record says was committed is applied, and
    /// the rest stays in memory, where there is room for it if there was when it was written. What is applied need not be kept.
    /// </summary>
    void IRecoverySink.Entry(in JournalEntry entry, ReadOnlySpan<byte> body)
    {
        var log = _raft.Log;
        if (!log.Fits(body.Length))
            log.Repack();
        _ringIsTooSmall |= !log.Fits(body.Length);
        if (_ringIsTooSmall)
            return;
        Invariant.Holds(entry.Index == log.Last.Next);
        body.CopyTo(log.Append(entry.Term, entry.Time, body.Length));
        log.Seal();
        Invariant.Holds(log.LastChain == entry.Chain);
        // From where others have a say, what lies in this journal alone is not decided yet; and the other way round.
        if (((IReplica)this).MembershipIn(body) is { } membership)
            _isAlone = membership.IsSoleVoter(_settings.Id, _birth);
        var committed = _isAlone ? entry.Index : entry.Commit;
#if MUTANTS
        if (Mutant.Is(Mutants.TailIsCommitted))
            committed = entry.Index;
#endif
        if (committed > _recoveredCommit)
            _recoveredCommit = committed;
        while (log.Base < log.Last && log.Base < _recoveredCommit)
            ApplyRecovered(log[log.Base.Next]);
    }

    private void ApplyRecovered(in Entry entry)
    {
        _reply.Clear();
        var command = CommandCodec.Read(entry.Body);
        var outcome = _machine.Apply(new(entry.Index, entry.Term, entry.Time), command, _changes, new(_reply));
        if (_trace.SeesEntries)
            Report(entry, command, outcome);
        Count(entry.Body.Length);
        _raft.Log.DropThrough(entry.Index);
    }

    private void FinishRecovery(Effects effects)
    {
        switch (_recovery.Verdict)
        {
            case RecoveryVerdict.Refused:
                Fail(_recovery.Refusal!, effects);
                break;
            case RecoveryVerdict.Empty when _settings.Ensemble.Count > 1:
                BeBorn(effects);
                break;
            case RecoveryVerdict.Empty:
                Found(effects);
                break;
            case RecoveryVerdict.Recovered or RecoveryVerdict.Damaged when _ringIsTooSmall:
                Fail(RecoveryText.RingTooSmall(_recoveredCommit, _recovery.Folder!.Last.Index), effects);
                break;
            case RecoveryVerdict.Recovered or RecoveryVerdict.Damaged:
                GoOn(_recovery.Folder!, effects);
                break;
        }
    }

    /// <summary>An ensemble of one founds itself: there is nobody else who could hold anything (A14).</summary>
    private void Found(Effects effects)
    {
        _trace.Note(NoteLevel.Information, 0, "The data folder is empty: founding an ensemble of one member.");
        var (ensemble, birth) = (_dice.Next(), _dice.Next());
        var state = new SuperblockState
        {
            Ensemble = ensemble,
            Birth = birth,
            Starts = 1,
            Membership = Alone(birth).Encode(),
        };
        _isAlone = true;
        Begin(state, found: null, JournalStart.Empty, snapshots: [], nextSnapshot: 1, effects);
    }

    /// <summary>The same upon a state to begin with, restored or imported.</summary>
    private bool TryFoundOn(ref SuperblockState state, Effects effects)
    {
        if (!state.Convalescence.IsNone)
        {
            Fail("This folder has promised to wait for the state that another member of an ensemble holds. Start that one alone, or this one on an empty folder.", effects);
            return false;
        }
        _trace.Note(NoteLevel.Information, 0, state.Snapshot.Number == 0
            ? "The data folder is empty: founding an ensemble of one member."
            : $"The data folder holds a state to begin with, that of term {_machine.AppliedTerm}: founding an ensemble of one member upon it.");
        state = state with { Ensemble = _dice.Next(), Membership = Alone(state.Birth).Encode() };
        return true;
    }

    /// <summary>One that may get company has an address.</summary>
    private Membership Alone(ulong birth) => _settings.Ensemble.Count == 0
        ? Membership.Of(_settings.Id, birth)
        : new([new(_settings.Id, _settings.Ensemble[0].PeerAddress, _settings.Ensemble[0].ClientAddress, birth)], []);

    /// <summary>Whoever is to take part in an ensemble of several says under which birth it stands empty before it says anything else (A14).</summary>
    private void BeBorn(Effects effects)
    {
        var state = new SuperblockState { Birth = _dice.Next(), Starts = 1 };
        Begin(state, found: null, JournalStart.Empty, snapshots: [], nextSnapshot: 1, effects);
    }

    private void GoOn(RecoveredFolder folder, Effects effects)
    {
        foreach (var note in folder.Notes)
            _trace.Note(NoteLevel.Warning, 0, note);
        var state = folder.Superblock.State;
        if (FoundsAlone(state) && !TryFoundOn(ref state, effects))
            return;
#if MUTANTS
        if (Mutant.Is(Mutants.StartsNotCounted))
            state = state with { Starts = state.Starts - 1 };
        if (Mutant.Is(Mutants.DamageForgotten))
            state = state with { Convalescence = Convalescence.None };
#endif
        Begin(state with { Starts = state.Starts + 1 }, folder.Superblock, folder.Journal, folder.Snapshots, folder.NextSnapshot, effects);
    }

    /// <summary>Every start is a new incarnation, which reaches the disk before anything is proposed in its name (A4).</summary>
    private void Begin(SuperblockState state, SuperblockImage? found, JournalStart journal, IReadOnlyList<SnapshotSpan> snapshots, ulong nextSnapshot,
        Effects effects)
    {
        _superblock = new(_tickets, found);
        _journal = new(_settings.SegmentBytes, _tickets, state.Birth, journal);
        _snapshot = new(_limits.SnapshotBytesInFlight, _tickets);
        _snapshotFiles = new(_tickets, snapshots, nextSnapshot);
        _journaled = _raft.Log.Last;
        _incarnation = new(state.Birth, state.Starts);
        OpenFront();
        State = ServerState.Looking;
        if (!_settings.FlushBeforeReply)
            _trace.Note(NoteLevel.Warning, 0, "Writes are acknowledged before they are on the disk (forceSync=no): a crash of this machine or of the server loses the last of them.");
        if (_isAlone)
            _founded = state;   // alone, a term begins at once, and its superblock tells of both
        else
            _incarnationWritten = _superblock.Write(state, effects);
        if (state.Ensemble == 0)
            SeekOthers(effects);
        else
            TakePart(state, effects);
    }

    private void OpenFront()
    {
        _janitor = new(_settings, _machine.Tree);
        _front = new(_settings, _limits, _machine, this, _dice, _trace, _incarnation);
    }

    /// <summary>The member belongs to an ensemble: consensus begins.</summary>
    private void TakePart(SuperblockState state, Effects effects)
    {
        _raft.Restore(
            new()
            {
                Identity = new(state.Ensemble, state.Birth),
                Membership = Membership.Decode(MembershipOf(_machine, state)),
                Term = state.Term,
                VotedFor = state.VotedFor,
                Applied = _machine.AppliedIndex,
                Convalescence = state.Convalescence,
            },
            _now);
        for (var peer = 1; peer < _isLinked.Length; peer++)
            if (_isLinked[peer])
                PeerArrived(new((byte)peer), up: true, effects);
        _raft.Elapse(_now, effects);
    }

    /// <summary>Whatever of the superblock is in both slots counts: the vote of its term (C4), the snapshot it names.</summary>
    private void SuperblockDurable(Effects effects)
    {
        FinishFounding(effects);
        if (_raft.Identity.Ensemble != 0 && _superblock.DurableGeneration >= _termWritten)
            _raft.HardStateDurable(_superblock.State.Term, _superblock.State.VotedFor, _now, effects);
        FinishInstalling(effects);
        TrimBehindSnapshot(effects);
    }
}
