using System.Text.Json.Serialization;

namespace Quorate.Cli;

// What inspect prints, as data: --json writes it as it stands, the tables show the same. Numbers that are names (zxids, sessions, digests,
// chain values) are text in the form that logs and four-letter words use.

/// <summary>All that there is to say about a data folder.</summary>
internal sealed record InspectReport(
    string Folder, bool Sound, string? Refusal, IReadOnlyList<string> Damage, IReadOnlyList<string> Notes, IReadOnlyList<SlotView> Superblock,
    IReadOnlyList<MarkView> TailMark, IReadOnlyList<SegmentView> Journal, IReadOnlyList<SnapshotView> Snapshots, StateView? State,
    IReadOnlyList<SessionView> Sessions, IReadOnlyList<ZnodeView>? Tree);

/// <summary>One slot of the superblock; only a valid one says anything.</summary>
internal sealed record SlotView(int Slot, string Condition, SlotContent? Content);

/// <summary>What a slot of the superblock says.</summary>
internal sealed record SlotContent(
    ulong Generation, string Ensemble, string Birth, uint Starts, uint Term, byte VotedFor, string Members, IReadOnlyList<PointerView> Snapshots,
    ulong FirstSegment);

/// <summary>A snapshot that a superblock names, and the last entry it contains.</summary>
internal sealed record PointerView(ulong Number, ulong Index, uint Term, string Chain);

/// <summary>One slot of the tail mark; only a valid one says anything.</summary>
internal sealed record MarkView(int Slot, string Condition, ulong Sequence, ulong Index, uint Term, string Chain, ulong Segment);

/// <summary>A journal segment. Not all of its records need be listed.</summary>
internal sealed record SegmentView(
    ulong Number, string File, long Bytes, string Header, ulong FirstIndex, ulong Flushed, ulong Marked, int RecordCount,
    IReadOnlyList<RecordView> Records);

/// <summary>One record, or a stretch of bytes that is none.</summary>
internal sealed record RecordView(
    long Offset, long Bytes, string Worth, ulong Index, uint Term, string? Time, string Kind, string? Op, string? Session, ulong Sequence,
    string Path, int BodyBytes);

/// <summary>A snapshot file.</summary>
internal sealed record SnapshotView(
    ulong Number, string File, long Bytes, string Role, string Condition, ulong Index, uint Term, int Chunks, long Records, string? Digest);

/// <summary>The newest state that can be rebuilt.</summary>
internal sealed record StateView(
    ulong Index, uint Term, string Zxid, string Digest, int Znodes, int Ephemerals, int Sessions, long Bytes);

/// <summary>An open session.</summary>
internal sealed record SessionView(string Id, int TimeoutMilliseconds, uint Attachment, int Ephemerals);

/// <summary>A znode and its Stat.</summary>
internal sealed record ZnodeView(
    string Path, string Kind, long? TtlMilliseconds, string? Owner, int DataLength, int NumChildren, int Version, int Cversion, int Aversion,
    string Czxid, string Mzxid, string Pzxid, string Ctime, string Mtime);

/// <summary>Writes the report as JSON without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InspectReport))]
internal sealed partial class InspectJson : JsonSerializerContext;
