using System.Diagnostics;
using System.Globalization;
using System.Net;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>Three members of one ensemble, each a process of its own.</summary>
internal sealed class Trio : IAsyncDisposable
{
    /// <summary>How long anything is waited for. Far more than a slow machine with other work needs: nothing here measures time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly ServerProcess[] _members;
    private readonly Links? _links;

    private Trio(ServerProcess[] members, Links? links) => (_members, _links) = (members, links);

    public IReadOnlyList<ServerProcess> Members => _members;

    /// <summary>Three members of Quorate.</summary>
    public static Trio OfQuorate(params (string Key, string Value)[] more) =>
        Make(static (settings, _) => new QuorateProcess(settings), FreePorts(), links: null, more);

    /// <summary>Three members of Quorate whose links can be cut: by network namespaces, where they are allowed, or by the test itself.</summary>
    public static Trio OnLinks(bool inNamespaces) => On(ports => inNamespaces ? NamespaceLinks.Need(ports) : new WiredLinks(ports));

    /// <summary>The same, on the best links that are to be had here.</summary>
    public static Trio OnAnyLinks() => On(static ports => NamespaceLinks.Lay(ports, out _) ?? (Links)new WiredLinks(ports));

    /// <summary>Three members of the real ZooKeeper.</summary>
    public static Trio OfZooKeeper() =>
        Make(static (settings, _) => new ZooKeeperProcess(settings), FreePorts(), links: null, ("initLimit", "120"), ("syncLimit", "60"));

    /// <summary>Starts all, and waits until all serve.</summary>
    public async Task Start(CancellationToken cancel)
    {
        foreach (var member in _members)
            member.Launch();
        foreach (var member in _members)
            await Serves(member, cancel);
    }

    /// <summary>Starts a member on what it has, and waits until it serves.</summary>
    public async Task Restart(ServerProcess member, CancellationToken cancel)
    {
        member.Launch();
        await Serves(member, cancel);
    }

    /// <summary>Waits until a member serves.</summary>
    public Task Serves(ServerProcess member, CancellationToken cancel) =>
        Until(async () => await member.Mode(cancel) is not null, $"{member.Endpoint} serves", cancel);

    /// <summary>Waits until one of some members leads.</summary>
    public async Task<ServerProcess> Leader(CancellationToken cancel, params ServerProcess[] among)
    {
        ServerProcess? leader = null;
        await Until(async () => (leader = await LeaderNow(among.Length > 0 ? among : _members, cancel)) is not null, "somebody leads", cancel);
        return leader!;
    }

    /// <summary>Waits until something is so; fails with what the members said when it does not come about.</summary>
    public async Task Until(Func<Task<bool>> condition, string what, CancellationToken cancel)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(10, cancel))
            if (waited.Elapsed > Patience)
                Assert.Fail($"In vain it was waited until {what}.");
    }

    /// <summary>Waits until something is so.</summary>
    public Task Until(Func<bool> condition, string what, CancellationToken cancel) => Until(() => Task.FromResult(condition()), what, cancel);

    public ServerProcess[] Others(params ServerProcess[] members) => [.. _members.Except(members)];

    /// <summary>Cuts the links between a member and some others.</summary>
    public void Cut(ServerProcess member, params ServerProcess[] others)
    {
        foreach (var other in others)
            _links!.Cut(Array.IndexOf(_members, member), Array.IndexOf(_members, other));
    }

    /// <summary>Mends the links between a member and some others.</summary>
    public void Mend(ServerProcess member, params ServerProcess[] others)
    {
        foreach (var other in others)
            _links!.Mend(Array.IndexOf(_members, member), Array.IndexOf(_members, other));
    }

    public async ValueTask DisposeAsync()
    {
        // Shown if the test has failed.
        for (var i = 0; i < _members.Length; i++)
            TestContext.Current.TestOutputHelper?.WriteLine($"member {i + 1} at {_members[i].Endpoint}:\n{_members[i].Output}");
        foreach (var member in _members)
            await member.DisposeAsync();
        _links?.Dispose();
    }

    private static Trio On(Func<int[], Links> lay)
    {
        var ports = FreePorts();
        var links = lay(ports);
        return Make((settings, i) => new QuorateProcess(settings, links.AddressOf(i), links.NamespaceOf(i)), ports, links,
            ("quorate.peerSecret", "members of the same test"));
    }

    private static Trio Make(
        Func<IReadOnlyDictionary<string, string>, int, ServerProcess> make, int[] ports, Links? links, params (string Key, string Value)[] more)
    {
        var members = new ServerProcess[Links.Members];
        for (var i = 0; i < members.Length; i++)
        {
            var settings = new Dictionary<string, string>(ServerSettings.Patient);
            foreach (var (key, value) in more)
                settings[key] = value;
            for (var other = 0; other < members.Length; other++)
                settings[$"server.{other + 1}"] =
                    $"{links?.AddressOf(other) ?? IPAddress.Loopback}:{links?.PortOf(other, i) ?? ports[other]}:{ports[members.Length + other]}";
            members[i] = make(settings, i);
            File.WriteAllText(Path.Combine(members[i].Data, "myid"), (i + 1).ToString(CultureInfo.InvariantCulture));
        }
        return new(members, links);
    }

    private static async Task<ServerProcess?> LeaderNow(IEnumerable<ServerProcess> among, CancellationToken cancel)
    {
        foreach (var member in among)
            if (await member.Mode(cancel) == "leader")
                return member;
        return null;
    }

    private static int[] FreePorts()
    {
        var ports = new HashSet<int>();
        while (ports.Count < 2 * Links.Members)
            ports.Add(ServerProcess.FreePort());
        return [.. ports];
    }
}
