using System.Globalization;

namespace Quorate.Tests.Foreign;

/// <summary>A server as a process, with a secure port beside the plain one.</summary>
internal sealed class SecureServer : IAsyncDisposable
{
    private readonly ServerProcess _process;
    private readonly int _port;

    private SecureServer(ServerProcess process, int port)
    {
        _process = process;
        _port = port;
    }

    /// <summary>Where clients connect with TLS.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <inheritdoc cref="ServerProcess.Prints"/>
    public Task<bool> Prints(string text, TimeSpan patience, CancellationToken cancel) => _process.Prints(text, patience, cancel);

    /// <summary>Starts Quorate with the authority's certificate; <paramref name="settings"/> are added, and win.</summary>
    public static Task<SecureServer> Start(TlsAuthority authority, CancellationToken cancel, params (string Key, string Value)[] settings) =>
        Start(static settings => new QuorateProcess(settings), authority, cancel, [("ssl.keyStore.location", authority["server.pem"]), .. settings]);

    /// <summary>Starts the real ZooKeeper with it.</summary>
    public static Task<SecureServer> StartZooKeeper(TlsAuthority authority, CancellationToken cancel) => Start(
        static settings => new ZooKeeperProcess(settings), authority, cancel,
        ("serverCnxnFactory", "org.apache.zookeeper.server.NettyServerCnxnFactory"),
        ("ssl.keyStore.location", authority["server.p12"]), ("ssl.keyStore.password", TlsAuthority.Password));

    private static async Task<SecureServer> Start(
        Func<IReadOnlyDictionary<string, string>, ServerProcess> make, TlsAuthority authority, CancellationToken cancel,
        params (string Key, string Value)[] settings)
    {
        var port = ServerProcess.FreePort();
        var all = new Dictionary<string, string>(ServerSettings.Patient)
        {
            ["secureClientPort"] = port.ToString(CultureInfo.InvariantCulture),
            ["secureClientPortAddress"] = "127.0.0.1",
            ["ssl.trustStore.location"] = authority["authority.pem"],
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        var process = make(all);
        await process.Start(cancel);
        return new(process, port);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
