using BenchmarkDotNet.Attributes;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Bench;

/// <summary>What the journal costs the kernel's thread; the disk itself is not measured here.</summary>
public class JournalBench
{
    /// <summary>A set of 100 bytes as an entry: the command's header, the record.</summary>
    private const int BodyBytes = 180;
    private const int BatchEntries = 64, RecoveredEntries = 100_000;
    private const long SegmentBytes = 64 << 20;
    private const ulong Birth = 77;

    private readonly byte[] _body = new byte[BodyBytes];
    private readonly byte[] _record = new byte[JournalRecord.SizeOf(BodyBytes)];
    private readonly Effects _effects = new();
    private readonly ArrayDisk _disk = new();
    private Journal _journal = null!;
    private LogPosition _last;
    private Instant _now = Instant.Origin;

    [GlobalSetup(Targets = [nameof(Encode), nameof(AppendAndSubmit)])]
    public void Open() => _journal = new(SegmentBytes, new(), Birth, JournalStart.Empty);

    /// <summary>One record: header, checksums, body.</summary>
    [Benchmark]
    public uint Encode()
    {
        var checksum = Crc32C.Of(_body);
        JournalRecord.Write(_record, new(new(1), new(1), new(1_000), new(1), 5, BodyBytes, checksum, LogIndex.Zero), _body);
        JournalRecord.Seal(_record, segment: 1, new(1), salt: 9);
        return checksum;
    }

    /// <summary>A batch appended and handed over as one write and one flush; time per entry.</summary>
    [Benchmark(OperationsPerInvoke = BatchEntries)]
    public LogIndex AppendAndSubmit()
    {
        Append(BatchEntries);
        _journal.Submit(_now, _effects);
        for (var i = 0; i < _effects.Count; i++)
            _journal.Completed(_effects[i].Ticket, DiskOutcome.Done);
        _effects.Clear();
        return _journal.FlushedIndex;
    }

    [GlobalSetup(Target = nameof(Recover))]
    public void Fill()
    {
        var tickets = new DiskTickets();
        var superblock = new Superblock(tickets, null);
        superblock.Write(new() { Ensemble = 7, Birth = Birth, Starts = 1 }, _effects);
        Settle((ticket, _) => superblock.Completed(ticket, DiskOutcome.Done, _effects));
        _journal = new(SegmentBytes, tickets, Birth, JournalStart.Empty);
        while (_last.Index.Value < RecoveredEntries)
        {
            Append(BatchEntries);
            _journal.Submit(_now, _effects);
            Settle((ticket, _) => _journal.Completed(ticket, DiskOutcome.Done));
        }
    }

    /// <summary>A start that reads the whole journal, checks it and delivers every entry; time per entry.</summary>
    [Benchmark(OperationsPerInvoke = RecoveredEntries)]
    public int Recover()
    {
        var sink = new Counting();
        var recovery = new Recovery(new(), sink);
        recovery.Begin(_effects);
        Settle((ticket, found) => recovery.Completed(ticket, DiskOutcome.Done, found, _effects));
        Invariant.Holds(recovery.Verdict == RecoveryVerdict.Recovered && sink.Entries >= RecoveredEntries);
        return sink.Entries;
    }

    private void Append(int count)
    {
        _now += TimeSpan.FromMicroseconds(100);
        for (var i = 0; i < count; i++)
        {
            var index = _last.Index.Next;
            _last = new(index, new(1), Chain.Next(_last.Chain, index, new(1), new(1_000), _body));
            _journal.Append(index, new(1), new(1_000), _journal.FlushedIndex, _last.Chain, _body);
        }
    }

    private void Settle(Action<DiskTicket, byte[]> done)
    {
        while (_effects.Count > 0)
            _disk.Perform(_effects, done);
    }

    private sealed class Counting : IRecoverySink
    {
        public int Entries { get; private set; }

        public bool IsAlone => true;

        public void Superblock(SuperblockState state) { }

        public void SnapshotHeader(ReadOnlySpan<byte> header) { }

        public void SnapshotRecord(ReadOnlySpan<byte> record) { }

        public bool SnapshotTrailer(ReadOnlySpan<byte> trailer) => true;

        public void SnapshotLost() { }

        public void Entry(in JournalEntry entry, ReadOnlySpan<byte> body) => Entries++;
    }
}
