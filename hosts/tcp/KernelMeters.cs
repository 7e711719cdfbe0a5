using System.Diagnostics.Metrics;
using Quorate.Kernel.Fronts;

namespace Quorate.Hosts.Tcp;

/// <summary>Publishes the kernel's counters under the meter "Quorate".</summary>
/// <remarks>
/// The counters belong to the kernel thread, and whoever listens to a meter comes on a thread of its own. So the kernel thread lays out a
/// copy, once per second at most and once more after the last activity, and listeners are given that.
/// </remarks>
internal sealed class KernelMeters : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Meter _meter = new("Quorate");
    private volatile Figures? _figures;
    private Instant _next = Instant.Origin;

    public KernelMeters()
    {
        Counter("quorate.packets.received", static figures => figures.Counters.PacketsReceived);
        Counter("quorate.packets.sent", static figures => figures.Counters.PacketsSent);
        Counter("quorate.handshakes.expired", static figures => figures.Counters.HandshakesExpired);
        Counter("quorate.sessions.expired", static figures => figures.Counters.SessionsExpired);
        Counter("quorate.auth.failures", static figures => figures.Counters.AuthFailures);
        Counter("quorate.log.proposals", static figures => figures.Counters.Proposals);
        Counter("quorate.log.commits", static figures => figures.Counters.Commits);
        Counter("quorate.snapshots", static figures => figures.Counters.Snapshots);
        Gauge("quorate.sessions", static figures => figures.Sessions);
        Gauge("quorate.znodes", static figures => figures.Znodes);
        Latencies("quorate.requests", static figures => figures.Counters.Requests);
        Latencies("quorate.reads", static figures => figures.Counters.Reads);
        Latencies("quorate.updates", static figures => figures.Counters.Updates);
        Latencies("quorate.flushes", static figures => figures.Counters.Flushes);
    }

    /// <summary>When there is something to publish that was not; else never.</summary>
    public Instant Due { get; private set; } = Instant.Never;

    /// <summary>A batch was served: lays out a copy if it is time. Kernel thread.</summary>
    public void Served(Server server, Instant now, bool anything)
    {
        if (anything)
            Due = _next;
        if (now < Due || server.Counters is not { } counters)
            return;
        _figures = new(counters, server.SessionCount, server.ZnodeCount);
        _next = now + Interval;
        Due = Instant.Never;
    }

    public void Dispose() => _meter.Dispose();

    private void Counter(string name, Func<Figures, long> read) => _meter.CreateObservableCounter(name, () => Read(read));

    private void Gauge(string name, Func<Figures, long> read) => _meter.CreateObservableGauge(name, () => Read(read));

    private void Latencies(string name, Func<Figures, LatencySummary> read)
    {
        Counter(name, figures => read(figures).Count);
        _meter.CreateObservableGauge(name + ".p50", () => Read(figures => read(figures).P50.TotalMilliseconds), "ms");
        _meter.CreateObservableGauge(name + ".p99", () => Read(figures => read(figures).P99.TotalMilliseconds), "ms");
        _meter.CreateObservableGauge(name + ".p999", () => Read(figures => read(figures).P999.TotalMilliseconds), "ms");
        _meter.CreateObservableGauge(name + ".max", () => Read(figures => read(figures).Max.TotalMilliseconds), "ms");
    }

    private T Read<T>(Func<Figures, T> read) where T : struct => _figures is { } figures ? read(figures) : default;

    /// <summary>What is published together.</summary>
    private sealed record Figures(ServerCounters Counters, int Sessions, int Znodes);
}
