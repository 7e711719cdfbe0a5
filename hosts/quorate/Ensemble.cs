using System.CommandLine;
using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Quorate.Hosts.Tcp;

namespace Quorate.Cli;

/// <summary>quorate ensemble: several members on this machine, each a process of its own, for trying things out.</summary>
internal static class Ensemble
{
    private const int Refused = 1;
    private const int Failed = 2;
    private const int MembersMax = 9;
    private const int FirstPort = 2181;
    private const int PeerPorts = 100;
    private const int ElectionPorts = 200;
    private const int PortStep = 10;

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(25);

    public static Command Command()
    {
        var members = new Option<int?>("--members") { Description = $"How many members, 1 to {MembersMax}. Without it: 3.", HelpName = "N" };
        var folder = new Option<string>("--dir")
        {
            Description = "The folder for the members' folders. If it holds an ensemble already, that one is started again.",
            HelpName = "DIR",
            DefaultValueFactory = static _ => "ensemble",
        };
        var port = new Option<int?>("--port")
        {
            Description = $"Port for clients of the first member; the others follow. Without it: {FirstPort}, or what is free behind it.",
            HelpName = "PORT",
        };
        var command = new Command("ensemble", "Runs an ensemble on this machine, for trying things out, until it is asked to stop (Ctrl-C, SIGTERM).")
        {
            members, folder, port,
        };
        command.SetAction((parsed, _) => Run(parsed.GetRequiredValue(folder), parsed.GetValue(members), parsed.GetValue(port)));
        return command;
    }

    private static async Task<int> Run(string folder, int? count, int? port)
    {
        try
        {
            var members = Members(folder, count, port);
            using var stop = new Stop(members);
            foreach (var member in members)
                member.Start();
            Print(folder, members);
            await Task.WhenAll(members.Select(member => Follow(member, stop)));
            return members.TrueForAll(static member => member.ExitCode == 0) ? 0 : Failed;
        }
        catch (Exception e) when (e is StartRefusedException or IOException or UnauthorizedAccessException or Win32Exception)
        {
            await Console.Error.WriteLineAsync($"quorate: {e.Message}");
            return Refused;
        }
    }

    /// <summary>The members that lie in the folder, or new ones.</summary>
    private static List<LocalMember> Members(string folder, int? count, int? port)
    {
        var found = LocalMember.Found(folder);
        if (found.Count > 0)
            return (count ?? found.Count) == found.Count && port is null ? found : throw new StartRefusedException(
                $"{folder} holds an ensemble of {found.Count} with ports of its own. Start that one without --members and --port, or choose another --dir.");
        var wanted = count ?? 3;
        if (wanted is < 1 or > MembersMax)
            throw new StartRefusedException($"--members {wanted} is not allowed: 1 to {MembersMax}.");
        var first = port ?? FreePorts(wanted);
        if (first is < 1 or > 65_535 - ElectionPorts - MembersMax)
            throw new StartRefusedException($"--port {first} is not allowed: 1 to {65_535 - ElectionPorts - MembersMax}.");
        var servers = new StringBuilder();
        for (var i = 0; i < wanted; i++)
            servers.Append(CultureInfo.InvariantCulture,
                $"server.{i + 1}=127.0.0.1:{first + PeerPorts + i}:{first + ElectionPorts + i};127.0.0.1:{first + i}\n");
        for (byte id = 1; id <= wanted; id++)
        {
            found.Add(LocalMember.At(folder, id));
            found[^1].Write(servers.ToString());
        }
        return found;
    }

    /// <summary>The first of the usual ports from which on enough are free, for clients and for members.</summary>
    private static int FreePorts(int count)
    {
        for (var first = FirstPort; first < FirstPort + PeerPorts; first += PortStep)
            if (Enumerable.Range(first, count).Concat(Enumerable.Range(first + PeerPorts, count)).All(IsFree))
                return first;
        throw new StartRefusedException($"The ports from {FirstPort} on are taken. Choose others: --port PORT.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Print(string folder, List<LocalMember> members)
    {
        Console.WriteLine($"An ensemble of {members.Count} in {Path.GetFullPath(folder)}.");
        foreach (var member in members)
            Console.WriteLine($"  member {member.Id}  clients 127.0.0.1:{member.ClientPort()}  process {member.ProcessId}  {member.Folder}");
        Console.WriteLine($"  connect   zkCli.sh -server {string.Join(',', members.Select(static member => $"127.0.0.1:{member.ClientPort()}"))}");
        Console.WriteLine("  stop      Ctrl-C");
    }

    private static async Task Follow(LocalMember member, Stop stop)
    {
        await member.Read(static (member, line) => Console.WriteLine($"{member.Id} | {line}"));
        Console.WriteLine(stop.IsAsked
            ? $"{member.Id} | {member.Ending}."
            : $"{member.Id} | {member.Ending}; the others go on. It can be started again by: quorate serve {member.Config}");
    }

    /// <summary>Passes the wish to stop on to the members; those that do not are killed after a while.</summary>
    private sealed class Stop : IDisposable
    {
        private readonly List<LocalMember> _members;
        private readonly List<PosixSignalRegistration> _signals = [];
        private readonly CancellationTokenSource _late = new();
        private bool _isAsked;

        public Stop(List<LocalMember> members)
        {
            _members = members;
            _late.Token.Register(() => _members.ForEach(static member => member.Kill()));
            foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
                _signals.Add(PosixSignalRegistration.Create(signal, Ask));
        }

        public bool IsAsked => Volatile.Read(ref _isAsked);

        public void Dispose()
        {
            foreach (var signal in _signals)
                signal.Dispose();
            _late.Dispose();
        }

        private void Ask(PosixSignalContext signal)
        {
            signal.Cancel = true;
            // Comes more than once where a whole group of processes is signalled, and the members then have heard it themselves.
            if (Interlocked.Exchange(ref _isAsked, true))
                return;
            foreach (var member in _members)
                member.Ask();
            _late.CancelAfter(StopPatience);
        }
    }
}
