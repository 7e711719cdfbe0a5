using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Quorate.Client;

/// <summary>
/// One session with a coordination service that speaks ZooKeeper's protocol: connects, reconnects to any of the servers while the session
/// lives, pipelines what is asked, and sets watches again. Any number of threads may use it.
/// </summary>
/// <remarks>
/// A client lives as long as its session. When that has expired every call fails with <see cref="SessionExpiredException"/>, and the remedy
/// is a new client: whatever was decided under the old session must not be carried out under a new one.
/// <para>
/// Requests are carried out in the order of the calls. While there is no connection they wait for the next one; those that were sent when a
/// connection broke fail with <see cref="ConnectionLossException"/>, and with <see cref="UnknownOutcomeException"/> if they may have been
/// carried out.
/// </para>
/// <para>
/// All that decides is in <see cref="Quorate.Kernel.Clients.Client"/>, which the simulator drives as well. This class brings it what
/// happens, one thing at a time, and does what it wants.
/// </para>
/// </remarks>
public sealed partial class ZooClient : IAsyncDisposable
{
    /// <summary>Of the request that ends the session; any other has one of its own.</summary>
    private const int NoTicket = 0;

    private readonly ZooClientOptions _options;
    private readonly ConnectionString _servers;
    private readonly ClientTransport _transport;
    private readonly Callbacks _callbacks;
    private readonly Lock _gate = new();
    private readonly Turn _turn;
    private readonly Kernel.Clients.Client _client;
    private readonly ClientEffects _effects = new();
    private readonly ConcurrentQueue<Operation> _asked = new();
    private readonly List<Operation?> _underWay = [null];    // by ticket
    private readonly Stack<int> _freeTickets = new();
    private readonly TaskCompletionSource<SessionState> _firstConnected = new();
    private readonly TaskCompletionSource<SessionState> _ended = new();
    private readonly ITimer _timer;
    private readonly int _chrootBytes;
    private Link? _link;
    private Instant _armedFor = Instant.Never;
    private Instant _readsUntil = Instant.Origin;
    private Exception? _failure;
    private string _lastFault = "";
    private volatile SessionState _state;
    private int _isDisposed;

    /// <summary>A client that has not begun to connect.</summary>
    private ZooClient(ZooClientOptions options)
    {
        _options = options.Validated();
        _servers = Quorate.Client.ConnectionString.Parse(options.ConnectionString);
        _transport = options.Transport ?? new TcpTransport(options.Tls);
        _callbacks = new(options.CallbackFailed, _transport);
        _chrootBytes = Encoding.UTF8.GetByteCount(_servers.Chroot);
        _turn = new(this);
        StateChanged += Count;
        var settings = new ClientSettings
        {
            Servers = _servers.Servers.Count,
            SessionTimeout = options.SessionTimeout,
            ClockDrift = options.ClockDrift,
            OutstandingMax = options.OutstandingMax,
            FrameBytes = options.FrameBytes,
        };
        _client = new(settings, options.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
        _timer = _transport.Time.CreateTimer(
            static client => ((ZooClient)client!).Enter(new() { Kind = EventKind.Tick }),
            this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Opens a session.</summary>
    /// <exception cref="ArgumentException">
    /// An option makes no sense, or the chroot does not exist; the message says which and what to do.
    /// </exception>
    /// <exception cref="ConnectionLossException">
    /// No server opened a session within <see cref="ZooClientOptions.ConnectTimeout"/>; the message says why.
    /// </exception>
    public static async Task<ZooClient> ConnectAsync(ZooClientOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var client = new ZooClient(options);
        try
        {
            client.Enter(new() { Kind = EventKind.Tick });
            await client.Open(cancellation);
            return client;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            _ = client.DisposeAsync().AsTask();   // by itself: the caller waits no longer
            throw;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a session with default options.</summary>
    /// <inheritdoc cref="ConnectAsync(ZooClientOptions, CancellationToken)"/>
    public static Task<ZooClient> ConnectAsync(string connectionString, CancellationToken cancellation = default) =>
        ConnectAsync(new ZooClientOptions { ConnectionString = connectionString }, cancellation);

    /// <summary>
    /// The state of the session has changed. Called in order, one call at a time; keep it short. An exception goes to
    /// <see cref="ZooClientOptions.CallbackFailed"/>.
    /// </summary>
    public event Action<SessionState>? StateChanged;

    /// <summary>What is known about the session.</summary>
    public SessionState State
    {
        get => _state;
        private set => _state = value;
    }

    /// <summary>The session's id.</summary>
    public SessionId Session => Ask(static client => client.Session);

    /// <summary>The session timeout that was granted last.</summary>
    public TimeSpan SessionTimeout => Ask(static client => client.Timeout);

    /// <summary>The newest zxid seen in a reply or an event.</summary>
    public Zxid Seen => Ask(static client => client.Seen);

    /// <summary>
    /// Before this instant of <see cref="Now"/>'s clock the session is not over unless its owner closed it; from it on, assume nothing. It
    /// moves ahead with each request that a leader confirmed. Where <see cref="ArePongsConfirmed"/> is false only writes move it; from the first election
    /// or lock on the client sends some itself.
    /// </summary>
    public Instant FenceAt => _failure is null ? Ask(static client => client.FenceAt) : Instant.Origin;

    /// <summary>
    /// Whether a pong of the server that was attached to last shows that a leader who leads has heard of the session, as do those of Quorate's servers,
    /// which say so in the handshake. ZooKeeper's followers answer pings by themselves.
    /// </summary>
    public bool ArePongsConfirmed => Ask(static client => client.ArePongsConfirmed);

    /// <summary>This client's clock, which goes on while the computer is suspended.</summary>
    public Instant Now
    {
        get
        {
            var time = _transport.Time;
            return new((long)(time.GetTimestamp() * ((double)TimeSpan.TicksPerSecond / time.TimestampFrequency)));
        }
    }

    /// <summary>The clock and timers of the world that the client lives in.</summary>
    public TimeProvider Time => _transport.Time;

    /// <summary>Done when the session is over, with how: expired, closed, or a credential not accepted.</summary>
    public Task<SessionState> Ended => _ended.Task;

    /// <summary>
    /// Ends the session: its ephemerals are deleted, its watches are gone. Waits at most <see cref="ZooClientOptions.CloseTimeout"/> for
    /// the server.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await GiveUpRecipes();
        if (State == SessionState.Connected)
            try
            {
                await CloseSession().WaitAsync(_options.CloseTimeout, _transport.Time);
            }
            catch (TimeoutException)
            {
                // It ends by its timeout.
            }
        Enter(new() { Kind = EventKind.Abandon });
        await _timer.DisposeAsync();
    }

    /// <summary>
    /// By the time that the session's end is asked for nobody may act on what it held, and those who want to know are being told.
    /// </summary>
    private async Task GiveUpRecipes()
    {
        lock (_gate)
        {
            _isClosing = true;
            if (_runs.Count == 0)
                return;
        }
        Enter(new() { Kind = EventKind.RecipesEnd });
        var told = new TaskCompletionSource<bool>();
        Tell(new Told<bool>(told, true));   // behind those whom it concerns
        await told.Task;
    }

    private async Task CloseSession()
    {
        try
        {
            await Begin(_nothings.Rent(OpCode.CloseSession, null, static (in _, ref _) => default), CancellationToken.None);
        }
        catch (ZooException)
        {
            // It ends by its timeout, or has ended.
        }
    }

    /// <summary>Waits for a session, and for its chroot, as long as that may take.</summary>
    private async Task Open(CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_options.ConnectTimeout, _transport.Time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            await _firstConnected.Task.WaitAsync(patience.Token);
            while (_servers.Chroot.Length > 0)
                try
                {
                    await CheckChroot(patience.Token);
                    return;
                }
                catch (ConnectionLossException)
                {
                    // What is asked again waits for the next connection.
                }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new ConnectionLossException(OpCode.CreateSession, null,
                $"None of {string.Join(", ", _servers.Servers)} opened a session within {_options.ConnectTimeout.TotalSeconds:0.###} s " +
                $"(ZooClientOptions.ConnectTimeout).{LastFault} Check that these are the servers' client ports, and that they run.");
        }
    }

    private async Task CheckChroot(CancellationToken cancellation)
    {
        if (await ExistsAsync("/", cancellation) is not null)
            return;
        if (!_options.CreateChroot)
            throw new ArgumentException(
                $"The chroot {_servers.Chroot} of '{_servers}' does not exist. Create it, or let the client do it: CreateChroot = true.");
        await CreateAncestors("", _servers.Chroot, cancellation);
    }

    private string LastFault => _lastFault.Length == 0 ? "" : $" The last attempt: {_lastFault.TrimEnd('.')}.";

    private T Ask<T>(Func<Kernel.Clients.Client, T> question)
    {
        lock (_gate)
            return question(_client);
    }

    private void Submit(Operation operation)
    {
        _asked.Enqueue(operation);
        _turn.Call();
    }
}
