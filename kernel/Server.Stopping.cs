using System.Buffers.Binary;

namespace Quorate.Kernel;

/// <summary>Stopping in order: no new requests, what was begun is finished, the state is in a snapshot, connections are closed.</summary>
public sealed partial class Server
{
    private bool _finalSnapshot;

    private void Obey(OperatorRequest request, ReadOnlySpan<byte> bytes, Effects effects)
    {
        switch (request)
        {
            case OperatorRequest.Snapshot:
                _snapshotAsked = true;
                break;
            case OperatorRequest.Backup:
                BeginBackup();
                break;
            case OperatorRequest.EndBackup:
                EndBackup(effects);
                break;
            case OperatorRequest.TransferLeadership when _raft.LeadsFirmly:
                _raft.Transfer(_now);
                break;
            case OperatorRequest.ExpireSession when _raft.LeadsFirmly && bytes.Length == sizeof(long):
                ExpireSession(new(BinaryPrimitives.ReadInt64LittleEndian(bytes)));
                break;
            case OperatorRequest.Stop when State is ServerState.Serving:
                State = ServerState.Stopping;
                if (_raft.LeadsFirmly && !_raft.IsAlone)
                    _raft.Transfer(_now);   // the others need not miss this leader before they have another
                _trace.Note(NoteLevel.Detail, 0, "Stopping: finishing what was begun.");
                break;
            case OperatorRequest.Stop when State is not ServerState.Stopping:
                State = ServerState.Stopped;
                break;
        }
    }

    private void ExpireSession(SessionId session)
    {
        var row = _machine.Sessions.Find(session);
        if (row < 0 || _front!.Expiry.IsClosing(row))
            return;
        _front.Expiry.Expire(row, _now);
        _trace.Note(NoteLevel.Information, 0, $"Session {session} is ended by an operator.");
    }

    /// <summary>
    /// What is to be applied before the end: alone everything, with others what is committed; the rest is theirs to decide.
    /// </summary>
    private LogIndex OwedThrough => _raft.IsAlone ? _raft.Log.Last : _raft.Committed;

    private void FinishStopping(Effects effects)
    {
        if (State is not ServerState.Stopping || _raft.IsTransferring)
            return;
        if (!_finalSnapshot)
        {
            if (_raft.Applied < OwedThrough || _front!.ReadyReads > 0 || _front.AnyReadWaits)
                return;
            _finalSnapshot = true;
            _snapshotAsked = _entriesSinceSnapshot > 0;
            _front.HangUpAll(effects);
        }
        if (!_snapshotAsked && !_machine.Tree.IsInSnapshot && _snapshot.Idle && _pointedAt == 0 && _superblock.Idle && IsJournalDone)
            State = ServerState.Stopped;
    }

    /// <summary>
    /// Alone nothing comes any more, and all of it is to be on the disk. Others go on meanwhile, and would keep this member's journal busy
    /// for as long as they write; what it has not flushed of that it has not acknowledged.
    /// </summary>
    private bool IsJournalDone => !_raft.IsAlone || _journal.Idle;
}
