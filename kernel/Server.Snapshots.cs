using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>
/// Snapshots without stopping: begun, carried on a little in every batch, finished, named in the superblock; then the journal is trimmed.
/// </summary>
public sealed partial class Server
{
    private const long SmallSnapshot = 16 << 20;

    /// <summary>For somebody who is behind the journal may be as long as the log between so many snapshots: whoever is slower gets another one.</summary>
    private const int PinnedSnapshots = 2;

    private const int VisitsPerBatch = 1024, VisitsPerEntry = 16, VisitsMost = 4 * 1024;
    private static readonly TimeSpan SnapshotPace = TimeSpan.FromMilliseconds(1);

    private SnapshotWriter _snapshot = null!;      // from the end of recovery on, as the next
    private SnapshotFiles _snapshotFiles = null!;
    private Digest _digestAtStart;
    private Instant _snapshotBegunAt;
    private long _entriesSinceSnapshot, _bytesSinceSnapshot, _entriesAtPump;
    private long _snapshotBytes;                   // of the last one
    private ulong _pointedAt;                      // the superblock generation that names the newest snapshot
    private bool _snapshotAsked;

    /// <summary>
    /// While a snapshot is being taken the server asks to be called again soon, so that it ends although writes may stop (B6).
    /// </summary>
    private Instant SnapshotDeadline =>
        _machine.Tree.IsInSnapshot && !_snapshot.IsFull ? _now.Instant + SnapshotPace : Instant.Never;

    /// <summary>
    /// A large tree under a heavy load would be written over and over if only entries were counted: the log must have grown by about as
    /// much as the last snapshot weighed, so that snapshots at most double what is written. The journal stays bounded by the tree.
    /// </summary>
    private bool SnapshotDue =>
        _snapshotAsked ||
        ((_entriesSinceSnapshot >= _settings.SnapshotEveryEntries || _bytesSinceSnapshot >= _settings.SnapshotEveryBytes) &&
            _bytesSinceSnapshot >= _snapshotBytes - SmallSnapshot);

    private void PumpSnapshot(Effects effects)
    {
        // What a received snapshot is about to replace is older, and must not be named after it.
        if (_installWritten == 0 && !_machine.Tree.IsInSnapshot && _snapshot.Idle && SnapshotDue && (_raft.LeadsFirmly || !_raft.IsAlone) && Belongs)
            BeginSnapshot();
        if (_machine.Tree.IsInSnapshot)
            CarrySnapshotOn();
        _snapshot.Submit(effects);
    }

    private void BeginSnapshot()
    {
        _snapshotAsked = false;
        _entriesSinceSnapshot = _bytesSinceSnapshot = _entriesAtPump = 0;
        _digestAtStart = _machine.Digest;
        _snapshotBegunAt = _now.Instant;
        var position = new LogPosition(_machine.AppliedIndex, _machine.AppliedTerm, _raft.Log.ChainAt(_machine.AppliedIndex));
        Span<byte> header = stackalloc byte[SnapshotEnds.HeaderLength];
        SnapshotEnds.WriteHeader(header, position.Chain);
        _snapshot.Begin(new(_snapshotFiles.Begin(), position), header);
        _machine.BeginSnapshot(_snapshot);
        NoteBackup(_snapshot.Pointer);
    }

    /// <summary>
    /// The share of a batch grows with the log, so that the snapshot ends before the log has grown much; its floor lets it end without any
    /// writes at all.
    /// </summary>
    private void CarrySnapshotOn()
    {
        var entries = _entriesSinceSnapshot - _entriesAtPump;
        _entriesAtPump = _entriesSinceSnapshot;
        if (!_machine.Tree.Advance((int)Math.Min(VisitsPerBatch + entries * VisitsPerEntry, VisitsMost)))
            return;
        Span<byte> trailer = stackalloc byte[SnapshotEnds.TrailerLength];
        SnapshotEnds.WriteTrailer(trailer, _digestAtStart);
        _snapshot.End(trailer);
    }

    private void SnapshotCompleted(DiskTicket ticket, DiskOutcome outcome, Effects effects)
    {
        if (_snapshotFiles.Completed(ticket, outcome))
            return;
        var before = _snapshot.Progress;
        Invariant.Holds(_snapshot.Completed(ticket, outcome, effects));
        if (_snapshot.Progress == before)
            return;
        if (_snapshot.Progress == SnapshotProgress.Abandoned)
        {
            // A snapshot that fails costs only itself (B8): the journal still has everything.
            _trace.Note(NoteLevel.Error, 0, $"A snapshot was given up, the journal keeps growing until the next one: {_snapshot.Failure}");
            _machine.Tree.AbandonSnapshot();
            AskForSnapshotAgain();
            if (BackupStage == BackupStage.Writing)
                FailBackup($"The snapshot could not be written: {_snapshot.Failure}");
        }
        else if (_snapshot.Progress == SnapshotProgress.Finished)
        {
            _snapshotBytes = _snapshot.Bytes;
            _snapshotFiles.Add(_snapshot.Pointer.Number, _snapshot.Bytes);
            BackupWritten(_snapshot.Pointer, _snapshot.Bytes);
            _front!.Statistics.Snapshots++;
            _front.Statistics.SnapshotTimes.Add(_now.Instant - _snapshotBegunAt);
            _pointedAt = _superblock.Write(_superblock.State.WithSnapshot(_snapshot.Pointer, _settings.SnapshotsKept), effects);
            _trace.Note(NoteLevel.Information, 0, $"Snapshot {_snapshot.Pointer.Number} holds the log up to {_snapshot.Pointer.Position.Index} in {_snapshot.Bytes} bytes.");
#if MUTANTS
            if (Mutant.Is(Mutants.DropsBeforePointer))
                TrimBehindSnapshot(effects);
#endif
        }
    }

    /// <summary>
    /// Once both slots of the superblock name a snapshot, older files and the journal below the oldest one kept may go (A3). Not while a received one
    /// is to replace all of them: the state that is asked for keeps nothing else, and is not durable yet. What somebody who is being brought up
    /// is about to need stays, or the next snapshot would be too old again when it has arrived (B5).
    /// </summary>
    private void TrimBehindSnapshot(Effects effects)
    {
        if (_pointedAt == 0 || _installWritten != 0 || _superblock.DurableGeneration < _pointedAt)
#if MUTANTS
            if (_pointedAt == 0 || !Mutant.Is(Mutants.DropsBeforePointer))
#endif
            return;
        _pointedAt = 0;
        _snapshotFiles.KeepOnly(_superblock.State, effects);
        var pinnedMost = PinnedSnapshots * Math.Max(_settings.SnapshotEveryBytes, _snapshotBytes);
        _journal.DropBelow(_superblock.State.OldestSnapshotIndex.Next, NeededFrom, pinnedMost, effects);
    }
}
