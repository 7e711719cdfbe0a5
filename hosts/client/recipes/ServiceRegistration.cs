using Quorate.Kernel.Recipes;

namespace Quorate.Client;

/// <summary>An instance that is registered as long as this is not disposed, across lost connections and sessions.</summary>
public sealed class ServiceRegistration : IAsyncDisposable
{
    private readonly LastingEphemeral _node;

    internal ServiceRegistration(ServiceInstance instance, LastingEphemeral node)
    {
        (Instance, _node) = (instance, node);
        node.StateChanged = state => StateChanged?.Invoke(state);
    }

    /// <summary>What is registered, with its id.</summary>
    public ServiceInstance Instance { get; }

    /// <summary>Its znode.</summary>
    public string Path => _node.Path;

    /// <summary>
    /// How far it is. While the connection is lost this is a belief: after the session's end the znode is gone until there is another.
    /// </summary>
    public RegistrationState State => _node.State;

    /// <summary>Its state has changed. Keep it short; an exception goes to <see cref="ZooClientOptions.CallbackFailed"/>.</summary>
    public event Action<RegistrationState>? StateChanged;

    /// <summary>
    /// Takes it out of the list. Returns when callers cannot find it any more, or after two seconds without a server; then it is taken out
    /// as soon as there is one, and at the latest by the end of the session.
    /// </summary>
    public ValueTask DisposeAsync() => _node.DisposeAsync();
}
