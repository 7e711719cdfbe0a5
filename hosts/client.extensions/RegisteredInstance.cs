using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quorate.Kernel.Recipes;

namespace Quorate.Client.Extensions;

/// <summary>The application's own instance: in the list from when it has started until before it stops.</summary>
internal sealed partial class RegisteredInstance(
    ServiceRegistry registry, Func<ServiceInstance> instance, ILogger<RegisteredInstance> logger)
    : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _registering = Task.CompletedTask;
    private ServiceRegistration? _registration;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _registering = Register(instance());
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _registering;
        if (_registration is { } registration)
            await registration.DisposeAsync();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();

    private async Task Register(ServiceInstance own)
    {
        try
        {
            _registration = await registry.Register(own, _stopping.Token);
            Registered(_registration.Path, own.Endpoint);
            _registration.StateChanged += Tell;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The application stops before it was in the list.
        }
        catch (Exception problem)
        {
            NotRegistered(own.Service, problem.Message);
        }
    }

    private void Tell(RegistrationState state)
    {
        if (state == RegistrationState.Registered)
            Registered(_registration!.Path, _registration.Instance.Endpoint);
        else if (state is RegistrationState.Seeking or RegistrationState.Blocked)
            Unregistered(_registration!.Path);
    }

    [LoggerMessage(11, LogLevel.Information, "Registered as {Path}: callers find {Endpoint}.")]
    private partial void Registered(string path, Uri endpoint);

    [LoggerMessage(12, LogLevel.Warning,
        "{Path} is not registered at present: its session ended, or somebody deleted it or took its place. " +
        "It will be as soon as possible.")]
    private partial void Unregistered(string path);

    [LoggerMessage(13, LogLevel.Error, "This instance of {Service} is not registered, and callers will not find it: {Reason}")]
    private partial void NotRegistered(string service, string reason);
}
