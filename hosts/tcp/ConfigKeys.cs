using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>The keys that Quorate honours, and how each is read.</summary>
internal static class ConfigKeys
{
    private const int Day = 86_400_000;

    /// <summary>All of them, in the order in which help lists them.</summary>
    public static readonly ConfigKey[] Honoured =
    [
        new("dataDir", "folder of the data", static (d, v) => d.DataDir = v.Text("the path of a folder")),
        new("dataLogDir", "folder of the journal, if not dataDir", static (d, v) => d.DataLogDir = v.Text("the path of a folder")),
        new("clientPort", "port for clients; 0 for none", static (d, v) => d.ClientPort = Port(v)),
        new("clientPortAddress", "address or name of this machine to listen on; every address if left out in a zoo.cfg",
            static (d, v) => d.ClientPortAddress = v.Text("an address or a name of this machine")),
        new("secureClientPort", "port for clients with TLS; 0 for none", static (d, v) => d.SecureClientPort = Port(v)),
        new("secureClientPortAddress", "address or name of this machine to listen on with TLS",
            static (d, v) => d.SecureClientPortAddress = v.Text("an address or a name of this machine")),
        new("clientPortListenBacklog", "connections that may wait to be accepted; -1 leaves it to the system",
            static (d, v) => d.Backlog = v.Number(-1, int.MaxValue, "or -1 to leave it to the system")),
        new("maxClientCnxns", "connections from one address (60); 0 for no limit",
            static (d, v) => d.ConnectionsPerAddress = v.Number(0, int.MaxValue, "0 for no limit")),
        new("maxCnxns", "connections in all; 0 for no limit but the memory's",
            static (d, v) => d.Connections = v.Number(0, 1_000_000, "0 for no limit")),
        new("tickTime", "milliseconds (3000 in a zoo.cfg, else 2000); the unit of the session timeouts",
            static (d, v) => d.TickTime = v.Number(1, Day, "milliseconds")),
        new("minSessionTimeout", "milliseconds (2 ticks); -1 for the default", static (d, v) => d.MinSessionTimeout = Timeout(v)),
        new("maxSessionTimeout", "milliseconds (20 ticks); -1 for the default", static (d, v) => d.MaxSessionTimeout = Timeout(v)),
        new("jute.maxbuffer", "bytes of the largest request (1048575)", static (d, v) => d.FrameBytes = v.Bytes(1024, 256 << 20)),
        new("globalOutstandingLimit", "requests of all clients under way; beyond, nothing is read from them",
            static (d, v) => d.RequestsOutstanding = v.Number(1, int.MaxValue, "requests")),
        new("snapCount", "writes between two snapshots (100000)",
            static (d, v) => d.SnapshotEveryEntries = v.Number(2, int.MaxValue, "writes")),
        new("snapSizeLimitInKb", "kilobytes of journal between two snapshots; 0 or less for no limit",
            static (d, v) => d.SnapshotEveryKilobytes = v.Number(int.MinValue, int.MaxValue, "kilobytes, 0 or less for no limit")),
        new("preAllocSize", "kilobytes reserved for each journal segment (65536)",
            static (d, v) => d.SegmentKilobytes = v.Number(1, 16 << 20, "kilobytes")),
        new("autopurge.snapRetainCount", "snapshots that are kept (3, the least)",
            static (d, v) => d.SnapshotsKept = v.Number(1, 1000, "snapshots")),
        new("forceSync", "yes: writes are on disk before they are acknowledged; no: a crash may lose the last of them",
            static (d, v) => d.FlushBeforeReply = v.Consent()),
        new("fsync.warningthresholdms", "milliseconds from which a slow flush is logged (1000)",
            static (d, v) => d.SlowFlush = v.Number(0, int.MaxValue, "milliseconds")),
        new("4lw.commands.whitelist", "four-letter words that are answered, with commas; * for all (srvr)",
            static (d, v) => d.Words = v.List()),
        new("extendedTypesEnabled", "true: TTL znodes may be created (true)", static (d, v) => d.ExtendedTypes = v.Truth()),
        new("enforceQuota", "true: hard quotas refuse writes (false)", static (d, v) => d.EnforceQuota = v.Truth()),
        new("skipACL", "yes: access control lists are not looked at (no)", static (d, v) => d.SkipAcl = v.Consent()),
        new("reconfigEnabled", "true: reconfig is answered rather than refused as switched off (false)",
            static (d, v) => d.Reconfig = v.Truth()),
        new("znode.container.checkIntervalMs", "milliseconds between two looks at containers and TTL znodes (60000)",
            static (d, v) => d.ContainerCheck = v.Number(1, int.MaxValue, "milliseconds")),
        new("znode.container.maxPerMinute", "containers and TTL znodes that are deleted per minute, at most (10000)",
            static (d, v) => d.ContainersPerMinute = v.Number(1, int.MaxValue, "znodes")),
        new("znode.container.maxNeverUsedIntervalMs", "milliseconds after which an unused container goes too; 0 for never (0)",
            static (d, v) => d.ContainerNeverUsed = v.Number(0, int.MaxValue, "milliseconds, 0 for never")),
        new("DigestAuthenticationProvider.superDigest", "digest identity (user:base64) of the superuser",
            static (d, v) => d.SuperDigest = SuperDigest(v)),
        new("DigestAuthenticationProvider.digestAlg", "hash of the digest scheme: SHA1, SHA256 or SHA512 (SHA1)",
            static (d, v) => d.DigestAlgorithm = DigestAlgorithm(v)),
        new("DigestAuthenticationProvider.enabled", "false: the digest scheme accepts nobody (true)",
            static (d, v) => d.DigestEnabled = v.Truth()),
        new("X509AuthenticationProvider.superUser", "distinguished name whose certificate makes a superuser",
            static (d, v) => d.SuperX509 = v.Text("a distinguished name")),
        new("enforce.auth.enabled", "true: clients must authenticate with one of enforce.auth.schemes (false)",
            static (d, v) => d.EnforceAuth = v.Truth()),
        new("enforce.auth.schemes", "the schemes meant by enforce.auth.enabled, with commas", Schemes),
        new("sessionRequireClientSASLAuth", "must be false: there is no SASL", static (d, v) =>
        {
            if (v.Truth())
                throw v.Refused("false; Quorate offers no SASL, so no client could connect. Use enforce.auth.enabled with digest or x509");
        }),
        new("ssl.keyStore.location", "PEM or PKCS#12 file with the server's certificate and key",
            static (d, v) => d.Tls.KeyStore = v.Text("a file")),
        new("ssl.keyStore.password", "its password", static (d, v) => d.Tls.KeyStorePassword = v.Value),
        new("ssl.keyStore.passwordPath", "a file with its password", static (d, v) => d.Tls.KeyStorePassword = v.FileText()),
        new("ssl.trustStore.location", "PEM or PKCS#12 file with the certificates that clients' certificates come from",
            static (d, v) => d.Tls.TrustStore = v.Text("a file")),
        new("ssl.trustStore.password", "its password", static (d, v) => d.Tls.TrustStorePassword = v.Value),
        new("ssl.trustStore.passwordPath", "a file with its password", static (d, v) => d.Tls.TrustStorePassword = v.FileText()),
        new("ssl.clientAuth", "whether clients must show a certificate: none, want or need (need)",
            static (d, v) => d.Tls.ClientCertificates = (ClientCertificates)v.OneOf("none", "want", "need")),
        new("ssl.protocol", "TLS version that is spoken: TLSv1.2, TLSv1.3, or TLS for both (both)",
            static (d, v) => d.Tls.Protocol = Protocols(v)),
        new("ssl.enabledProtocols", "TLS versions that are spoken, with commas", static (d, v) => d.Tls.EnabledProtocols = Protocols(v)),
        new("ssl.crl", "true: revoked client certificates are refused (false)", static (d, v) => d.Tls.CheckRevocation |= v.Truth()),
        new("ssl.ocsp", "true: revoked client certificates are refused (false)", static (d, v) => d.Tls.CheckRevocation |= v.Truth()),
        new("dynamicConfigFile", "file with the server.N lines, if they are not in the zoo.cfg", static (_, _) => { }),
        new("peerType", "participant or observer; a server.N line that says otherwise counts",
            static (d, v) => d.Ensemble.IsObserver = v.OneOf("participant", "observer") == 1),
        new("standaloneEnabled", "false: a single server.N line is an ensemble that others can join (true)",
            static (d, v) => d.Ensemble.StandaloneEnabled = v.Truth()),
        new("quorumListenOnAllIPs", "true: other members may connect through every address of this machine (false)",
            static (d, v) => d.Ensemble.ListenOnAll = v.Truth()),
        new("quorate.electionTimeout", "milliseconds without a leader before an election (500)",
            static (d, v) => d.ElectionTimeout = v.Number(20, Day, "milliseconds")),
        new("quorate.heartbeat", "milliseconds between two signs of life of a leader (100, or a sixth of minSessionTimeout)",
            static (d, v) => d.Heartbeat = v.Number(1, Day, "milliseconds")),
        new("quorate.linearizableReads", "true: every read sees all that was written anywhere before it (false)",
            static (d, v) => d.LinearizableReads = v.Truth()),
        new("quorate.peerSecret", "what all members know and nobody else, 16 characters or more", static (d, v) => d.Ensemble.Secret = v),
        new("quorate.peerSecretFile", "a file with that", static (d, v) => d.Ensemble.SecretFile = v),
        new("quorate.peerInsecure", "true: members on other machines need not prove who they are (false)",
            static (d, v) => d.Ensemble.Insecure = v.Truth()),
        new("sslQuorum", "true: members speak TLS with each other, and show certificates (false)",
            static (d, v) => d.Ensemble.IsEncrypted = v.Truth()),
        new("ssl.quorum.keyStore.location", "PEM or PKCS#12 file with the member's certificate and key",
            static (d, v) => d.Ensemble.Tls.KeyStore = v.Text("a file")),
        new("ssl.quorum.keyStore.password", "its password", static (d, v) => d.Ensemble.Tls.KeyStorePassword = v.Value),
        new("ssl.quorum.keyStore.passwordPath", "a file with its password", static (d, v) => d.Ensemble.Tls.KeyStorePassword = v.FileText()),
        new("ssl.quorum.trustStore.location", "PEM or PKCS#12 file with the certificates that members' certificates come from",
            static (d, v) => d.Ensemble.Tls.TrustStore = v.Text("a file")),
        new("ssl.quorum.trustStore.password", "its password", static (d, v) => d.Ensemble.Tls.TrustStorePassword = v.Value),
        new("ssl.quorum.trustStore.passwordPath", "a file with its password", static (d, v) => d.Ensemble.Tls.TrustStorePassword = v.FileText()),
        new("ssl.quorum.hostnameVerification", "true: a member's certificate names the host of its server line (true)",
            static (d, v) => d.Ensemble.VerifyHostNames = v.Truth()),
        new("ssl.quorum.protocol", "TLS version between members: TLSv1.2, TLSv1.3, or TLS for both (both)",
            static (d, v) => d.Ensemble.Tls.Protocol = Protocols(v)),
        new("ssl.quorum.enabledProtocols", "TLS versions between members, with commas",
            static (d, v) => d.Ensemble.Tls.EnabledProtocols = Protocols(v)),
        new("ssl.quorum.crl", "true: revoked certificates of members are refused (false)",
            static (d, v) => d.Ensemble.Tls.CheckRevocation |= v.Truth()),
        new("ssl.quorum.ocsp", "true: revoked certificates of members are refused (false)",
            static (d, v) => d.Ensemble.Tls.CheckRevocation |= v.Truth()),
    ];

    private static readonly Dictionary<string, ConfigKey> ByName = Honoured.ToDictionary(static key => key.Name, StringComparer.Ordinal);

    /// <summary>The honoured key of a name; null if there is none.</summary>
    public static ConfigKey? Find(string name) => ByName.GetValueOrDefault(name);

    private static int Port(ConfigValue value) => value.Number(0, 65_535, "0 for none");

    private static int? Timeout(ConfigValue value)
    {
        var milliseconds = value.Number(-1, int.MaxValue, "milliseconds, or -1 for the default");
        return milliseconds < 0 ? null : Math.Max(1, milliseconds);
    }

    private static string SuperDigest(ConfigValue value) =>
        value.Value.Contains(':', StringComparison.Ordinal) ? value.Value : throw value.Refused("user:base64 of the digest");

    private static string DigestAlgorithm(ConfigValue value) => value.OneOf("SHA1", "SHA-1", "SHA256", "SHA-256", "SHA512", "SHA-512") switch
    {
        0 or 1 => "SHA1",
        2 or 3 => "SHA256",
        _ => "SHA512",
    };

    private static void Schemes(ConfigDraft draft, ConfigValue value)
    {
        foreach (var scheme in value.List())
        {
            if (scheme is "sasl")
                draft.Note(LogLevel.Warning, value, "Quorate offers no SASL; clients must use another scheme of the list");
            else if (scheme is not ("digest" or "x509" or "ip"))
                throw value.Refused("a list of digest, x509, ip");
        }
        draft.Schemes = value.List();
    }

    private static SslProtocols Protocols(ConfigValue value)
    {
        var protocols = SslProtocols.None;
        foreach (var name in value.List())
        {
            protocols |= name switch
            {
                "TLSv1.2" => SslProtocols.Tls12,
                "TLSv1.3" => SslProtocols.Tls13,
                "TLS" => SslProtocols.Tls12 | SslProtocols.Tls13,
                _ => throw value.Refused("TLSv1.2, TLSv1.3 or TLS"),
            };
        }
        return protocols == SslProtocols.None ? throw value.Refused("TLSv1.2, TLSv1.3 or TLS") : protocols;
    }
}
