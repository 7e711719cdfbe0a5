namespace Quorate.Kernel.Storage;

/// <summary>
/// Who receives what recovery finds, in this order: the superblock, a snapshot if there is one, then every entry behind it.
/// </summary>
/// <remarks>
/// An entry is not therefore committed. Where the member is alone it is; otherwise only up to the highest <see cref="JournalEntry.Commit"/>
/// that any entry so far has carried. What a record carries was known when it was written, and what lay behind it then was in the writer's
/// ring of recent entries: so a ring of the same size can hold what may not be applied yet.
/// </remarks>
internal interface IRecoverySink : ISnapshotContent
{
    /// <summary>What the member must never forget.</summary>
    void Superblock(SuperblockState state);

    /// <summary>
    /// Whether by what was delivered so far nobody else could hold what is missing here. Then damage is refused; otherwise what is intact is
    /// kept, and the member is convalescent until it has the rest back (A8).
    /// </summary>
    bool IsAlone { get; }

    /// <summary>The snapshot is damaged: everything received of it is void. An older one may follow from its header on.</summary>
    void SnapshotLost();

    /// <summary>The next entry of the log.</summary>
    void Entry(in JournalEntry entry, ReadOnlySpan<byte> body);
}
