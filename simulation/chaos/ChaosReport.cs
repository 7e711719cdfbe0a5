using System.Globalization;
using System.Text;
using Quorate.Simulation.Drawing;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Shrinking;

namespace Quorate.Simulation;

/// <summary>
/// Makes of a broken run what a person can work with: the verdict, a line that repeats it, the smallest scenario, and a drawing.
/// </summary>
internal sealed class ChaosReport(Func<ChaosWorld, Task> world, string name, Outcome outcome)
{
    /// <summary>As many runs, or events in them, a search for a smaller scenario may take: a matter of seconds.</summary>
    private const int RunsMost = 400;
    private const long EventsMost = 4_000_000;

    private readonly Violation _violation = outcome.Violation!;

    /// <summary>The exception to throw.</summary>
    /// <param name="shrinks">Whether a smaller scenario is looked for.</param>
    public ChaosException Written(bool shrinks)
    {
        var seed = outcome.Scenario.Seed;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{_violation.Judge} at {_violation.At}: {_violation.Text}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Seed {seed}. To see it again: {Chaos.SeedVariable}={seed} and the same test, ");
        text.Append(CultureInfo.InvariantCulture, $"or Chaos.Replay({seed}, world).\n");
        // Code that has left its world does so at another time in every run: there is nothing to shrink.
        if (_violation.Judge == nameof(Programs.Escape))
            return new(_violation.Judge, seed, text.ToString().TrimEnd());
        var (scenario, verdict, runs) = shrinks ? Shrink() : (outcome.Scenario, _violation, 0);
        var words = ScenarioText.Print(scenario);
        var what = runs == 0 ? "The scenario" : string.Create(CultureInfo.InvariantCulture, $"What is left of it after {runs} runs");
        text.Append(CultureInfo.InvariantCulture, $"\n{what}, for Chaos.Replay(text, world):\n{words}");
        if (verdict.Text != _violation.Text)
            text.Append(CultureInfo.InvariantCulture, $"# {verdict.Judge} at {verdict.At}: {verdict.Text}\n");
        var page = Draw(scenario, verdict, out var why);
        text.Append(CultureInfo.InvariantCulture, $"\n{(page is null ? $"It was not drawn: {why}" : $"Drawn in {page}")}");
        return new(_violation.Judge, seed, text.ToString(), words, page);
    }

    /// <summary>Two runs of a seed were not the same: who did something else first.</summary>
    public static ChaosException Unlike(ulong seed, ChaosRun one, ChaosRun other)
    {
        var (first, second) = (one.Stage.Turns!, other.Stage.Turns!);
        var at = 0;
        while (at < first.Count && at < second.Count && first[at] == second[at])
            at++;
        var where = at < Math.Min(first.Count, second.Count)
            ? $"They part at {first[at].At}, where it is the turn of {one.NameOf(first[at].Node)}."
            : "Its programs had the same turns, and did something else in one of them.";
        return new("Determinism", seed,
            $"Two runs of seed {seed} are not the same. {where} Its code takes something from outside of its world: DateTime.Now, "
            + "Stopwatch, Random, Guid.NewGuid, the order of a hash table, a static that remembers. Take time from computer.Time, and chance "
            + "from the world's Seed.");
    }

    private (Scenario Scenario, Violation Violation, int Runs) Shrink()
    {
        var events = 0L;
        var trials = new Trials(RunsMost, () => events >= EventsMost);
        var shrinker = new Shrinker(outcome.Scenario, _violation, trials, static _ => { }, Run);
        if (Run(outcome.Scenario).Violation is null)
            return (outcome.Scenario, _violation, 0);
        shrinker.Run();
        return (shrinker.Scenario, shrinker.Violation, trials.Runs);

        Outcome Run(Scenario candidate)
        {
            var run = new ChaosRun(world, candidate, _violation.Judge).Run();
            events += run.Events;
            return run;
        }
    }

    private string? Draw(Scenario scenario, Violation verdict, out string why)
    {
        why = "";
        var letters = name.Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '-');
        var title = string.Create(CultureInfo.InvariantCulture, $"{string.Concat(letters)}-{outcome.Scenario.Seed}.html");
        var file = Path.Combine(AppContext.BaseDirectory, "chaos", title);
        try
        {
            var (page, _) = SpaceTime.Draw(
                scenario, verdict, $"{Chaos.SeedVariable}={outcome.Scenario.Seed}, {name}",
                recording => new ChaosRun(world, scenario, verdict.Judge, recording).Run());
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, page);
            return file;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            why = problem.Message;
            return null;
        }
    }
}
