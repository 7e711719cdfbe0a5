using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace Quorate.Client.Extensions;

/// <summary>Adds the client, and what rests on it, to an application.</summary>
public static class QuorateClientServices
{
    /// <summary>
    /// Adds a <see cref="QuorateConnection"/> and a <see cref="ServiceRegistry"/>, configured by the section <c>QuorateClient</c> of the
    /// settings and by <paramref name="configure"/> after it. The application refuses to start if the options cannot work; it does start
    /// while no server can be reached, and says so in its log.
    /// </summary>
    public static IServiceCollection AddQuorateClient(this IServiceCollection services, Action<QuorateClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<QuorateClientOptions>().Configure<IServiceProvider>(
            static (options, provider) => provider.GetService<IConfiguration>()?.GetSection(QuorateClientOptions.Section).Bind(options));
        if (configure is not null)
            options.Configure(configure);
        options.ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<QuorateClientOptions>, QuorateClientValidation>());
        services.TryAddSingleton(static provider => Connect(provider));
        services.TryAddSingleton(static provider => new ServiceRegistry(
            provider.GetRequiredService<QuorateConnection>(), provider.GetRequiredService<IOptions<QuorateClientOptions>>()
                .Value.ServicesRoot));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ConnectionAtStart>());
        return services;
    }

    /// <summary>
    /// Registers an instance of a service when the application has started, and takes it out of the list before it stops.
    /// </summary>
    /// <param name="services">To which it is added, besides <see cref="AddQuorateClient"/>.</param>
    /// <param name="instance">What to register; asked when the application has started, and so knows where it listens.</param>
    public static IServiceCollection AddQuorateServiceInstance(
        this IServiceCollection services, Func<IServiceProvider, ServiceInstance> instance)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(instance);
        return services.AddSingleton<IHostedService>(provider => new RegisteredInstance(
            provider.GetRequiredService<ServiceRegistry>(), () => instance(provider), Logger<RegisteredInstance>(provider)));
    }

    /// <summary>
    /// Lets Microsoft.Extensions.ServiceDiscovery find services in the registry, so that an HttpClient reaches <c>http://orderService</c>.
    /// </summary>
    public static IServiceCollection AddQuorateServiceEndpointProvider(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceEndpointProviderFactory, RegistryEndpoints>());
        return services;
    }

    /// <summary>
    /// Adds a health check: healthy while a session is connected, degraded while its connection is lost, unhealthy without one.
    /// </summary>
    public static IHealthChecksBuilder AddQuorate(
        this IHealthChecksBuilder builder, string name = "quorate", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(
            new(name, static provider => new ConnectionHealth(provider.GetRequiredService<QuorateConnection>()), failureStatus, tags));
    }

    private static QuorateConnection Connect(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<QuorateClientOptions>>().Value;
        var logger = Logger<QuorateConnection>(provider);
        var connection = options.Connect(provider.GetService<ClientTransport>(), problem => ConnectionLog.CallbackFailed(logger, problem));
        ConnectionLog.Attach(connection, logger);
        SettingsLog.Attach(provider.GetService<IConfiguration>(), logger);
        return connection;
    }

    private static ILogger<T> Logger<T>(IServiceProvider provider) => provider.GetService<ILogger<T>>() ?? NullLogger<T>.Instance;
}
