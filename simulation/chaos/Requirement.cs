using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>Something that must have held in a world; see <see cref="ChaosWorld.Require"/>.</summary>
public sealed class Requirement
{
    private readonly Func<(string Text, TrueTime At)?> _finding;

    internal Requirement(string name, Func<(string Text, TrueTime At)?> finding) => (Name, _finding) = (name, finding);

    /// <summary>As verdicts name it.</summary>
    public string Name { get; }

    /// <summary>A requirement of your own.</summary>
    /// <param name="name">As the verdict will name it.</param>
    /// <param name="finding">Says what is wrong, in words; null when nothing is.</param>
    public static Requirement That(string name, Func<string?> finding)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(finding);
        return new(name, () => finding() is { } text ? (text, TrueTime.Never) : null);
    }

    /// <summary>What is wrong, and since when; null when nothing is.</summary>
    internal (string Text, TrueTime At)? Find() => _finding();
}
