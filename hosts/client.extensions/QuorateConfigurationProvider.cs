using System.Text;
using Microsoft.Extensions.Configuration;

namespace Quorate.Client.Extensions;

/// <summary>
/// Settings that are znodes. A znode with data is a value; one without data is a value, an empty one, unless it has children. Each set of
/// values is the subtree at one moment, so what was changed in one transaction changes together.
/// </summary>
internal sealed class QuorateConfigurationProvider(string path, bool optional, QuorateClientOptions options, ClientTransport? transport)
    : ConfigurationProvider, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _disposing = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _life;

    /// <summary>Who hears of what goes wrong once the application runs.</summary>
    public SettingsLog Log { get; } = new(path);

    /// <summary>
    /// Reads them for the first time, and blocks until that is done: so settings want it. A reload does nothing, as all is followed.
    /// </summary>
    public override void Load()
    {
        if (_life is not null)
            return;
        _life = Task.Run(Follow);
        if (WaitForFirst() is not { } problem || (optional && problem is ConnectionLossException or TimeoutException))
            return;
        _disposing.Cancel();
        throw new InvalidOperationException(
            $"The settings below {path} cannot be read from '{options.ConnectionString}': {problem.Message} " +
            "Make the servers reachable, or add these settings as optional.", problem);
    }

    public void Dispose() => _disposing.Cancel();

    /// <summary>Why there are no settings; null if there are. Whatever comes behind it is a change, and told as one.</summary>
    private Exception? WaitForFirst()
    {
        try
        {
            if (!_first.Task.Wait(options.ConnectTimeout))
                Fail(new TimeoutException($"no answer within {options.ConnectTimeout.TotalSeconds:0.#} s."));
            _first.Task.Wait();   // it has ended
            return null;
        }
        catch (AggregateException failure)
        {
            return failure.InnerException;
        }
    }

    /// <summary>Follows the znodes until nobody wants that any more, whatever happens meanwhile.</summary>
    private async Task Follow()
    {
        try
        {
            await using var connection = options.Connect(transport);
            connection.AttemptFailed += problem => Fail(problem);
            while (true)
            {
                await FollowOn(connection);
                await Task.Delay(Pause, connection.Time, _disposing.Token);
            }
        }
        catch (Exception) when (_disposing.IsCancellationRequested)
        {
            // Nobody wants them any more.
        }
    }

    /// <summary>Follows the znodes until they cannot be followed.</summary>
    private async Task FollowOn(QuorateConnection connection)
    {
        try
        {
            await using var cache = await TreeCache.OpenAsync(connection, path, cancellation: _disposing.Token);
            await foreach (var snapshot in cache.Snapshots(_disposing.Token))
                Take(snapshot);
        }
        catch (Exception problem) when (!_disposing.IsCancellationRequested)
        {
            if (!Fail(problem))
                Log.NotFollowed(problem);
        }
    }

    /// <returns>Whether it is the outcome of the first reading; else there was one.</returns>
    private bool Fail(Exception problem)
    {
        var isFirst = _first.TrySetException(problem);
        _ = _first.Task.Exception;   // nobody has to look
        return isFirst;
    }

    private void Take(TreeSnapshot snapshot)
    {
        Data = Values(snapshot, path);
        if (_first.TrySetResult())
            return;
        try
        {
            OnReload();
        }
        catch (Exception problem)
        {
            Log.ListenerFailed(problem);
        }
    }

    internal static Dictionary<string, string?> Values(TreeSnapshot snapshot, string root)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var parents = new HashSet<string>(snapshot.Paths.Select(static path => path[..path.LastIndexOf('/')]));
        foreach (var path in snapshot.Paths)
            if (path.Length > root.Length && snapshot[path] is { } data && (data.Length > 0 || !parents.Contains(path)))
                values[KeyOf(path[root.Length..])] = Encoding.UTF8.GetString(data);
        return values;
    }

    private static string KeyOf(string below) =>
        below.TrimStart('/').Replace("/", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
}
