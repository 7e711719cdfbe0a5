namespace Quorate.Client;

/// <summary>
/// A lock that one holds at a time, in the order in which they asked for it. Made by <see cref="ZooClient.Lock"/>; it holds nothing itself,
/// and needs not be disposed.
/// </summary>
/// <remarks>Not reentrant: each <see cref="Acquire"/> is a place in the queue of its own. It lives as long as its client.</remarks>
public sealed class FairLock
{
    private readonly ZooClient _client;
    private readonly QueueOptions _options;

    internal FairLock(ZooClient client, string path, QueueOptions options) => (_client, Path, _options) = (client, path, options);

    /// <summary>The znode below which the holders queue.</summary>
    public string Path { get; }

    /// <summary>Waits for one's turn; the hold is given up by disposing it.</summary>
    /// <param name="timeout">How long to wait; null for as long as it takes.</param>
    /// <param name="cancellation">Gives up waiting, and the place in the queue.</param>
    /// <exception cref="TimeoutException">It was not one's turn in time.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="ZooException">The session is over, or the service refused something.</exception>
    public async Task<LockHold> Acquire(TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        new(await Place.Take(_client, Path, Discipline.Lock(_options.Layout), _options, timeout, cancellation));
}

/// <summary>
/// A lock that either one writer holds or any number of readers, in the order in which they asked for it: a reader waits for the writers
/// ahead of it, a writer for everybody. Made by <see cref="ZooClient.ReadWriteLock"/>; it holds nothing itself.
/// </summary>
/// <remarks>Not reentrant, and a hold of one kind is not made into one of the other: give it up, and ask for the other (S-53).</remarks>
public sealed class ReadWriteLock
{
    private readonly ZooClient _client;
    private readonly QueueOptions _options;

    internal ReadWriteLock(ZooClient client, string path, QueueOptions options) => (_client, Path, _options) = (client, path, options);

    /// <summary>The znode below which the holders queue.</summary>
    public string Path { get; }

    /// <summary>Waits for all writers ahead.</summary>
    /// <inheritdoc cref="FairLock.Acquire"/>
    public async Task<LockHold> Read(TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        new(await Place.Take(_client, Path, Discipline.Read(_options.Layout), _options, timeout, cancellation));

    /// <summary>Waits for everybody ahead.</summary>
    /// <inheritdoc cref="FairLock.Acquire"/>
    public async Task<LockHold> Write(TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        new(await Place.Take(_client, Path, Discipline.Write(_options.Layout), _options, timeout, cancellation));
}

/// <summary>
/// A lock that so many hold at a time, in the order in which they asked for it. Made by <see cref="ZooClient.Semaphore"/>; it holds nothing
/// itself.
/// </summary>
/// <remarks>Its fencing tokens tell holders apart and grow, but a higher one does not mean that the lower is over.</remarks>
public sealed class FairSemaphore
{
    private readonly ZooClient _client;
    private readonly QueueOptions _options;
    private readonly Discipline _discipline;

    internal FairSemaphore(ZooClient client, string path, int places, QueueOptions options) =>
        (_client, Path, _discipline, _options) = (client, path, Discipline.Semaphore(places), options);

    /// <summary>The znode below which the holders queue.</summary>
    public string Path { get; }

    /// <summary>Waits until fewer than <see cref="Places"/> are ahead.</summary>
    /// <inheritdoc cref="FairLock.Acquire"/>
    public async Task<LockHold> Acquire(TimeSpan? timeout = null, CancellationToken cancellation = default) =>
        new(await Place.Take(_client, Path, _discipline, _options, timeout, cancellation));

    /// <summary>How many may hold it at once.</summary>
    public int Places => _discipline.Places;
}
