using Quorate.Simulation.Judges;

namespace Quorate.Simulation.Shrinking;

/// <summary>
/// Whether a violation is the same as another: the same judge's, and said in the same words but for names and numbers. A scenario made smaller
/// may well break something else, and then shows nothing about what it was made from.
/// </summary>
internal sealed class Likeness(Violation violation)
{
    /// <summary>Of all the words of both, so many in a hundred must be words of both.</summary>
    private const int CommonLeast = 60;

    private readonly SortedSet<string> _words = Words(violation);

    public bool IsLike(Violation other)
    {
        if (other.Judge != violation.Judge)
            return false;
        var words = Words(other);
        var common = words.Count(_words.Contains);
        return common * 100 >= CommonLeast * (words.Count + _words.Count - common);
    }

    private static SortedSet<string> Words(Violation violation)
    {
        var words = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var word in Telling(violation).Split([' ', ',', ';', ':', '.', '(', ')', '[', ']'], StringSplitOptions.RemoveEmptyEntries))
            if (word.All(char.IsLetter))
                words.Add(word.ToLowerInvariant());
        return words;
    }

    /// <summary>
    /// Why the core did not come to rest is a list of how everybody stood. What tells one reason from another is why a member failed, if one
    /// did; otherwise whether there was a leader and whether a request waited.
    /// </summary>
    private static string Telling(Violation violation)
    {
        const string failed = "failed once: ";
        if (violation.Judge != nameof(Rest))
            return violation.Text;
        var failure = violation.Text.IndexOf(failed, StringComparison.Ordinal);
        if (failure >= 0)
            return violation.Text[failure..].Split(';', 2)[0].Split(". Not finished", 2)[0];
        return (violation.Text.Contains(" Leader of term", StringComparison.Ordinal) ? "led " : "leaderless ")
            + (violation.Text.Contains(" waits since ", StringComparison.Ordinal) ? "waiting" : "idle");
    }
}
