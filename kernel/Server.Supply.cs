using Quorate.Kernel.Consensus;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>
/// What a leader gives to members that are behind its memory: entries out of its journal, or a snapshot, portion by portion (B5). Off the
/// way of a write: one read at a time for each of them. Entries out of the journal are also what another member lends.
/// </summary>
public sealed partial class Server
{
    private const int PortionHeader = 8 + 20 + 8 + 8, AnswerBytes = 8 + 8 + 8 + 1;

    /// <summary>How a receiver answers a portion.</summary>
    private enum PortionAnswer : byte
    {
        /// <summary>Go on at the offset.</summary>
        GoOn = 1,
        /// <summary>It is complete and in force, or not needed.</summary>
        Done = 2,
        /// <summary>It was given up.</summary>
        Abandoned = 3,
    }

    /// <summary>What one member is being given.</summary>
    private sealed class SupplyLine(JournalReader reader, Limits limits)
    {
        public JournalReader Reader { get; } = reader;
        public CatchUpFrame Frame { get; } = new(limits);
        public LogIndex From { get; set; }                 // entries from here on are wanted from the journal; 0: nothing is
        public LogIndex Begun { get; set; }                // and from here on the frame is being filled,
        public Instant BegunAt { get; set; }               // since then
        public bool WantsSnapshot { get; set; }
        public SnapshotSource? Source { get; set; }
        public long SnapshotAt { get; set; }               // the next offset to read; −1 while an answer is awaited
        public (long Wanted, long Chunk) Heard { get; set; }   // how far the receiver is, as it last said
        public Instant AskedAt { get; set; }
    }

    /// <summary>Small beside what else a link carries, so that heartbeats need not wait for it.</summary>
    private int SnapshotPortionBytes => _limits.PeerFrameBytes / 8;

    private readonly SupplyLine?[] _supplies = new SupplyLine?[byte.MaxValue + 1];
    private int _suppliesEnd = 1;          // nobody from this id on is being given anything

    /// <summary>When somebody has not answered for so long that it is told again.</summary>
    private Instant SupplyDeadline
    {
        get
        {
            var earliest = Instant.Never;
            for (var id = 1; id < _suppliesEnd; id++)
                if (_supplies[id] is { Source: not null, SnapshotAt: < 0 } line)
                    earliest = Instant.Earlier(earliest, line.AskedAt + _settings.ElectionTimeout);
            return earliest;
        }
    }

    /// <summary>
    /// An entry that could not be read back, the last such: a record is damaged. Whoever lacks it or one before it gets a snapshot that
    /// holds it.
    /// </summary>
    private LogIndex _unreadable;

    /// <summary>The number of a snapshot that turned out to be damaged, the last such: the next one that is taken will do.</summary>
    private ulong _unreadableSnapshot;

#if MUTANTS
    bool IReplica.JournalHas(LogIndex index) => index > _unreadable && _journal.Holds(index) && !Mutant.Is(Mutants.JournalNotLent);
#else
    bool IReplica.JournalHas(LogIndex index) => index > _unreadable && _journal.Holds(index);
#endif

    void IReplica.ReadJournal(ServerId to, LogIndex from) => SupplyTo(to).From = from;

    void IReplica.SendSnapshot(ServerId to)
    {
        var line = SupplyTo(to);
        line.WantsSnapshot = true;
        _snapshotAsked |= !HasSnapshotToGive;
    }

    private bool HasSnapshotToGive =>
        _superblock.State.Snapshot is var newest && newest.Number > _unreadableSnapshot && newest.Position.Index >= _unreadable;

    /// <summary>From here on the journal holds what somebody is about to need: what follows the snapshot that is being sent, or the next entries to read.</summary>
    private LogIndex NeededFrom
    {
        get
        {
            var from = LogIndex.Max;
            for (var id = 1; id < _suppliesEnd; id++)
            {
                var needed = _supplies[id]?.Source is { } source ? source.Pointer.Position.Index.Next : _raft.CatchesUpFrom(new((byte)id), _now);
                from = needed < from ? needed : from;
            }
            return from;
        }
    }

    private SupplyLine SupplyTo(ServerId to)
    {
        _suppliesEnd = Math.Max(_suppliesEnd, to.Value + 1);
        return _supplies[to.Value] ??= new(new(_journal, _tickets), _limits);
    }

    /// <summary>Begins what was asked for in this batch; ends what is not asked for any more.</summary>
    private void Supply(Effects effects)
    {
        for (var id = 1; id < _suppliesEnd; id++)
        {
            if (_supplies[id] is not { } line)
                continue;
            if (_raft.Role != Role.Leader)
                KeepSnapshot(line, effects);
            var to = new ServerId((byte)id);
            if (line.From != LogIndex.Zero && !line.Reader.IsReading && !BeginReading(line, effects))
            {
                line.From = LogIndex.Zero;
                _raft.CatchUpFailed(to);
            }
            if (_ended.Count > 0 && _ended.Remove(line))
                EndSending(line, effects);
            line.WantsSnapshot &= _raft.AwaitsSnapshot(to);
            if (line.WantsSnapshot && line.Source is null && HasSnapshotToGive)
                BeginSending(line, _superblock.State.Snapshot);
            SendPortion(line, effects);
        }
    }

    /// <summary>Only a leader gives snapshots; entries anybody lends (A8).</summary>
    private void KeepSnapshot(SupplyLine line, Effects effects)
    {
        EndSending(line, effects);
        line.WantsSnapshot = false;
    }

    private void PortionRead(DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes, Effects effects)
    {
        for (var id = 1; id < _suppliesEnd; id++)
        {
            if (_supplies[id] is not { } line)
                continue;
            var to = new ServerId((byte)id);
            switch (line.Reader.Completed(ticket, outcome, bytes, effects, out var portion))
            {
                case JournalReading.NotMine:
                    continue;
                case JournalReading.GoesOn:
                    return;
                case JournalReading.Ready:
                    Gather(to, line, ref portion, effects);
                    return;
                case var how:
                    if (how == JournalReading.Damaged)
                        NoteUnreadable(line);
                    EndReading(to, line, effects);
                    return;
            }
        }
    }

    private bool BeginReading(SupplyLine line, Effects effects)
    {
        (line.Begun, line.BegunAt) = (line.From, _now.Instant);
        line.Frame.Clear();
        return line.Reader.Read(line.From, effects);
    }

    /// <summary>What is damaged may lie before what was wanted: then that cannot be found behind it.</summary>
    private void NoteUnreadable(SupplyLine line)
    {
        _trace.Note(NoteLevel.Error, 0, $"{line.Reader.Problem} Others get a snapshot instead.");
        var damaged = line.Reader.Previous.Index.Next;
        var wanted = line.Frame.Count > 0 ? line.Frame.Last.Next : line.Begun;
        var last = damaged > wanted ? damaged : wanted;
        _unreadable = last > _unreadable ? last : _unreadable;
    }

    /// <summary>
    /// Fills a frame with what was read. While there is room in it and memory does not go on where it ends, the journal is read on, though
    /// not for longer than a heartbeat; what does not fit is read again for the next one.
    /// </summary>
    private void Gather(ServerId to, SupplyLine line, ref JournalPortion portion, Effects effects)
    {
        var frame = line.Frame;
        if (frame.Count == 0)
            frame.Begin(line.Reader.Previous);
        var isFull = false;
        while (!isFull && portion.TryNext(out var entry, out var body))
            isFull = !frame.TryAdd(new() { Index = entry.Index, Term = entry.Term, Time = entry.Time, Chain = entry.Chain, Body = body });
        var goesOn = !isFull && !_raft.Log.Knows(frame.Last) && _now.Instant - line.BegunAt < _settings.Heartbeat;
        if (goesOn && line.From == line.Begun && line.Reader.Read(frame.Last.Next, effects))
            return;
        EndReading(to, line, effects);
    }

    /// <summary>What was gathered leaves, unless others are wanted by now: then those are read.</summary>
    private void EndReading(ServerId to, SupplyLine line, Effects effects)
    {
        if (line.From != line.Begun)
            return;
        line.From = LogIndex.Zero;
        if (line.Frame.Count > 0)
            _raft.CaughtUp(to, line.Frame, effects);
        else
            _raft.CatchUpFailed(to);
    }

    /// <summary>A snapshot of this member's own was given up: whoever waits for it asks again, in a heartbeat's time.</summary>
    private void AskForSnapshotAgain()
    {
        for (var id = 1; id < _suppliesEnd; id++)
        {
            if (_supplies[id] is not { WantsSnapshot: true, Source: null } line)
                continue;
            line.WantsSnapshot = false;
            _raft.CatchUpFailed(new((byte)id));
        }
    }

    private void BeginSending(SupplyLine line, in SnapshotPointer snapshot)
    {
        line.WantsSnapshot = false;
        line.Source = new(snapshot, _snapshotFiles.BytesOf(snapshot.Number), _tickets);
        (line.SnapshotAt, line.Heard) = (0, default);
        _snapshotFiles.Pin(snapshot.Number);
    }

    private void EndSending(SupplyLine line, Effects effects)
    {
        if (line.Source is { } source)
            _snapshotFiles.Unpin(source.Pointer.Number, effects);
        line.Source = null;
    }

    private void SendPortion(SupplyLine line, Effects effects)
    {
        if (line.Source is not { IsReading: false } source)
            return;
        if (line.SnapshotAt < 0 && _now.Instant - line.AskedAt >= _settings.ElectionTimeout)
            line.SnapshotAt = line.Heard.Wanted == source.Offset ? source.Offset : line.Heard.Chunk;   // it, or its answer, was lost
        if (line.SnapshotAt < 0 || source.Read(line.SnapshotAt, SnapshotPortionBytes, effects))
            return;
        GiveSnapshotUp(line, source.Problem, effects);
    }

    private void GiveSnapshotUp(SupplyLine line, string? problem, Effects effects)
    {
        if (problem is not null)
        {
            _trace.Note(NoteLevel.Error, 0, $"{problem} A new one is taken for who needs it.");
            _unreadableSnapshot = Math.Max(_unreadableSnapshot, line.Source!.Pointer.Number);
        }
        EndSending(line, effects);
        for (var id = 1; id < _suppliesEnd; id++)
            if (_supplies[id] == line)
                _raft.CatchUpFailed(new((byte)id));
    }

    private void SnapshotPortionRead(DiskTicket ticket, DiskOutcome outcome, ReadOnlySpan<byte> bytes, Effects effects)
    {
        for (var id = 1; id < _suppliesEnd; id++)
        {
            if (_supplies[id] is not { Source: { } source } line)
                continue;
            switch (source.Completed(ticket, outcome, bytes))
            {
                case SnapshotPortion.NotMine:
                    continue;
                case SnapshotPortion.Ready:
                    Send(new((byte)id), source, bytes[..source.Length], effects);
                    (line.SnapshotAt, line.AskedAt) = (-1, _now.Instant);
                    return;
                case SnapshotPortion.Misplaced:
                    line.SnapshotAt = 0;
                    return;
                default:
                    GiveSnapshotUp(line, source.Problem, effects);
                    return;
            }
        }
    }

    private void Send(ServerId to, SnapshotSource source, ReadOnlySpan<byte> portion, Effects effects)
    {
        _peerBody.Clear();
        var body = _peerBody[_peerBody.Reserve(PortionHeader + portion.Length)];
        var fields = new FieldWriter(body);
        fields.ULong(source.Pointer.Number);
        fields.Position(source.Pointer.Position);
        fields.ULong((ulong)source.Bytes);
        fields.ULong((ulong)source.Offset);
        fields.Bytes(portion);
        SendPeer(to, PeerKind.SnapshotChunk, _peerBody.Written, effects);
    }

    private void SnapshotPortionAnswered(ServerId from, ReadOnlySpan<byte> body)
    {
        if (body.Length != AnswerBytes || _supplies[from.Value] is not { Source: { } source } line || _raft.Role != Role.Leader)
            return;
        var fields = new FieldReader(body);
        var (number, wanted, chunk, answer) = (fields.ULong(), (long)fields.ULong(), (long)fields.ULong(), (PortionAnswer)fields.Byte());
        if (number != source.Pointer.Number)
            return;
        _raft.SnapshotAdvanced();
        switch (answer)
        {
            case PortionAnswer.GoOn:
                GoOn(line, source, wanted, chunk);
                break;
            case PortionAnswer.Done:
                _ended.Add(line);
                _raft.SnapshotDone(from, source.Pointer.Position.Index);
                break;
            default:
                _ended.Add(line);
                _raft.CatchUpFailed(from);
                break;
        }
    }

    /// <summary>
    /// Goes on at once only where that is an advance. An answer that asks for what was sent already belongs to a portion that came twice,
    /// or is late itself: were it followed, each doubled message would begin one more round of portions and answers, which never ends. If
    /// something was lost in earnest, nothing else comes for an election timeout.
    /// </summary>
    private static void GoOn(SupplyLine line, SnapshotSource source, long wanted, long chunk)
    {
        line.Heard = (wanted, chunk);
        if (wanted == source.End || (wanted > source.End && chunk <= source.Offset))
            line.SnapshotAt = source.End;
        else if (chunk > source.Offset)
            line.SnapshotAt = chunk;
    }

    private readonly List<SupplyLine> _ended = [];
}
