using Quorate.Simulation.Judges;

namespace Quorate.Simulation.Shrinking;

/// <summary>
/// Runs the scenarios that a shrinker wants to know about, one after the other or several at once, until enough have been run.
/// </summary>
public interface ITrials
{
    /// <summary>How many have been run.</summary>
    int Runs { get; }

    /// <summary>Whether no more are to be run.</summary>
    bool IsOver { get; }

    /// <summary>
    /// The first of some scenarios, in their order, that is found guilty; null when none is, or when it is <see cref="IsOver"/> before one
    /// was. That it is the first, and not whichever was done first, is what makes a search the same on one core and on many.
    /// </summary>
    /// <param name="candidates">The scenarios.</param>
    /// <param name="judge">Runs one of them and says what it is guilty of. May be called on several threads.</param>
    (int Place, Violation Violation)? First(IReadOnlyList<Scenario> candidates, Func<Scenario, Violation?> judge);
}

/// <summary>Runs one after the other.</summary>
/// <param name="most">How many at most.</param>
/// <param name="isEnough">Whether enough has happened in them; null where only their number counts.</param>
internal sealed class Trials(int most, Func<bool>? isEnough = null) : ITrials
{
    /// <inheritdoc/>
    public int Runs { get; private set; }

    /// <inheritdoc/>
    public bool IsOver => Runs >= most || isEnough?.Invoke() == true;

    /// <inheritdoc/>
    public (int Place, Violation Violation)? First(IReadOnlyList<Scenario> candidates, Func<Scenario, Violation?> judge)
    {
        for (var place = 0; place < candidates.Count && !IsOver; place++)
        {
            Runs++;
            if (judge(candidates[place]) is { } violation)
                return (place, violation);
        }
        return null;
    }
}
