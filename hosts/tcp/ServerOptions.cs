namespace Quorate.Hosts.Tcp;

/// <summary>Everything a server over TCP has to be told, read from wherever by <see cref="ZooConfig"/> or set directly.</summary>
public sealed record ServerOptions
{
    /// <summary>What the kernel is told.</summary>
    public Settings Settings { get; init; } = new();

    /// <summary>The kernel's bounds.</summary>
    public Limits Limits { get; init; } = new();

    /// <summary>Where the data lies.</summary>
    public string DataDir { get; init; } = "data";

    /// <summary>Where the journal lies; null for the data folder.</summary>
    public string? DataLogDir { get; init; }

    /// <summary>Where clients connect without encryption; null for nowhere.</summary>
    public ListenAddress? Clients { get; init; } = new("127.0.0.1", 2181, "clientPort");

    /// <summary>Where clients connect with TLS; null for nowhere.</summary>
    public ListenAddress? SecureClients { get; init; }

    /// <summary>How TLS is spoken there.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>How this member is linked with the others; null in an ensemble of one.</summary>
    public PeerOptions? Peers { get; init; }

    /// <summary>How many connections may wait to be accepted; -1 for as many as the system allows.</summary>
    public int ListenBacklog { get; init; } = -1;

    /// <summary>Connections from one address; 0 for no limit.</summary>
    public int ConnectionsPerAddress { get; init; } = 60;

    /// <summary>A flush that takes this long is worth a line in the log.</summary>
    public TimeSpan SlowFlush { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server that is asked to stop may take to finish what was begun.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What there is to say about the configuration.</summary>
    public IReadOnlyList<ConfigNote> Notes { get; init; } = [];
}
