using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Quorate.Tests.Foreign;

namespace Quorate.Tests.Crashes;

/// <summary>Three members of one ensemble, each a process of its own.</summary>
internal sealed class Trio : IAsyncDisposable
{
    /// <summary>Below the ports that the system gives to callers: a port that a killed member is to have again stays free.</summary>
    private const int PortMin = 20_000, PortMax = 32_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServerProcess[] _members;

    private Trio(ServerProcess[] members) => _members = members;

    public IReadOnlyList<ServerProcess> Members => _members;

    /// <summary>All endpoints, as clients take them.</summary>
    public string Endpoints => string.Join(',', _members.Select(member => member.Endpoint));

    /// <summary>Three members of Quorate, or whatever is made.</summary>
    public static Trio Make(Func<IReadOnlyDictionary<string, string>, ServerProcess> make)
    {
        var settings = new Dictionary<string, string>(ServerSettings.Recording) { ["maxSessionTimeout"] = "60000", ["initLimit"] = "20", ["syncLimit"] = "10" };
        var ports = new HashSet<int>();
        for (var id = 1; id <= 3; id++)
            settings[$"server.{id}"] = $"127.0.0.1:{FreePort(ports)}:{FreePort(ports)}";
        var members = new ServerProcess[3];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = make(settings);
            File.WriteAllText(Path.Combine(members[i].Data, "myid"), (i + 1).ToString(CultureInfo.InvariantCulture));
        }
        return new(members);
    }

    /// <summary>Starts all, and waits until all serve.</summary>
    public async Task Start(CancellationToken cancel)
    {
        foreach (var member in _members)
            member.Launch();
        foreach (var member in _members)
            await Serves(member, cancel);
    }

    /// <summary>Waits until a member serves.</summary>
    public async Task Serves(ServerProcess member, CancellationToken cancel)
    {
        for (var waited = Stopwatch.StartNew(); await member.Mode(cancel) is null; await Task.Delay(20, cancel))
            if (waited.Elapsed > Patience)
                throw new TimeoutException($"it does not serve after {Patience}:\n{string.Join("\n--\n", _members.Select(each => each.Output))}");
    }

    /// <summary>Waits until one of some members leads.</summary>
    public async Task<ServerProcess> Leader(CancellationToken cancel, params ServerProcess[] among)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(10, cancel))
        {
            foreach (var member in among.Length > 0 ? among : _members)
                if (await member.Mode(cancel) == "leader")
                    return member;
            if (waited.Elapsed > Patience)
                throw new TimeoutException($"nobody leads after {Patience}:\n{string.Join("\n--\n", _members.Select(each => each.Output))}");
        }
    }

    public ServerProcess[] Others(ServerProcess member) => [.. _members.Where(other => other != member)];

    public async ValueTask DisposeAsync()
    {
        // Shown if the test has failed.
        for (var i = 0; i < _members.Length; i++)
            TestContext.Current.TestOutputHelper?.WriteLine($"member {i + 1} at {_members[i].Endpoint}:\n{_members[i].Output}");
        foreach (var member in _members)
            await member.DisposeAsync();
    }

    private static int FreePort(HashSet<int> taken)
    {
        while (true)
        {
            var port = Random.Shared.Next(PortMin, PortMax);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                if (taken.Add(port))
                    return port;
            }
            catch (SocketException)
            {
                // Taken by somebody else: another one.
            }
        }
    }
}
