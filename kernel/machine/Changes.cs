namespace Quorate.Kernel.Machines;

/// <summary>What happened to one znode.</summary>
internal enum ChangeKind : byte
{
    /// <summary>It was created; its parent's children changed.</summary>
    Created,
    /// <summary>It was deleted; its parent's children changed.</summary>
    Deleted,
    /// <summary>Its data were set.</summary>
    DataSet,
}

/// <summary>One fact for the watchers, in the order in which it came about.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Path">The znode's path, in <see cref="Changes.Paths"/>.</param>
/// <param name="Acl">The znode's ACL (for a deletion, the one it had); stays valid until the next entry is applied.</param>
/// <param name="ParentAcl">The parent's ACL, for events about children.</param>
internal readonly record struct Change(ChangeKind Kind, Slice Path, int Acl, int ParentAcl);

/// <summary>The facts of one applied entry. Empty when the entry failed: facts of a multi are dropped with it.</summary>
internal sealed class Changes
{
    private Change[] _changes = new Change[16];

    /// <summary>How many facts there are.</summary>
    public int Count { get; private set; }

    /// <summary>The zxid of the entry.</summary>
    public Zxid Zxid { get; set; }

    /// <summary>Where the paths lie.</summary>
    public Arena Paths { get; } = new();

    public ref readonly Change this[int position] => ref _changes[position];

    public ReadOnlySpan<byte> Path(in Change change) => Paths[change.Path];

    public void Add(ChangeKind kind, ReadOnlySpan<byte> path, int acl, int parentAcl)
    {
        if (Count == _changes.Length)
            Array.Resize(ref _changes, Count * 2);
        _changes[Count++] = new(kind, Paths.Append(path), acl, parentAcl);
    }

    public void Clear()
    {
        Count = 0;
        Paths.Clear();
    }
}
