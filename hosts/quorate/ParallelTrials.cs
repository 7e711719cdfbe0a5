using System.Diagnostics;
using Quorate.Simulation;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Shrinking;

namespace Quorate.Cli;

/// <summary>Runs a shrinker's scenarios on several threads, up to a number of runs, for a time, and until somebody has had enough.</summary>
internal sealed class ParallelTrials(int jobs, int runsMost, TimeSpan timeMost, CancellationToken cancellation) : ITrials
{
    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _runs;

    public int Runs => Volatile.Read(ref _runs);

    public bool IsOver => Runs >= runsMost || _clock.Elapsed >= timeMost || cancellation.IsCancellationRequested;

    public (int Place, Violation Violation)? First(IReadOnlyList<Scenario> candidates, Func<Scenario, Violation?> judge)
    {
        var next = 0;
        (int Place, Violation Violation)? found = null;
        var workers = new Thread[Math.Min(jobs, candidates.Count)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = new(Work) { IsBackground = true };
            workers[i].Start();
        }
        foreach (var worker in workers)
            worker.Join();
        return found;

        void Work()
        {
            while (TryTake(out var place))
                if (judge(candidates[place]) is { } violation)
                    lock (_gate)
                        if (found is null || place < found.Value.Place)
                            found = (place, violation);
        }

        // Places are given out in order: whoever finds something only waits for those before it, which are under way.
        bool TryTake(out int place)
        {
            lock (_gate)
            {
                place = next;
                if (found is not null || next == candidates.Count || IsOver)
                    return false;
                next++;
                _runs++;
                return true;
            }
        }
    }
}
