using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Judges;

namespace Quorate.Planted;

/// <summary>One planted bug against the ordinary swarm, seed by seed.</summary>
/// <remarks>A seed that breaks something without the bug as well says nothing about it: it is passed over, and told.</remarks>
/// <param name="mutant">The bug.</param>
/// <param name="members">How many members.</param>
/// <param name="onlyQueues">Other seeds than those in which clients stand in queues are passed over.</param>
internal sealed class Hunt(Mutants mutant, int members, bool onlyQueues = false)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<ulong> _broken = [];
    private ulong _tried;

    /// <summary>The catch; null as long as there is none.</summary>
    public Catch? Catch { get; private set; }

    /// <summary>What members said and faults did at the seed tried last.</summary>
    public IReadOnlyList<string> Log { get; private set; } = [];

    private Violation? _violation;

    /// <summary>Tries seeds from one on; whether the bug was caught.</summary>
    public bool Run(ulong first, ulong seeds)
    {
        for (var seed = first; seed < first + seeds; seed++, _tried++)
        {
            if (onlyQueues && !Swarm.Expand(seed, members).HasQueues)
                continue;
            var outcome = Run(mutant, seed);
            Log = outcome.Log;
            if (outcome.Violation is not { } violation)
                continue;
            if (mutant != Mutants.None && Run(Mutants.None, seed).Violation is not null)
            {
                _broken.Add(seed);
                continue;
            }
            _violation = violation;
            Catch = new(mutant, violation.Judge, seed, members, Math.Round(_clock.Elapsed.TotalSeconds, 1), Book.Commit);
            return true;
        }
        return false;
    }

    public override string ToString()
    {
        var text = Catch is null
            ? string.Create(CultureInfo.InvariantCulture, $"{mutant} survived {_tried} seeds with {members} members in {_clock.Elapsed.TotalSeconds:0.0} s")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{mutant} caught by {_violation!.Judge} at seed {Catch.Seed} with {members} members in {Catch.Seconds:0.0} s, at {_violation.At}: {_violation.Text}");
        return _broken.Count == 0 ? text : $"{text} (broken without it: {string.Join(", ", _broken)})";
    }

    private Outcome Run(Mutants active, ulong seed)
    {
        Mutant.Active = active;
        return Outcome.Of(Swarm.Expand(seed, members));
    }
}

/// <summary>Where a planted bug was caught.</summary>
/// <param name="Mutant">The bug.</param>
/// <param name="Judge">Who caught it.</param>
/// <param name="Seed">The first seed at which it was.</param>
/// <param name="Members">With so many members.</param>
/// <param name="Seconds">What the hunt took.</param>
/// <param name="Commit">What was hunted in.</param>
internal sealed record Catch(Mutants Mutant, string Judge, ulong Seed, int Members, double Seconds, string Commit);

/// <summary>What is written beside a planted bug.</summary>
internal static class Words
{
    public static PlantedAttribute Planted(this Mutants mutant) =>
        typeof(Mutants).GetField(mutant.ToString())!.GetCustomAttribute<PlantedAttribute>() ?? new("", 3, "");
}
