using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Quorate.Client;

/// <summary>
/// What can be observed of all clients of a process: an activity for each operation, its duration, and how often sessions and connections
/// are made and lost. Names follow OpenTelemetry's conventions for databases. While nobody listens it costs nothing.
/// </summary>
public static class ClientTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Quorate.Client";

    private const string System = "zookeeper";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Durations = Meter.CreateHistogram<double>(
        "db.client.operation.duration", "s", "How long operations take, from the call to the answer.");

    private static readonly Counter<long> Sessions = Meter.CreateCounter<long>("quorate.client.sessions", "{session}", "Sessions opened.");

    private static readonly Counter<long> Interruptions = Meter.CreateCounter<long>(
        "quorate.client.interruptions", "{interruption}", "Connections lost while their session may have lived on.");

    private static readonly Counter<long> Expirations = Meter.CreateCounter<long>(
        "quorate.client.expirations", "{session}", "Sessions that expired.");

    internal static bool IsObserved => Durations.Enabled || Source.HasListeners();

    /// <summary>A session's state has changed.</summary>
    internal static void Became(SessionState state, SessionState before)
    {
        if (state == SessionState.Connected && before == SessionState.Connecting)
            Sessions.Add(1);
        else if (state == SessionState.Suspended)
            Interruptions.Add(1);
        else if (state == SessionState.Expired && before != SessionState.Connecting)
            Expirations.Add(1);
    }

    internal static Observation Begin(OpCode operation, string? path, TimeProvider time)
    {
        var name = operation.ToString();
        var activity = Source.StartActivity(path is null ? name : $"{name} {path}", ActivityKind.Client);
        if (activity is { IsAllDataRequested: true })
            activity.SetTag("db.system.name", System).SetTag("db.operation.name", name).SetTag("quorate.path", path);
        return new(activity, name, time, time.GetTimestamp());
    }

    /// <summary>An operation that is being observed.</summary>
    internal sealed class Observation(Activity? activity, string operation, TimeProvider time, long begun) : IDisposable
    {
        private string? _error;

        public void Fail(Exception problem)
        {
            _error = problem is ZooException refusal ? refusal.Code.ToString() : problem.GetType().FullName;
            activity?.SetStatus(ActivityStatusCode.Error, problem.Message).SetTag("error.type", _error);
        }

        public void Dispose()
        {
            activity?.Dispose();
            var tags = new TagList { { "db.system.name", System }, { "db.operation.name", operation } };
            if (_error is not null)
                tags.Add("error.type", _error);
            Durations.Record(time.GetElapsedTime(begun).TotalSeconds, tags);
        }
    }
}
