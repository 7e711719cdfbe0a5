namespace Quorate.Client;

/// <summary>Waits for tasks whose makers do not want those who wait to go on in their midst.</summary>
internal static class Waiting
{
    /// <summary>
    /// Waits for a task, as long as the caller wants. Unlike WaitAsync alone it never needs the thread pool to learn of the end, so that it
    /// stays in the caller's world, which may be a simulated one.
    /// </summary>
    public static Task<T> Within<T>(this Task<T> task, CancellationToken cancellation)
    {
        return Await(task).WaitAsync(cancellation);

        static async Task<T> Await(Task<T> task) => await task;
    }

    /// <inheritdoc cref="Within{T}(Task{T}, CancellationToken)"/>
    public static Task Within(this Task task, CancellationToken cancellation)
    {
        return Await(task).WaitAsync(cancellation);

        static async Task Await(Task task) => await task;
    }
}
