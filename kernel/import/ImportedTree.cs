namespace Quorate.Kernel.Importing;

/// <summary>
/// ZooKeeper's tree and sessions in memory, as plain objects: built once from a foreign folder, read once, thrown away.
/// </summary>
/// <remarks>
/// The dictionary is only ever asked, never listed; listing goes along the links, so that the same folder always gives the same order.
/// Every change passes <see cref="Changed"/>, which keeps ZooKeeper's digest current, to be compared after any transaction.
/// </remarks>
internal sealed class ImportedTree
{
    private readonly Dictionary<ReadOnlyMemory<byte>, ImportedNode> _byPath = new(ByteKeys.Instance);
    private readonly Dictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> _acls = new(ByteKeys.Instance);
    private readonly Dictionary<long, ImportedNode> _newestOfOwner = [];
    private readonly SortedDictionary<long, int> _sessions = [];

    /// <summary>The newest transaction that the tree contains.</summary>
    public Zxid LastZxid { get; set; }

    /// <summary>How many znodes there are, the root and the system's own included.</summary>
    public int Count => _byPath.Count;

    /// <summary>How many of them are ephemerals.</summary>
    public int EphemeralCount { get; private set; }

    /// <summary>ZooKeeper's digest of the tree as it is now.</summary>
    public ulong Digest { get; private set; }

    /// <summary>How many sessions are open.</summary>
    public int SessionCount => _sessions.Count;

    /// <summary>The open sessions, ascending by id.</summary>
    public IReadOnlyList<ImportedSession> Sessions
    {
        get
        {
            var sessions = new List<ImportedSession>(_sessions.Count);
            foreach (var (id, timeout) in _sessions)
                sessions.Add(new(new(id), timeout));
            return sessions;
        }
    }

    /// <summary>All znodes: each parent before its children, siblings in the order of their creation.</summary>
    /// <remarks>Siblings with one creating transaction, as in a multi or an empty tree, stand in the order of their paths' bytes.</remarks>
    public IReadOnlyList<ImportedNode> Nodes
    {
        get
        {
            var nodes = new List<ImportedNode>();
            var waiting = new Stack<ImportedNode>();
            var siblings = new List<ImportedNode>();
            if (Find(default) is { } root)
                waiting.Push(root);
            while (waiting.TryPop(out var node))
            {
                nodes.Add(node);
                siblings.Clear();
                for (var child = node.FirstChild; child is not null; child = child.NextSibling)
                    siblings.Add(child);
                siblings.Sort(NewestFirst);
                foreach (var child in siblings)
                    waiting.Push(child);
            }
            return nodes;
        }
    }

    /// <summary>The znode with a path, "" for the root, or null.</summary>
    public ImportedNode? Find(ReadOnlySpan<byte> path)
    {
        _byPath.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(path, out var node);
        return node;
    }

    /// <summary>The path of the parent: everything before the last slash. False for the root and for what is no path.</summary>
    public static bool TryParent(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> parent)
    {
        var slash = path.LastIndexOf((byte)'/');
        parent = slash < 0 ? default : path[..slash];
        return slash >= 0 && slash < path.Length - 1;
    }

    /// <summary>Adds a znode below its parent, or the root; neither counters nor zxids of the parent change.</summary>
    /// <returns>Whether that was possible: the path is well formed and new, and its parent is there.</returns>
    public bool TryAdd(ImportedNode node)
    {
        var isRoot = node.Path.IsEmpty;
        if (!isRoot)
        {
            if (!TryParent(node.Path.Span, out var parentPath) || Find(parentPath) is not { } parent)
                return false;
            node.Parent = parent;
        }
        if (!_byPath.TryAdd(node.Path, node))
            return false;
        if (node.Parent is { } above)
            Link(node, above);
        if (node.Session != SessionId.None)
            Own(node);
        Changed(node);
        return true;
    }

    /// <summary>Takes a znode away, with everything below it.</summary>
    /// <remarks>
    /// ZooKeeper deletes no znode that has children, but a fuzzy snapshot can show later children below an earlier incarnation of their
    /// parent. Replay then deletes the parent first, and creates parent and children anew.
    /// </remarks>
    public void Remove(ImportedNode top)
    {
        var node = top;
        while (true)
        {
            while (node.FirstChild is { } child)
                node = child;
            var parent = node.Parent;
            RemoveLeaf(node);
            if (node == top)
                return;
            node = parent!;
        }
    }

    /// <summary>Must be called after a znode's fields were changed: brings the digest up to date.</summary>
    public void Changed(ImportedNode node)
    {
        var contribution = ZooKeeperDigest.Of(node);
        Digest += (ulong)contribution - node.Contribution;
        node.Contribution = contribution;
    }

    /// <summary>Opens a session, or sets the timeout of an open one.</summary>
    public void OpenSession(ImportedSession session) => _sessions[session.Id.Value] = session.TimeoutMilliseconds;

    /// <summary>Ends a session; its ephemerals stay, for the caller to delete.</summary>
    public void CloseSession(SessionId session) => _sessions.Remove(session.Value);

    /// <summary>Whether a session is open.</summary>
    public bool IsOpen(SessionId session) => _sessions.ContainsKey(session.Value);

    /// <summary>The ephemeral that a session made last, or null.</summary>
    public ImportedNode? NewestEphemeral(SessionId session) => _newestOfOwner.GetValueOrDefault(session.Value);

    /// <summary>One copy of each different ACL, however many znodes have it.</summary>
    public ReadOnlyMemory<byte> Intern(ReadOnlySpan<byte> acl)
    {
        var lookup = _acls.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (lookup.TryGetValue(acl, out var known))
            return known;
        ReadOnlyMemory<byte> copy = acl.ToArray();
        _acls.Add(copy, copy);
        return copy;
    }

    private static int NewestFirst(ImportedNode a, ImportedNode b) =>
        a.Czxid != b.Czxid ? b.Czxid.CompareTo(a.Czxid) : b.Path.Span.SequenceCompareTo(a.Path.Span);

    private void RemoveLeaf(ImportedNode node)
    {
        Invariant.Holds(node.FirstChild is null);
        _byPath.Remove(node.Path);
        if (node.Parent is { } parent)
            Unlink(node, parent);
        if (node.Session != SessionId.None)
            Disown(node);
        Digest -= node.Contribution;
    }

    private static void Link(ImportedNode node, ImportedNode parent)
    {
        node.PreviousSibling = parent.LastChild;
        if (parent.LastChild is { } last)
            last.NextSibling = node;
        else
            parent.FirstChild = node;
        parent.LastChild = node;
    }

    private static void Unlink(ImportedNode node, ImportedNode parent)
    {
        if (node.PreviousSibling is { } previous)
            previous.NextSibling = node.NextSibling;
        else
            parent.FirstChild = node.NextSibling;
        if (node.NextSibling is { } next)
            next.PreviousSibling = node.PreviousSibling;
        else
            parent.LastChild = node.PreviousSibling;
    }

    private void Own(ImportedNode node)
    {
        EphemeralCount++;
        if (_newestOfOwner.TryGetValue(node.Owner, out var newest))
        {
            node.PreviousOfOwner = newest;
            newest.NextOfOwner = node;
        }
        _newestOfOwner[node.Owner] = node;
    }

    private void Disown(ImportedNode node)
    {
        EphemeralCount--;
        if (node.PreviousOfOwner is { } previous)
            previous.NextOfOwner = node.NextOfOwner;
        if (node.NextOfOwner is { } next)
            next.PreviousOfOwner = node.PreviousOfOwner;
        else if (node.PreviousOfOwner is { } newest)
            _newestOfOwner[node.Owner] = newest;
        else
            _newestOfOwner.Remove(node.Owner);
    }
}
