using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

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
    private Term _openedTerm;
    private ulong _confirmed;
    private int _appliedInBatch;

    /// <summary>Whether committed entries wait for reads to be answered first (A1).</summary>
    public bool HasBacklog { get; private set; }

    bool IReplication.Leads => _raft.LeadsFirmly;

    /// <summary>The largest entry fits, and the counter of this term has a number for it.</summary>
    bool IReplication.MayPropose => MayPropose;

    private bool MayPropose =>
        State is ServerState.Serving or ServerState.Stopping && _raft.LeadsFirmly && _raft.HasRoom(LargestEntry) && CounterHasRoom;

    private int LargestEntry => _limits.FrameBytes + _limits.IdentityBytes + CommandCodec.HeaderLength;

    ulong IReplication.Confirm() => _raft.Confirm();

    bool IReplication.TryEndSilence(SessionId session)
    {
        if (!_raft.HasRoom(CommandCodec.HeaderLength))
            return false;
        Propose(new() { Kind = CommandKind.Touched, Origin = _settings.Id, Session = session });
        return true;
    }

    void IReplication.Propose(in Command command) => Propose(command);

    private void Propose(in Command command)
    {
        var body = _raft.Propose(CommandCodec.Length(command), _now);
        CommandCodec.Write(body, command, Rules);
        _raft.Log.Seal();
        _front!.Statistics.Proposals++;
        _front.Statistics.ProposalSize.Add(body.Length);
        // A6: what is appended for a session touches it in the same step, before any expiry check can see it.
        // An attach is the front's to judge: only who knows the password proves that the owner lives.
        if (command.Kind is CommandKind.Write)
            _front.Appended(command.Session, _now);
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
            Write(effects);
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
        }
        if ((_journal.Failure ?? _superblock.Failure) is { } failure)
            Fail(failure, effects);
    }

    /// <summary>Term and vote go to the superblock before anything is said or done in that term (C4).</summary>
    private void KeepHardState(Effects effects)
    {
        if (!_raft.HardStateChanged)
            return;
        _raft.HardStateSubmitted();
        var state = _founded ?? _superblock.State;
        _founded = null;
        _termWritten = _superblock.Write(state with { Term = _raft.Term, VotedFor = _raft.VotedFor }, effects);
    }

    /// <summary>The first entry of a leader's own term; with it everything before is committed (thesis §6.4).</summary>
    private void OpenTerm()
    {
        if (_raft.Role != Role.Leader || _openedTerm == _raft.Term)
            return;
        _openedTerm = _raft.Term;
        Propose(new() { Kind = CommandKind.Open, Origin = _settings.Id });
        if (_machine.Level != Level.Of(_limits))
        {
            Span<byte> level = stackalloc byte[Level.Length];
            Level.Of(_limits).Write(level);
            Propose(new() { Kind = CommandKind.Level, Origin = _settings.Id, Body = level });
        }
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
        if (_trace.SeesEntries)
            _trace.Applied(entry.Index, _machine.Zxid, _machine.Digest);
        _front!.Applied(command, outcome, _changes, _reply[outcome.Body], _now, effects);
        _raft.AppliedThrough(entry.Index);
        _front.Statistics.Commits++;
        Count(entry.Body.Length);
        if (command.Kind == CommandKind.Open && _raft.LeadsFirmly)
            Serve();
    }

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

    private void Confirm(Effects effects)
    {
        var round = _raft.ConfirmedRound;
        if (round == _confirmed)
            return;
        _confirmed = round;
        _front!.Confirmed(round, effects);
    }

    /// <summary>Unapplied entries may each take a number of this term; the counter must never wrap (B2).</summary>
    private bool CounterHasRoom => _machine.Zxid.Counter + (ulong)_raft.Log.Count + 1 < _limits.ZxidCounter;

    /// <summary>A term that has run out of numbers ends: alone, the leader steps down and stands again.</summary>
    private void RollCounterOver()
    {
        if (_raft.LeadsFirmly && !CounterHasRoom && _raft.Applied == _raft.Log.Last)
        {
            _raft.StepDown();
            _raft.Elapse();
        }
    }
}
