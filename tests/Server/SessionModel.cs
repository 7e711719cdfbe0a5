using Quorate.Kernel.Machines;
using Quorate.Kernel.Trees;

namespace Quorate.Tests.Servers;

/// <summary>
/// One client, its session, and what its own subtree must look like: a dictionary, written down after each request it has sent. Sessions keep
/// to subtrees of their own, so whatever the log's order between sessions was, the state must be that after one of these requests, and not
/// after an earlier one than the last that was answered.
/// </summary>
internal sealed class SessionModel
{
    public enum Deed { Create, Ephemeral, Set, Delete, Get, Multi, FailingMulti, Close }

    private readonly List<(string Answer, string State)> _history = [];
    private Dictionary<string, (string Data, int Version, bool Ephemeral)> _nodes = [];
    private bool _closed;
    private int _answered;   // of _history

    public SessionModel(World world, int number)
    {
        Root = $"/s{number}";
        Client = world.Open().Handshake(0, new byte[16], 40_000);
        Client.Go();
    }

    public string Root { get; }
    public WorldClient Client { get; private set; }

    /// <summary>Whether the session was granted, and is not known to be closed.</summary>
    public bool IsUp => Client.Session != 0 && !_closed;

    /// <summary>Sends requests glued together.</summary>
    public void Send(params (Deed Deed, int Node, int Value)[] deeds)
    {
        if (!IsUp || Client.IsGone)
            return;
        if (_history.Count == 0)
        {
            Client.Create(Root);
            Note($"create {Root}");
        }
        foreach (var (deed, node, value) in deeds)
            if (!_closed)
                Send(deed, $"{Root}/n{node}", $"{value}");
        Client.Go();
        Hear();
    }

    /// <summary>Compares what has come with what had to come, in order.</summary>
    public void Hear()
    {
        foreach (var heard in Client.Take())
        {
            if (heard is "granted")
                continue;
            Assert.True(_answered < _history.Count, $"{Root} heard {heard} unasked");
            Assert.Equal(_history[_answered].Answer, heard);
            _answered++;
        }
    }

    /// <summary>After a restart: the state is one of those that were to be, and holds all that was answered. From there it goes on.</summary>
    public void Judge(Machine machine)
    {
        Hear();
        if (Client.Session == 0)
            return;
        var found = StateIn(machine);
        var kept = _history.FindIndex(Math.Max(0, _answered - 1), moment => moment.State == found);
        if (_history.Count == 0 || (_answered == 0 && found == Describe([], closed: false)))
            Assert.Equal(Describe([], closed: false), found);
        else
            Assert.True(kept >= 0, $"{Root} is\n{found}\nafter {_answered} of {_history.Count} answers; expected one of\n" +
                string.Join("\n--\n", _history.Skip(Math.Max(0, _answered - 1)).Select(moment => moment.State)));
        GoOnFrom(machine);
    }

    /// <summary>The owner comes back, on a new connection, to what it had.</summary>
    public void Reattach()
    {
        if (IsUp)
            Client = Client.Reattach();
    }

    /// <summary>What was sent and not answered is forgotten: what is there now is where the model goes on.</summary>
    private void GoOnFrom(Machine machine)
    {
        _closed = machine.Sessions.Find(new(Client.Session)) == Kernel.Machines.Sessions.None;
        _nodes = Read(machine);
        _history.Clear();
        _answered = 0;
        if (_nodes.ContainsKey(Root))
        {
            Note("");
            _answered = 1;
        }
    }

    private void Send(Deed deed, string path, string value)
    {
        switch (deed)
        {
            case Deed.Create or Deed.Ephemeral:
                Client.Create(path, value, deed == Deed.Ephemeral ? 1 : 0);
                Note(_nodes.TryAdd(path, (value, 0, deed == Deed.Ephemeral)) ? $"create {path}" : "create NodeExists");
                break;
            case Deed.Set:
                Client.Set(path, value);
                Note(Change(path, value) is { } version ? $"set v{version}" : "set NoNode");
                break;
            case Deed.Delete:
                Client.Delete(path);
                Note(_nodes.Remove(path) ? "delete" : "delete NoNode");
                break;
            case Deed.Get:
                Client.Get(path);
                Note(_nodes.TryGetValue(path, out var node) ? $"get {node.Data}" : "get NoNode");
                break;
            case Deed.Multi or Deed.FailingMulti:
                SendMulti(path, value, fails: deed == Deed.FailingMulti);
                break;
            case Deed.Close:
                Client.CloseSession();
                _closed = true;
                foreach (var gone in _nodes.Where(n => n.Value.Ephemeral).Select(n => n.Key).ToArray())
                    _nodes.Remove(gone);
                Note("close");
                break;
        }
    }

    /// <summary>Sets the subtree's root and replaces a znode, all or nothing.</summary>
    private void SendMulti(string path, string value, bool fails)
    {
        var exists = _nodes.ContainsKey(path);
        var replace = exists ? Operations.Delete(path) : Operations.Create(path, value);
        Client.Multi(Operations.Set(Root, value), replace, Operations.Check(Root, fails ? 7_777_777 : -1));
        if (!fails)
        {
            Change(Root, value);
            if (!_nodes.Remove(path))
                _nodes[path] = (value, 0, false);
        }
        Note("multi");
    }

    private int? Change(string path, string value)
    {
        if (!_nodes.TryGetValue(path, out var node))
            return null;
        _nodes[path] = node with { Data = value, Version = node.Version + 1 };
        return node.Version + 1;
    }

    private void Note(string answer)
    {
        _nodes.TryAdd(Root, ("", 0, false));
        _history.Add((answer, Describe(_nodes, _closed)));
    }

    private string StateIn(Machine machine) =>
        Describe(Read(machine), machine.Sessions.Find(new(Client.Session)) == Kernel.Machines.Sessions.None);

    private Dictionary<string, (string Data, int Version, bool Ephemeral)> Read(Machine machine)
    {
        var tree = machine.Tree;
        var nodes = new Dictionary<string, (string, int, bool)>();
        var root = tree.Find(System.Text.Encoding.UTF8.GetBytes(Root));
        if (root == Tree.None)
            return nodes;
        Add(root);
        for (var child = tree.FirstChild(root); child != Tree.None; child = tree.NextSibling(child))
            Add(child);
        return nodes;

        void Add(int slot)
        {
            var owner = tree.StatOf(slot).EphemeralOwner.Value;
            Assert.True(owner == 0 || owner == Client.Session);
            nodes[System.Text.Encoding.UTF8.GetString(tree.PathOf(slot))] =
                (System.Text.Encoding.UTF8.GetString(tree.DataOf(slot, out _)), tree.VersionOf(slot), owner != 0);
        }
    }

    private static string Describe(Dictionary<string, (string Data, int Version, bool Ephemeral)> nodes, bool closed) =>
        (closed ? "closed " : "open ") + string.Join(' ', nodes.OrderBy(n => n.Key, StringComparer.Ordinal)
            .Select(n => $"{n.Key}={n.Value.Data}@{n.Value.Version}{(n.Value.Ephemeral ? "e" : "")}"));
}
