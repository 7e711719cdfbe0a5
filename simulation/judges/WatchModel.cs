namespace Quorate.Simulation.Judges;

/// <summary>What one connection watches: kinds by path. Protocol reference §11.</summary>
internal sealed class WatchModel
{
    [Flags]
    public enum Kinds : byte
    {
        None = 0,
        /// <summary>One-shot, on a znode that was there.</summary>
        Data = 1,
        /// <summary>One-shot, by exists on a znode that was not; fires as <see cref="Data"/> does.</summary>
        Exist = 2,
        Child = 4,
        Persistent = 8,
        Recursive = 16,
        OneShot = Data | Exist | Child,
        ForData = Data | Exist | Persistent | Recursive,
        ForChildren = Child | Persistent,
        All = 31,
    }

    private readonly Dictionary<string, Kinds> _kinds = [];
    private int _recursive;

    public bool IsEmpty => _kinds.Count == 0;

    /// <summary>What is watched, path by path.</summary>
    public IEnumerable<KeyValuePair<string, Kinds>> InOrder => _kinds.OrderBy(watch => watch.Key, StringComparer.Ordinal);

    /// <summary>The kinds that a watcher type of the protocol means.</summary>
    public static Kinds KindsOf(int type) => type switch
    {
        1 => Kinds.Child,
        2 => Kinds.Data | Kinds.Exist,
        3 => Kinds.All,
        4 => Kinds.Persistent,
        5 => Kinds.Recursive,
        _ => Kinds.None,
    };

    public Kinds On(string path) => _kinds.GetValueOrDefault(path);

    public void Add(string path, Kinds kinds) => Set(path, On(path) | kinds);

    public void Remove(string path, Kinds kinds) => Set(path, On(path) & ~kinds);

    /// <summary>Something happened to a path: whether it is told, with the one-shot watches that it uses up.</summary>
    public bool Take(string path, Kinds kinds, out Kinds used)
    {
        var matching = On(path) & kinds;
        used = matching & Kinds.OneShot;
        if (used != Kinds.None)
            Remove(path, used);
        if (matching != Kinds.None || _recursive == 0 || (kinds & Kinds.Recursive) == 0)
            return matching != Kinds.None;
        for (var above = path; above != PathRules.Root;)
            if ((On(above = PathRules.Parent(above)) & Kinds.Recursive) != 0)
                return true;
        return false;
    }

    /// <summary>Adds all that another table has.</summary>
    public void AddAll(WatchModel other)
    {
        foreach (var (path, kinds) in other.InOrder)
            Add(path, kinds);
    }

    private void Set(string path, Kinds kinds)
    {
        _recursive += (kinds.HasFlag(Kinds.Recursive) ? 1 : 0) - (On(path).HasFlag(Kinds.Recursive) ? 1 : 0);
        if (kinds == Kinds.None)
            _kinds.Remove(path);
        else
            _kinds[path] = kinds;
    }
}
