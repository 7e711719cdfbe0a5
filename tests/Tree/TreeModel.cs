using System.Text;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Trees;

/// <summary>The tree as one would write it without a thought for speed: a dictionary of objects, copied whole for a transaction.</summary>
internal sealed class TreeModel
{
    public sealed record Node
    {
        public byte[]? Data { get; init; } = [];
        public byte[] Acl { get; init; } = Lists.Open;
        public long Owner { get; init; }
        public long Czxid { get; init; }
        public long Mzxid { get; init; }
        public long Pzxid { get; init; }
        public long Ctime { get; init; }
        public long Mtime { get; init; }
        public int Version { get; init; }
        public int Cversion { get; init; }
        public int Aversion { get; init; }
    }

    private const string Quota = "/zookeeper/quota", Limits = "/zookeeper_limits", Stats = "/zookeeper_stats";

    private Dictionary<string, Node> _nodes = [];
    private List<string> _order = [];   // all paths in the order of their creation
    private TreeModel? _before;

    public TreeModel()
    {
        _nodes["/"] = _nodes["/zookeeper"] = _nodes[Quota] = new();
        _nodes["/zookeeper/config"] = new() { Acl = Lists.ReadOnly, Aversion = -1 };
        _order = ["/", "/zookeeper", "/zookeeper/config", Quota];
    }

    public bool InTransaction => _before is not null;

    public IReadOnlyList<string> Paths => _order;

    public bool Has(string path) => _nodes.ContainsKey(path);

    public Node this[string path] => _nodes[path];

    public TreeModel Clone() => new() { _nodes = new(_nodes), _order = [.. _order] };

    public static string Parent(string path) => path.LastIndexOf('/') is var at && at > 0 ? path[..at] : "/";

    public List<string> Children(string path) => [.. _order.Where(p => p != "/" && Parent(p) == path)];

    public void Create(string path, byte[]? data, byte[] acl, long owner, long zxid, long time)
    {
        var parent = _nodes[Parent(path)];
        _nodes[Parent(path)] = parent with { Cversion = parent.Cversion + 1, Pzxid = zxid };
        var node = new Node { Data = data, Acl = acl, Owner = owner, Czxid = zxid, Mzxid = zxid, Pzxid = zxid };
        _nodes[path] = node with { Ctime = time, Mtime = time };
        _order.Add(path);
        if (path.StartsWith(Quota, StringComparison.Ordinal) && path.EndsWith(Stats, StringComparison.Ordinal))
            Recount(path, path[Quota.Length..^Stats.Length]);
        Move(path, 1, data?.Length ?? 0);
    }

    public void Delete(string path, long zxid)
    {
        var gone = _nodes[path];
        _nodes.Remove(path);
        _order.Remove(path);
        var parent = _nodes[Parent(path)];
        _nodes[Parent(path)] = parent with { Pzxid = Math.Max(parent.Pzxid, zxid) };
        Move(path, -1, -(gone.Data?.Length ?? 0));
    }

    public void SetData(string path, byte[]? data, long zxid, long time)
    {
        var node = _nodes[path];
        _nodes[path] = node with { Data = data, Version = node.Version + 1, Mzxid = zxid, Mtime = time };
        Move(path, 0, (data?.Length ?? 0) - (node.Data?.Length ?? 0));
    }

    public void SetAcl(string path, byte[] acl) => _nodes[path] = _nodes[path] with { Acl = acl, Aversion = _nodes[path].Aversion + 1 };

    public void Begin() => _before = Clone();

    public void Commit() => _before = null;

    public void Rollback()
    {
        (_nodes, _order) = (_before!._nodes, _before._order);
        _before = null;
    }

    public bool Allows(string path, long count, long bytes)
    {
        var applied = _before ?? this;
        if (applied.Nearest(path) is not { } top || !applied.Has(Quota + top + Stats))
            return true;
        var (limits, stats) = (applied.Figures(Quota + top + Limits), applied.Figures(Quota + top + Stats));
        return (count == 0 || limits[2] < 0 || stats[0] + count <= limits[2])
            && (bytes == 0 || limits[3] < 0 || stats[1] + bytes <= limits[3]);
    }

    /// <summary>Compares everything that can be seen of a tree.</summary>
    public void AssertSame(Tree tree)
    {
        Assert.Equal(_nodes.Count, tree.Count);
        Assert.Equal(_nodes.Sum(n => Encoding.UTF8.GetByteCount(n.Key) + (long)(n.Value.Data?.Length ?? 0)), tree.Bytes);
        foreach (var (path, node) in _nodes)
        {
            var slot = tree.Find(path);
            Assert.Equal(path, tree.Text(slot));
            Assert.Equal(node.Data ?? [], tree.DataOf(slot, out var isNull).ToArray());
            Assert.Equal(node.Data is null, isNull);
            Assert.Equal(node.Acl, tree.Acls[tree.AclOf(slot)].Bytes.ToArray());
            Assert.Equal(node.Owner, tree.OwnerOf(slot));
            Assert.Equal(node.Cversion, tree.CversionOf(slot));
            var below = path == "/" ? "/" : path + "/";
            var children = Children(path);
            var stat = tree.StatOf(slot);
            Assert.Equal((node.Czxid, node.Mzxid, node.Pzxid), (stat.Czxid.Value, stat.Mzxid.Value, stat.Pzxid.Value));
            Assert.Equal((node.Ctime, node.Mtime, node.Version, node.Aversion), (stat.Ctime, stat.Mtime, stat.Version, stat.Aversion));
            Assert.Equal((2 * node.Cversion - children.Count, children.Count), (stat.Cversion, stat.NumChildren));
            Assert.Equal((node.Data?.Length ?? 0, Owners.Session(node.Owner)), (stat.DataLength, stat.EphemeralOwner));
            Assert.Equal(children, tree.Children(path).ConvertAll(name => below + name));
            Assert.Equal(_order.Count(p => p != path && p.StartsWith(below, StringComparison.Ordinal)), tree.DescendantsOf(slot));
        }
        AssertSameLists(tree);
    }

    private void AssertSameLists(Tree tree)
    {
        var owned = _order.Where(p => Owners.Session(_nodes[p].Owner) != SessionId.None).ToLookup(p => _nodes[p].Owner);
        Assert.Equal(owned.Sum(o => o.Count()), tree.EphemeralCount);
        Assert.Equal(owned.Select(o => o.Key).Order(), tree.EphemeralOwners().Select(s => s.Value));
        foreach (var session in owned)
        {
            Assert.Equal(session.Count(), tree.EphemeralCountOf(new(session.Key)));
            Assert.Equal([.. session], tree.Ephemerals(session.Key));
        }
        var upkeep = new List<string>();
        for (var slot = tree.NextUpkeep(Tree.None); slot != Tree.None; slot = tree.NextUpkeep(slot))
            upkeep.Add(tree.Text(slot));
        Assert.Equal(_order.Where(p => Owners.NeedsUpkeep(_nodes[p].Owner)).Order(), upkeep.Order());
    }

    private string? Nearest(string path)
    {
        for (var top = path; top != "/"; top = Parent(top))
            if (Has(Quota + top + Limits))
                return top;
        return null;
    }

    private long[] Figures(string path)
    {
        long[] figures = [-1, -1, -1, -1];
        foreach (var pair in Encoding.UTF8.GetString(_nodes[path].Data ?? []).Split(',', ';'))
            if (Array.IndexOf(["count", "bytes", "countHardLimit", "byteHardLimit"], pair.Split('=')[0]) is var key and >= 0)
                figures[key] = long.TryParse(pair.Split('=')[1], out var value) ? value : -1;
        return figures;
    }

    private void Move(string path, int count, int bytes)
    {
        if (Nearest(path) is not { } top || !Has(Quota + top + Stats))
            return;
        var figures = Figures(Quota + top + Stats);
        WriteStats(Quota + top + Stats, figures[0] + count, figures[1] + bytes);
    }

    private void Recount(string stats, string top)
    {
        var below = _order.Where(p => p == top || top == "" || p.StartsWith(top + "/", StringComparison.Ordinal)).ToList();
        WriteStats(stats, below.Count, below.Sum(p => (long)(_nodes[p].Data?.Length ?? 0)));
    }

    private void WriteStats(string path, long count, long bytes) =>
        _nodes[path] = _nodes[path] with { Data = Encoding.UTF8.GetBytes($"count={count},bytes={bytes}") };
}
