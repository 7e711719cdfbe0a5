using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Consensus;

/// <summary>An entry as the disk keeps it.</summary>
internal sealed record SavedEntry(LogPosition Position, WallTime Time, byte[] Body);

/// <summary>What a disk has been asked for: new entries behind a place, or term and vote.</summary>
internal sealed class DiskWrite
{
    public LogIndex Keep { get; set; }
    public LogIndex Commit { get; init; }
    public List<SavedEntry> Entries { get; } = [];
    public (Term Term, ServerId Vote)? HardState { get; init; }
}

/// <summary>What outlives a crash of the process and of the computer.</summary>
internal sealed class SavedDisk
{
    public List<SavedEntry> Journal { get; } = [];
    public Term Term { get; set; }
    public ServerId Vote { get; set; }
    public RaftSnapshot? Snapshot { get; set; }
    /// <summary>What was known to be committed when the journal was last written.</summary>
    public LogIndex Commit { get; set; }

    /// <summary>The place right before an entry of the journal.</summary>
    public LogPosition Before(LogIndex index) =>
        Journal.Find(saved => saved.Position.Index.Next == index)?.Position ?? Snapshot?.Position ?? LogPosition.Start;
}

internal sealed record RaftSnapshot(LogPosition Position, WallTime Time, Membership Membership);

/// <summary>
/// A member that is consensus and nothing else: the owner that <see cref="Raft"/> needs, with a disk that ends its writes in order and when
/// it is told, and a state that is the list of entries it has applied.
/// </summary>
internal sealed class RaftMember : IReplica, ITrace
{
    private readonly RaftWorld _world;
    private readonly Effects _effects;
    private readonly Queue<DiskWrite> _disk = new();
    private Term _opened;
    private LogIndex _journaled;

    public RaftMember(
        RaftWorld world, ServerId id, Membership founding, SavedDisk? disk = null, ulong birth = 0, Convalescence convalescence = default)
    {
        (_world, Id, Founding, _effects) = (world, id, founding, world.Effects);
        Birth = birth == 0 ? RaftWorld.BirthOf(id) : birth;
        Saved = disk ?? new();
        var settings = world.Settings with { Id = id };
        Raft = new(settings, world.Limits, new Dice(id.Value + 1000 * world.NextStart() + world.Seed), this, this);
        Fill(convalescence);
    }

    public ServerId Id { get; }
    public ulong Birth { get; }
    public Membership Founding { get; }
    public SavedDisk Saved { get; }
    public Raft Raft { get; }
    public Moment Now { get; set; } = new(Instant.Origin + TimeSpan.FromHours(1), new(1_000));
    public List<string> Notes { get; } = [];

    /// <summary>Requests on their way to the disk.</summary>
    public int DiskWaiting => _disk.Count;

    /// <summary>The disk ends nothing before it is told to.</summary>
    public bool IsDiskSlow { get; set; }

    /// <summary>The entries applied since the start, as text.</summary>
    public List<string> Applied { get; } = [];

    public List<(ServerId To, LogIndex From)> JournalReads { get; } = [];
    public List<ServerId> SnapshotsAsked { get; } = [];
    public List<(ServerId Peer, LogIndex Applied, Digest Digest)> PeerStates { get; } = [];

    /// <summary>Entries before this one are no longer in the journal.</summary>
    public LogIndex JournalFrom { get; set; } = new(1);

    /// <summary>The digest of the state is wrong from now on.</summary>
    public bool IsDeviant { get; set; }

    public bool SeesEntries => false;
    public bool SeesCommits => true;

    (LogIndex Applied, Digest Digest) IReplica.State =>
        (Raft.Applied, new Digest(Raft.Log.ChainAt(Raft.Applied) + (IsDeviant ? 1ul : 0)));

    /// <summary>Proposes an entry; false if this member would not take it.</summary>
    public bool Propose(string text)
    {
        var taken = false;
        Step(() => taken = TryPropose(Encoding.UTF8.GetBytes(text)));
        return taken;
    }

    /// <summary>Proposes a membership.</summary>
    public bool Propose(Membership membership)
    {
        var taken = false;
        Step(() => taken = TryPropose(membership));
        return taken;
    }

    /// <summary>One batch with one input: time first, then the input, then what follows, then what is said and written.</summary>
    public void Step(Action input)
    {
        Raft.Elapse(Now, _effects);
        input();
        Follow();
        Raft.Replicate(Now, _effects);
        Submit();
        for (var i = 0; i < _effects.Count; i++)
            _world.Sent(Id, new((byte)_effects[i].Subject), _effects.Bytes(_effects[i]).ToArray());
        _effects.Clear();
    }

    public void Receive(ServerId from, byte[] frame) => Step(() =>
    {
        if (PeerCodec.TryRead(frame, out var message))
            Raft.Receive(from, message, Now, _effects);
    });

    /// <summary>The oldest disk request ends well.</summary>
    public void FinishDisk()
    {
        var write = _disk.Dequeue();
        Step(() => Finish(write));
    }

    /// <summary>Sends entries from the journal to a follower that asked for them.</summary>
    public void SendFromJournal(int bound = int.MaxValue)
    {
        var (to, from) = JournalReads[0];
        JournalReads.RemoveAt(0);
        Step(() =>
        {
            if (!Saved.Journal.Exists(saved => saved.Position.Index == from))
            {
                Raft.CatchUpFailed(to);
                return;
            }
            var frame = new CatchUpFrame(_world.Limits);
            frame.Begin(Saved.Before(from));
            foreach (var saved in Saved.Journal.Where(saved => saved.Position.Index >= from).Take(bound))
                if (!frame.TryAdd(new() { Index = saved.Position.Index, Term = saved.Position.Term, Time = saved.Time, Chain = saved.Position.Chain, Body = saved.Body }))
                    break;
            Raft.CaughtUp(to, frame, _effects);
        });
    }

    public RaftSnapshot TakeSnapshot() =>
        new(Raft.Log.PositionAt(Raft.Applied), Raft.Log.LastTime, Raft.AppliedMembership);

    /// <summary>Installs a snapshot if it brings the member further.</summary>
    public bool Install(RaftSnapshot snapshot)
    {
        var wanted = false;
        Step(() =>
        {
            wanted = snapshot.Position.Term <= Raft.Term && Raft.WantsSnapshot(snapshot.Position);
            if (!wanted)
                return;
            (Saved.Term, Saved.Vote) = (Raft.Term, Raft.VotedFor);   // one superblock says all of it
            Saved.Snapshot = snapshot;
            Saved.Journal.Clear();
            Saved.Commit = snapshot.Position.Index;
            JournalFrom = snapshot.Position.Index.Next;
            foreach (var write in _disk)
                write.Entries.Clear();
            _journaled = snapshot.Position.Index;
            Raft.Installed(snapshot.Position, snapshot.Time, snapshot.Membership, Now);
            Applied.Add($"[{snapshot.Position.Index}]");
        });
        return wanted;
    }

    /// <summary>The whole log that is known, as term:text, oldest first.</summary>
    public string LogText()
    {
        var text = new List<string>();
        for (var index = Raft.Log.Base.Next; index <= Raft.Log.Last; index = index.Next)
            text.Add($"{Raft.Log[index].Term}:{Text(Raft.Log[index].Body)}");
        return string.Join(' ', text);
    }

    public static string Text(ReadOnlySpan<byte> body) =>
        body.Length > 0 && body[0] == 'M' ? $"members({Membership.Decode(body[1..])})" : Encoding.UTF8.GetString(body);

    void IReplica.Truncating(in LogPosition keep)
    {
        foreach (var write in _disk)
            if (write.HardState is null)
                Cut(write, keep.Index);   // a flush under way attests from now on no more than what is kept
        if (_journaled > keep.Index)
            _journaled = keep.Index;
        _world.Truncated(Id, keep);
    }

    Membership? IReplica.MembershipIn(ReadOnlySpan<byte> body) => body.Length > 0 && body[0] == 'M' ? Membership.Decode(body[1..]) : null;

    void IReplica.PeerState(ServerId peer, LogIndex applied, Digest digest) => PeerStates.Add((peer, applied, digest));

    bool IReplica.JournalHas(LogIndex index) => index >= JournalFrom;

    void IReplica.ReadJournal(ServerId to, LogIndex from) => JournalReads.Add((to, from));

    void IReplica.SendSnapshot(ServerId to) => SnapshotsAsked.Add(to);

    void ITrace.Note(NoteLevel level, ulong subject, string text)
    {
        Notes.Add(text);
        _world.Noted(Id, text);
    }

    void ITrace.Became(Role role, Term term, ServerId leader) => _world.Became(this, role, term, leader);

    void ITrace.Committed(LogIndex index, Term term, ulong chain) => _world.Committed(Id, new(index, term, chain));

    void ITrace.Installed(LogIndex index, Zxid zxid, Digest digest) { }

    void ITrace.Applied(in AppliedEntry entry) { }

    /// <summary>From the disk into the log, as recovery does it.</summary>
    private void Fill(Convalescence convalescence)
    {
        var (applied, membership) = (LogIndex.Zero, Founding);
        if (Saved.Snapshot is { } snapshot)
        {
            Raft.Log.Reset(snapshot.Position.Index, snapshot.Position.Term, snapshot.Position.Chain, snapshot.Time);
            (applied, membership) = (snapshot.Position.Index, snapshot.Membership);
        }
        foreach (var saved in Saved.Journal)
        {
            Assert.True(Raft.Log.MakeRoom(saved.Body.Length, applied));
            saved.Body.CopyTo(Raft.Log.Append(saved.Position.Term, saved.Time, saved.Body.Length));
            Raft.Log.Seal();
            Assert.Equal(saved.Position, Raft.Log.LastPosition);
            if (saved.Position.Index > Saved.Commit)
                continue;
            applied = saved.Position.Index;
            Applied.Add(Text(saved.Body));
            membership = ((IReplica)this).MembershipIn(saved.Body) ?? membership;
        }
        _journaled = Raft.Log.Last;
        Raft.Restore(
            new()
            {
                Identity = new(RaftWorld.Ensemble, Birth),
                Membership = membership,
                Term = Saved.Term,
                VotedFor = Saved.Vote,
                Applied = applied,
                Convalescence = convalescence,
            },
            Now);
    }

    private void Follow()
    {
        while (Raft.Applied < Raft.Committed)
        {
            var entry = Raft.Log[Raft.Applied.Next];
            Applied.Add(Text(entry.Body));
            Raft.AppliedThrough(entry.Index);
        }
        if (Raft.Role == Role.Leader && _opened != Raft.Term && Raft.HasRoomToOpen(4))
        {
            _opened = Raft.Term;
            Append("open"u8);
        }
        if (Raft.MustLeave)
            TryPropose(Raft.Membership.Left());
    }

    private bool TryPropose(Membership membership)
    {
        if (!TryPropose([(byte)'M', .. membership.Encode()]))
            return false;
        Raft.Adopt(Raft.Log.Last, membership, Now);
        return true;
    }

    private bool TryPropose(ReadOnlySpan<byte> body)
    {
        if (_opened != Raft.Term || !Raft.HasRoom(body.Length))
            return false;
        Append(body);
        return true;
    }

    private void Append(ReadOnlySpan<byte> body)
    {
        body.CopyTo(Raft.Propose(body.Length, Now));
        Raft.Log.Seal();
    }

    /// <summary>What waits for the disk, as numbers that tell different queues apart.</summary>
    public IEnumerable<ulong> DiskState()
    {
        foreach (var write in _disk)
        {
            yield return write.HardState is { } hard ? (ulong)hard.Term.Value << 8 | hard.Vote.Value : ulong.MaxValue - write.Keep.Value;
            foreach (var entry in write.Entries)
                yield return entry.Position.Chain;
        }
        yield return Saved.Commit.Value << 40 | (ulong)Saved.Term.Value << 8 | Saved.Vote.Value;
        foreach (var entry in Saved.Journal)
            yield return entry.Position.Chain;
        yield return (ulong)_opened.Value << 32 | _journaled.Value;
    }

    private void Submit()
    {
        if (Raft.HardStateChanged)
        {
            Raft.HardStateSubmitted();
            _disk.Enqueue(new() { HardState = (Raft.Term, Raft.VotedFor) });
        }
        if (_journaled == Raft.Log.Last || _disk.Any(write => write.HardState is null))
            return;
        var batch = new DiskWrite { Keep = _journaled, Commit = Raft.Committed };
        for (; _journaled < Raft.Log.Last; _journaled = _journaled.Next)
        {
            var entry = Raft.Log[_journaled.Next];
            batch.Entries.Add(new(new(entry.Index, entry.Term, entry.Chain), entry.Time, entry.Body.ToArray()));
        }
        _disk.Enqueue(batch);
    }

    private void Finish(DiskWrite write)
    {
        if (write.HardState is { } hard)
        {
            (Saved.Term, Saved.Vote) = hard;
            if (!_disk.Any(later => later.HardState is not null))
                Raft.HardStateDurable(hard.Term, hard.Vote, Now, _effects);
            return;
        }
        Saved.Journal.RemoveAll(saved => saved.Position.Index > write.Keep);
        Saved.Journal.AddRange(write.Entries);
        if (write.Commit > Saved.Commit)
            Saved.Commit = write.Commit;
        if (write.Entries.Count > 0)
            Raft.Flushed(write.Entries[^1].Position.Index, write.Entries[^1].Position.Term);
    }

    private static void Cut(DiskWrite write, LogIndex keep)
    {
        write.Entries.RemoveAll(entry => entry.Position.Index > keep);
        if (write.Keep > keep)
            write.Keep = keep;
    }
}
