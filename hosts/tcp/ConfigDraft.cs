using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>What the keys said, before it is put together: null is what no key said.</summary>
internal sealed class ConfigDraft
{
    private const int SegmentKilobytesMin = 4096;
    private const int SnapshotsKeptMin = 3;

    /// <summary>What a frame between members holds besides the largest request.</summary>
    private const int PeerFrameRoom = 64 << 10;

    private readonly List<ConfigNote> _notes = [];

    /// <summary>The zoo.cfg that was read, null if there was none.</summary>
    public string? File { get; set; }

    public string? DataDir { get; set; }
    public string? DataLogDir { get; set; }
    public int? ClientPort { get; set; }
    public string? ClientPortAddress { get; set; }
    public int? SecureClientPort { get; set; }
    public string? SecureClientPortAddress { get; set; }
    public int Backlog { get; set; } = -1;
    public int ConnectionsPerAddress { get; set; } = 60;
    public int Connections { get; set; }
    public int? TickTime { get; set; }
    public int? MinSessionTimeout { get; set; }
    public int? MaxSessionTimeout { get; set; }
    public int? FrameBytes { get; set; }
    public int? RequestsOutstanding { get; set; }
    public int? SnapshotEveryEntries { get; set; }
    public int? SnapshotEveryKilobytes { get; set; }
    public int? SegmentKilobytes { get; set; }
    public int? SnapshotsKept { get; set; }
    public bool FlushBeforeReply { get; set; } = true;
    public int? SlowFlush { get; set; }
    public string[]? Words { get; set; }
    public bool? ExtendedTypes { get; set; }
    public bool EnforceQuota { get; set; }
    public bool SkipAcl { get; set; }
    public bool Reconfig { get; set; }
    public int? ContainerCheck { get; set; }
    public int? ContainersPerMinute { get; set; }
    public int? ContainerNeverUsed { get; set; }
    public string? SuperDigest { get; set; }
    public string? DigestAlgorithm { get; set; }
    public bool DigestEnabled { get; set; } = true;
    public string? SuperX509 { get; set; }
    public bool X509Scheme { get; set; }
    public bool EnforceAuth { get; set; }
    public string[] Schemes { get; set; } = [];
    public int? ElectionTimeout { get; set; }
    public int? Heartbeat { get; set; }
    public bool LinearizableReads { get; set; }
    public TlsDraft Tls { get; } = new("ssl.");
    public EnsembleDraft Ensemble { get; } = new();

    /// <summary>Adds a line about a value.</summary>
    public void Note(LogLevel level, ConfigValue value, string remark) =>
        Note(level, $"{value.Origin}: {value.Key}={value.Shown}: {remark}.");

    /// <summary>Adds a line.</summary>
    public void Note(LogLevel level, string text) => _notes.Add(new(level, text));

    /// <summary>Puts everything together.</summary>
    /// <exception cref="StartRefusedException">Something is missing, or two keys contradict each other.</exception>
    public ServerOptions Build()
    {
        var dataDir = DataDir ?? "data";
        Ensemble.Settle(dataDir, Note);
        var settings = BuildSettings();
        var limits = BuildLimits();
        var clients = ClientAddress();
        var secure = Address(SecureClientPort ?? 0, SecureClientPortAddress, "secureClientPort");
        if (clients is null && secure is null)
            throw Refused("neither clientPort nor secureClientPort is set: say where clients connect, as in clientPort=2181");
        if (DataDir is null && File is not null)
            throw Refused("dataDir is not set: say where the data lies, as in dataDir=/var/lib/quorate");

        // ZooKeeper knows the scheme x509 if there is a secure port, or if it is told to.
        settings = settings with { X509Enabled = X509Scheme || secure is not null };
        var options = new ServerOptions
        {
            Settings = settings,
            Limits = limits,
            DataDir = dataDir,
            DataLogDir = DataLogDir,
            Clients = clients,
            SecureClients = secure,
            Tls = secure is null ? null : BuildTls(),
            Peers = Ensemble.HasPeers ? Ensemble.Build() : null,
            ListenBacklog = Backlog,
            ConnectionsPerAddress = ConnectionsPerAddress,
            SlowFlush = TimeSpan.FromMilliseconds(SlowFlush ?? 1000),
            Notes = _notes,
        };
        return options with
        {
            Settings = settings with { ConfLines = ConfWord.Lines(options, TickMilliseconds), EnviLines = EnviWord.Lines() },
        };
    }

    private int TickMilliseconds => TickTime ?? (File is null ? 2000 : 3000);

    private Settings BuildSettings()
    {
        var defaults = new Settings();
        var shortest = TimeSpan.FromMilliseconds(MinSessionTimeout ?? 2L * TickMilliseconds);
        var longest = TimeSpan.FromMilliseconds(MaxSessionTimeout ?? 20L * TickMilliseconds);
        if (shortest > longest)
            throw Refused(string.Create(CultureInfo.InvariantCulture,
                $"minSessionTimeout ({shortest.TotalMilliseconds} ms) is larger than maxSessionTimeout ({longest.TotalMilliseconds} ms)"));
        if (EnforceAuth && Schemes.Length == 0)
            throw Refused("enforce.auth.enabled is true, but enforce.auth.schemes is empty: name schemes, as in enforce.auth.schemes=digest");
        var heartbeat = BuildHeartbeat(shortest, defaults);
        var election = Milliseconds(ElectionTimeout) ?? defaults.ElectionTimeout;
        if (election < heartbeat * 2)
            throw Refused(string.Create(CultureInfo.InvariantCulture,
                $"quorate.electionTimeout ({election.TotalMilliseconds} ms) is shorter than two heartbeats (quorate.heartbeat, {heartbeat.TotalMilliseconds} ms)"));
        if (SkipAcl)
            Note(LogLevel.Warning, "skipACL=yes: access control lists are not looked at. Every client may do everything.");

        return defaults with
        {
            Id = Ensemble.Own?.Id ?? defaults.Id,
            Ensemble = Ensemble.Members,
            LinearizableReads = LinearizableReads,
            MinSessionTimeout = shortest,
            MaxSessionTimeout = longest,
            Heartbeat = heartbeat,
            ElectionTimeout = election,
            ContainerCheckInterval = Milliseconds(ContainerCheck) ?? defaults.ContainerCheckInterval,
            ContainerDeletesPerMinute = ContainersPerMinute ?? defaults.ContainerDeletesPerMinute,
            ContainerNeverUsed = Milliseconds(ContainerNeverUsed) ?? defaults.ContainerNeverUsed,
            SnapshotEveryEntries = SnapshotEveryEntries ?? defaults.SnapshotEveryEntries,
            SnapshotEveryBytes = SnapshotEveryKilobytes switch
            {
                null => defaults.SnapshotEveryBytes,
                <= 0 => long.MaxValue,
                var kilobytes => (long)kilobytes << 10,
            },
            SnapshotsKept = AtLeast(SnapshotsKept, SnapshotsKeptMin, "autopurge.snapRetainCount", "snapshots") ?? defaults.SnapshotsKept,
            SegmentBytes = AtLeast(SegmentKilobytes, SegmentKilobytesMin, "preAllocSize", "kilobytes") is { } segment
                ? (long)segment << 10
                : defaults.SegmentBytes,
            FlushBeforeReply = FlushBeforeReply,
            ExtendedTypes = ExtendedTypes ?? defaults.ExtendedTypes,
            EnforceQuota = EnforceQuota,
            SkipAcl = SkipAcl,
            ReconfigEnabled = Reconfig,
            StandaloneEnabled = Ensemble.StandaloneEnabled,
            SuperDigest = SuperDigest,
            SuperX509 = SuperX509,
            DigestAlgorithm = DigestAlgorithm ?? defaults.DigestAlgorithm,
            DigestEnabled = DigestEnabled,
            RequiredSchemes = EnforceAuth ? Schemes : [],
            WordsAllowed = Words ?? defaults.WordsAllowed,
        };
    }

    private Limits BuildLimits()
    {
        var defaults = new Limits();
        var frame = FrameBytes ?? defaults.FrameBytes;
        var outstanding = RequestsOutstanding ?? defaults.RequestsOutstanding;
        return (defaults with
        {
            FrameBytes = frame,
            LogRingBytes = Math.Max(defaults.LogRingBytes, 4 * frame),
            PeerFrameBytes = Math.Max(defaults.PeerFrameBytes, frame + defaults.IdentityBytes + PeerFrameRoom),
            UncommittedBytes = Math.Max(defaults.UncommittedBytes, 4L * frame),
            RequestBytesPerConnection = Math.Max(defaults.RequestBytesPerConnection, frame),
            RequestsOutstanding = outstanding,
            RequestsPerConnection = Math.Min(defaults.RequestsPerConnection, outstanding),
            Connections = Connections > 0 ? Connections : defaults.Connections,
        }).Validated();
    }

    private TimeSpan BuildHeartbeat(TimeSpan shortestSession, Settings defaults)
    {
        var longest = shortestSession / 6;
        if (Milliseconds(Heartbeat) is not { } heartbeat)
            return longest < defaults.Heartbeat ? longest : defaults.Heartbeat;
        return heartbeat <= longest ? heartbeat : throw Refused(string.Create(CultureInfo.InvariantCulture,
            $"quorate.heartbeat ({heartbeat.TotalMilliseconds} ms) is longer than a sixth of minSessionTimeout ({shortestSession.TotalMilliseconds} ms)"));
    }

    /// <summary>Where clients connect: the server line of this member says it, or the keys do.</summary>
    private ListenAddress? ClientAddress()
    {
        if (Ensemble.Own is not { ClientPort: { } port } own)
            return Address(ClientPort ?? (File is null && Ensemble.Own is null ? 2181 : 0), ClientPortAddress, "clientPort");
        if ((ClientPort ?? port) != port || (ClientPortAddress ?? own.ClientHost) != own.ClientHost)
            throw own.Source.Refused("its client address is not the one of clientPort and clientPortAddress; remove those, or make them the same");
        if (own.ClientHost is null)
            NoteEveryAddress("client port", port);
        return new(own.ClientHost, port, "client port") { Line = own.Source.Key };
    }

    private ListenAddress? Address(int port, string? host, string key)
    {
        if (port == 0)
            return host is null ? null : throw Refused($"{key}Address is set, but {key} is not: say on which port, as in {key}=2181");
        if (host is null && File is not null)
            NoteEveryAddress(key, port);
        return new(host ?? (File is null ? "127.0.0.1" : null), port, key);
    }

    private void NoteEveryAddress(string key, int port) => Note(LogLevel.Information, string.Create(CultureInfo.InvariantCulture,
        $"{key}={port} without an address: clients can connect through every address of this machine."));

    private TlsOptions BuildTls()
    {
        if (Tls.TrustStore is null && Tls.ClientCertificates != ClientCertificates.None)
            Note(LogLevel.Warning, "ssl.trustStore.location is not set: client certificates of every authority that this machine trusts are accepted.");
        return Tls.Build("secureClientPort is set");
    }

    private int? AtLeast(int? value, int least, string key, string unit)
    {
        if (value >= least || value is null)
            return value;
        Note(LogLevel.Information, string.Create(CultureInfo.InvariantCulture, $"{key}={value}: {least} {unit} are used, the least."));
        return least;
    }

    private StartRefusedException Refused(string why) => new((File is null ? "" : File + ": ") + why + ".");

    private static TimeSpan? Milliseconds(int? value) => value is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;
}
