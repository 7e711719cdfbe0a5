namespace Quorate.Kernel.Storage;

/// <summary>
/// What a member of an ensemble whose journal was damaged has to hold again before its word counts: it may have acknowledged entries that it
/// can no longer show (A8).
/// </summary>
/// <remarks>
/// With a mark, the member votes as if the mark were its last entry, and acknowledges an entry only when it holds everything up to it; it does
/// not stand. It is well when its log has the mark's chain value at the mark's index, or when as much is committed there. Where even the mark
/// is lost, it neither votes nor counts until a leader that others have confirmed has sent it everything (design §5).
/// </remarks>
/// <param name="Mark">The last entry that the member may have acknowledged; meaningless if <paramref name="IsTotal"/>.</param>
/// <param name="IsTotal">Nobody knows what it had acknowledged.</param>
public readonly record struct Convalescence(LogPosition Mark, bool IsTotal)
{
    /// <summary>The member is well.</summary>
    public static readonly Convalescence None;

    /// <summary>What the member had acknowledged is not known.</summary>
    public static readonly Convalescence Total = new(default, true);

    /// <summary>Whether there is anything to recover from.</summary>
    public bool IsNone => this == None;

    /// <summary>What a member has to hold again that may have acknowledged everything up to a position.</summary>
    public static Convalescence Until(in LogPosition mark) => mark.Index == LogIndex.Zero ? None : new(mark, false);

    /// <summary>
    /// What satisfies both. Of two marks it is the one of the later term: an entry of that term is taken only where everything committed in
    /// earlier terms is held as well.
    /// </summary>
    public Convalescence And(in Convalescence other)
    {
        if (IsTotal || other.IsTotal)
            return Total;
        var isLater = other.Mark.Term > Mark.Term || other.Mark.Term == Mark.Term && other.Mark.Index > Mark.Index;
        return isLater ? other : this;
    }

    /// <summary>What is left of it for a member that has installed a snapshot of a position.</summary>
    public Convalescence AfterInstalling(in LogPosition position) => !IsTotal && position.Index >= Mark.Index ? None : this;
}
