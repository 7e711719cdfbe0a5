namespace Quorate.Kernel.Storage;

/// <summary>Who receives entries that are read back from the journal: first what they follow, then each of them.</summary>
internal interface IEntrySink
{
    /// <summary>The entries of this portion follow this position.</summary>
    void Follows(in LogPosition previous);

    /// <summary>The next entry; the body is valid during the call only.</summary>
    void Entry(in JournalEntry entry, ReadOnlySpan<byte> body);
}
