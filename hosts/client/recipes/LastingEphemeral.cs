using Quorate.Kernel.Recipes;

namespace Quorate.Client;

/// <summary>
/// An ephemeral znode that is there as long as it is wanted, session after session. What is to be done in each is decided by a
/// <see cref="Registration"/> of its own; this brings it what happens, and asks what it wants asked.
/// </summary>
internal sealed class LastingEphemeral : IAsyncDisposable
{
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OverloadPause = TimeSpan.FromMilliseconds(100);

    private readonly QuorateConnection _connection;
    private readonly byte[] _data;
    private readonly CancellationTokenSource _leaving = new();
    private readonly TaskCompletionSource _stood = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _life;
    private Task _changed = Task.CompletedTask;
    private ZooException? _refusal;

    public LastingEphemeral(QuorateConnection connection, string path, byte[] data)
    {
        if (ZnodePath.Fault(path) is { } fault)
            throw new ArgumentException($"'{path}' is not a path of a znode: it {fault}.", nameof(path));
        (_connection, Path, _data) = (connection, path, data);
        _life = Live();
    }

    public string Path { get; }

    /// <summary>How far it is in the current session. While the connection is lost this is a belief.</summary>
    public RegistrationState State { get; private set; }

    /// <summary>Told when <see cref="State"/> has changed.</summary>
    public Action<RegistrationState>? StateChanged { get; set; }

    /// <summary>Completes when it stands for the first time; fails if a server refuses it.</summary>
    public Task Stood => _stood.Task;

    /// <summary>
    /// Removes it. Returns when it is gone, or after two seconds without a server; then it is removed as soon as there is one, and at the
    /// latest by the end of the session.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _leaving.Cancel();
        try
        {
            await _life.WaitAsync(ReleasePatience, _connection.Time);
        }
        catch (TimeoutException)
        {
            // It goes on by itself.
        }
    }

    private async Task Live()
    {
        try
        {
            await foreach (var client in _connection.Sessions(_leaving.Token))
            {
                await Keep(client);
                if (_leaving.IsCancellationRequested)
                    return;
                Become(RegistrationState.Seeking);   // its session took it along
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or ObjectDisposedException)
        {
            // Nobody wants it any more, or there are no more sessions to be had.
            Fail(problem);
        }
        finally
        {
            Become(RegistrationState.Released);
        }
    }

    /// <summary>Keeps it in one session, until that is over or it was given up.</summary>
    private async Task Keep(ZooClient client)
    {
        var registration = new Registration(client.Session, _data);
        var isReleased = false;
        try
        {
            while (registration.State is not RegistrationState.Released)
            {
                if (_leaving.IsCancellationRequested && !isReleased)
                {
                    isReleased = true;
                    registration.Release();
                }
                if (registration.Request != RegistrationRequest.None)
                    await Ask(client, registration);
                else if (registration.State == RegistrationState.Refused && (isReleased || client.Ended.IsCompleted))
                    return;
                else if (registration.State == RegistrationState.Refused)
                    await Rest(client.Ended);
                else if (await Rest(_changed))
                    registration.Changed();
                Become(registration.State);
                if (registration.State == RegistrationState.Refused)
                    Fail(_refusal!);
            }
        }
        catch (Exception problem) when (problem is SessionExpiredException or AuthFailedException or ObjectDisposedException)
        {
            // The session is over, and the znode with it.
        }
    }

    /// <summary>Waits until something has happened, or it is given up: then false.</summary>
    private async Task<bool> Rest(Task happening)
    {
        try
        {
            await happening.WaitAsync(_leaving.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return !_leaving.IsCancellationRequested;   // somebody has removed the watch
        }
    }

    /// <summary>Asks what the registration wants asked, and tells it what came of it.</summary>
    private async Task Ask(ZooClient client, Registration registration)
    {
        try
        {
            var (stat, data) = await Perform(client, registration);
            registration.Answered(Fate.Answered, stat is null ? ErrorCode.NoNode : ErrorCode.Ok, stat.GetValueOrDefault(), data);
        }
        catch (ConnectionLossException loss)
        {
            registration.Answered(loss is UnknownOutcomeException ? Fate.Unknown : Fate.Lost, loss.Code, default, default);
        }
        catch (ZooException refusal) when (refusal is not (SessionExpiredException or AuthFailedException))
        {
            if (refusal.Code == ErrorCode.ThrottledOp)
                await Task.Delay(OverloadPause, client.Time);
            _refusal = refusal;
            registration.Answered(Fate.Answered, refusal.Code, default, default);
        }
    }

    private async Task<(Stat? Stat, byte[]? Data)> Perform(ZooClient client, Registration registration)
    {
        switch (registration.Request)
        {
            case RegistrationRequest.Look:
                (var stat, _changed) = await client.WatchExistsAsync(Path);
                return (stat, null);
            case RegistrationRequest.Read:
                var read = await client.GetDataAsync(Path);
                return (read.Stat, read.Data);
            case RegistrationRequest.Create:
                return ((await client.CreateAsync(Path, _data, ZnodeKind.Ephemeral)).Stat, null);
            case RegistrationRequest.CreateParents:
                await client.EnsureContainers(ZnodePath.Parent(Path), CancellationToken.None);
                return (default(Stat), null);
            case RegistrationRequest.Replace:
                await client.Transaction().Delete(Path, registration.Version).Create(Path, _data, ZnodeKind.Ephemeral).CommitAsync();
                return (default(Stat), null);
            default:
                await client.DeleteAsync(Path, registration.Version);
                return (default(Stat), null);
        }
    }

    private void Become(RegistrationState state)
    {
        if (State == state)
            return;
        State = state;
        _connection.Callbacks.Call(StateChanged, state);
        if (state == RegistrationState.Registered)
            _stood.TrySetResult();   // behind it: who waits for this and listens then is told of what comes after
    }

    private void Fail(Exception problem)
    {
        _stood.TrySetException(problem);
        _ = _stood.Task.Exception;   // nobody has to look
    }
}
