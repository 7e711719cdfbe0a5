using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>How far a backup has come that an operator asked for.</summary>
public enum BackupStage : byte
{
    /// <summary>There is none.</summary>
    None,
    /// <summary>The member makes sure that it has applied everything that was acknowledged before.</summary>
    Confirming,
    /// <summary>It has; the snapshot begins when the one that is being taken has ended.</summary>
    Due,
    /// <summary>The snapshot is being written.</summary>
    Writing,
    /// <summary>The snapshot is whole and durable, and stays until <see cref="OperatorRequest.EndBackup"/>.</summary>
    Ready,
    /// <summary>There will be none; <see cref="Server.BackupFailure"/> says why.</summary>
    Failed,
}

/// <summary>
/// A backup of what is being served: a snapshot that holds everything which anybody was told before it was asked for, kept until it has been
/// copied.
/// </summary>
/// <remarks>
/// What was acknowledged is known by the same round that a client's sync waits for: this member leads, or a leader that a majority confirmed
/// has said up to where to apply. A member without a leader takes none, since nobody can tell what it lacks.
/// </remarks>
public sealed partial class Server
{
    private ulong _backupRound;
    private BackupHeader? _backup;   // of the snapshot that is being written, or was

    /// <summary>How far the backup is. One at a time: hosts ask for the next when the last is ended.</summary>
    public BackupStage BackupStage { get; private set; }

    /// <summary>How many have been begun: tells this one from the one before.</summary>
    public ulong BackupsBegun { get; private set; }

    /// <summary>Why the stage is <see cref="BackupStage.Failed"/>; else null.</summary>
    public string? BackupFailure { get; private set; }

    /// <summary>The number of the snapshot file, once it is <see cref="BackupStage.Ready"/>.</summary>
    public ulong BackupSnapshot => _backup!.Snapshot.Number;

    /// <summary>What belongs in front of the snapshot in a backup file, once that is <see cref="BackupStage.Ready"/>.</summary>
    public byte[] BackupHeaderBytes => _backup!.Write();

    /// <summary>How many entries the member is behind, as far as it knows; null when it has no leader to be behind.</summary>
    public long? BackupLag =>
        State is not ServerState.Serving ? null
        : (long)((_awaited.Count > 0 ? _awaited[_awaited.Count - 1].Index : _raft.Committed).Value - _raft.Applied.Value);

    private void BeginBackup()
    {
        if (BackupStage != BackupStage.None)
            return;
        BackupsBegun++;
        if (!Belongs || State is ServerState.Recovering)
        {
            FailBackup("This member belongs to no ensemble yet: it has nothing to back up.");
            return;
        }
        BackupStage = BackupStage.Confirming;
        _backupRound = ++_registered;
    }

    private void EndBackup(Effects effects)
    {
        if (BackupStage == BackupStage.Ready)
            _snapshotFiles.Unpin(BackupSnapshot, effects);
        (BackupStage, BackupFailure, _backup) = (BackupStage.None, null, null);
    }

    private void PumpBackup()
    {
        if (BackupStage != BackupStage.Confirming)
            return;
        if (State is ServerState.Stopping or ServerState.Stopped)
            FailBackup("The server is stopping.");
        else if (_confirmed >= _backupRound)
            BackUpNow();
        else if (_front!.Claims.Number == 0 && _awaited.Count == 0 && _claimedRound >= _backupRound)
            _backupRound = ++_registered;   // it was claimed from a leader that is gone, and there is no client for whom it would be claimed again
    }

    private void BackUpNow()
    {
        BackupStage = BackupStage.Due;
        _snapshotAsked = true;
    }

    /// <summary>A snapshot begins: it is the one that was asked for, unless it began too early.</summary>
    private void NoteBackup(in SnapshotPointer pointer)
    {
        if (BackupStage != BackupStage.Due)
            return;
        BackupStage = BackupStage.Writing;
        _backup = new()
        {
            Ensemble = _superblock.State.Ensemble,
            Member = _settings.Id,
            Term = _raft.Term,
            Taken = _now.Wall,
            IsConfirmed = true,
            Snapshot = pointer,
            SnapshotBytes = 0,   // known when it is written
            Zxid = _machine.Zxid,
            Digest = _digestAtStart,
            Znodes = _machine.Tree.Count,
            Ephemerals = _machine.Tree.EphemeralCount,
            Sessions = _machine.Sessions.Count,
            Membership = MembershipOf(_machine),
        };
    }

    private void BackupWritten(in SnapshotPointer pointer, long bytes)
    {
        if (BackupStage != BackupStage.Writing || _backup!.Snapshot != pointer)
            return;
        BackupStage = BackupStage.Ready;
        _backup = _backup with { SnapshotBytes = bytes };
        _snapshotFiles.Pin(pointer.Number);
    }

    /// <summary>Another member's snapshot has taken the place of the state that was being written; it is newer, and will do as well.</summary>
    private void BackUpAgain()
    {
        if (BackupStage == BackupStage.Writing)
            BackUpNow();
    }

    private void FailBackup(string why) => (BackupStage, BackupFailure) = (BackupStage.Failed, why);
}
