using System.Threading.Channels;

namespace Quorate.Client;

/// <summary>
/// A lasting watch: every change to a znode and its list of children, or to everything at and below it. It outlives connections: what
/// happened meanwhile is caught up with, where servers can, as one event for each znode with the zxid −1.
/// </summary>
/// <remarks>
/// Read it with <c>await foreach</c>, by one reader at a time. It ends when it is disposed; with <see cref="SessionExpiredException"/> when
/// the session is over; and with <see cref="TooManyRequestsException"/> when more than <see cref="ZooClientOptions.EventsMax"/> events
/// waited, after which the reader must look for itself what there is. After <see cref="ZooClient.RemoveWatchesAsync"/> it just has no more
/// events.
/// </remarks>
public sealed class ZnodeWatch : IAsyncEnumerable<ZnodeEvent>, IAsyncDisposable
{
    private readonly ZooClient _client;
    private readonly Channel<ZnodeEvent> _events;
    private readonly int _eventsMax;

    internal ZnodeWatch(ZooClient client, string path, string absolute, bool isRecursive, int eventsMax)
    {
        (_client, Path, Absolute, IsRecursive, _eventsMax) = (client, path, absolute, isRecursive, eventsMax);
        _events = Channel.CreateUnbounded<ZnodeEvent>();
    }

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>The znode, as servers know it.</summary>
    internal string Absolute { get; }

    /// <summary>
    /// Whether everything below it is watched as well; then changes of lists of children are not told, as the changes themselves are.
    /// </summary>
    public bool IsRecursive { get; }

    /// <summary>
    /// What tells a reader who asked for it that a connection was lost, and another is there: some servers do not tell what was missed.
    /// </summary>
    internal static ZnodeEvent Resumption => default;

    /// <summary>Whether the reader wants to be told of <see cref="Resumption"/>.</summary>
    internal bool TellsResumption { get; set; }

    /// <inheritdoc/>
    public async IAsyncEnumerator<ZnodeEvent> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        while (await _events.Reader.WaitToReadAsync(cancellationToken))
            while (_events.Reader.TryRead(out var next))
                yield return next;
    }

    /// <summary>Takes the next event, if one is there now.</summary>
    public bool TryRead(out ZnodeEvent next) => _events.Reader.TryRead(out next);

    /// <summary>Removes the watch. What was told before can still be read.</summary>
    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _client.RemoveAsync(this);
    }

    internal ValueTask<bool> WaitToReadAsync(CancellationToken cancellation) => _events.Reader.WaitToReadAsync(cancellation);

    internal void Resume()
    {
        if (TellsResumption)
            Tell(Resumption);
    }

    internal void Tell(ZnodeEvent what)
    {
        if (_events.Reader.Count >= _eventsMax)
            _events.Writer.TryComplete(new TooManyRequestsException(
                OpCode.AddWatch, Path, $"its reader is {_eventsMax} events behind (ZooClientOptions.EventsMax)"));
        else
            _events.Writer.TryWrite(what);
    }

    internal void End(Exception? reason) => _events.Writer.TryComplete(reason);
}

/// <summary>What was read, and a task for the first change to it.</summary>
/// <typeparam name="T">What was read.</typeparam>
/// <param name="Value">What was read.</param>
/// <param name="Changed">Done with the first change after <paramref name="Value"/> was read; fails when the session is over.</param>
public readonly record struct Watched<T>(T Value, Task<ZnodeEvent> Changed);
