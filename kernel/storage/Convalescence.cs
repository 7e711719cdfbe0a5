namespace Quorate.Kernel.Storage;

/// <summary>
/// What a member of an ensemble whose journal was damaged has to hold again before its word counts: it may have acknowledged entries that it
/// can no longer show (A8).
/// </summary>
/// <remarks>
/// With a mark, the member votes as if the mark were its last entry, and acknowledges an entry only when it holds everything up to it; it does
/// not stand. It is well when its log is on the disk as far as the mark, or as far as an entry of a later term: that one's leader had every
/// entry that was committed before, and what it put in place of the mark proves that the mark never was. Where even the mark is lost, the
/// member neither votes nor counts until a leader that others have confirmed has sent it everything (design §5).
/// </remarks>
/// <param name="Mark">The last entry that the member may have acknowledged; meaningless if <paramref name="IsMarkLost"/>.</param>
/// <param name="IsMarkLost">Nobody knows what it had acknowledged.</param>
public readonly record struct Convalescence(LogPosition Mark, bool IsMarkLost)
{
    /// <summary>The member is well.</summary>
    public static readonly Convalescence None;

    /// <summary>What the member had acknowledged is not known.</summary>
    public static readonly Convalescence MarkLost = new(default, true);

    /// <summary>Whether there is anything to recover from.</summary>
    public bool IsNone => !IsMarkLost && Mark is { Index.Value: 0, Term.Value: 0, Chain: 0 };

    /// <summary>What a member has to hold again that may have acknowledged everything up to a position.</summary>
    public static Convalescence Until(in LogPosition mark) => mark.Index == LogIndex.Zero ? None : new(mark, false);

    /// <summary>Whether a log that ends at a position, intact, has what is missing. Never if the mark is lost.</summary>
    public bool IsOverAt(in LogPosition end) =>
        !IsMarkLost && (end.Term > Mark.Term || end.Term == Mark.Term && end.Index >= Mark.Index);

    /// <summary>What satisfies both: of two marks the one that comes later.</summary>
    public Convalescence And(in Convalescence other)
    {
        if (IsMarkLost || other.IsMarkLost)
            return MarkLost;
        return IsOverAt(other.Mark) ? other : this;
    }
}
