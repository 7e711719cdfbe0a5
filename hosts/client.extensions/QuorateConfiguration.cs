using Microsoft.Extensions.Configuration;

namespace Quorate.Client.Extensions;

/// <summary>Adds a subtree of znodes to an application's settings.</summary>
public static class QuorateConfiguration
{
    /// <summary>
    /// Adds the znodes below <paramref name="path"/> as settings, each by its path: <c>PATH/Orders/Limit</c> is the key
    /// <c>Orders:Limit</c>. They are read when the settings are built, and follow every change from then on.
    /// </summary>
    /// <param name="builder">
    /// The settings, which have to say where the servers are (<c>QuorateClient:ConnectionString</c>) unless <paramref name="configure"/> does.
    /// </param>
    /// <param name="path">The znode below which the settings are.</param>
    /// <param name="optional">Whether the application starts without them while no server can be reached.</param>
    /// <param name="configure">What is to be different from the section <c>QuorateClient</c>.</param>
    /// <param name="transport">The world to live in; null for TCP.</param>
    /// <exception cref="ArgumentException">An option is missing or makes no sense; the message says which.</exception>
    public static IConfigurationBuilder AddQuorate(
        this IConfigurationBuilder builder, string path, bool optional = false, Action<QuorateClientOptions>? configure = null,
        ClientTransport? transport = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var options = new QuorateClientOptions();
        (builder as IConfiguration ?? builder.Build()).GetSection(QuorateClientOptions.Section).Bind(options);
        configure?.Invoke(options);
        if (new QuorateClientValidation().Validate(null, options) is { Failed: true } faults)
            throw new ArgumentException(faults.FailureMessage, nameof(builder));
        return builder.Add(new QuorateConfigurationSource(path, optional, options, transport));
    }

    private sealed class QuorateConfigurationSource(string path, bool optional, QuorateClientOptions options, ClientTransport? transport)
        : IConfigurationSource
    {
        public IConfigurationProvider Build(IConfigurationBuilder builder) =>
            new QuorateConfigurationProvider(path, optional, options, transport);
    }
}
