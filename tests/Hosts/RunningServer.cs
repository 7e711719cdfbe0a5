using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quorate.Hosts.Tcp;
using Quorate.Kernel;

namespace Quorate.Tests.Hosts;

/// <summary>A server on the generic host, in this process, on a port that the system chose.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly IHost _host;

    private RunningServer(IHost host) => _host = host;

    public QuorateServer Server => _host.Services.GetRequiredService<QuorateServer>();

    public int Port => Server.Endpoints[0].Port;

    public int SecurePort => Server.Endpoints[^1].Port;

    /// <summary>Starts a server on a folder; the rest of its options may be changed.</summary>
    public static async Task<RunningServer> Start(
        string folder, CancellationToken cancel, Func<ServerOptions, ServerOptions>? change = null, LogLines? log = null)
    {
        var options = new ServerOptions
        {
            DataDir = folder,
            Clients = new("127.0.0.1", 0, "clientPort"),
            Settings = new Settings { WordsAllowed = ["*"] },
        };
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddQuorateServer(change is null ? options : change(options));
        if (log is not null)
            builder.Logging.AddProvider(new KeptLog(log));
        var running = new RunningServer(builder.Build());
        try
        {
            await running._host.StartAsync(cancel);
            return running;
        }
        catch
        {
            running._host.Dispose();
            throw;
        }
    }

    public Task Stop(CancellationToken cancel) => _host.StopAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
