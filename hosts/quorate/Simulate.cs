using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Quorate.Simulation;
using Spectre.Console;

namespace Quorate.Cli;

/// <summary>quorate simulate: runs the shipped kernel in a world that tries to break it.</summary>
internal static class Simulate
{
    private const int Violated = 1;
    private const int Refused = 2;

    public static Command Command()
    {
        var seed = new Option<ulong>("--seed") { Description = "The first seed.", DefaultValueFactory = static _ => 1, HelpName = "S" };
        var seeds = new Option<ulong>("--seeds") { Description = "How many seeds to run.", DefaultValueFactory = static _ => 1, HelpName = "N" };
        var minutes = new Option<double?>("--minutes") { Description = "Runs seeds for so long, instead of a number of them.", HelpName = "M" };
        var jobs = new Option<int>("--jobs")
        {
            Description = "How many seeds to run at once.",
            DefaultValueFactory = static _ => Environment.ProcessorCount,
            HelpName = "N",
        };
        var shard = new Option<string?>("--shard") { Description = "Runs every N-th seed only, from the I-th on, 1 to N.", HelpName = "I/N" };
        var members = new Option<int?>("--members") { Description = "How many members vote; else the seed says.", HelpName = "N" };
        var replay = new Option<string?>("--replay") { Description = "Runs a scenario from a file instead of seeds.", HelpName = "FILE" };
        var save = new Option<string?>("--save") { Description = "Writes the scenario of the first seed to a file, for --replay.", HelpName = "FILE" };
        var log = new Option<bool>("--log") { Description = "Prints what members said and faults did in a single run." };
        var command = new Command("simulate", """
            Runs the shipped kernel in a simulated world of drifting clocks, partitions, pauses, crashes and bad disks, and judges what it does.
            A seed expands to a scenario and always runs the same way.

            Exit code 0: nothing was found. 1: a property was broken; the last line repeats it. 2: there is nothing to run.
            """) { seed, seeds, minutes, jobs, shard, members, replay, save, log };
        command.SetAction((parsed, cancellation) => Task.FromResult(Guarded(() =>
        {
            var plan = new Plan(
                parsed.GetValue(seed),
                parsed.GetValue(minutes) is { } limit ? TimeSpan.FromMinutes(limit) : null,
                parsed.GetValue(seeds),
                Math.Max(1, parsed.GetValue(jobs)),
                Shard(parsed.GetValue(shard)),
                parsed.GetValue(members));
            if (parsed.GetValue(save) is { } file)
                File.WriteAllText(file, ScenarioText.Print(Swarm.Expand(plan.First, plan.Members)));
            if (parsed.GetValue(replay) is { } scenario)
                return One(ScenarioText.Parse(File.ReadAllText(scenario)), $"quorate simulate --replay {scenario}", parsed.GetValue(log));
            if (plan.Limit is null && plan.Count == 1)
                return One(Swarm.Expand(plan.First, plan.Members), plan.Repeating(plan.First), parsed.GetValue(log));
            return Many(plan, cancellation);
        })));
        return command;
    }

    private static int Guarded(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            Console.Error.WriteLine($"quorate: {e.Message}");
            return Refused;
        }
    }

    private static (ulong Index, ulong Of) Shard(string? text)
    {
        if (text is null)
            return (0, 1);
        return text.Split('/') is [var index, var of]
            && ulong.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
            && ulong.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && i >= 1 && i <= n
            ? (i - 1, n)
            : throw new FormatException($"'{text}' is no shard, as in --shard 1/4");
    }

    /// <summary>One scenario, run twice: the second run must be the first.</summary>
    private static int One(Scenario scenario, string repeating, bool log)
    {
        var clock = Stopwatch.StartNew();
        var outcome = Outcome.Of(scenario);
        var took = clock.Elapsed;
        if (log)
            foreach (var line in outcome.Log)
                Console.WriteLine(line);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            seed         {scenario.Seed}
            members      {scenario.Members} and {scenario.Observers} observers, {scenario.Clients.Count} clients, {scenario.Faults.Count} faults
            simulated    {outcome.Simulated.TotalSeconds:0.0} s in {took.TotalMilliseconds:0} ms, {outcome.Events:N0} events
            faults fired {Faults(outcome.Faults)}
            digest       {outcome.Digest}
            """));
        return Conclude(outcome, Outcome.Of(scenario).Digest == outcome.Digest, repeating);
    }

    private static int Many(Plan plan, CancellationToken cancellation)
    {
        var campaign = new Campaign(plan, cancellation);
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected)
            campaign.Run(TimeSpan.FromSeconds(30), Console.WriteLine);
        else
            console.Status().Start("Starting", status => campaign.Run(TimeSpan.FromSeconds(0.5), text => status.Status(Markup.Escape(text))));
        Console.WriteLine(campaign.Progress());
        Console.WriteLine($"faults fired: {Faults(campaign.Faults)}");
        var never = Enum.GetValues<FaultClass>().Where(fault => campaign.Faults[fault] == 0).ToArray();
        if (never.Length > 0)
            Console.WriteLine($"never fired: {string.Join(", ", never)}");
        if (campaign.Found is not { } found)
        {
            Console.WriteLine("No property was broken.");
            return 0;
        }
        return Conclude(found.Outcome, found.Repeats, plan.Repeating(found.Outcome.Scenario.Seed));
    }

    private static int Conclude(Outcome outcome, bool repeats, string repeating)
    {
        if (outcome.Violation is { } violation)
            Console.WriteLine($"{violation.Judge} at {violation.At}: {violation.Text}");
        else if (repeats)
        {
            Console.WriteLine("No property was broken.");
            return 0;
        }
        if (!repeats)
            Console.WriteLine("Determinism: a second run of the same seed had another digest.");
        Console.WriteLine(repeating);
        return Violated;
    }

    private static string Faults(FaultCounts counts)
    {
        var fired = Enum.GetValues<FaultClass>().Where(fault => counts[fault] > 0)
            .Select(fault => string.Create(CultureInfo.InvariantCulture, $"{fault} {counts[fault]:N0}"));
        return counts.Total == 0 ? "none" : string.Join(", ", fired);
    }
}

/// <summary>Which seeds to run, and how.</summary>
internal sealed record Plan(ulong First, TimeSpan? Limit, ulong Count, int Jobs, (ulong Index, ulong Of) Shard, int? Members)
{
    /// <summary>The line that runs one seed again.</summary>
    public string Repeating(ulong seed) => string.Create(
        CultureInfo.InvariantCulture, $"quorate simulate --seed {seed}{(Members is { } members ? $" --members {members}" : "")}");
}
