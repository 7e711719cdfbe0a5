using System.Globalization;
using Quorate.Kernel.Ground;
using Quorate.Simulation;
using Quorate.Simulation.Drawing;
using Quorate.Simulation.Shrinking;

namespace Quorate.Planted;

/// <summary>
/// Shrinks what a seed shows of a planted bug, and draws it: <c>quorate-mutants shrink NAME SEED MEMBERS RUNS [SCENARIO [PAGE]]</c>.
/// Members 0
/// leaves their number to the seed; with runs 0 nothing is shrunk. Prints both verdicts. Exit code 0: the bug was caught. 1: it was not.
/// </summary>
internal static class Dissection
{
    private const int Caught = 0, Survived = 1;

    public static int Run(ReadOnlySpan<string> arguments)
    {
        Mutant.Active = Enum.Parse<Mutants>(arguments[0]);
        var members = Number(arguments[2]);
        var scenario = Swarm.Expand((ulong)Number(arguments[1]), members == 0 ? null : members);
        if (Outcome.Of(scenario).Violation is not { } violation)
            return Survived;
        Console.WriteLine($"{violation.Judge}: {violation.Text}");
        var shrinker = new Shrinker(scenario, violation, new Trials(Number(arguments[3])), Console.WriteLine);
        shrinker.Run();
        Console.WriteLine($"{shrinker.Violation.Judge}: {shrinker.Violation.Text}");
        if (arguments.Length > 4)
            System.IO.File.WriteAllText(arguments[4], ScenarioText.Print(shrinker.Scenario));
        if (arguments.Length > 5)
            System.IO.File.WriteAllText(arguments[5], SpaceTime.Draw(shrinker.Scenario, shrinker.Violation, $"quorate-mutants shrink {string.Join(' ', arguments!)}").Page);
        return Caught;
    }

    /// <summary>
    /// Plays a scenario with a bug, and draws it: <c>quorate-mutants play NAME SCENARIO [PAGE]</c>. Exit code 0: the bug was caught. 1: it
    /// was not.
    /// </summary>
    public static int Play(string name, string file, string? page)
    {
        Mutant.Active = Enum.Parse<Mutants>(name);
        var scenario = ScenarioText.Parse(System.IO.File.ReadAllText(file));
        var outcome = Outcome.Of(scenario);
        if (page is not null)
            System.IO.File.WriteAllText(page, SpaceTime.Draw(scenario, outcome.Violation, $"quorate-mutants play {name} {file}").Page);
        foreach (var line in outcome.Log)
            Console.WriteLine(line);
        foreach (var idle in outcome.Idle)
            Console.WriteLine($"Without effect: {FaultText.Print(idle)}");
        Console.WriteLine(outcome.Violation?.ToString() ?? "in order");
        return outcome.Violation is null ? Survived : Caught;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
