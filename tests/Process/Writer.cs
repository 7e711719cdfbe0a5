using System.Globalization;
using System.Text;

namespace Quorate.Tests.Crashes;

/// <summary>
/// One session that writes below a node of its own and keeps book of what was acknowledged. Alone on its nodes, so that after a crash
/// there is exactly one doubt: the request that was on its way.
/// </summary>
internal sealed class Writer(string root, int timeout, Random dice)
{
    private const int NodeExists = -110;
    private const int NoNode = -101;

    private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _ephemerals = new(StringComparer.Ordinal);
    private RawClient? _client;
    private long _session;
    private byte[] _password = [];
    private Doubt _doubt = Doubt.None;
    private int _counter;
    private int _made;
    private int _port;
    private volatile bool _isBroken;

    /// <summary>What was on its way when the connection broke: it has happened whole, or not at all.</summary>
    private readonly record struct Doubt(DoubtKind Kind, string Name = "")
    {
        public static Doubt None => default;
    }

    private enum DoubtKind
    {
        None,
        Counter,
        Node,
        Ephemeral,
        EphemeralGone,
        Close,
    }

    /// <summary>How many writes the server has acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Waits until each of some writers has had so many writes acknowledged, or has ended.</summary>
    public static async Task Progress(IReadOnlyList<Writer> writers, IReadOnlyList<Task> writing, int writes, CancellationToken cancel)
    {
        for (var i = 0; i < writers.Count; i++)
            while (writers[i].Acknowledged < writes && !writing[i].IsCompleted)
                await Task.Delay(5, cancel);
    }

    /// <summary>Opens the session and makes the nodes below which it works.</summary>
    public async Task Open(int port, CancellationToken cancel)
    {
        _port = port;
        await OpenSession(cancel);
        foreach (var path in (string[])[root, root + "/nodes", root + "/ephemerals", root + "/counter"])
            Assert.True((await _client!.Create(path, "0"u8.ToArray(), 0, cancel)).Error is 0 or NodeExists);
    }

    /// <summary>Writes until the connection breaks.</summary>
    public async Task WriteUntilBroken(CancellationToken cancel)
    {
        try
        {
            for (_isBroken = false; !_isBroken;)
            {
                await Write(cancel);
                _doubt = Doubt.None;
                Acknowledged++;
            }
        }
        catch (IOException)
        {
            // Broken: by the server, or by the test.
        }
        _client!.Dispose();
    }

    /// <summary>Breaks the connection off; a write that is on its way becomes a doubt.</summary>
    public void Break()
    {
        _isBroken = true;
        _client?.Dispose();
    }

    /// <summary>After a restart: the session must live unless its close was asked for, and everything in the book must be there.</summary>
    public async Task Verify(int port, CancellationToken cancel)
    {
        _port = port;
        if (_session == 0)
        {
            await Replace(cancel);
            return;
        }
        _client = await RawClient.Connect(port, timeout, cancel, _session, _password);
        if (_client.Timeout == 0)
        {
            Assert.True(_doubt.Kind == DoubtKind.Close, $"session {_session:x} of {root} is gone though nobody closed it");
            await Replace(cancel);
            return;
        }
        await Ok(_client.Sync(root, cancel));
        var counter = Count((await Ok(_client.Get(root + "/counter", cancel))).Data);
        Assert.True(counter == _counter || (_doubt.Kind == DoubtKind.Counter && counter == _counter + 1),
            $"{root}/counter is {counter}, acknowledged was {_counter}, on its way {_doubt}");
        _counter = counter;
        await VerifyChildren("nodes", _nodes, DoubtKind.Node, DoubtKind.None, cancel);
        await VerifyChildren("ephemerals", _ephemerals, DoubtKind.Ephemeral, DoubtKind.EphemeralGone, cancel);
        foreach (var name in _ephemerals)
            Assert.Equal(_session, (await Ok(_client.Exists($"{root}/ephemerals/{name}", cancel))).EphemeralOwner);
        _doubt = Doubt.None;
    }

    /// <summary>The session is closed, so its ephemerals are gone with it; a new one takes over.</summary>
    private async Task Replace(CancellationToken cancel)
    {
        _client?.Dispose();
        _session = 0;
        _ephemerals.Clear();
        _doubt = Doubt.None;
        await OpenSession(cancel);
        Assert.Empty((await Ok(_client!.Children(root + "/ephemerals", cancel))).Names);
    }

    private async Task OpenSession(CancellationToken cancel)
    {
        _client = await RawClient.Connect(_port, timeout, cancel);
        Assert.NotEqual(0, _client.Timeout);
        (_session, _password) = (_client.Session, _client.Password);
    }

    private async Task VerifyChildren(
        string folder, SortedSet<string> expected, DoubtKind maybeMore, DoubtKind maybeLess, CancellationToken cancel)
    {
        var names = (await Ok(_client!.Children($"{root}/{folder}", cancel))).Names;
        if (_doubt.Kind == maybeMore && names.Contains(_doubt.Name))
            expected.Add(_doubt.Name);
        if (_doubt.Kind == maybeLess && !names.Contains(_doubt.Name))
            expected.Remove(_doubt.Name);
        Assert.Equal(expected, names);
    }

    private async Task Write(CancellationToken cancel)
    {
        switch (dice.Next(20))
        {
            case < 8:
                _doubt = new(DoubtKind.Counter);
                await Ok(_client!.Set(root + "/counter", Encoding.ASCII.GetBytes($"{_counter + 1}"), cancel));
                _counter++;
                break;
            case < 13:
                await Make("nodes", _nodes, DoubtKind.Node, flags: 0, cancel);
                break;
            case < 17:
                await Make("ephemerals", _ephemerals, DoubtKind.Ephemeral, flags: 1, cancel);
                break;
            case < 19 when _ephemerals.Min is { } oldest:
                _doubt = new(DoubtKind.EphemeralGone, oldest);
                await Ok(_client!.Delete($"{root}/ephemerals/{oldest}", cancel));
                _ephemerals.Remove(oldest);
                break;
            default:
                _doubt = new(DoubtKind.Close);
                await Ok(_client!.Close(cancel));
                await Replace(cancel);
                break;
        }
    }

    private async Task Make(string folder, SortedSet<string> book, DoubtKind doubt, int flags, CancellationToken cancel)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{++_made:d6}");
        _doubt = new(doubt, name);
        await Ok(_client!.Create($"{root}/{folder}/{name}", Encoding.ASCII.GetBytes(name), flags, cancel));
        book.Add(name);
    }

    private static async Task<RawReply> Ok(Task<RawReply> call)
    {
        var reply = await call;
        Assert.Equal(0, reply.Error);
        return reply;
    }

    private static int Count(byte[] text) => int.Parse(Encoding.ASCII.GetString(text), CultureInfo.InvariantCulture);
}
