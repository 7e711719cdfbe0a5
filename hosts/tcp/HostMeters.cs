using System.Diagnostics.Metrics;

namespace Quorate.Hosts.Tcp;

/// <summary>What the host counts, published under the meter "Quorate".</summary>
internal static class HostMeters
{
    private static readonly Meter Meter = new("Quorate");

    private static long _longestStepTicks;
    private static long _longestPauseTicks;
    private static int _collections;

    public static readonly Counter<long> BytesReceived = Meter.CreateCounter<long>("quorate.bytes.received", "By");
    public static readonly Counter<long> BytesSent = Meter.CreateCounter<long>("quorate.bytes.sent", "By");
    public static readonly UpDownCounter<long> Connections = Meter.CreateUpDownCounter<long>("quorate.connections");
    public static readonly Counter<long> ConnectionsRefused = Meter.CreateCounter<long>("quorate.connections.refused");
    public static readonly Counter<long> SlowReaders = Meter.CreateCounter<long>("quorate.connections.slow_readers");
    public static readonly UpDownCounter<long> PeerLinks = Meter.CreateUpDownCounter<long>("quorate.peers.links");
    public static readonly Counter<long> SlowPeers = Meter.CreateCounter<long>("quorate.peers.slow");
    public static readonly Histogram<double> Flushes = Meter.CreateHistogram<double>("quorate.disk.flush.duration", "ms");

    private static readonly Counter<long> Batches = Meter.CreateCounter<long>("quorate.kernel.batches");
    private static readonly Counter<long> Mails = Meter.CreateCounter<long>("quorate.kernel.mails");

    static HostMeters()
    {
        Meter.CreateObservableGauge("quorate.kernel.step.longest", () => LongestStep.TotalMilliseconds, "ms");
        Meter.CreateObservableGauge("quorate.gc.pause.longest", () => LongestPause.TotalMilliseconds, "ms");
    }

    /// <summary>The longest time from taking a batch of mail to having flushed its replies, of a server that serves.</summary>
    public static TimeSpan LongestStep => new(Interlocked.Read(ref _longestStepTicks));

    /// <summary>The longest time for which the garbage collector stopped everything.</summary>
    public static TimeSpan LongestPause => new(Interlocked.Read(ref _longestPauseTicks));

    /// <summary>A batch was delivered to a server that serves. Kernel thread.</summary>
    public static void Batch(int mails, TimeSpan taken)
    {
        Batches.Add(1);
        Mails.Add(mails);
        if (taken.Ticks > _longestStepTicks)
            Interlocked.Exchange(ref _longestStepTicks, taken.Ticks);

        var collections = GC.CollectionCount(0);
        if (collections == _collections)
            return;
        _collections = collections;
        foreach (var pause in GC.GetGCMemoryInfo(GCKind.Any).PauseDurations)
            if (pause.Ticks > _longestPauseTicks)
                Interlocked.Exchange(ref _longestPauseTicks, pause.Ticks);
    }
}
