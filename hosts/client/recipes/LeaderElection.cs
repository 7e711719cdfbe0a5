namespace Quorate.Client;

/// <summary>
/// An election: of all who stand, one is in office at a time, in the order in which they came. Made by <see cref="ZooClient.Elect"/>.
/// </summary>
/// <remarks>It lives as long as its client, which is as long as the session; under another session one stands anew.</remarks>
public sealed class LeaderElection : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ZooClient _client;
    private readonly QueueOptions _options;
    private Place? _candidacy;
    private Leadership? _leadership;
    private bool _isDisposed;

    internal LeaderElection(ZooClient client, string path, QueueOptions options) => (_client, Path, _options) = (client, path, options);

    /// <summary>The znode below which the candidates queue.</summary>
    public string Path { get; }

    /// <summary>
    /// Waits until in office, by standing at the end of the queue. When that office has ended, call it again to stand again; while it
    /// lasts, the call gives the same office.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another call waits already.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up, or the election was disposed.</exception>
    /// <exception cref="ZooException">The session is over, or the service refused something.</exception>
    public async Task<Leadership> Won(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        Place candidacy;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_candidacy is not null)
                throw new InvalidOperationException($"This LeaderElection waits for {Path} already; to wait twice takes two.");
            if (_leadership is { MayAct: true } current)
                return current;
            candidacy = _candidacy = Place.Begin(_client, Path, Discipline.Election(_options.Layout), _options, timeout: null);
        }
        try
        {
            var leadership = new Leadership(await candidacy.Turn(cancellation));
            lock (_gate)
                _leadership = leadership;
            return leadership;
        }
        finally
        {
            lock (_gate)
                _candidacy = null;
        }
    }

    /// <summary>
    /// Stands no more: a wait ends with <see cref="OperationCanceledException"/>, an office is given up as by
    /// <see cref="Tenure.DisposeAsync"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Place? candidacy;
        Leadership? leadership;
        lock (_gate)
        {
            _isDisposed = true;
            (candidacy, leadership) = (_candidacy, _leadership);
        }
        if (candidacy is not null)
            await candidacy.Release();
        if (leadership is not null)
            await leadership.DisposeAsync();
    }
}
