namespace Quorate.Hosts.Tcp;

/// <summary>The keys of ZooKeeper that Quorate knows and has no use for, each with the reason that the log gives.</summary>
internal static class IgnoredKeys
{
    private const string Patience = "how long members wait for each other is set by quorate.electionTimeout and quorate.heartbeat";
    private const string Proof = "members prove who they are by quorate.peerSecretFile or sslQuorum";
    private const string OneLink = "members elect, replicate and forward over one link for each pair";
    private const string Learner = "how members catch up adapts by itself";
    private const string Sasl = "Quorate offers no SASL or Kerberos";
    private const string Jvm = "it tunes ZooKeeper's Java networking, which is not here";
    private const string Throttle = "load is held back by the sockets themselves: what cannot be served is not read";
    private const string Cache = "replies are made from memory without a cache";

    /// <summary>Names, or beginnings of names that end in *, with their reasons.</summary>
    private static readonly (string Pattern, string Reason)[] All =
    [
        ("initLimit", Patience),
        ("syncLimit", Patience),
        ("connectToLearnerMasterLimit", Patience),
        ("maxTimeToWaitForEpoch", Patience),
        ("cnxTimeout", Patience),
        ("version", "the ensemble itself knows which list of members is the newest"),
        ("electionAlg", "there is one way of electing"),
        ("group.*", "every participant has one vote, and a majority of all decides"),
        ("weight.*", "every participant has one vote, and a majority of all decides"),
        ("syncEnabled", "observers always write what they learn to their disk"),
        ("leaderServes", "every member serves clients"),
        ("quorum.*", Proof),
        ("sslQuorumReloadCertFiles", "certificates are read when the server starts"),
        ("ssl.quorum.clientAuth", "members always show each other certificates"),
        ("ssl.quorum.keyStore.type", "whether a file is PEM or PKCS#12 is seen from its content"),
        ("ssl.quorum.trustStore.type", "whether a file is PEM or PKCS#12 is seen from its content"),
        ("ssl.quorum.clientHostnameVerification", "ssl.quorum.hostnameVerification holds for both sides"),
        ("ssl.quorum.ciphersuites", "the cipher suites are those of the system's TLS policy"),
        ("ssl.quorum.*", Jvm),
        ("portUnification", "a peer port speaks TLS or it does not (sslQuorum)"),
        ("learner.*", Learner),
        ("observer.*", Learner),
        ("follower.*", Learner),
        ("leader.*", Learner),
        ("commitLogCount", Learner),
        ("observerMasterPort", OneLink),
        ("multiAddress.*", OneLink),
        ("fastleader.*", OneLink),
        ("electionPortBindRetry", OneLink),
        ("ensembleAuthName", "whoever knows the address of a server may connect to it"),
        ("enableEagerACLCheck", "every member checks access control lists when a write is applied"),
        ("autopurge.purgeInterval", "old snapshots and journal segments are deleted after every new snapshot"),
        ("localSessionsEnabled", "all sessions are global: they are known to every member and survive a restart"),
        ("localSessionsUpgradingEnabled", "all sessions are global: they are known to every member and survive a restart"),
        ("readonlymode.enabled", "a server that cannot reach a majority serves nobody, rather than old data"),
        ("emulate353TTLNodes", "it is for data of ZooKeeper 3.5.3"),
        ("TTLFormat", "it is for data of ZooKeeper 3.5.3"),
        ("admin.*", "there is no AdminServer; use the four-letter words or the .NET meter \"Quorate\""),
        ("metricsProvider.*", "counters are published as the .NET meter \"Quorate\""),
        ("superUser", Sasl),
        ("allowSaslFailedClients", Sasl),
        ("sasl.*", Sasl),
        ("kerberos.*", Sasl),
        ("jaasLoginRenew", Sasl),
        ("digest.enabled", "the digest of the state is always kept"),
        ("digestEnabled", "the digest of the state is always kept"),
        ("closeSessionTxn.enabled", "the end of a session is always one transaction"),
        ("snapshot.*", "snapshots have a format of their own"),
        ("serializeLastProcessedZxid.enabled", "snapshots have a format of their own"),
        ("preAllocSizeFactor", "segments have the size of preAllocSize"),
        ("txnLogSizeLimitInKb", "segments have the size of preAllocSize"),
        ("request_throttle_*", Throttle),
        ("requestThrottle*", Throttle),
        ("request_throttler.*", Throttle),
        ("throttled_op_wait_time", Throttle),
        ("throttledOpWaitTime", Throttle),
        ("connectionMaxTokens", Throttle),
        ("connectionToken*", Throttle),
        ("connectionFreeze*", Throttle),
        ("connectionDecreaseRatio", Throttle),
        ("connection_throttle_*", Throttle),
        ("connectionThrottle*", Throttle),
        ("largeRequest*", "a request is bounded by jute.maxbuffer, and what waits by memory bounds of its own"),
        ("jute.maxbuffer.extrasize", "a request is bounded by jute.maxbuffer"),
        ("maxResponseCacheSize", Cache),
        ("maxGetChildrenResponseCacheSize", Cache),
        ("serverCnxnFactory", "one implementation serves plain and TLS connections"),
        ("client.portUnification", "secureClientPort takes TLS connections only"),
        ("client.*", "it is a setting of clients"),
        ("clientTcpKeepAlive", Jvm),
        ("tcpKeepAlive", Jvm),
        ("nio.*", Jvm),
        ("netty.*", Jvm),
        ("commitProcessor.*", Jvm),
        ("flushDelay", "flushes adapt to the disk by themselves"),
        ("maxWriteQueuePollTime", "flushes adapt to the disk by themselves"),
        ("maxBatchSize", "flushes adapt to the disk by themselves"),
        ("watchManagerName", "there is one watch table, and it keeps all kinds of watches"),
        ("watcher*", "there is one watch table, and it keeps all kinds of watches"),
        ("bitHashCacheSize", "there is one watch table, and it keeps all kinds of watches"),
        ("ssl.ciphersuites", "the cipher suites are those of the system's TLS policy"),
        ("ssl.hostnameVerification*", "clients are known by their certificates, not by their host names"),
        ("ssl.clientHostnameVerification", "clients are known by their certificates, not by their host names"),
        ("ssl.context.supplier.class", Jvm),
        ("ssl.handshakeDetectionTimeoutMillis", Jvm),
        ("ssl.keyStore.type", "whether a file is PEM or PKCS#12 is seen from its content"),
        ("ssl.trustStore.type", "whether a file is PEM or PKCS#12 is seen from its content"),
        ("ssl.authProvider", "x509 identities come with secureClientPort"),
        ("audit.*", "there is no audit log"),
        ("dbSizeLimit", "memory is bounded by limits of its own"),
        ("data.dir.*", "the data folder is created if it does not exist"),
        ("datadir.autocreate", "the data folder is created if it does not exist"),
        ("intBufferStartingSizeBytes", Jvm),
        ("test.*", "it is for ZooKeeper's own tests"),
    ];

    /// <summary>Why a key has no effect; null if it is not one of these.</summary>
    public static string? Reason(string name)
    {
        foreach (var (pattern, reason) in All)
            if (pattern[^1] == '*' ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern)
                return reason;
        return null;
    }
}
