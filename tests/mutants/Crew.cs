using System.Threading;

namespace Quorate.Planted;

/// <summary>Does one thing for each of several, on several threads.</summary>
internal static class Crew
{
    /// <summary>Whether it went well for all.</summary>
    public static bool Run<T>(int jobs, IReadOnlyList<T> all, Func<T, bool> job)
    {
        var (next, failed) = (0, 0);
        var workers = new Thread[Math.Clamp(all.Count, 1, jobs)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = new(Work, 16 << 20);
            workers[i].Start();
        }
        foreach (var worker in workers)
            worker.Join();
        return failed == 0;

        void Work()
        {
            for (var at = Interlocked.Increment(ref next) - 1; at < all.Count; at = Interlocked.Increment(ref next) - 1)
                if (!job(all[at]))
                    Interlocked.Increment(ref failed);
        }
    }
}
