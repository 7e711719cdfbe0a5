using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Simulation.Disks;

/// <summary>What of the log a member's disk holds, flushed and whole: read off the bytes as they are, whatever a server believes of them.</summary>
internal sealed class Holdings
{
    private readonly Dictionary<ulong, LogPosition> _entries = [];
    private readonly List<(ulong Segment, JournalRecordReport Record)> _records = [];
    private readonly List<(ulong Number, LogPosition Last)> _snapshots = [];
    private LogIndex _snapshot;   // everything up to here is in a whole snapshot

    private Holdings(SimDisk disk)
    {
        if (SuperblockOf(disk) is not { } superblock)
            return;
        foreach (var pointer in superblock.Snapshots)
        {
            var name = new DiskFile(DiskFileKind.Snapshot, pointer.Number);
            if (disk.Files.FirstOrDefault(file => file.Name == name) is not { } file || !IsWhole(file.Flushed(), pointer))
                continue;
            _snapshots.Add((pointer.Number, pointer.Position));
            _snapshot = pointer.Position.Index > _snapshot ? pointer.Position.Index : _snapshot;
        }
        ReadJournal(disk, superblock);
    }

    /// <summary>The last entry of all.</summary>
    public LogPosition Last { get; private set; }

    /// <summary>What a disk holds now.</summary>
    public static Holdings Of(SimDisk disk) => new(disk);

    /// <summary>Whether an entry is there: as a record, or within a snapshot.</summary>
    public bool Has(LogPosition entry) =>
        entry.Index <= _snapshot || (_entries.TryGetValue(entry.Index.Value, out var found) && found == entry);

    /// <summary>Whether everything up to an entry is there.</summary>
    public bool HasAllUpTo(LogPosition entry)
    {
        for (var index = entry.Index; index > _snapshot; index = new(index.Value - 1))
            if (!_entries.ContainsKey(index.Value))
                return false;
        return Has(entry);
    }

    /// <summary>The entries whose records touch a sector of a journal's segment.</summary>
    public IEnumerable<LogPosition> In(ulong segment, int sector)
    {
        var (from, to) = (sector * SimFile.SectorBytes, (sector + 1) * SimFile.SectorBytes);
        return _records.Where(one => one.Segment == segment && one.Record.Offset < to && one.Record.Offset + one.Record.Bytes > from)
            .Select(static one => one.Record.Position);
    }

    /// <summary>The last entry of a whole snapshot; null when there is no such snapshot.</summary>
    public LogPosition? EndOf(ulong snapshot)
    {
        foreach (var (number, last) in _snapshots)
            if (number == snapshot)
                return last;
        return null;
    }

    private static SuperblockSlotReport? SuperblockOf(SimDisk disk)
    {
        var file = disk.Files.FirstOrDefault(static file => file.Name.Kind == DiskFileKind.Superblock);
        var slots = file is null ? [] : DataFolderReport.Superblock(file.Flushed());
        return slots.Where(static slot => slot.Condition == BlockCondition.Valid).MaxBy(static slot => slot.Generation);
    }

    private static bool IsWhole(ReadOnlySpan<byte> file, SnapshotPointer pointer)
    {
        var number = 0u;
        for (var at = 0; at < file.Length; number++)
        {
            var chunk = DataFolderReport.Chunk(pointer.Number, at, file[at..]);
            if (chunk.Condition != BlockCondition.Valid || chunk.Number != number || (number == 0 && chunk.Position != pointer.Position))
                return false;
            if (chunk.Kind == SnapshotChunkKind.Trailer)
                return true;
            at += (int)chunk.Bytes;
        }
        return false;
    }

    /// <summary>A segment without a header bears witness for nothing here, though a server may make something of it.</summary>
    private void ReadJournal(SimDisk disk, SuperblockSlotReport superblock)
    {
        var segments = disk.Files.Where(static file => file.Name.Kind == DiskFileKind.Journal)
            .Select(file => DataFolderReport.Segment(file.Name.Number, superblock.Birth, file.Flushed())).ToList();
        var worth = new JournalWorth(segments, superblock.FirstSegment, LogIndex.Max, tear: null);
        foreach (var segment in segments.Where(static segment => segment.Condition == BlockCondition.Valid))
            foreach (var (record, counts) in segment.Records.Zip(worth.OfRecords(segment)))
                if (counts == RecordWorth.Counts)
                {
                    _entries[record.Position.Index.Value] = record.Position;
                    _records.Add((segment.Number, record));
                    Last = record.Position.Index > Last.Index ? record.Position : Last;
                }
        foreach (var (_, end) in _snapshots)
            Last = end.Index > Last.Index ? end : Last;
    }
}
