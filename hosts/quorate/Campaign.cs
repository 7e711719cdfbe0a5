using System.Diagnostics;
using System.Globalization;
using Quorate.Simulation;

namespace Quorate.Cli;

/// <summary>Many seeds on several threads, each a world of its own, until one breaks something, time is up or all have run.</summary>
internal sealed class Campaign(Plan plan, CancellationToken cancellation)
{
    /// <summary>Every so many-th seed is run twice, and must have the same digest.</summary>
    private const ulong RepeatEvery = 16;

    private readonly Lock _gate = new();
    private readonly Stopwatch _clock = new();
    private ulong _handedOut;
    private ulong _done;
    private TimeSpan _simulated;

    /// <summary>What went wrong in all worlds together.</summary>
    public FaultCounts Faults { get; } = new();

    /// <summary>The lowest seed that broke something, and whether a second run was the same; null when none has.</summary>
    public (Outcome Outcome, bool Repeats)? Found { get; private set; }

    /// <summary>Whether all seeds have run.</summary>
    public bool IsComplete => _handedOut == plan.Turns || plan.Limit <= _clock.Elapsed;

    /// <summary>Runs to the end, telling now and then how it goes.</summary>
    public void Run(TimeSpan interval, Action<string> tell)
    {
        _clock.Start();
        var workers = new Thread[plan.Jobs];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = new(Work) { IsBackground = true };
            workers[i].Start();
        }
        foreach (var worker in workers)
            while (!worker.Join(interval))
                tell(Progress());
    }

    /// <summary>How it goes, in a line.</summary>
    public string Progress()
    {
        lock (_gate)
        {
            var seconds = Math.Max(_clock.Elapsed.TotalSeconds, 0.001);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{_done:N0} seeds, {_done / seconds:0.0}/s, {_simulated.TotalHours:N1} h simulated ({_simulated.TotalSeconds / seconds:N0} times real time), {Faults.Total:N0} faults");
        }
    }

    /// <summary>The line that runs the seeds that have not.</summary>
    public string GoingOn() => plan.GoingOn(_handedOut, _clock.Elapsed);

    private void Work()
    {
        while (TryTake(out var seed))
        {
            var scenario = Swarm.Expand(seed, plan.Members);
            var outcome = Outcome.Of(scenario);
            var repeats = seed % RepeatEvery != 0 || Outcome.Of(scenario).Digest == outcome.Digest;
            lock (_gate)
            {
                _done++;
                _simulated += outcome.Simulated;
                Faults.Add(outcome.Faults);
                if ((outcome.Violation is not null || !repeats) && (Found is null || seed < Found.Value.Outcome.Scenario.Seed))
                    Found = (outcome, repeats);
            }
        }
    }

    private bool TryTake(out ulong seed)
    {
        lock (_gate)
        {
            seed = plan.SeedAt(_handedOut);
            // However short the time is, there is an answer for one seed: with none at all there would be nothing to say.
            var over = _handedOut == plan.Turns || (_handedOut > 0 && plan.Limit <= _clock.Elapsed);
            if (over || Found is not null || cancellation.IsCancellationRequested)
                return false;
            _handedOut++;
            return true;
        }
    }
}
