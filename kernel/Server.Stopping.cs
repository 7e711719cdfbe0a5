namespace Quorate.Kernel;

/// <summary>Stopping in order: no new requests, what was begun is finished, the state is in a snapshot, connections are closed.</summary>
public sealed partial class Server
{
    private bool _finalSnapshot;

    private void Obey(OperatorRequest request)
    {
        switch (request)
        {
            case OperatorRequest.Snapshot:
                _snapshotAsked = true;
                break;
            case OperatorRequest.Stop when State is ServerState.Serving:
                State = ServerState.Stopping;
                _trace.Note(NoteLevel.Detail, 0, "Stopping: finishing what was begun.");
                break;
            case OperatorRequest.Stop when State is not ServerState.Stopping:
                State = ServerState.Stopped;
                break;
        }
    }

    private void FinishStopping(Effects effects)
    {
        if (State is not ServerState.Stopping || _raft.Applied < _raft.Log.Last || _front!.ReadyReads > 0 || _front.AnyReadWaits)
            return;
        if (!_finalSnapshot)
        {
            _finalSnapshot = true;
            _snapshotAsked = _entriesSinceSnapshot > 0;
            _front.HangUpAll(effects);
        }
        if (!_snapshotAsked && !_machine.Tree.IsInSnapshot && _snapshot.Idle && _pointedAt == 0 && _superblock.Idle && _journal.Idle)
            State = ServerState.Stopped;
    }
}
