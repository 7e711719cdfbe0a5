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
    private readonly CancellationTokenSource _disposing = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _life;

    /// <summary>
    /// Reads them for the first time, and blocks until that is done: so settings want it. A reload does nothing, as all is followed.
    /// </summary>
    public override void Load()
    {
        if (_life is not null)
            return;
        _life = Task.Run(Follow);
        Exception? problem = null;
        try
        {
            if (_first.Task.Wait(options.ConnectTimeout))
                return;
        }
        catch (AggregateException failure)
        {
            problem = failure.InnerException;
        }
        if (optional && problem is null or ConnectionLossException)
            return;
        _disposing.Cancel();
        var reason = problem?.Message ?? $"no answer within {options.ConnectTimeout.TotalSeconds:0.#} s.";
        throw new InvalidOperationException(
            $"The settings below {path} cannot be read from '{options.ConnectionString}': {reason} " +
            "Make the servers reachable, or add these settings as optional.", problem);
    }

    public void Dispose() => _disposing.Cancel();

    private async Task Follow()
    {
        await using var connection = options.Connect(transport);
        connection.AttemptFailed += Fail;
        try
        {
            await using var cache = await TreeCache.OpenAsync(connection, path, cancellation: _disposing.Token);
            await foreach (var snapshot in cache.Snapshots(_disposing.Token))
                Take(snapshot);
        }
        catch (OperationCanceledException) when (_disposing.IsCancellationRequested)
        {
            // Nobody wants them any more.
        }
        catch (Exception problem)
        {
            Fail(problem);
        }
    }

    private void Fail(Exception problem)
    {
        _first.TrySetException(problem);
        _ = _first.Task.Exception;   // nobody has to look
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
            // Who listens has failed, and the next change comes all the same. As with settings in files, nobody observes the exception.
            _ = Task.FromException(problem);
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
