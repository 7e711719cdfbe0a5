using Microsoft.Extensions.Diagnostics.HealthChecks;
using Quorate.Kernel.Clients;

namespace Quorate.Client.Extensions;

/// <summary>How an application's connection is. It asks nobody: the session itself is the check that is always running.</summary>
internal sealed class ConnectionHealth(QuorateConnection connection) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        connection.Open();
        return Task.FromResult(connection.Current switch
        {
            { State: SessionState.Connected } client => HealthCheckResult.Healthy($"Session {client.Session} is connected."),
            { State: SessionState.Suspended } client => HealthCheckResult.Degraded(
                $"The connection is lost; session {client.Session} may live on, and a server is being looked for."),
            _ => new(context.Registration.FailureStatus, $"There is no session. {connection.Problem?.Message ?? "It is being opened."}",
                connection.Problem),
        });
    }
}
