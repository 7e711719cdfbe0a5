using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel;

/// <summary>The way of a command: proposed, appended, written, flushed, committed, applied, answered.</summary>
public sealed partial class Server : IReplication
{
    /// <summary>No batch applies more: a flood that was flushed together must not keep the others waiting until it is all applied.</summary>
    private const int EntriesPerBatch = 1024;

    private readonly Changes _changes = new();
    private readonly Arena _reply = new();
    private Journal _journal = null!;        // from the end of recovery on
    private Superblock _superblock = null!;
    private LogIndex _journaled;
    private SuperblockState? _founded;       // what this start changes in the superblock; written with the first term
    private ulong _termWritten;              // the superblock generation that holds the present term
    private Term _openedTerm, _levelledTerm;
    private int _appliedInBatch;

    /// <summary>Whether committed entries wait for reads to be answered first (A1).</summary>
    public bool HasBacklog { get; private set; }

    bool IReplication.Leads => _raft.LeadsFirmly;

    /// <summary>The largest entry fits, and the counter of this term has a number for it.</summary>
    bool IReplication.MayPropose => _raft.LeadsFirmly ? HasTakenOver && MayPropose : MayForward;

    private bool MayPropose => MayAppend && !_isDraining;

    private bool MayAppend =>
        State is ServerState.Serving or ServerState.Stopping && _raft.LeadsFirmly && _raft.HasRoom(LargestEntry) && CounterHasRoom;

    /// <summary>With room for the entry that ends a session's silence, which may have to go before it.</summary>
    private int LargestEntry => _limits.FrameBytes + _limits.IdentityBytes + 2 * CommandCodec.HeaderLength;

    bool IReplication.TryEndSilence(SessionId session)
    {
        if (!_raft.HasRoom(CommandCodec.HeaderLength))
            return false;
        Propose(new() { Kind = CommandKind.Touched, Origin = _settings.Id, Session = session });
        return true;
    }

    void IReplication.Propose(in Command command)
    {
        if (_raft.LeadsFirmly && command.Op != OpCode.Reconfig)
            Propose(command);
        else
            Forward(command);   // a leader's own reconfig waits there until the leader has decided about it
    }

    private void Propose(in Command command)
    {
        var body = _raft.Propose(CommandCodec.Length(command), _now);
        CommandCodec.Write(body, command, Rules, command.Incarnation == _incarnation ? _forwarding.NextTicket() : 0);
        _raft.Log.Seal();
        _front!.Statistics.Proposals++;
        _front.Statistics.ProposalSize.Add(body.Length);
        if (command.Kind == CommandKind.Touched)
            _touchedThrough = _raft.Log.Last;
        else if (command.Kind == CommandKind.Membership)
            _raft.Adopt(_raft.Log.Last, Membership.Decode(Ruling.Read(command.Ruling).Membership), _now);
        _front.Appended(command, _now);
    }

    /// <summary>What the leader stamps into entries, so that apply reads no setting (A7).</summary>
    private Rules Rules =>
        (_settings.ExtendedTypes ? Rules.ExtendedTypes : 0) | (_settings.EnforceQuota ? Rules.EnforceQuota : 0) |
        (_settings.SkipAcl ? Rules.SkipAcl : 0) | (_settings.ReconfigEnabled ? Rules.Reconfig : 0) |
        (_settings.X509Enabled ? Rules.X509 : 0);

    /// <summary>Hands the records appended in this batch to the disk, in one write. Called once at the end of a batch.</summary>
    public void Submit(Effects effects)
    {
        if (_front is not null && State is not ServerState.Failed)
        {
            SendForwarded(effects);
            SendClaim(effects);
            if (_now.Instant >= _greetAt)
                Greet(effects);
            _raft.Replicate(_now, effects);
            Supply(effects);
            Write(effects);
        }
        _sharesAreSpent = true;
        Publish();
    }

    private void Write(Effects effects)
    {
        AppendToJournal();
        _journal.Submit(_now.Instant, effects);
        PumpSnapshot(effects);
    }

    private void AppendToJournal()
    {
        for (; _journaled < _raft.Log.Last; _journaled = _journaled.Next)
        {
            var entry = _raft.Log[_journaled.Next];
            _journal.Append(entry.Index, entry.Term, entry.Time, _raft.Committed, entry.Chain, entry.Body);
        }
    }

    /// <summary>
    /// forceSync=no: what was appended counts as if it had been flushed, as long as what has not been is little. The journal is told first: an
    /// entry that counts is applied and may then leave the memory. Beyond the bound the disk's own completions are waited for.
    /// </summary>
    private void CountUnflushed()
    {
#if MUTANTS
        if (!Mutant.Is(Mutants.RepliesBeforeFlush))
#endif
        if (_settings.FlushBeforeReply)
            return;
        AppendToJournal();
        if (_journal.PendingBytes <= _limits.UnflushedBytes)
            _raft.Flushed(_raft.Log.Last, _raft.Log.LastTerm);
    }

    private void Completed(DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes, Effects effects)
    {
        if (_front is null)
        {
            _recovery.Completed(ticket, outcome, bytes, effects);
            FinishRecovery(effects);
            return;
        }
        switch (DiskTickets.OwnerOf(ticket))
        {
            case DiskFileKind.Journal or DiskFileKind.TailMark:
                var before = _journal.FlushedIndex;
                _journal.Completed(ticket, outcome);
                if (_journal.FlushedIndex > before)
                    _front.Statistics.Flushes.Add(_now.Instant - _journal.SubmittedAt);
                _raft.Flushed(_journal.FlushedIndex, _journal.FlushedTerm);
                break;
            case DiskFileKind.Superblock:
                _superblock.Completed(ticket, outcome, effects);
                SuperblockDurable(effects);
                break;
            case DiskFileKind.Snapshot:
                SnapshotCompleted(ticket, outcome, effects);
                break;
            case DiskTickets.CatchUp:
                PortionRead(ticket, outcome, bytes, effects);
                break;
            case DiskTickets.SnapshotSource:
                SnapshotPortionRead(ticket, outcome, bytes, effects);
                break;
            case DiskTickets.SnapshotReceiver:
                SnapshotPortionWritten(ticket, outcome, effects);
                break;
        }
        if ((_journal.Failure ?? _superblock.Failure) is { } failure)
            Fail(failure, effects);
    }

    /// <summary>
    /// Term and vote go to the superblock before anything is said or done in that term (C4); and that the member is well, once it holds again
    /// on its disk what it may have lost (A8).
    /// </summary>
    private void KeepHardState(Effects effects)
    {
        var recovers = !_superblock.State.Convalescence.IsNone && _raft.IsWhole && Belongs;
        if (!_raft.HardStateChanged && !recovers)
            return;
        _raft.HardStateSubmitted();
        var state = _founded ?? _superblock.State;
        if (recovers)
            state = state with { Convalescence = Convalescence.None };
        _founded = null;
#if MUTANTS
        if (Mutant.Is(Mutants.VoteNotWritten) && _superblock.DurableGeneration > 0)
        {
            _raft.HardStateDurable(_raft.Term, _raft.VotedFor, _now, effects);
            return;
        }
#endif
        _termWritten = _superblock.Write(state with { Term = _raft.Term, VotedFor = _raft.VotedFor }, effects);
    }

    /// <summary>The first entry of a leader's own term; with it everything before is committed (thesis §6.4).</summary>
    private void OpenTerm()
    {
        if (_raft.Role != Role.Leader)
            return;
        if (_openedTerm != _raft.Term && _raft.HasRoomToOpen(CommandCodec.HeaderLength))
        {
            _openedTerm = _raft.Term;
            Propose(new() { Kind = CommandKind.Open, Origin = _settings.Id });
        }
        if (_openedTerm == _raft.Term && _levelledTerm != _raft.Term && _raft.HasRoomToOpen(CommandCodec.HeaderLength + Level.Length))
            SetLevel();
    }

    private void SetLevel()
    {
        _levelledTerm = _raft.Term;
        if (_machine.Level == Level.Of(_limits))
            return;
        Span<byte> level = stackalloc byte[Level.Length];
        Level.Of(_limits).Write(level);
        Propose(new() { Kind = CommandKind.Level, Origin = _settings.Id, Body = level });
    }

    private void ApplyCommitted(Effects effects)
    {
        HasBacklog = false;
        while (_raft.Applied < _raft.Committed && _appliedInBatch < EntriesPerBatch)
        {
            var entry = _raft.Log[_raft.Applied.Next];
            var command = CommandCodec.Read(entry.Body);
            if (!_front!.MayApply(command))
            {
                HasBacklog = true;
                return;
            }
            Apply(entry, command, effects);
            _appliedInBatch++;
        }
    }

    private void Apply(in Entry entry, in Command command, Effects effects)
    {
        _reply.Clear();
        var outcome = _machine.Apply(new(entry.Index, entry.Term, entry.Time), command, _changes, new(_reply));
        if (outcome.Zxid != Zxid.Zero)
            NoteDigest(outcome.Zxid);
        if (DigestRing.Wants(entry.Index))
            _stateDigests.Note(entry.Index, _machine.Digest);
        if (_trace.SeesEntries)
            Report(entry, command, outcome);
        _front!.Applied(command, outcome, _changes, _reply[outcome.Body], _now, effects);
        Settle(command, outcome);
        _raft.AppliedThrough(entry.Index);
        _guestsMayHaveChanged |= command.Kind == CommandKind.Membership;
        _front.Statistics.Commits++;
        Count(entry.Body.Length);
        if (command.Kind == CommandKind.Open && _raft.LeadsFirmly)
            Serve();
    }

    private void Report(in Entry entry, in Command command, in Outcome outcome) => _trace.Applied(new()
    {
        Index = entry.Index,
        Term = entry.Term,
        Time = entry.Time,
        Command = command,
        Answer = outcome.Verdict == Verdict.Applied ? outcome.Error : null,
        Zxid = _machine.Zxid,
        Digest = _machine.Digest,
    });

    private void Count(int bodyLength)
    {
        _entriesSinceSnapshot++;
        _bytesSinceSnapshot += bodyLength + JournalRecord.HeaderBytes;
    }

    private void Serve()
    {
        _front!.Expiry.Begin(_machine.Sessions, _now);
        _janitor.Begin(_now);
        if (State is ServerState.Stopping)
            return;
        State = ServerState.Serving;
        _trace.Note(NoteLevel.Information, 0, $"Serving: leads term {_raft.Term} with {_machine.Tree.Count} znodes and {_machine.Sessions.Count} sessions.");
    }

    /// <summary>
    /// A follower serves as long as it knows a leader and has applied that leader's opening entry: then it is at or past everything that was
    /// ever answered before the election.
    /// </summary>
    private void ServeAsFollower()
    {
        var serves = _raft.LeadsFirmly || (FollowsFirmly && _raft.IsMember);
        if (State is ServerState.Serving && !serves && !_raft.IsAlone)
            State = ServerState.Looking;
        else if (State is ServerState.Looking && serves)
        {
            State = ServerState.Serving;
            _trace.Note(NoteLevel.Information, 0, $"Serving: follows member {_raft.Leader} in term {_raft.Term} with {_machine.Tree.Count} znodes and {_machine.Sessions.Count} sessions.");
        }
    }

    /// <summary>Unapplied entries may each take a number of this term; the counter must never wrap (B2).</summary>
#if MUTANTS
    private bool CounterHasRoom =>
        _machine.Zxid.Counter + (Mutant.Is(Mutants.UnappliedNotCounted) ? 0 : (ulong)_raft.UnappliedCount) + 1 < _limits.ZxidCounter;
#else
    private bool CounterHasRoom => _machine.Zxid.Counter + (ulong)_raft.UnappliedCount + 1 < _limits.ZxidCounter;
#endif

    /// <summary>A term that has run out of numbers ends: another member takes over, or alone this one stands again.</summary>
    private void RollCounterOver()
    {
        if (_raft.LeadsFirmly && !CounterHasRoom && _raft.Applied == _raft.Log.Last)
            _raft.EndTerm(_now);
    }
}
