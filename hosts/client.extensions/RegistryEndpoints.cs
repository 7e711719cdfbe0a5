using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace Quorate.Client.Extensions;

/// <summary>Where Microsoft.Extensions.ServiceDiscovery finds the instances of a service: in the registry, as long as they live.</summary>
internal sealed class RegistryEndpoints(ServiceRegistry registry) : IServiceEndpointProviderFactory
{
    public bool TryCreateProvider(ServiceEndpointQuery query, [NotNullWhen(true)] out IServiceEndpointProvider? provider)
    {
        provider = query.ServiceName.Contains('/', StringComparison.Ordinal) ? null : new Service(registry, query);
        return provider is not null;
    }

    /// <summary>
    /// One service. Host names in URIs know no upper case, and names of znodes do: so its name is looked up in the list of services first.
    /// </summary>
    private sealed class Service(ServiceRegistry registry, ServiceEndpointQuery query) : IServiceEndpointProvider
    {
        private readonly SemaphoreSlim _oneAtATime = new(1);
        private ServiceView? _view;

        public async ValueTask PopulateAsync(IServiceEndpointBuilder endpoints, CancellationToken cancellationToken)
        {
            await _oneAtATime.WaitAsync(cancellationToken);
            try
            {
                if (endpoints.Endpoints.Count > 0)
                    return;   // another provider has answered
                await LeaveIfEnded();
                if (_view is null && await Find(endpoints, cancellationToken) is { } name)
                    _view = await registry.Discover(name, cancellationToken);
                if (_view is not null)
                    Add(_view, endpoints);
            }
            finally
            {
                _oneAtATime.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_view is not null)
                await _view.DisposeAsync();
            _oneAtATime.Dispose();
        }

        /// <summary>
        /// A view that cannot follow its service any more would show for ever what it saw last, and call for another look at once: another
        /// one is opened, or fails with the reason.
        /// </summary>
        private async Task LeaveIfEnded()
        {
            if (_view is not { } view || view.Watch().Changed is not ({ IsFaulted: true } or { IsCanceled: true }))
                return;
            _view = null;
            await view.DisposeAsync();
        }

        /// <summary>The service's name as it is registered; null if there is none, until the list of services changes.</summary>
        private async Task<string?> Find(IServiceEndpointBuilder endpoints, CancellationToken cancellation)
        {
            var (names, changed) = await registry.WatchServices(cancellation);
            var name = names.Contains(query.ServiceName)
                ? query.ServiceName
                : names.Order(StringComparer.Ordinal)
                    .FirstOrDefault(name => string.Equals(name, query.ServiceName, StringComparison.OrdinalIgnoreCase));
            if (name is null)
                endpoints.AddChangeToken(TokenOf(changed));
            return name;
        }

        private void Add(ServiceView view, IServiceEndpointBuilder endpoints)
        {
            var (instances, changed) = view.Watch();
            endpoints.AddChangeToken(TokenOf(changed));
            foreach (var instance in instances)
                if (query.IncludedSchemes.Count == 0 || instance.Endpoint.Scheme == "tcp"
                    || query.IncludedSchemes.Contains(instance.Endpoint.Scheme))
                    endpoints.Endpoints.Add(ServiceEndpoint.Create(EndPointOf(instance.Endpoint)));
        }

        private static EndPoint EndPointOf(Uri endpoint) => endpoint.Scheme == "tcp"
            ? new DnsEndPoint(endpoint.Host, endpoint.Port)
            : new UriEndPoint(endpoint);

        /// <summary>A token that a task's end fires, whatever that is.</summary>
        private static CancellationChangeToken TokenOf(Task happening)
        {
            var source = new CancellationTokenSource();
            _ = Fire(happening, source);
            return new(source.Token);
        }

        private static async Task Fire(Task happening, CancellationTokenSource source)
        {
            await happening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await source.CancelAsync();
        }
    }
}
