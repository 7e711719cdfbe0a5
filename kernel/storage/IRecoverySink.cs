namespace Quorate.Kernel.Storage;

/// <summary>Who receives what recovery finds, in this order: a snapshot if there is one, then every entry behind it.</summary>
internal interface IRecoverySink
{
    /// <summary>The header that the content of the snapshot began with.</summary>
    void SnapshotHeader(ReadOnlySpan<byte> header);

    /// <summary>One content record.</summary>
    void SnapshotRecord(ReadOnlySpan<byte> record);

    /// <summary>The trailer. False: what came before is not what the trailer promises, and the snapshot counts as damaged.</summary>
    bool SnapshotTrailer(ReadOnlySpan<byte> trailer);

    /// <summary>The snapshot is damaged: everything received so far is void. An older one may follow from its header on.</summary>
    void SnapshotLost();

    /// <summary>The next entry of the log.</summary>
    void Entry(in JournalEntry entry, ReadOnlySpan<byte> body);
}
