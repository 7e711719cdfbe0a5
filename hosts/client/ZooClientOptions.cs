using System.Net.Security;

namespace Quorate.Client;

/// <summary>How a client finds its servers and behaves; fixed for as long as it lives.</summary>
public sealed record ZooClientOptions
{
    /// <summary>Where the servers are: <c>host:2181,host:2181/chroot</c>.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The session timeout to ask for. A server grants what its own bounds allow; <see cref="ZooClient.SessionTimeout"/> says what.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long <see cref="ZooClient.ConnectAsync(ZooClientOptions, CancellationToken)"/> looks for a server that opens a session.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long <see cref="ZooClient.DisposeAsync"/> waits for the server to confirm the session's end. Beyond, the session ends by its timeout.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>By how much a clock's rate may differ from true time, in parts per million. A fence holds only within it.</summary>
    public int ClockDrift { get; init; } = 1000;

    /// <summary>How many requests may be under way; further ones fail at once with <see cref="TooManyRequestsException"/>.</summary>
    public int OutstandingMax { get; init; } = 10_000;

    /// <summary>The longest request that the servers accept, in bytes (their jute.maxbuffer). A longer one fails here, without costing the connection.</summary>
    public int FrameBytes { get; init; } = 1_048_575;

    /// <summary>The longest answer that is accepted, in bytes. A server that sends more is left.</summary>
    public int AnswerBytesMax { get; init; } = 64 << 20;

    /// <summary>How many events of one watch may wait to be read; a reader that is further behind is told so and has to read anew.</summary>
    public int EventsMax { get; init; } = 100_000;

    /// <summary>Makes the chroot's znodes if they do not exist; else a chroot that does not exist is refused.</summary>
    public bool CreateChroot { get; init; }

    /// <summary>
    /// Takes what a callback of yours has thrown: <see cref="ZooClient.StateChanged"/> or another event, or a watch's. Null: it is thrown again on
    /// a thread of the pool, where, as with a timer's, it ends the process.
    /// </summary>
    public Action<Exception>? CallbackFailed { get; init; }

    /// <summary>How to speak TLS; null for plain TCP. <see cref="ClientTls"/> makes one of PEM files.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>The world to live in; null for TCP.</summary>
    public ClientTransport? Transport { get; init; }

    /// <summary>Feeds the client's chance: the order of servers, pauses between attempts. Null for chance from the system.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Beyond it, seven weeks, no timer can be set; whoever is that patient waits without one.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>Checks what the kernel's client does not check itself, and makes of what no timer can count no timer.</summary>
    internal ZooClientOptions Validated()
    {
        ArgumentNullException.ThrowIfNull(ConnectionString);
        Demand(ConnectTimeout > TimeSpan.Zero || ConnectTimeout == Timeout.InfiniteTimeSpan, nameof(ConnectTimeout), "must be positive, or infinite");
        Demand(CloseTimeout >= TimeSpan.Zero || CloseTimeout == Timeout.InfiniteTimeSpan, nameof(CloseTimeout), "must not be negative");
        Demand(AnswerBytesMax >= 1024, nameof(AnswerBytesMax), "must be at least 1024");
        Demand(EventsMax >= 1, nameof(EventsMax), "must be at least 1");
        return this with { ConnectTimeout = Counted(ConnectTimeout), CloseTimeout = Counted(CloseTimeout) };
    }

    private static TimeSpan Counted(TimeSpan span) => span <= LongestTimer ? span : Timeout.InfiniteTimeSpan;

    private static void Demand(bool holds, string option, string rule)
    {
        if (!holds)
            throw new ArgumentException($"ZooClientOptions.{option} {rule}.");
    }
}
