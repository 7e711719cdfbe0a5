using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// Whoever holds something and whose znode somebody else deletes is told, and stops: at the latest a session timeout after it has seen an
/// answer that is newer than the deletion (B14).
/// </summary>
/// <remarks>
/// Its own watch tells it before such an answer comes, or when watches were set again after a new connection, which a timeout is enough
/// for.
/// </remarks>
internal sealed class Dispossession : Judge
{
    private sealed class Eviction(Zxid zxid)
    {
        public Zxid Zxid => zxid;
        public TrueTime SeenAt { get; set; } = TrueTime.Never;
    }

    private readonly SortedDictionary<string, Eviction> _evictions = new(StringComparer.Ordinal);

    /// <summary>How many znodes somebody else has deleted.</summary>
    public int Evictions => _evictions.Count;

    /// <summary>A znode that stands in a queue was deleted by somebody else.</summary>
    public void Evicted(string znode, Zxid zxid) => _evictions.TryAdd(znode, new(zxid));

    /// <summary>A holder lives.</summary>
    /// <param name="hold">What it holds.</param>
    /// <param name="seen">The newest zxid that its client has seen in an answer.</param>
    /// <param name="timeout">Its session's timeout.</param>
    /// <param name="now">The world's time.</param>
    public void Acts(Hold hold, Zxid seen, TimeSpan timeout, TrueTime now)
    {
        if (!_evictions.TryGetValue(hold.Znode, out var eviction) || seen < eviction.Zxid)
            return;
        if (eviction.SeenAt == TrueTime.Never)
            eviction.SeenAt = now;
        if (now - eviction.SeenAt > timeout && hold.MayAct(now))
            Accuse($"The znode of {hold} was deleted at zxid {eviction.Zxid}; " +
                $"it has seen answers from {seen}, the first at {eviction.SeenAt}, and still holds it at {now}.");
    }
}
