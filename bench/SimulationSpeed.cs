using System.Diagnostics;
using System.Globalization;
using Quorate.Simulation;

namespace Quorate.Bench;

/// <summary>How much faster than its own time a simulated world passes, on one core, and what it costs: over several seeds, after warming up.</summary>
/// <remarks>
/// Counted is the processor time of the process, which hardly changes when others use the machine as well; the clock's time stands beside
/// it. With one thread and no concurrent collection the two are the same on an idle machine.
/// </remarks>
internal static class SimulationSpeed
{
    /// <summary>So many rounds go by until the code is compiled for good: the second round of a process still costs half as much again as the fourth.</summary>
    private const int Unmeasured = 3;

    public static int Run(string[] arguments)
    {
        var rounds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 3;
        Console.WriteLine("| world | virtual s | processor ms for 60 | times real time | by the clock | answered/s | events/s | µs/event | KB/virtual s | collections |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var think in (int[])[100, 20, 5])
            Measure($"storm, 5 members, 10 clients that think {think} ms", rounds, seed => Worlds.Storm(seed, think));
        Measure("ordinary day, 3 members, 6 clients", rounds, static seed => Worlds.Ordinary(seed, TimeSpan.FromDays(1)));
        return 0;
    }

    private static void Measure(string name, int rounds, Func<ulong, Scenario> world)
    {
        for (var round = 0; round < Unmeasured; round++)
            for (ulong seed = 1; seed <= Worlds.Seeds; seed++)
                Run(world(seed));
        var spans = new TimeSpan[rounds];
        var (clock, simulated, events, answered) = (TimeSpan.Zero, TimeSpan.Zero, 0L, 0L);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var collections = Collections();
        for (var round = 0; round < rounds; round++)
        {
            var (begun, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            for (ulong seed = 1; seed <= Worlds.Seeds; seed++)
            {
                var (outcome, replies) = Run(world(seed));
                simulated += outcome.Simulated;
                events += outcome.Events;
                answered += replies;
            }
            spans[round] = Environment.CpuUsage.TotalTime - used;
            clock += Stopwatch.GetElapsedTime(begun);
        }
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        Array.Sort(spans);
        var seconds = simulated.TotalSeconds / rounds;
        var used60 = spans[rounds / 2].TotalMilliseconds / seconds * 60;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {seconds / Worlds.Seeds:0} | {used60:0.0} | **{60_000 / used60:0}** | {simulated / clock:0} " +
            $"| {answered / simulated.TotalSeconds:0} | {events / simulated.TotalSeconds:0} | {used60 * 1000 / 60 * simulated.TotalSeconds / events:0.00} " +
            $"| {allocated / 1024.0 / simulated.TotalSeconds:0} | {Collections() - collections} |"));
    }

    private static (Outcome Outcome, long Answered) Run(Scenario scenario)
    {
        var world = new World(scenario);
        var outcome = world.Run();
        if (outcome.Violation is { } violation)
            throw new InvalidOperationException($"seed {scenario.Seed}: {violation}");
        return (outcome, world.Jury.History.Operations.Count(static operation => operation.Answer is not null));
    }

    private static int Collections() => GC.CollectionCount(0);
}
