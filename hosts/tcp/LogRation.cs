namespace Quorate.Hosts.Tcp;

/// <summary>Lets a line through once in a while: what happens again and again need not be said each time.</summary>
internal sealed class LogRation(TimeSpan interval)
{
    /// <summary>Strangers choose what is said about them: no more is remembered.</summary>
    private const int RememberedMax = 256;

    private readonly object _gate = new();
    private readonly Dictionary<string, Instant> _said = new(StringComparer.Ordinal);

    /// <summary>Whether a line about <paramref name="matter"/> may be written now.</summary>
    public bool Allows(string matter)
    {
        var now = SystemMoment.Instant();
        lock (_gate)
        {
            if (_said.TryGetValue(matter, out var last) && now - last < interval)
                return false;
            if (_said.Count >= RememberedMax)
                _said.Clear();
            _said[matter] = now;
            return true;
        }
    }
}
