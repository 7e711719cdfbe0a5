using System.Text;

namespace Quorate.Tests.Specs;

/// <summary>A queue of sequential znodes, as obvious as it can be. The zxid of a create is the number it gives.</summary>
internal sealed class SmallQueue
{
    private readonly SortedDictionary<int, (string Name, long Owner)> _znodes = [];
    private int _last;
    private long _lastSession;

    /// <summary>The names, in the order of their numbers.</summary>
    public IEnumerable<string> Names => _znodes.Values.Select(static znode => znode.Name);

    public event Action<string>? Removed;

    public long NewSession() => ++_lastSession;

    public string Create(string prefix, long owner)
    {
        var name = $"{prefix}{++_last:D10}";
        _znodes.Add(_last, (name, owner));
        return name;
    }

    public long? OwnerOf(string name) => _znodes.TryGetValue(NumberOf(name), out var znode) ? znode.Owner : null;

    public bool Remove(string name)
    {
        if (!_znodes.Remove(NumberOf(name)))
            return false;
        Removed?.Invoke(name);
        return true;
    }

    public static int NumberOf(string name) => int.Parse(name.AsSpan(name.Length - 10), System.Globalization.CultureInfo.InvariantCulture);
}
