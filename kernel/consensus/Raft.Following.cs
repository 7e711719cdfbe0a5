using Quorate.Kernel.Storage;

namespace Quorate.Kernel.Consensus;

/// <summary>Following: the leader's entries into the log, and the answers.</summary>
/// <remarks>
/// Index and term say that an entry is the leader's; the chain value says that the whole past is (design §5). Where the former agree and the
/// latter does not, a disk or this code is broken: nothing is acknowledged, and the leader is told (B4).
/// </remarks>
internal sealed partial class Raft
{
    private const int AnswersPerDigest = 64;

    private LogIndex _received;            // up to here the log agrees with that of the present leader
    private LogIndex _acknowledged;        // up to here the present leader has been told that it is on the disk
    private ulong _roundHeard, _roundAnswered;
    private bool _owesAnswer, _owesHeartbeat;
    private AnswerFlags _complaint;
    private LogIndex _rejected;
    private LogPosition _hint;
    private LogIndex _digestTold;
    private int _answers;

    private void ForgetLeader()
    {
        _received = _acknowledged = LogIndex.Zero;
        (_roundHeard, _roundAnswered) = (0, 0);
        _owesAnswer = _owesHeartbeat = false;
        _complaint = AnswerFlags.None;
    }

    private void OnHeartbeat(in PeerMessage message)
    {
        var heartbeat = Heartbeat.Read(message.Body);
        if (heartbeat.IsBeat)
            _owesAnswer = _owesHeartbeat = true;
        if (heartbeat.Round > _roundHeard)
            _roundHeard = heartbeat.Round;
        OnHeard(heartbeat.Heard);
        // The leader says only what it knows to be on our disk.
        CommitThrough(heartbeat.Commit < Log.Last ? heartbeat.Commit : Log.Last);
    }

    private void OnAppend(in PeerMessage message, Moment now)
    {
        var entries = new AppendReader(message.Body);
        var (previous, before) = (entries.Head.Previous, _received);
        if (entries.Head.Round > _roundHeard)
            _roundHeard = entries.Head.Round;
        _complaint = AnswerFlags.None;
        if (previous.Index > Log.Last || (Log.Knows(previous.Index) && previous.Index > Committed && Log.TermAt(previous.Index) != previous.Term))
            Reject(previous);
        else if (Log.Knows(previous.Index) && Log.PositionAt(previous.Index) != previous)
            Contradict(Log.PositionAt(previous.Index));
        else
            TakeEntries(ref entries, now);
        // Entries are acknowledged when they are on the disk; whatever else the leader waits for it learns at the end of the batch.
        _owesAnswer |= before == LogIndex.Zero || _received == before || _complaint != AnswerFlags.None;
        CommitThrough(entries.Head.Commit < _received ? entries.Head.Commit : _received);
    }

    /// <summary>Walks the entries: those that are there already agree or make room for the leader's, the rest is appended.</summary>
    private void TakeEntries(ref AppendReader entries, Moment now)
    {
        var agreed = entries.Head.Previous.Index;
        while (_complaint == AnswerFlags.None && entries.TryNext(out var entry))
        {
            if (entry.Index < Log.Base)
                agreed = entry.Index;   // applied long ago
            else if (entry.Index <= Log.Last && Log.PositionAt(entry.Index) == new LogPosition(entry.Index, entry.Term, entry.Chain))
                agreed = entry.Index;
            else if (entry.Index <= Log.Last && (entry.Index <= Committed || Log.TermAt(entry.Index) == entry.Term))
                Contradict(Log.PositionAt(entry.Index));
            else
            {
                if (entry.Index <= Log.Last)
                    TruncateAfter(entry.Index.Previous, now);
                if (TryAppend(entry, now))
                    agreed = entry.Index;
            }
        }
        // Whatever is committed agrees with any leader.
        if (agreed < Committed)
            agreed = Committed;
        if (agreed > _received)
            _received = agreed;
    }

    private bool TryAppend(in Entry entry, Moment now)
    {
        if (!Log.MakeRoom(entry.Body.Length, Droppable))
        {
            _complaint = AnswerFlags.Full;
            return false;
        }
        if (!TryExtend(entry, now, out var here))
        {
            Contradict(here);
            return false;
        }
        return true;
    }

    /// <summary>
    /// Appends an entry of another member, for which there is room. False if its past is another one than that of this log; then it is not there,
    /// and the position shows what would have been.
    /// </summary>
    private bool TryExtend(in Entry entry, Moment now, out LogPosition here)
    {
        entry.Body.CopyTo(Log.Append(entry.Term, entry.Time, entry.Body.Length));
        Log.Seal();
        here = Log.LastPosition;
        if (here.Chain != entry.Chain)
        {
            Log.TruncateAfter(entry.Index.Previous);
            return false;
        }
        if (replica.MembershipIn(entry.Body) is { } membership)
            Adopt(entry.Index, membership, now);
        return true;
    }

    private void TruncateAfter(LogIndex index, Moment now)
    {
        Invariant.Holds(index >= Committed);
        replica.Truncating(Log.PositionAt(index));
        Log.TruncateAfter(index);
#if MUTANTS
        if (!Mutant.Is(Mutants.CutCountsAsFlushed))
#endif
        if (_flushed > index)
            _flushed = index;
        _unflushedSince = Instant.Never;
        Revert(index, now);
    }

    /// <summary>The leader is to try again where the logs may agree: not behind what is here, nor behind entries newer than the one it named.</summary>
    private void Reject(in LogPosition previous)
    {
        var index = previous.Index < Log.Last ? previous.Index : Log.Last;
        while (index > Committed && Log.TermAt(index) > previous.Term)
            index = index.Previous;
        _complaint = AnswerFlags.Rejected;
        _rejected = previous.Index;
        _hint = Log.PositionAt(index);
    }

    private void Contradict(in LogPosition here)
    {
        if (_complaint != AnswerFlags.Contradicts)
            trace.Note(NoteLevel.Warning, 0, $"The log of leader {Leader} contradicts this member's at index {here.Index}: one of the two is damaged. A majority decides which.");
        _complaint = AnswerFlags.Contradicts;
        _hint = here;
    }

    private void AnswerLeader(Effects effects)
    {
        var durable = _flushed < _received ? _flushed : _received;
#if MUTANTS
        if (Mutant.Is(Mutants.AcksBeforeFlush))
            durable = _received;
#endif
        var matched = _durableTerm >= Term ? durable : LogIndex.Zero;
        if (Leader == default || (!_owesAnswer && matched <= _acknowledged && _roundHeard == _roundAnswered))
            return;
        var (applied, digest) = DigestToTell();
        var answer = new FollowerAnswer
        {
            Flags = _complaint,
            Matched = matched,
            Received = _received,
            Round = _roundHeard,
            Rejected = _rejected,
            Hint = _hint,
            Applied = applied,
            Digest = digest,
            Plea = _plea,
        };
        Answer(Leader, _owesHeartbeat ? PeerKind.HeartbeatAnswer : PeerKind.AppendAnswer, answer, effects);
        (_acknowledged, _roundAnswered) = (matched, _roundHeard);
        _owesAnswer = _owesHeartbeat = false;
    }

    /// <summary>With every so many answers, and with those to heartbeats if it is news.</summary>
    private (LogIndex Applied, Digest Digest) DigestToTell()
    {
        if (++_answers % AnswersPerDigest != 0 && !(_owesHeartbeat && Applied > _digestTold))
            return default;
        var state = replica.State;
        _digestTold = state.Applied;
        return state;
    }
}
