namespace Quorate.Client;

/// <summary>Waits for what others may end as well as the caller's own token.</summary>
internal static class Waiting
{
    /// <summary>
    /// Waits for a task whose maker does not want those who wait to go on in its midst, as long as the caller wants. Unlike WaitAsync alone
    /// it never needs the thread pool to learn of the end, so that it stays in the caller's world, which may be a simulated one.
    /// </summary>
    public static async Task<T> Within<T>(this Task<T> task, CancellationToken cancellation)
    {
        await Settled(task).WaitAsync(cancellation);
        return await task;
    }

    /// <inheritdoc cref="Within{T}(Task{T}, CancellationToken)"/>
    public static async Task Within(this Task task, CancellationToken cancellation)
    {
        await Settled(task).WaitAsync(cancellation);
        await task;
    }

    /// <summary>
    /// Waits for the first change to what is watched, as long as the caller wants. A watch that somebody has removed
    /// (<see cref="ZooClient.RemoveWatchesAsync"/>) tells of none any more: then too the caller is to look again, and so watches again.
    /// </summary>
    public static async Task UntilTold(this Task changed, CancellationToken cancellation)
    {
        try
        {
            await changed.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (changed.IsCanceled && !cancellation.IsCancellationRequested)
        {
            // Not by the caller's wish.
        }
    }

    /// <summary>Done when a task is, in whatever way: a failure after the caller has given up is nobody's.</summary>
    private static async Task Settled(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            // Whoever still waits is told by the task itself.
        }
    }
}
