using Quorate.Kernel.Consensus;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>
/// Another member's snapshot in place of what this one has: received and loaded aside, then named in the superblock, then put in force at
/// once (design §10, A2, B7).
/// </summary>
public sealed partial class Server
{
    private SnapshotReceiver? _receiver;
    private LoadingMachine? _aside;
    private (ServerId From, ulong Number) _receiving;
    private ulong _installWritten;         // the superblock generation that names the received snapshot; 0 for none

    private void SnapshotPortionCame(ServerId from, in PeerMessage message, Effects effects)
    {
        if (from != _raft.Leader || message.Term != _raft.Term || message.Body.Length < PortionHeader)
            return;
        var fields = new FieldReader(message.Body);
        var (number, position) = (fields.ULong(), fields.Position());
        var (_, offset) = (fields.ULong(), (long)fields.ULong());
        var portion = message.Body[PortionHeader..];
        if (_installWritten != 0)
            return;   // it is being put in force; the leader will ask again
        if (!_raft.WantsSnapshot(position))
        {
            AnswerPortion(from, number, 0, PortionAnswer.Done, effects);
            return;
        }
        if (_receiver is null || _receiving != (from, number) || _receiver.Pointer.Position != position)
        {
            if (!BeginReceiving(from, number, position, effects))
                return;
        }
        var reception = _receiver!.Take(offset, portion, effects);
        if (reception == SnapshotReception.Abandoned)
        {
            _trace.Note(NoteLevel.Warning, 0, $"A snapshot from member {from} was given up: {_receiver.Failure}");
            AnswerPortion(from, number, 0, PortionAnswer.Abandoned, effects);
            (_receiver, _aside) = (null, null);
            return;
        }
        if (!_receiver.IsFull && _receiver.Progress == SnapshotProgress.Writing)
            AnswerPortion(from, number, _receiver.Wanted, PortionAnswer.GoOn, effects);
    }

    private bool BeginReceiving(ServerId from, ulong number, in LogPosition position, Effects effects)
    {
        if (_receiver is { Idle: false } busy)
        {
            if (busy.Progress is SnapshotProgress.Writing or SnapshotProgress.Flushing)
                busy.Abandon("another one begins", effects);
            return false;   // its file has to be gone first
        }
        _trace.Note(NoteLevel.Information, 0, $"Receives a snapshot of the log up to {position.Index} from member {from}.");
        _receiver = new(_limits.SnapshotBytesInFlight, Math.Max(4 * _limits.PeerFrameBytes, 2 * SnapshotChunk.FullBytes), _tickets);
        _aside = new(_dice.Next());
        _receiving = (from, number);
        _receiver.Begin(new(_snapshotFiles.Begin(), position), number, _aside);
        return true;
    }

    private void SnapshotPortionWritten(DiskTicket ticket, DiskOutcome outcome, Effects effects)
    {
        if (_receiver is null)
            return;
        var wasFull = _receiver.IsFull;
        _receiver.Completed(ticket, outcome, effects);
        if (_receiver.Progress == SnapshotProgress.Finished && _installWritten == 0)
            BeginInstalling(effects);
        else if (wasFull && !_receiver.IsFull && _receiver.Progress == SnapshotProgress.Writing)
            AnswerPortion(_receiving.From, _receiving.Number, _receiver.Wanted, PortionAnswer.GoOn, effects);
    }

    /// <summary>
    /// The whole snapshot is on the disk: the superblock is to name it. The log may have grown past it meanwhile; then the entries are
    /// worth more, and the file goes when the next snapshot has been taken. From here on no entries are taken in before it is in force,
    /// since they would lie in segments that the superblock no longer counts.
    /// </summary>
    private void BeginInstalling(Effects effects)
    {
        var pointer = _receiver!.Pointer;
        if (!_raft.WantsSnapshot(pointer.Position))
        {
            _snapshotFiles.Add(pointer.Number, _receiver.Bytes);
            AnswerPortion(_receiving.From, _receiving.Number, 0, PortionAnswer.Done, effects);
            (_receiver, _aside) = (null, null);
            return;
        }
        AbandonOwnSnapshot(effects);
        _installWritten = _superblock.Write(_superblock.State.Installed(pointer, _journal.NextSegment, MembershipOf(_aside!.Machine)), effects);
#if MUTANTS
        if (Mutant.Is(Mutants.SnapshotInMemoryOnly))
            FinishInstalling(effects);
#endif
    }

    /// <summary>One that this member has been taking itself is older, and must not be named in place of the received one.</summary>
    private void AbandonOwnSnapshot(Effects effects)
    {
        if (_machine.Tree.IsInSnapshot)
            _machine.Tree.AbandonSnapshot();
        if (_snapshot.Progress is SnapshotProgress.Writing or SnapshotProgress.Flushing)
            _snapshot.Abandon("an installed snapshot replaces it", effects);
        BackUpAgain();
    }

    /// <summary>
    /// What a state says of members, or, if it says nothing or is the state that this ensemble was founded upon, who founded it.
    /// </summary>
    private byte[] MembershipOf(Machine machine) => MembershipOf(machine, _superblock.State);

    private static byte[] MembershipOf(Machine machine, SuperblockState state) =>
        machine.MembershipIn(state.Ensemble) is { IsEmpty: false } membership ? membership.ToArray() : state.Membership;

    /// <summary>
    /// The superblock names the snapshot: from here on it is what this member has. Whoever is connected is hung up first, since what
    /// happened in between was never seen here: no watch fires for it and no outcome is known (A2).
    /// </summary>
    private void FinishInstalling(Effects effects)
    {
        if (_installWritten == 0 || _superblock.DurableGeneration < _installWritten)
#if MUTANTS
            if (_installWritten == 0 || !Mutant.Is(Mutants.SnapshotInMemoryOnly))
#endif
            return;
        _installWritten = 0;
        var (pointer, machine) = (_receiver!.Pointer, _aside!.Machine);
#if MUTANTS
        var former = _front!;
        if (!Mutant.Is(Mutants.WatchesLostToSnapshot))
#endif
        _front!.HangUpAll(effects);
        _forwarding.Clear();
        _machine = machine;
        _incarnation = _incarnation with { Starts = _superblock.State.Starts };
        _snapshotFiles.Add(pointer.Number, _receiver.Bytes);
        _snapshotBytes = _receiver.Bytes;
        (_entriesSinceSnapshot, _bytesSinceSnapshot, _entriesAtPump) = (0, 0, 0);
        _pointedAt = _superblock.DurableGeneration;
        _journal.Restart(pointer.Position);
        _journaled = pointer.Position.Index;
        OpenFront();
#if MUTANTS
        if (Mutant.Is(Mutants.WatchesLostToSnapshot))
            _front!.TakeOver(former, _now, effects);
#endif
        _followed = default;
        _raft.Installed(pointer.Position, machine.AppliedTime, Membership.Decode(MembershipOf(machine)), _now);
        _trace.Installed(pointer.Position.Index, machine.Zxid, machine.Digest);
        _trace.Note(NoteLevel.Information, 0,
            $"A snapshot from member {_receiving.From} is in force: {machine.Tree.Count} znodes, " +
            $"{machine.Sessions.Count} sessions, the log up to {pointer.Position.Index}.");
        AnswerPortion(_receiving.From, _receiving.Number, 0, PortionAnswer.Done, effects);
        (_receiver, _aside) = (null, null);
    }

    private void AnswerPortion(ServerId to, ulong number, long wanted, PortionAnswer answer, Effects effects)
    {
        Span<byte> body = stackalloc byte[AnswerBytes];
        var fields = new FieldWriter(body);
        fields.ULong(number);
        fields.ULong((ulong)wanted);
        fields.ULong((ulong)(_receiver?.Bytes ?? 0));
        fields.Byte((byte)answer);
        SendPeer(to, PeerKind.SnapshotAnswer, body, effects);
    }
}
