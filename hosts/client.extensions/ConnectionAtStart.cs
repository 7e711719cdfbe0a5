using Microsoft.Extensions.Hosting;

namespace Quorate.Client.Extensions;

/// <summary>Begins to connect when the application starts, without holding it up.</summary>
internal sealed class ConnectionAtStart(QuorateConnection connection) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        connection.Open();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
