using System.Globalization;

namespace Quorate.Tests.Foreign;

/// <summary>Quorate as a process, with a secure port beside the plain one.</summary>
internal sealed class SecureServer : IAsyncDisposable
{
    private readonly QuorateProcess _process;
    private readonly int _port;

    private SecureServer(QuorateProcess process, int port)
    {
        _process = process;
        _port = port;
    }

    /// <summary>Where clients connect with TLS.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>What the server has printed.</summary>
    public string Output => _process.Output;

    /// <summary>Starts one with the authority's certificate; <paramref name="settings"/> are added, and win.</summary>
    public static async Task<SecureServer> Start(TlsAuthority authority, CancellationToken cancel, params (string Key, string Value)[] settings)
    {
        var port = ServerProcess.FreePort();
        var all = new Dictionary<string, string>(ServerSettings.Recording)
        {
            ["secureClientPort"] = port.ToString(CultureInfo.InvariantCulture),
            ["secureClientPortAddress"] = "127.0.0.1",
            ["ssl.keyStore.location"] = authority["server.pem"],
            ["ssl.trustStore.location"] = authority["authority.pem"],
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        var process = new QuorateProcess(all);
        await process.Start(cancel);
        return new(process, port);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
