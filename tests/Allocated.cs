namespace Quorate.Tests;

/// <summary>Counts what is allocated on this thread.</summary>
internal static class Allocated
{
    private const int AttemptsMax = 5;

    /// <summary>
    /// The bytes that something allocates each time that it is done. Now and then more is counted once: when the runtime compiles a method anew
    /// within it, or when other tests bring about a collection.
    /// </summary>
    public static long By(Action work)
    {
        var least = long.MaxValue;
        for (var attempt = 0; attempt < AttemptsMax && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
