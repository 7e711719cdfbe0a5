using System.Diagnostics;
using System.Globalization;
using Quorate.Client;
using Quorate.Simulation;

namespace Quorate.Bench;

/// <summary>
/// What a check of other people's code costs: three members, three jobs that elect a master among them and act five times a second, five
/// minutes of storm and one of calm, all judges sitting, on one thread.
/// </summary>
internal static class ChaosSpeed
{
    public static int Run(string[] arguments)
    {
        var seeds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 100;
        var (begun, used, collections, acts) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.CollectionCount(0), 0L);
        Chaos.Check(seeds, async world =>
        {
            var ensemble = world.Ensemble(members: 3);
            var ledger = world.Resource("ledger");
            foreach (var name in (string[])["job-1", "job-2", "job-3"])
                world.Computer(name).Run(computer => Job(computer, ensemble, ledger));
            await world.Storm(Faults.All, TimeSpan.FromMinutes(5));
            await world.Calm(TimeSpan.FromMinutes(1));
            acts += ledger.Acts.Count;
            world.Require(ledger.NeverTwoActors, ledger.KeepsAdvancing);
        });
        used = Environment.CpuUsage.TotalTime - used;
        Console.WriteLine("| seeds | processor s | by the clock | ms a seed | acts a seed | collections |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {seeds} | **{used.TotalSeconds:0.0}** | {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} "
            + $"| {used.TotalMilliseconds / seeds:0} | {acts / seeds} | {GC.CollectionCount(0) - collections} |"));
        return 0;
    }

    private static async Task Job(ChaosComputer computer, ChaosEnsemble ensemble, ChaosResource ledger)
    {
        await using var client = await computer.Connect(ensemble);
        await using var election = client.Elect("/batch/master");
        while (true)
        {
            await using var leadership = await election.Won();
            while (leadership.MayAct)
            {
                ledger.Act(leadership);
                await Task.Delay(TimeSpan.FromMilliseconds(200), computer.Time);
            }
        }
    }
}
