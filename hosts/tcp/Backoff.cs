namespace Quorate.Hosts.Tcp;

/// <summary>How long to wait before trying again: soon at first, then twice as long each time up to a bound, and never in step with others.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    /// <summary>The next wait: between half and all of what the number of failures asks for.</summary>
    public TimeSpan Next()
    {
        var wait = _next ?? first;
        _next = wait * 2 < longest ? wait * 2 : longest;
        return wait * (0.5 + Random.Shared.NextDouble() / 2);
    }

    /// <summary>It went well: begins anew.</summary>
    public void Reset() => _next = null;
}
