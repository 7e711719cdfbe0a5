using Quorate.Kernel.Consensus;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>From the disk to a member that knows who it is: the newest snapshot into the machine, the journal behind it into the log.</summary>
public sealed partial class Server : IRecoverySink
{
    private ulong _snapshotChain;

    void IRecoverySink.SnapshotHeader(ReadOnlySpan<byte> header) => _snapshotChain = SnapshotEnds.ReadHeader(header);

    void IRecoverySink.SnapshotRecord(ReadOnlySpan<byte> record) => _machine.Load(record);

    /// <summary>The state is complete: it must have the digest that was noted when the snapshot began.</summary>
    bool IRecoverySink.SnapshotTrailer(ReadOnlySpan<byte> trailer)
    {
        _machine.FinishLoad();
        _raft.Log.Reset(_machine.AppliedIndex, _machine.AppliedTerm, _snapshotChain, _machine.AppliedTime);
        return _machine.Digest == SnapshotEnds.ReadTrailer(trailer);
    }

    void IRecoverySink.SnapshotLost() => _machine = new(_dice.Next());

    /// <summary>Alone, a member's journal is its quorum: whatever is in it is committed, is applied at once and need not be kept.</summary>
    void IRecoverySink.Entry(in JournalEntry entry, ReadOnlySpan<byte> body)
    {
        Invariant.Holds(entry.Index == _raft.Log.Last.Next);
        body.CopyTo(_raft.Log.Append(entry.Term, entry.Time, body.Length));
        _raft.Log.Seal();
        Invariant.Holds(_raft.Log.LastChain == entry.Chain);
        _reply.Clear();
        _machine.Apply(new(entry.Index, entry.Term, entry.Time), CommandCodec.Read(body), _changes, new(_reply));
        _raft.Log.DropThrough(entry.Index);
        Count(body.Length);
    }

    private void FinishRecovery(Effects effects)
    {
        switch (_recovery.Verdict)
        {
            case RecoveryVerdict.Refused:
                Fail(_recovery.Refusal!, effects);
                break;
            case RecoveryVerdict.Empty:
                Found();
                break;
            case RecoveryVerdict.Recovered:
                GoOn(_recovery.Folder!);
                break;
        }
    }

    /// <summary>An ensemble of one founds itself: there is nobody else who could hold anything (A14).</summary>
    private void Found()
    {
        _trace.Note(NoteLevel.Information, 0, "The data folder is empty: founding an ensemble of one member.");
        var state = new SuperblockState
        {
            Ensemble = _dice.Next(),
            Birth = _dice.Next(),
            Starts = 1,
            Membership = Membership.Of(_settings.Id).Encode(),
        };
        Begin(state, found: null, JournalStart.Empty, snapshots: [], nextSnapshot: 1);
    }

    private void GoOn(RecoveredFolder folder)
    {
        foreach (var note in folder.Notes)
            _trace.Note(NoteLevel.Warning, 0, note);
        var state = folder.Superblock.State;
        Begin(state with { Starts = state.Starts + 1 }, folder.Superblock, folder.Journal, folder.Snapshots, folder.NextSnapshot);
    }

    /// <summary>Every start is a new incarnation, and reaches the disk with the new term before anything is proposed (A4).</summary>
    private void Begin(SuperblockState state, SuperblockImage? found, JournalStart journal, IReadOnlyList<SnapshotSpan> snapshots, ulong nextSnapshot)
    {
        _superblock = new(_tickets, found);
        _journal = new(_settings.SegmentBytes, _tickets, state.Birth, journal);
        _snapshot = new(_limits.SnapshotBytesInFlight, _tickets);
        _snapshotFiles = new(_tickets, snapshots, nextSnapshot);
        _journaled = _raft.Log.Last;
        _raft.Restore(Membership.Decode(state.Membership), state.Term, state.VotedFor);
        _janitor = new(_settings, _machine.Tree);
        _front = new(_settings, _limits, _machine, this, _dice, _trace, new(state.Birth, state.Starts));
        _founded = state;
        State = ServerState.Looking;
        if (!_settings.FlushBeforeReply)
            _trace.Note(NoteLevel.Warning, 0, "Writes are acknowledged before they are on the disk (forceSync=no): a crash of this machine or of the server loses the last of them.");
        _raft.Elapse();
    }

    /// <summary>Whatever of the superblock is in both slots counts: the vote of its term (C4), the snapshot it names.</summary>
    private void SuperblockDurable(Effects effects)
    {
        if (_superblock.DurableGeneration >= _termWritten)
            _raft.HardStateDurable(_superblock.State.Term);
        TrimBehindSnapshot(effects);
    }
}
