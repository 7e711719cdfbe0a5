namespace Quorate.Kernel.Storage;

/// <summary>Who receives the content of a snapshot: its header, then every record, then what they must add up to.</summary>
internal interface ISnapshotContent
{
    /// <summary>The header that the content began with.</summary>
    void SnapshotHeader(ReadOnlySpan<byte> header);

    /// <summary>One content record.</summary>
    void SnapshotRecord(ReadOnlySpan<byte> record);

    /// <summary>The trailer. False: what came before is not what the trailer promises, and the snapshot counts as damaged.</summary>
    bool SnapshotTrailer(ReadOnlySpan<byte> trailer);
}
