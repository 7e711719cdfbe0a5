using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Simulation.Judges;

/// <summary>
/// What a member says and does rests on what its disk holds for good by then, whichever of its unflushed sectors a crash would take. What it
/// acknowledges has been flushed since the log was last cut (S-70). Both slots of its superblock hold the term in which it votes or leads (C4, A3),
/// and name a received snapshot before that is in force (S-11); neither names a snapshot that it deletes (S-42). And when it writes behind a
/// place at which the log was cut, its tail mark has been lowered (A10).
/// </summary>
/// <remarks>
/// The judge reads what goes to the disk and what the disk reports, and what goes to other members; of what lies on a disk from before a start it
/// knows nothing until that has been written anew, and says nothing about it. A disk that lies is believed.
/// </remarks>
internal sealed class DiskFirst(World world) : Judge
{
    /// <summary>A flush of the journal that has not been reported, or stands behind one that has not.</summary>
    private readonly record struct Batch(DiskTicket Ticket, LogIndex Through, bool HasEnded);

    /// <summary>What is known of a member's disk. Of a file of two slots: what was written there last, and what was flushed.</summary>
    private sealed class Member
    {
        public SuperblockState?[] WrittenStates { get; } = new SuperblockState?[2];
        public SuperblockState?[] States { get; } = new SuperblockState?[2];
        public TailMarkState WrittenMark { get; set; }
        public TailMarkState Mark { get; set; }
        public DiskTicket StateFlush { get; set; }
        public DiskTicket MarkFlush { get; set; }
        public List<Batch> Batches { get; } = [];
        /// <summary>Up to here the journal is flushed; for a start everything that it found.</summary>
        public LogIndex Flushed { get; set; } = LogIndex.Max;
        public LogIndex Written { get; set; } = LogIndex.Max;
        /// <summary>Where the log was cut, until something is written behind it.</summary>
        public LogIndex? Cut { get; set; }
    }

    private readonly Member?[] _members = new Member?[byte.MaxValue + 1];   // by id

    /// <inheritdoc/>
    public override void Started(ServerId member) => _members[member.Value] = new();

    /// <inheritdoc/>
    public override void Became(ServerId member, Role role, Term term, ServerId leader)
    {
        if (role == Role.Leader)
            MustHold(member, term, member, "leads");
    }

    /// <inheritdoc/>
    public override void Truncated(ServerId member, LogIndex keep)
    {
        var known = _members[member.Value]!;
        known.Flushed = Earlier(known.Flushed, keep);
        known.Written = Earlier(known.Written, keep);
        known.Cut = Earlier(known.Cut ?? keep, keep);
        for (var i = 0; i < known.Batches.Count; i++)
            known.Batches[i] = known.Batches[i] with { Through = Earlier(known.Batches[i].Through, keep) };
    }

    /// <inheritdoc/>
    public override void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest)
    {
        var known = _members[member.Value]!;
        (known.Flushed, known.Written, known.Cut) = (index, index, null);
        known.Batches.Clear();
        foreach (var state in known.States)
            if (state is not null && state.Snapshot.Position.Index < index)
                Accuse($"Member {member} has put a snapshot up to entry {index} in force, and a slot of its superblock names one up to entry {state.Snapshot.Position.Index}.");
    }

    /// <summary>A member says something to another.</summary>
    public void Says(ServerId member, ServerId to, ReadOnlySpan<byte> frame)
    {
        var body = frame[PeerCodec.HeaderBytes..];
        switch (PeerCodec.KindOf(frame))
        {
            case PeerKind.VoteAnswer when BallotAnswer.Read(body) is { Granted: true } vote:
                MustHold(member, vote.Term, to, "votes");
                break;
            case PeerKind.AppendAnswer or PeerKind.HeartbeatAnswer when FollowerAnswer.Read(body).Matched is var matched
                && matched > _members[member.Value]!.Flushed && world.Scenario.Settings.FlushBeforeReply:
                Accuse($"Member {member} acknowledges entry {matched} to member {to}; its disk has flushed the log up to entry {_members[member.Value]!.Flushed}.");
                break;
        }
    }

    /// <summary>A member asks something of its disk.</summary>
    public void Asked(ServerId member, in Effect request, ReadOnlySpan<byte> bytes)
    {
        var known = _members[member.Value]!;
        switch (request.Kind, request.Place.File.Kind)
        {
            case (EffectKind.DiskWrite, DiskFileKind.Journal) when request.Place.Offset >= SegmentHeader.RecordsAt:
                Wrote(member, known, bytes);
                break;
            case (EffectKind.DiskFlush, DiskFileKind.Journal):
                known.Batches.Add(new(request.Ticket, known.Written, false));
                break;
            case (EffectKind.DiskWrite, DiskFileKind.Superblock) when SuperblockImage.Read(bytes, 0, out var image) == BlockCondition.Valid:
                known.WrittenStates[request.Place.Offset / SuperblockImage.SlotBytes] = image!.State;
                break;
            case (EffectKind.DiskFlush, DiskFileKind.Superblock):
                known.StateFlush = request.Ticket;
                break;
            case (EffectKind.DiskWrite, DiskFileKind.TailMark) when TailMarkState.Read(bytes, out var mark) == BlockCondition.Valid:
                known.WrittenMark = mark;
                break;
            case (EffectKind.DiskFlush, DiskFileKind.TailMark):
                known.MarkFlush = request.Ticket;
                break;
            case (EffectKind.DiskDrop, DiskFileKind.Snapshot):
                Drops(member, known, request.Place.File.Number);
                break;
        }
    }

    /// <summary>The disk has done what was asked.</summary>
    public void Done(ServerId member, DiskTicket ticket, DiskOutcome outcome)
    {
        if (outcome != DiskOutcome.Done || _members[member.Value] is not { } known)
            return;
        if (known.StateFlush == ticket)
            known.WrittenStates.CopyTo(known.States, 0);
        else if (known.MarkFlush == ticket)
            known.Mark = known.WrittenMark;
        Ended(known.Batches, ticket);
        while (known.Batches.Count > 0 && known.Batches[0].HasEnded)
        {
            known.Flushed = known.Batches[0].Through;
            known.Batches.RemoveAt(0);
        }
    }

    private void Wrote(ServerId member, Member known, ReadOnlySpan<byte> records)
    {
        var first = JournalRecord.Read(records);
        if (known.Written == LogIndex.Max)
            known.Flushed = first.Index.Previous;
        var last = first;
        for (var rest = records[JournalRecord.SizeOf(first.BodyLength)..]; rest.Length > 0; rest = rest[JournalRecord.SizeOf(last.BodyLength)..])
            last = JournalRecord.Read(rest);
        known.Written = last.Index;
        if (known.Cut is { } cut && known.Mark.Position.Index > cut)
            Accuse($"Member {member} writes behind entry {cut}, at which its log was cut, and its tail mark lies at entry {known.Mark.Position.Index}.");
        known.Cut = null;
    }

    /// <summary>Whichever room has asked, the numbers of tickets ascend.</summary>
    private static void Ended(List<Batch> batches, DiskTicket ticket)
    {
        var (low, high) = (0, batches.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (batches[middle].Ticket == ticket)
                batches[middle] = batches[middle] with { HasEnded = true };
            (low, high) = DiskTickets.NumberOf(batches[middle].Ticket) < DiskTickets.NumberOf(ticket) ? (middle + 1, high) : (low, middle - 1);
        }
    }

    private void Drops(ServerId member, Member known, ulong snapshot)
    {
        foreach (var state in known.States)
            if (state?.Keeps(snapshot) == true)
                Accuse($"Member {member} deletes snapshot {snapshot}, which a slot of its superblock names.");
    }

    private void MustHold(ServerId member, Term term, ServerId votedFor, string what)
    {
        foreach (var state in _members[member.Value]!.States)
            if (state is not null && (state.Term < term || (state.Term == term && state.VotedFor != votedFor)))
                Accuse($"Member {member} {what} in term {term}; a slot of its superblock says term {state.Term} and a vote for {state.VotedFor}.");
    }

    private static LogIndex Earlier(LogIndex a, LogIndex b) => a < b ? a : b;
}
