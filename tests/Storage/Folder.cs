using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Tests.Storage;

/// <summary>What recovery delivered, as text that can be compared.</summary>
internal sealed class RecordingSink : IRecoverySink
{
    public List<string> Snapshot { get; } = [];
    public List<(LogIndex Index, Term Term, string Body)> Entries { get; } = [];
    public int Lost { get; private set; }
    public LogIndex Commit { get; private set; }
    public ulong TailMax { get; private set; }
    public bool IsAlone { get; init; } = true;

    public void Superblock(SuperblockState state) => Assert.Empty(Snapshot);
    public void SnapshotHeader(ReadOnlySpan<byte> header) => Snapshot.Add("header " + Encoding.UTF8.GetString(header));
    public void SnapshotRecord(ReadOnlySpan<byte> record) => Snapshot.Add(Encoding.UTF8.GetString(record));

    public bool SnapshotTrailer(ReadOnlySpan<byte> trailer)
    {
        Snapshot.Add("trailer " + Encoding.UTF8.GetString(trailer));
        return !trailer.SequenceEqual("wrong"u8);
    }

    public void SnapshotLost()
    {
        Lost++;
        Snapshot.Clear();
    }

    public void Entry(in JournalEntry entry, ReadOnlySpan<byte> body)
    {
        Entries.Add((entry.Index, entry.Term, Encoding.UTF8.GetString(body)));
        Commit = entry.Commit > Commit ? entry.Commit : Commit;
        // What may not be applied yet was in the writer's ring when this record was written.
        TailMax = Math.Max(TailMax, entry.Index.Value - Commit.Value);
    }
}

/// <summary>A member's storage rooms on a memory disk: founded, written to, crashed, recovered; all of a server but the server.</summary>
internal sealed class Folder
{
    public const ulong Birth = 0xB1B2_B3B4_B5B6_B7B8;

    private readonly Effects _effects = new();
    private Instant _now = Instant.Origin;

    public Folder(MemoryDisk? disk = null, long segmentBytes = 1 << 20)
    {
        Disk = disk ?? new();
        SegmentBytes = segmentBytes;
    }

    public MemoryDisk Disk { get; }
    public long SegmentBytes { get; }
    public DiskTickets Tickets { get; } = new();
    public Effects Effects => _effects;
    public RecordingSink Sink { get; private set; } = new();
    public Recovery Recovery { get; private set; } = null!;
    public Journal Journal { get; set; } = null!;
    public Superblock Superblock { get; private set; } = null!;
    public SnapshotWriter Snapshots { get; private set; } = null!;
    public SnapshotFiles SnapshotFiles { get; private set; } = null!;
    public LogPosition Last { get; set; }

    /// <summary>False: there are other members that damage can be repaired from.</summary>
    public bool IsAlone { get; init; } = true;

    /// <summary>Gets the completions of requests that no room of a member's own has made.</summary>
    public Action<DiskTicket, DiskOutcome, byte[]>? Others { get; set; }

    /// <summary>A new member in an empty folder.</summary>
    public static Folder Founded(long segmentBytes = 1 << 20, bool isAlone = true)
    {
        var folder = new Folder(segmentBytes: segmentBytes) { IsAlone = isAlone };
        Assert.Equal(RecoveryVerdict.Empty, folder.Recover());
        folder.Superblock = new(folder.Tickets, null);
        folder.Superblock.Write(new() { Ensemble = 7, Birth = Birth, Starts = 1 }, folder.Effects);
        folder.Settle();
        folder.OpenRooms(JournalStart.Empty, [], 1);
        return folder;
    }

    /// <summary>Reads the folder as a start does; on success the rooms go on from there.</summary>
    public RecoveryVerdict Recover()
    {
        Sink = new() { IsAlone = IsAlone };
        Recovery = new(Tickets, Sink);
        Recovery.Begin(_effects);
        Disk.Take(_effects);
        while (Disk.Waiting > 0)
        {
            var (ticket, outcome, bytes) = Disk.Perform();
            Assert.Equal(DiskTickets.Recovery, DiskTickets.OwnerOf(ticket));
            Recovery.Completed(ticket, outcome, bytes, _effects);
            Disk.Take(_effects);
        }
        Assert.NotEqual(RecoveryVerdict.Reading, Recovery.Verdict);
        if (Recovery.Folder is { } found)
        {
            Superblock = new(Tickets, found.Superblock);
            OpenRooms(found.Journal, found.Snapshots, found.NextSnapshot);
            Last = found.Last;
        }
        return Recovery.Verdict;
    }

    /// <summary>Starts, and loses power after some requests of recovery.</summary>
    public void StartAndCrash(int requests, Func<bool> keeps)
    {
        var recovery = new Recovery(Tickets, new RecordingSink { IsAlone = IsAlone });
        recovery.Begin(_effects);
        Disk.Take(_effects);
        for (var i = 0; i < requests && Disk.Waiting > 0; i++)
        {
            var (ticket, outcome, bytes) = Disk.Perform();
            recovery.Completed(ticket, outcome, bytes, _effects);
            Disk.Take(_effects);
        }
        Assert.True(recovery.Verdict != RecoveryVerdict.Refused, recovery.Refusal);
        Disk.Crash(keeps);
    }

    /// <summary>Starts again on the same disk, as another process.</summary>
    public Folder Restarted()
    {
        var next = new Folder(Disk, SegmentBytes) { IsAlone = IsAlone };
        Assert.True(next.Recover() == RecoveryVerdict.Recovered || !IsAlone && next.Recovery.Verdict == RecoveryVerdict.Damaged,
            next.Recovery.Refusal);
        return next;
    }

    private void OpenRooms(JournalStart start, IEnumerable<SnapshotSpan> snapshots, ulong nextSnapshot)
    {
        Journal = new(SegmentBytes, Tickets, Birth, start);
        Snapshots = new(4 << 20, Tickets);
        SnapshotFiles = new(Tickets, snapshots, nextSnapshot);
    }

    /// <summary>Appends entries, each of a body; nothing goes to the disk yet.</summary>
    public Folder Append(uint term, params ReadOnlySpan<string> bodies)
    {
        foreach (var body in bodies)
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            var index = Last.Index.Next;
            var chain = Chain.Next(Last.Chain, index, new(term), new(1000), bytes);
            Journal.Append(index, new(term), new(1000), Journal.FlushedIndex, chain, bytes);
            Last = new(index, new(term), chain);
        }
        return this;
    }

    /// <summary>Ends a batch of inputs: what waits goes to the disk's queue, where it stays.</summary>
    public Folder Submit()
    {
        Journal.Submit(_now, _effects);
        Snapshots.Submit(_effects);
        Disk.Take(_effects);
        return this;
    }

    /// <summary>Performs one disk request and hands its completion to the room that asked.</summary>
    public Folder PerformOne()
    {
        var (ticket, outcome, bytes) = Disk.Perform();
        Complete(ticket, outcome, bytes);
        return this;
    }

    public void Complete(DiskTicket ticket, DiskOutcome outcome, byte[] bytes)
    {
        switch (DiskTickets.OwnerOf(ticket))
        {
            case DiskFileKind.Superblock:
                Superblock.Completed(ticket, outcome, _effects);
                break;
            case DiskFileKind.Journal or DiskFileKind.TailMark:
                Journal.Completed(ticket, outcome);
                break;
            case DiskFileKind.Snapshot:
                Assert.True(Snapshots.Completed(ticket, outcome, _effects) || SnapshotFiles.Completed(ticket, outcome));
                break;
            default:
                Others!(ticket, outcome, bytes);
                break;
        }
        Disk.Take(_effects);
    }

    /// <summary>Goes on until the disk has nothing to do; no time passes, so no idle mark is written.</summary>
    public Folder Settle()
    {
        Disk.Take(_effects);
        do
        {
            while (Disk.Waiting > 0)
                PerformOne();
            if (Journal is not null)
                Submit();
        }
        while (Disk.Waiting > 0);
        return this;
    }

    /// <summary>Settles and lets enough time pass for the tail mark.</summary>
    public Folder Rest()
    {
        Settle();
        _now += Journal.IdleMarkDelay;
        return Settle();
    }

    public void Pass(TimeSpan span) => _now += span;

    /// <summary>Writes a snapshot of the state after the last flushed entry and points the superblock to it.</summary>
    public SnapshotPointer TakeSnapshot(int kept, params string[] records)
    {
        var pointer = new SnapshotPointer(SnapshotFiles.Begin(), Journal.Flushed);
        Snapshots.Begin(pointer, "state"u8);
        foreach (var record in records)
            Encoding.UTF8.GetBytes(record).CopyTo(Snapshots.Record(Encoding.UTF8.GetByteCount(record)));
        Snapshots.End("sum"u8);
        Settle();
        Assert.Equal(SnapshotProgress.Finished, Snapshots.Progress);
        SnapshotFiles.Add(pointer.Number, Snapshots.Bytes);
        Superblock.Write(Superblock.State.WithSnapshot(pointer, kept), _effects);
        Settle();
        SnapshotFiles.KeepOnly(Superblock.State, _effects);
        Journal.DropBelow(Superblock.State.OldestSnapshotIndex.Next, pinned: LogIndex.Max, bytes: 0, _effects);
        Settle();
        return pointer;
    }

    public string[] Bodies => [.. Sink.Entries.Select(entry => entry.Body)];
}
