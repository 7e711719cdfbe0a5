using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Quorate.Hosts.Tcp;

/// <summary>Adds a Quorate server to an application of the generic host.</summary>
public static class ServerHosting
{
    /// <summary>Adds a server that is configured by the section Quorate of the application's settings and by QUORATE_ variables.</summary>
    /// <exception cref="StartRefusedException">The configuration is wrong; the message says where.</exception>
    public static IHostApplicationBuilder AddQuorateServer(this IHostApplicationBuilder builder)
    {
        var options = new ZooConfig()
            .AddSection(builder.Configuration.GetSection(ZooConfig.Section))
            .AddEnvironment(Environment.GetEnvironmentVariables())
            .Build();
        builder.Services.AddQuorateServer(options);
        return builder;
    }

    /// <summary>Adds a server that is configured by <paramref name="options"/> alone.</summary>
    public static IServiceCollection AddQuorateServer(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(provider => new QuorateServer(
            options, provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<ILogger<QuorateServer>>()));
        services.AddHostedService(static provider => provider.GetRequiredService<QuorateServer>());
        return services;
    }
}
