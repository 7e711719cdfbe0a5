using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;

namespace Quorate.Simulation;

/// <summary>
/// Runs worlds on a thread of their own and watches from outside that they go on: code that blocks the one thread there is would stand for
/// ever otherwise. What it measures is the real world's time, and nothing that happens in a world depends on it.
/// </summary>
internal static class Watch
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// So long a world may stand still before its code is said to block: far beyond what any busy machine takes for an event.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs a world.</summary>
    /// <exception cref="ChaosException">Its code blocks the thread.</exception>
    public static Outcome Over(Func<ChaosRun> world, TimeSpan? patience = null)
    {
        ChaosRun? run = null;
        return Aside(
            () => (run = world()).Run(),
            () => run?.Progress ?? 0,
            () => new ChaosException("Blocked", run!.Seed, string.Create(
                CultureInfo.InvariantCulture,
                $"{run.Who} blocks the thread of its world in seed {run.Seed}, at {run.Now}: it waits with .Result, .Wait() or "
                + $"Thread.Sleep, or loops without awaiting.")),
            patience);
    }

    /// <summary>Runs something on a thread of its own.</summary>
    public static T Aside<T>(Func<T> work) => Aside(work, static () => 0, null, null);

    private static T Aside<T>(Func<T> work, Func<long> progress, Func<ChaosException>? blocked, TimeSpan? patience)
    {
        var (result, problem) = (default(T), default(ExceptionDispatchInfo));
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                problem = ExceptionDispatchInfo.Capture(e);
            }
        });
        (thread.IsBackground, thread.Name) = (true, "Quorate world");
        thread.Start();
        var (seen, since) = (0L, Stopwatch.GetTimestamp());
        while (!thread.Join(Glance))
        {
            if (progress() is var now && now != seen)
                (seen, since) = (now, Stopwatch.GetTimestamp());
            else if (blocked is not null && !Debugger.IsAttached && Stopwatch.GetElapsedTime(since) > (patience ?? Patience))
                throw blocked();
        }
        problem?.Throw();
        return result!;
    }
}
