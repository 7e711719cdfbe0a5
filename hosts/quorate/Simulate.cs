using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Quorate.Hosts.Tcp;
using Quorate.Simulation;
using Quorate.Simulation.Drawing;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Shrinking;
using Spectre.Console;

namespace Quorate.Cli;

/// <summary>quorate simulate: runs the shipped kernel in a world that tries to break it.</summary>
internal static class Simulate
{
    public const string Name = "simulate";

    /// <summary>There is nothing to run.</summary>
    public const int Refused = 2;

    private const int Violated = 1;

    private const int ShrinkingRuns = 2000;

    private static readonly TimeSpan ShrinkingTime = TimeSpan.FromMinutes(10);

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
        var save = new Option<string?>("--save")
        {
            Description = "Writes the scenario that was run to a file, for --replay; of several seeds the one that broke something.",
            HelpName = "FILE",
        };
        var shrink = new Option<int?>("--shrink")
        {
            Description = $"Makes what broke something smaller, with the same verdict, in at most {ShrinkingRuns} runs, or as many as are said.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "RUNS",
        };
        var draw = new Option<string?>("--draw") { Description = "Draws the run, or of several seeds the one that broke something, as a page of HTML.", HelpName = "FILE" };
        var drawFrom = new Option<string?>("--draw-from") { Description = "From when on messages are drawn, as in 12.5s; else around the violation, or the first fault.", HelpName = "TIME" };
        var log = new Option<bool>("--log") { Description = "Prints what members said and faults did in a single run." };
        var command = new Command(Name, """
            Runs the shipped kernel in a simulated world of drifting clocks, partitions, pauses, crashes and bad disks, and judges what it does.
            A seed expands to a scenario and always runs the same way.

            Exit code 0: nothing was found. 1: a property was broken; the last line repeats it. 2: there is nothing to run.
            130, or 128 and the number of another signal: interrupted before the last seed; the last line goes on from there.
            """) { seed, seeds, minutes, jobs, shard, members, replay, save, shrink, draw, drawFrom, log };
        command.SetAction((parsed, _) => Task.FromResult(Guarded(() =>
        {
            var plan = new Plan(
                parsed.GetValue(seed),
                parsed.GetValue(minutes),
                parsed.GetValue(seeds),
                parsed.GetValue(jobs),
                Shard(parsed.GetValue(shard)),
                parsed.GetValue(members)).Validated();
            var wishes = new Wishes(
                parsed.GetValue(save),
                parsed.GetResult(shrink) is null ? null : parsed.GetValue(shrink) ?? ShrinkingRuns,
                parsed.GetValue(draw),
                parsed.GetValue(drawFrom) is { } from ? ScenarioText.ParseTime(from) : null,
                parsed.GetValue(log)).Validated();
            if (parsed.GetValue(replay) is { } file)
            {
                foreach (var option in (Option[])[seed, seeds, minutes, shard, members])
                    if (parsed.GetResult(option) is { Implicit: false })
                        throw new StartRefusedException($"--replay runs what the file says: leave out {option.Name}.");
                return One(ScenarioText.Parse(File.ReadAllText(file)), Replaying(file), plan, wishes);
            }
            if (plan.Minutes is null && plan.Count == 1)
                return One(Swarm.Expand(plan.First, plan.Members), plan.Repeating(plan.First), plan, wishes);
            if (wishes.Log)
                throw new StartRefusedException("--log is for a single run: leave it out, or --seeds and --minutes.");
            return Many(plan, wishes);
        })));
        return command;
    }

    private static int Guarded(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is StartRefusedException or IOException or UnauthorizedAccessException or FormatException)
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
            : throw new StartRefusedException($"--shard {text} is no shard: I/N, with I from 1 to N, as in --shard 1/4.");
    }

    /// <summary>One scenario, run twice: the second run must be the first.</summary>
    private static int One(Scenario scenario, string repeating, Plan plan, Wishes wishes)
    {
        var clock = Stopwatch.StartNew();
        var outcome = Outcome.Of(scenario);
        var took = clock.Elapsed;
        if (wishes.Log)
            foreach (var line in outcome.Log)
                Console.WriteLine(line);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            seed         {scenario.Seed}
            members      {scenario.Members} and {scenario.Observers} observers, {scenario.Clients.Count} clients, {scenario.Faults.Count} faults
            simulated    {outcome.Simulated.TotalSeconds:0.0} s in {took.TotalMilliseconds:0} ms, {outcome.Events:N0} events
            faults fired {Faults(outcome.Faults)}
            digest       {outcome.Digest}
            """));
        foreach (var fault in outcome.Idle)
            Console.WriteLine($"no effect    {fault}");
        if (outcome.Excuse is { } excuse)
            Console.WriteLine($"excused      {excuse}");
        return Conclude(outcome, Outcome.Of(scenario).Digest == outcome.Digest, repeating, plan, wishes);
    }

    private static int Many(Plan plan, Wishes wishes)
    {
        using var interruption = new Interruption();
        var campaign = new Campaign(plan, interruption.Token);
        Console.WriteLine(plan);
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
        if (campaign.Found is { } found)
            return Conclude(found.Outcome, found.Repeats, plan.Repeating(found.Outcome.Scenario.Seed), plan, wishes);
        if (!campaign.IsComplete && interruption.ExitCode is { } code)
        {
            Console.WriteLine($"""
                Interrupted: those seeds broke no property, and the rest has not run. This goes on with it:
                {campaign.GoingOn()}
                """);
            return code;
        }
        Console.WriteLine("No property was broken.");
        return 0;
    }

    /// <summary>Says what was found, makes it smaller, draws it and tells how to see it again, as far as that is wished.</summary>
    private static int Conclude(Outcome outcome, bool repeats, string repeating, Plan plan, Wishes wishes)
    {
        if (outcome.Violation is { } violation)
            Console.WriteLine($"{violation.Judge} at {violation.At}: {violation.Text}");
        else if (repeats)
            Console.WriteLine("No property was broken.");
        if (!repeats)
            Console.WriteLine("Determinism: a second run of the same seed had another digest.");
        var (scenario, verdict) = (outcome.Scenario, outcome.Violation);
        var drawn = repeating;
        if (wishes.Shrink is { } runs && verdict is not null && repeats)
        {
            using var interruption = new Interruption();
            (scenario, verdict) = Shrink(scenario, verdict, new(plan.Jobs, runs, ShrinkingTime, interruption.Token));
            drawn += " --shrink";
        }
        var isBroken = verdict is not null || !repeats;
        try
        {
            if (wishes.Save is { } file)
            {
                File.WriteAllText(file, ScenarioText.Print(scenario));
                repeating = drawn = Replaying(file);
            }
            if (wishes.Draw is { } page)
            {
                File.WriteAllText(page, SpaceTime.Draw(scenario, verdict, drawn, wishes.DrawFrom).Page);
                Console.WriteLine($"Drawn in {page}");
            }
        }
        catch (Exception e) when (isBroken && (e is IOException or UnauthorizedAccessException))
        {
            // What was found is worth more than the file that it was to be written to.
            Console.Error.WriteLine($"quorate: {e.Message}");
        }
        if (!isBroken)
            return 0;
        Console.WriteLine(repeating);
        return Violated;
    }

    private static (Scenario, Violation) Shrink(Scenario scenario, Violation violation, ParallelTrials trials)
    {
        var shrinker = new Shrinker(scenario, violation, trials, Console.WriteLine);
        shrinker.Run();
        Console.WriteLine($"""
            Shrunk in {trials.Runs} runs to:
            {ScenarioText.Print(shrinker.Scenario).TrimEnd()}
            {shrinker.Violation.Judge} at {shrinker.Violation.At}: {shrinker.Violation.Text}
            """);
        return (shrinker.Scenario, shrinker.Violation);
    }

    private static string Replaying(string file) => $"quorate simulate --replay {(file.Contains(' ', StringComparison.Ordinal) ? $"\"{file}\"" : file)}";

    private static string Faults(FaultCounts counts)
    {
        var fired = Enum.GetValues<FaultClass>().Where(fault => counts[fault] > 0)
            .Select(fault => string.Create(CultureInfo.InvariantCulture, $"{fault} {counts[fault]:N0}"));
        return counts.Total == 0 ? "none" : string.Join(", ", fired);
    }
}

/// <summary>What is to become of what was run, each null where it is not wished.</summary>
internal sealed record Wishes(string? Save, int? Shrink, string? Draw, TimeSpan? DrawFrom, bool Log)
{
    /// <summary>The wishes themselves.</summary>
    /// <exception cref="StartRefusedException">One of them cannot be fulfilled, which had better be known before hours have gone by.</exception>
    public Wishes Validated()
    {
        if (Shrink < 1)
            throw new StartRefusedException($"--shrink {Shrink} is not allowed: 1 run or more, or no number.");
        foreach (var (option, file) in ((string, string?)[])[("--save", Save), ("--draw", Draw)])
            if (file is not null && Path.GetDirectoryName(Path.GetFullPath(file)) is var folder && !Directory.Exists(folder))
                throw new StartRefusedException($"{option} {file} cannot be written: there is no folder {folder}. Make it, or choose another.");
        return this;
    }
}
