namespace Quorate.Kernel;

/// <summary>A member as an operator names it: a server.N line.</summary>
/// <param name="Id">N.</param>
/// <param name="PeerAddress">Where other members reach it. The kernel only compares and stores it.</param>
/// <param name="ClientAddress">Where clients reach it; empty if that is not known.</param>
/// <param name="IsObserver">It follows without a vote.</param>
public sealed record EnsembleMember(ServerId Id, string PeerAddress, string ClientAddress = "", bool IsObserver = false);

/// <summary>Who this server is and how it behaves; fixed for as long as it runs. Times that ZooKeeper calls milliseconds are spans here.</summary>
public sealed record Settings
{
    /// <summary>This member's id (ZooKeeper's myid); 1 on a server of one member.</summary>
    public ServerId Id { get; init; } = new(1);

    /// <summary>The members that founded the ensemble or are to found it, this one among them; empty for an ensemble of one. Once founded, the
    /// log says who belongs to it, and this is only where the others are looked for.</summary>
    public IReadOnlyList<EnsembleMember> Ensemble { get; init; } = [];

    /// <summary>Reads wait for a confirmation round, so that they see every write acknowledged anywhere before they began.</summary>
    public bool LinearizableReads { get; init; }

    /// <summary>The smallest session timeout granted. ZooKeeper: 2 × tickTime.</summary>
    public TimeSpan MinSessionTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The largest session timeout granted. ZooKeeper: 20 × tickTime.</summary>
    public TimeSpan MaxSessionTimeout { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How often a leader is heard from. At most a sixth of <see cref="MinSessionTimeout"/> (C5).</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The least time without a leader after which a member stands for election.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a connection may take to send its ConnectRequest.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often containers and TTL znodes are looked over.</summary>
    public TimeSpan ContainerCheckInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>At most this many containers and TTL znodes are deleted per minute.</summary>
    public int ContainerDeletesPerMinute { get; init; } = 10_000;

    /// <summary>After this long an unused container goes too; zero means never.</summary>
    public TimeSpan ContainerNeverUsed { get; init; }

    /// <summary>A snapshot begins after this many entries; of a large tree not before the log has grown by about as many bytes as it weighs.</summary>
    public int SnapshotEveryEntries { get; init; } = 100_000;

    /// <summary>A snapshot begins after this many journal bytes.</summary>
    public long SnapshotEveryBytes { get; init; } = 256L << 20;

    /// <summary>How many finished snapshots are kept.</summary>
    public int SnapshotsKept { get; init; } = 3;

    /// <summary>Size of a journal segment in bytes.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>False acknowledges writes before they are flushed (forceSync=no): a crash of the computer, or of the server, may lose the last of them.</summary>
    public bool FlushBeforeReply { get; init; } = true;

    /// <summary>TTL znodes may be created.</summary>
    public bool ExtendedTypes { get; init; } = true;

    /// <summary>Hard quotas refuse writes.</summary>
    public bool EnforceQuota { get; init; }

    /// <summary>Access control lists are not looked at.</summary>
    public bool SkipAcl { get; init; }

    /// <summary>reconfig is answered rather than refused as switched off.</summary>
    public bool ReconfigEnabled { get; init; }

    /// <summary>An ensemble may not be changed to one of a single voter: in ZooKeeper that would be another kind of server.</summary>
    public bool StandaloneEnabled { get; init; } = true;

    /// <summary>The digest identity (user:base64) whose owner is super; null for none.</summary>
    public string? SuperDigest { get; init; }

    /// <summary>Clients may come over TLS: x509 entries in access control lists are accepted.</summary>
    public bool X509Enabled { get; init; }

    /// <summary>The x509 distinguished name whose owner is super; null for none.</summary>
    public string? SuperX509 { get; init; }

    /// <summary>Hash of the digest scheme: SHA1 (ZooKeeper's default), SHA256, SHA512.</summary>
    public string DigestAlgorithm { get; init; } = "SHA1";

    /// <summary>Whether the digest scheme accepts credentials at all.</summary>
    public bool DigestEnabled { get; init; } = true;

    /// <summary>Schemes of which a connection must have an identity before it may do anything but authenticate; empty for none.</summary>
    public IReadOnlyList<string> RequiredSchemes { get; init; } = [];

    /// <summary>Four-letter words that are answered; "*" answers all.</summary>
    public IReadOnlyList<string> WordsAllowed { get; init; } = ["srvr"];

    /// <summary>The version that srvr, stat, mntr and envi report. Clients parse its leading digits.</summary>
    public string Version { get; init; } = "3.9.4-quorate";

    /// <summary>Lines of the conf word, key=value.</summary>
    public IReadOnlyList<string> ConfLines { get; init; } = [];

    /// <summary>Lines of the envi word after zookeeper.version, key=value.</summary>
    public IReadOnlyList<string> EnviLines { get; init; } = [];

    /// <summary>Checks the settings against each other.</summary>
    /// <exception cref="ArgumentException">Two settings contradict; the message names them.</exception>
    public Settings Validated()
    {
        Demand(Id.Value >= 1, "Id must be 1 to 255");
        Demand(Ensemble.Count == 0 || IsAmong(Ensemble), $"Ensemble does not name this member, {Id}");
        Demand(MinSessionTimeout > TimeSpan.Zero && MinSessionTimeout <= MaxSessionTimeout, "MinSessionTimeout must be positive and at most MaxSessionTimeout");
        Demand(MaxSessionTimeout <= TimeSpan.FromMilliseconds(int.MaxValue), "MaxSessionTimeout must fit into 31 bits of milliseconds");
        Demand(Heartbeat > TimeSpan.Zero && Heartbeat * 6 <= MinSessionTimeout, "Heartbeat must be positive and at most a sixth of MinSessionTimeout");
        Demand(ElectionTimeout > Heartbeat, "ElectionTimeout must be longer than Heartbeat");
        Demand(ContainerCheckInterval > TimeSpan.Zero, "ContainerCheckInterval must be positive");
        Demand(SnapshotEveryEntries >= 1 && SnapshotEveryBytes >= 1 && SnapshotsKept >= 1, "SnapshotEveryEntries, SnapshotEveryBytes and SnapshotsKept must be at least 1");
        Demand(SegmentBytes >= 4096, "SegmentBytes must be at least 4096");
        return this;
    }

    private bool IsAmong(IReadOnlyList<EnsembleMember> ensemble)
    {
        foreach (var member in ensemble)
            if (member.Id == Id)
                return true;
        return false;
    }

    private static void Demand(bool holds, string rule)
    {
        if (!holds)
            throw new ArgumentException("Settings: " + rule + ".");
    }
}
