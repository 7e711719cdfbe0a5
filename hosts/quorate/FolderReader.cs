using System.Globalization;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Cli;

/// <summary>Reads a data folder into an <see cref="InspectReport"/>: what each file holds, and what all of them add up to.</summary>
/// <remarks>
/// Whatever is damaged is listed and passed by; only a folder that cannot be read at all ends in an exception. Files are read one after the
/// other and of a segment only the records that are shown are kept, so that a large folder fits into the memory of a small machine.
/// </remarks>
internal sealed class FolderReader(string folder, ReadOnlyFiles files, bool allRecords, bool withTree)
{
    /// <summary>How many of a segment's last records are shown unless all are asked for; those that are not in order always are.</summary>
    private const int RecordsShown = 10;

    private readonly FolderInspection _inspection = new();
    private readonly List<string> _damage = [];
    private readonly List<string> _notes = [];

    /// <summary>Reads everything.</summary>
    public InspectReport Read()
    {
        var found = files.Found;
        Recover();
        var superblock = DataFolderReport.Superblock(Whole(found, DiskFileKind.Superblock));
        var newest = superblock.Where(static slot => slot.Condition == BlockCondition.Valid).MaxBy(static slot => slot.Generation);
        var marks = DataFolderReport.TailMark(Whole(found, DiskFileKind.TailMark));
        foreach (var slot in superblock)
            NoteSlot("superblock", slot.Slot, slot.Condition);
        foreach (var slot in marks)
            NoteSlot("tail mark", slot.Slot, slot.Condition);
        var journal = Journal(found, newest);
        var snapshots = Snapshots(found, newest);
        return new(
            folder, _damage.Count == 0 && _inspection.Refusal is null, _inspection.Refusal, _damage, [.. _inspection.Notes, .. _notes],
            [.. superblock.Select(View)], [.. marks.Select(View)], journal, snapshots, View(_inspection.State),
            [.. _inspection.Sessions.Select(View)], withTree ? [.. _inspection.Znodes.Select(View)] : null);
    }

    private void Recover()
    {
        var effects = new Effects();
        try
        {
            _inspection.Begin(effects);
            new DirectDisk(files).Run(effects, _inspection.Completed);
        }
        catch (BrokenInvariantException e)
        {
            // The checksums are right and the content is not: a bug of whoever wrote it. The files can still be shown.
            _damage.Add($"The state cannot be rebuilt: {e.Message}.");
        }
    }

    private void NoteSlot(string file, int slot, BlockCondition condition)
    {
        if (condition is BlockCondition.Damaged or BlockCondition.Newer)
            _damage.Add(Text($"{file}, slot {slot}: {Word(condition)}."));
    }

    private List<SegmentView> Journal(List<(DiskFile File, long Length)> found, SuperblockSlotReport? newest)
    {
        var segments = found.FindAll(static it => it.File.Kind == DiskFileKind.Journal);
        var preambles = new List<JournalSegmentReport>();
        foreach (var (file, _) in segments)
            preambles.Add(DataFolderReport.Segment(file.Number, newest?.Birth ?? 0, Bytes(file, DataFolderReport.SegmentPreambleBytes)));
        // Without a superblock the segments' own headers say who wrote them.
        var birth = newest?.Birth ?? preambles.Find(static it => it.Condition == BlockCondition.Valid)?.Birth ?? 0;
        var worth = new JournalWorth(preambles, newest?.FirstSegment ?? 0, _inspection.State?.Index ?? LogIndex.Zero, _inspection.Tear);
        return [.. segments.Select(it => Segment(it.File, it.Length, birth, worth))];
    }

    private SegmentView Segment(DiskFile file, long length, ulong birth, JournalWorth worth)
    {
        var name = DiskFiles.NameOf(file);
        var bytes = Bytes(file, length);
        var report = DataFolderReport.Segment(file.Number, birth, bytes);
        var header = worth.OfHeader(report);
        if (header == RecordWorth.Damaged)
            _damage.Add($"{name}, offset 0: the header is damaged.");
        var worths = worth.OfRecords(report);
        var shown = new List<RecordView>();
        for (var i = 0; i < worths.Length; i++)
        {
            var record = report.Records[i];
            if (worths[i] == RecordWorth.Damaged)
                _damage.Add(Text($"{name}, offset {record.Offset}: {record.Bytes} bytes are damaged."));
            if (allRecords || worths[i] is RecordWorth.Damaged or RecordWorth.Torn || i >= worths.Length - RecordsShown)
                shown.Add(View(record, worths[i], bytes));
        }
        return new(
            file.Number, name, length, report.Condition == BlockCondition.Newer ? Word(report.Condition) : Word(header), report.Before.Index.Next.Value,
            report.Flushed.Value, report.Marked.Value, worths.Length, shown);
    }

    private List<SnapshotView> Snapshots(List<(DiskFile File, long Length)> found, SuperblockSlotReport? newest)
    {
        var views = new List<SnapshotView>();
        foreach (var (file, length) in found)
            if (file.Kind == DiskFileKind.Snapshot)
                views.Add(Snapshot(file, length, RoleOf(file.Number, newest)));
        foreach (var pointer in newest?.Snapshots ?? [])
            if (!views.Exists(it => it.Number == pointer.Number))
                _damage.Add(Text($"{DiskFiles.NameOf(new(DiskFileKind.Snapshot, pointer.Number))} is missing, although the superblock names it."));
        return views;
    }

    private SnapshotView Snapshot(DiskFile file, long length, string role)
    {
        var (chunks, records, condition) = (0, 0L, BlockCondition.Valid);
        LogPosition position = default;
        Digest? digest = null;
        long offset = 0;
        using var stream = files.Open(file);
        while (condition == BlockCondition.Valid && offset < length)
        {
            var bytes = Chunk(stream, length - offset);
            var chunk = DataFolderReport.Chunk(file.Number, offset, bytes);
            condition = chunk.Condition == BlockCondition.Valid && chunk.Number != chunks ? BlockCondition.Damaged : chunk.Condition;
            if (condition != BlockCondition.Valid)
                break;
            if (chunk.Kind == SnapshotChunkKind.Header)
                position = chunk.Position;
            else if (chunk.Kind == SnapshotChunkKind.Content)
                records += DataFolderReport.Records(DataFolderReport.Payload(bytes, chunk));
            else
                digest = FolderInspection.DigestOf(DataFolderReport.Payload(bytes, chunk));
            chunks++;
            offset += chunk.Bytes;
        }
        var isNamed = role != Unnamed;
        if (isNamed && (condition != BlockCondition.Valid || digest is null))
            _damage.Add(Text($"{DiskFiles.NameOf(file)}, offset {offset}: chunk {chunks} is {(offset < length ? Word(condition) : "missing")}."));
        var word = condition == BlockCondition.Newer ? Word(condition) : digest is not null && condition == BlockCondition.Valid ? "ok"
            : isNamed ? "damaged" : "unfinished";
        return new(
            file.Number, DiskFiles.NameOf(file), length, role, word, position.Index.Value, position.Term.Value, chunks, records, digest?.ToString());
    }

    private static byte[] Chunk(FileStream stream, long rest)
    {
        var start = stream.Position;
        var header = new byte[Math.Min(DataFolderReport.ChunkHeaderBytes, rest)];
        stream.ReadExactly(header);
        var bytes = new byte[Math.Clamp(DataFolderReport.ChunkBytes(header), header.Length, Math.Min(rest, Array.MaxLength))];
        stream.Position = start;
        stream.ReadExactly(bytes);
        return bytes;
    }

    private const string Unnamed = "not named by the superblock";

    private static string RoleOf(ulong number, SuperblockSlotReport? newest)
    {
        var named = newest?.Snapshots.Select(static pointer => pointer.Number).ToList() ?? [];
        return named.IndexOf(number) switch { 0 => "newest", < 0 => Unnamed, _ => "kept" };
    }

    private byte[] Whole(List<(DiskFile File, long Length)> found, DiskFileKind kind)
    {
        var at = found.FindIndex(it => it.File.Kind == kind);
        return at < 0 ? [] : Bytes(found[at].File, found[at].Length);
    }

    private byte[] Bytes(DiskFile file, long length)
    {
        if (length > Array.MaxLength)
        {
            _notes.Add(Text($"{DiskFiles.NameOf(file)} is too large to be listed whole: its first {Array.MaxLength} bytes are shown."));
            length = Array.MaxLength;
        }
        var bytes = new byte[length];
        using var stream = files.Open(file);
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    private static SlotView View(SuperblockSlotReport slot) => new(slot.Slot, Word(slot.Condition), slot.Condition != BlockCondition.Valid ? null : new(
        slot.Generation, Rows.Hex(slot.Ensemble), Rows.Hex(slot.Birth), slot.Starts, slot.Term.Value, slot.VotedFor.Value, FolderInspection.MembersOf(slot),
        [.. slot.Snapshots.Select(static it => new PointerView(it.Number, it.Position.Index.Value, it.Position.Term.Value, Rows.Hex(it.Position.Chain)))],
        slot.FirstSegment));

    private static MarkView View(TailMarkSlotReport slot) => new(
        slot.Slot, Word(slot.Condition), slot.Sequence, slot.Position.Index.Value, slot.Position.Term.Value, Rows.Hex(slot.Position.Chain), slot.Segment);

    private static RecordView View(in JournalRecordReport record, RecordWorth worth, ReadOnlySpan<byte> file)
    {
        var command = record.Condition == BlockCondition.Valid ? CommandReport.Of(DataFolderReport.Body(file, record)) : null;
        return new(
            record.Offset, record.Bytes, Word(worth), record.Position.Index.Value, record.Position.Term.Value,
            record.Condition == BlockCondition.Valid ? Rows.Time(record.Time.Milliseconds) : null, command?.Kind.ToString() ?? "?", command?.Op?.ToString(),
            command is null || command.Session == SessionId.None ? null : command.Session.ToString(), command?.Sequence ?? 0, command?.Path ?? "",
            record.BodyBytes);
    }

    private static StateView? View(StateReport? state) => state is null ? null : new(
        state.Index.Value, state.Term.Value, state.Zxid.ToString(), state.Digest.ToString(), state.Znodes, state.Ephemerals, state.Sessions,
        state.Bytes);

    private static SessionView View(SessionReport session) =>
        new(session.Id.ToString(), session.TimeoutMilliseconds, session.Attachment, session.Ephemerals);

    private static ZnodeView View(ZnodeReport znode)
    {
        var (stat, isEphemeral) = (znode.Stat, znode.Stat.EphemeralOwner != SessionId.None);
        var kind = isEphemeral ? "ephemeral" : znode.IsContainer ? "container" : znode.TimeToLive is not null ? "ttl" : "persistent";
        return new(
            znode.Path, kind, (long?)znode.TimeToLive?.TotalMilliseconds, isEphemeral ? stat.EphemeralOwner.ToString() : null, stat.DataLength,
            stat.NumChildren, stat.Version, stat.Cversion, stat.Aversion, stat.Czxid.ToString(), stat.Mzxid.ToString(), stat.Pzxid.ToString(),
            Rows.Time(stat.Ctime), Rows.Time(stat.Mtime));
    }

    private static string Word(BlockCondition condition) => condition switch
    {
        BlockCondition.Valid => "ok",
        BlockCondition.Blank => "blank",
        BlockCondition.Newer => "of a newer version",
        _ => "damaged",
    };

    private static string Word(RecordWorth worth) => worth switch
    {
        RecordWorth.Counts => "ok",
        RecordWorth.Overtaken => "overtaken",
        RecordWorth.Torn => "torn",
        _ => "damaged",
    };

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
