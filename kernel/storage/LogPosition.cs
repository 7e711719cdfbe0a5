namespace Quorate.Kernel.Storage;

/// <summary>A place in the log's history: an entry, its term, and the chain value after it. Equal positions have equal pasts.</summary>
/// <param name="Index">The entry's index; 0 before the first.</param>
/// <param name="Term">The entry's term.</param>
/// <param name="Chain">The chained checksum after the entry.</param>
public readonly record struct LogPosition(LogIndex Index, Term Term, ulong Chain)
{
    /// <summary>Before the first entry.</summary>
    public static readonly LogPosition Start;
}
