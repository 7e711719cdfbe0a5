using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Quorate.Client;

/// <summary>
/// Sessions one after the other, for what outlives a session: when one is over, another is opened, after a pause that is random and grows.
/// It begins to connect when a session is first wanted. Any number of threads may use it.
/// </summary>
/// <remarks>
/// A <see cref="ZooClient"/> is one session, and ends with it; that keeps what was decided under one from being carried out under the next.
/// Whoever wants to go on has to say so here, and has to begin anew with each session: <see cref="Sessions"/> is the loop for that.
/// </remarks>
public sealed class QuorateConnection : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly ZooClientOptions _options;
    private readonly Func<ZooClient, CancellationToken, ValueTask>? _prepare;
    private readonly CancellationTokenSource _disposing = new();
    private readonly Dice _dice;
    private Era _era = new(null);
    private TaskCompletionSource<ZooClient> _attempt = NewAttempt();
    private Task? _life;

    /// <summary>The time of one session, and the way to the next.</summary>
    private sealed class Era(ZooClient? client)
    {
        public ZooClient? Client => client;

        public TaskCompletionSource<Era> Next { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <param name="options">How each session is opened.</param>
    /// <param name="prepare">What each session needs before anybody gets it, such as <see cref="ZooClient.AddAuthAsync"/>.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read; the message says why.</exception>
    public QuorateConnection(ZooClientOptions options, Func<ZooClient, CancellationToken, ValueTask>? prepare = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _ = ConnectionString.Parse(options.ConnectionString);
        _options = options with { Transport = options.Transport ?? new TcpTransport(options.Tls) };
        Callbacks = new(options.CallbackFailed, _options.Transport);
        _prepare = prepare;
        _dice = new(options.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    }

    /// <summary>A connection to these servers, with default options.</summary>
    /// <inheritdoc cref="QuorateConnection(ZooClientOptions, Func{ZooClient, CancellationToken, ValueTask})"/>
    public QuorateConnection(string connectionString)
        : this(new ZooClientOptions { ConnectionString = connectionString }) { }

    /// <summary>
    /// A session has followed one that was over. Keep it short; an exception goes to <see cref="ZooClientOptions.CallbackFailed"/>.
    /// </summary>
    public event Action<ZooClient>? Renewed;

    /// <summary>
    /// The state of the current session has changed, or another has begun. Keep it short; an exception goes to
    /// <see cref="ZooClientOptions.CallbackFailed"/>.
    /// </summary>
    public event Action<SessionState>? StateChanged;

    /// <summary>
    /// No session could be opened; another attempt follows. Keep it short; an exception goes to
    /// <see cref="ZooClientOptions.CallbackFailed"/>.
    /// </summary>
    public event Action<Exception>? AttemptFailed;

    /// <summary>The session that was opened last, which may be over; null before the first.</summary>
    public ZooClient? Current => Volatile.Read(ref _era).Client;

    /// <summary>The clock and timers of the world that the sessions live in.</summary>
    public TimeProvider Time => _options.Transport!.Time;

    /// <summary>Why the last attempt to open a session failed; null if it did not.</summary>
    public Exception? Problem { get; private set; }

    /// <summary>How the owner is called, also by what rests on this.</summary>
    internal Callbacks Callbacks { get; }

    /// <summary>Begins to connect, if that has not begun yet, and waits for nothing.</summary>
    /// <exception cref="ObjectDisposedException">The connection is disposed.</exception>
    public void Open()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, this);
            _life ??= Live(_disposing.Token);
        }
    }

    /// <summary>The current session, or else what the attempt under way comes to.</summary>
    /// <exception cref="ConnectionLossException">The attempt failed; the message says why. Another follows.</exception>
    /// <exception cref="ArgumentException">The chroot does not exist, or an option makes no sense; the message says which.</exception>
    /// <exception cref="ObjectDisposedException">The connection is disposed.</exception>
    public async ValueTask<ZooClient> GetAsync(CancellationToken cancellation = default)
    {
        Task<ZooClient> attempt;
        lock (_gate)
        {
            Open();
            if (_era.Client is { Ended.IsCompleted: false } client)
                return client;
            attempt = _attempt.Task;
        }
        return await attempt.Within(cancellation);
    }

    /// <summary>The current session, and then each that follows; never two without the first being over.</summary>
    /// <exception cref="ObjectDisposedException">The connection is disposed, which ends the loop.</exception>
    public async IAsyncEnumerable<ZooClient> Sessions([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        Era era;
        lock (_gate)
        {
            Open();
            era = _era;
        }
        while (true)
        {
            if (era.Client is { Ended.IsCompleted: false } client)
                yield return client;
            era = await era.Next.Task.Within(cancellation);
        }
    }

    /// <summary>Ends the current session, and opens no other.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? life;
        lock (_gate)
        {
            if (_disposing.IsCancellationRequested)
                return;
            life = _life;
            _life ??= Task.CompletedTask;
        }
        _disposing.Cancel();
        if (life is not null)
            await life;
        var disposed = new ObjectDisposedException(nameof(QuorateConnection));
        Fail(_attempt, disposed);
        Fail(_era.Next, disposed);
        _disposing.Dispose();
    }

    /// <summary>Dice of their own for whoever needs chance in this world.</summary>
    internal Dice Dice()
    {
        lock (_gate)
            return new(_dice.Next());
    }

    private async Task Live(CancellationToken stopping)
    {
        await Task.Yield();   // what is begun here is not begun inside the caller's lock
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var client = await Open(stopping);
                pause = FirstPause;
                await client.Ended.WaitAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                Report(problem);
            }
            await Rest(Dice().Between(pause / 2, pause), stopping);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task Rest(TimeSpan pause, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(pause, Time, stopping);
        }
        catch (OperationCanceledException)
        {
            // Disposed: whoever waits for this looks for itself.
        }
    }

    private async Task<ZooClient> Open(CancellationToken stopping)
    {
        var client = await ZooClient.ConnectAsync(_options with { Seed = Dice().Next() }, stopping);
        try
        {
            if (_prepare is not null)
                await _prepare(client, stopping);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
        Publish(client);
        return client;
    }

    private void Publish(ZooClient client)
    {
        Era former;
        TaskCompletionSource<ZooClient> attempt;
        var era = new Era(client);
        lock (_gate)
        {
            (former, attempt, Problem) = (_era, _attempt, null);
            _attempt = NewAttempt();
            Volatile.Write(ref _era, era);
        }
        attempt.TrySetResult(client);   // before anybody is told: whoever is told may take its time
        former.Next.TrySetResult(era);
        client.StateChanged += Tell;
        Tell(client.State);
        if (former.Client is not null)
            Callbacks.Call(Renewed, client);
    }

    private void Tell(SessionState state) => Callbacks.Call(StateChanged, state);

    private void Report(Exception problem)
    {
        TaskCompletionSource<ZooClient> attempt;
        lock (_gate)
        {
            (attempt, Problem) = (_attempt, problem);
            _attempt = NewAttempt();
        }
        Fail(attempt, problem);
        Callbacks.Call(AttemptFailed, problem);
    }

    private static TaskCompletionSource<ZooClient> NewAttempt() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Fail<T>(TaskCompletionSource<T> waiting, Exception problem)
    {
        waiting.TrySetException(problem);
        _ = waiting.Task.Exception;   // nobody has to look
    }
}
