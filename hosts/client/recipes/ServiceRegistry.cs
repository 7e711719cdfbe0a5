using System.Globalization;

namespace Quorate.Client;

/// <summary>
/// Who offers what, and where: programs register their instances, and callers find those that live. An instance is an ephemeral znode
/// <c>/services/NAME/ID</c>; those above it are containers, which go some time after the last instance.
/// </summary>
/// <param name="connection">Where it is kept. It is not disposed with the registry, and may serve other things besides.</param>
/// <param name="root">Below which znode; <c>/</c> for services right at the root.</param>
public sealed class ServiceRegistry(QuorateConnection connection, string root = ServiceRegistry.DefaultRoot)
{
    /// <summary>Below which znode services are, unless something else is said.</summary>
    public const string DefaultRoot = "/services";

    /// <summary>
    /// Registers an instance, and keeps it registered until it is disposed: across lost connections, across the ends of sessions, and when
    /// somebody else deletes it. When the call returns callers can find it.
    /// </summary>
    /// <param name="instance">What to register.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArgumentException">The service's name or the id cannot be that of a znode, or the endpoint is relative.</exception>
    /// <exception cref="ZooException">A server refused; the message says what.</exception>
    public async Task<ServiceRegistration> Register(ServiceInstance instance, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (!instance.Endpoint.IsAbsoluteUri)
            throw new ArgumentException(
                $"The endpoint '{instance.Endpoint}' is relative; callers need an absolute one, such as http://10.0.0.7:8080.",
                nameof(instance));
        if (instance.Id.Length == 0)
            instance = instance with { Id = connection.Dice().Next().ToString("x16", CultureInfo.InvariantCulture) };
        var node = new LastingEphemeral(connection, ZnodePath.Child(PathOf(instance.Service), Named(instance.Id)), instance.Encode());
        var registration = new ServiceRegistration(instance, node);
        try
        {
            await node.Stood.Within(cancellation);
            return registration;
        }
        catch
        {
            _ = registration.DisposeAsync().AsTask();   // by itself: the caller waits no longer
            throw;
        }
    }

    /// <summary>
    /// Follows the live instances of a service, which need not have any. When the call returns the present ones are known.
    /// </summary>
    /// <exception cref="ArgumentException">The service's name cannot be that of a znode.</exception>
    /// <exception cref="ZooException">A server refused; the message says what.</exception>
    public async Task<ServiceView> Discover(string service, CancellationToken cancellation = default) =>
        new(service, await TreeCache.OpenAsync(connection, PathOf(service), depth: 1, cancellation), connection.Dice());

    /// <summary>The names of the services that there are, or were until a moment ago, and the first change to them.</summary>
    /// <exception cref="ZooException">A server refused, or the session is over; the message says what.</exception>
    public async Task<Watched<IReadOnlyList<string>>> WatchServices(CancellationToken cancellation = default)
    {
        var client = await connection.GetAsync(cancellation);
        while (true)
            try
            {
                var (children, changed) = await client.WatchChildrenAsync(root, cancellation);
                return new(children.Names, changed);
            }
            catch (NoNodeException)
            {
                var (stat, created) = await client.WatchExistsAsync(root, cancellation);
                if (stat is null)
                    return new([], created);
            }
    }

    private string PathOf(string service) => ZnodePath.Child(root, Named(service));

    private static string Named(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ZnodePath.NameFault(name) is not { } fault
            ? name
            : throw new ArgumentException(
                $"'{name}' cannot be the name of a znode: it {fault}. Expected: one name, such as orderService.", nameof(name));
    }
}
