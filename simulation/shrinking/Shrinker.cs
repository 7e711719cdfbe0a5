using System.Globalization;
using Quorate.Simulation.Judges;

namespace Quorate.Simulation.Shrinking;

/// <summary>
/// Makes a scenario that breaks something smaller, for as long as it breaks the same: faults go by halves and quarters down to single ones,
/// then clients and members, then operations, then whatever is unusual about the world, latencies that vary, and half of every duration.
/// </summary>
/// <remarks>
/// Each step tries scenarios that are plainer than the present one and goes on with the first that ends with the same verdict; when none
/// of a whole round does, or there have been enough trials, it is done. Since chance is keyed, what is taken out leaves the rest as it was.
/// </remarks>
/// <param name="scenario">What to make smaller.</param>
/// <param name="violation">What it breaks.</param>
/// <param name="trials">Runs what is to be tried.</param>
/// <param name="tell">Is told how far it has come, a line each.</param>
/// <param name="run">Runs a scenario; null for the simulator's own way.</param>
public sealed class Shrinker(
    Scenario scenario, Violation violation, ITrials trials, Action<string> tell, Func<Scenario, Outcome>? run = null)
{
    private readonly Likeness _likeness = new(violation);
    private readonly HashSet<string> _tried = new(StringComparer.Ordinal) { ScenarioText.Print(scenario) };

    /// <summary>The smallest scenario so far.</summary>
    public Scenario Scenario { get; private set; } = scenario;

    /// <summary>What it breaks.</summary>
    public Violation Violation { get; private set; } = violation;

    /// <summary>Shrinks until nothing more can be taken away, or there have been enough trials.</summary>
    public void Run()
    {
        var before = "";
        while (!trials.IsOver && ScenarioText.Print(Scenario) is var now && now != before)
        {
            before = now;
            Step("up to the violation", EndAtViolation);
            Step("expectations", DropExpectations);
            Step("faults", DropFaults);
            Step("clients", () => Repeat(Cuts.FewerClients));
            Step("members", () => Repeat(Cuts.FewerMembers));
            Step("operations", DropOperations);
            Step("settings", () => Sweep(Cuts.Plainer));
            Step("latencies", () => Sweep(Cuts.Steadier));
            Step("durations", () => Sweep(Cuts.Shorter));
        }
    }

    private void Step(string what, Action step)
    {
        var before = Scenario;
        step();
        if (!ReferenceEquals(before, Scenario))
            tell(string.Create(
                CultureInfo.InvariantCulture,
                $"{trials.Runs} runs, {what}: faults {Scenario.Faults.Count}, clients {Scenario.Clients.Count}, members {Scenario.Servers}, "
                + $"{Violation.Judge} at {Violation.At}"));
    }

    /// <summary>What comes behind the violation has no part in it.</summary>
    private void EndAtViolation()
    {
        var least = TimeSpan.FromMilliseconds(Math.Ceiling((Violation.At - Times.TrueTime.Start).TotalMilliseconds));
        if (Scenario.HasPrograms)
        {
            // How long it storms says the code that describes the world.
            Try([Scenario with { Faults = [.. Scenario.Faults.Where(fault => fault.At <= least)] }]);
            return;
        }
        if (least >= Scenario.WarmUp + Scenario.Storm)
            return;
        Try([Scenario with
        {
            Storm = least > Scenario.WarmUp ? least - Scenario.WarmUp : TimeSpan.FromMilliseconds(1),
            Faults = [.. Scenario.Faults.Where(fault => fault.At <= least)],
        }]);
    }

    /// <summary>What a scenario is expected to show is in the way of making it smaller, unless that it does not is what is wrong.</summary>
    private void DropExpectations()
    {
        if (Violation.Judge != nameof(Expectations))
            Try([Scenario with { Expectations = [] }]);
    }

    private void DropFaults()
    {
        for (var length = Scenario.Faults.Count; length > 0; length /= 2)
            for (var at = 0; Try(Cuts.WithoutFaults(Scenario, at, length)) is { } place;)
                at += place * length;
    }

    private void DropOperations()
    {
        Repeat(Cuts.FewerOperations);
        for (var number = 1; number <= Scenario.Clients.Count; number++)
        {
            var client = number;
            Repeat(scenario => Cuts.FewerOperations(scenario, client));
        }
    }

    /// <summary>Takes the first of some cuts that holds, and cuts again.</summary>
    private void Repeat(Func<Scenario, List<Scenario>> cuts)
    {
        while (Try(cuts(Scenario)) is not null) { }
    }

    /// <summary>Takes every one of some cuts that holds.</summary>
    private void Sweep(Func<Scenario, List<Scenario>> cuts)
    {
        for (var at = 0; Try([.. cuts(Scenario).Skip(at)]) is { } place;)
            at += place;
    }

    /// <summary>Goes on with the first of some scenarios that ends with the same verdict: its place among them, or null.</summary>
    private int? Try(List<Scenario> cuts)
    {
        if (trials.IsOver)
            return null;
        var (candidates, places) = (new List<Scenario>(), new List<int>());
        for (var place = 0; place < cuts.Count; place++)
            if (cuts[place].Check() is null && _tried.Add(ScenarioText.Print(cuts[place])))
            {
                candidates.Add(cuts[place]);
                places.Add(place);
            }
        if (trials.First(candidates, Judge) is not { } found)
            return null;
        foreach (var behind in candidates.Skip(found.Place + 1))
            _tried.Remove(ScenarioText.Print(behind));
        (Scenario, Violation) = (candidates[found.Place], found.Violation);
        return places[found.Place];
    }

    private Violation? Judge(Scenario candidate) =>
        (run ?? Outcome.Of)(candidate).Violation is { } found && _likeness.IsLike(found) ? found : null;
}
