using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Tests.Consensus;

namespace Quorate.Tests.Scripts;

/// <summary>Whole servers, the frames between them and a clock: nothing moves but by command.</summary>
internal sealed class ServerWorld
{
    private readonly SortedDictionary<byte, ServerMember> _members = [];
    private readonly HashSet<(ServerId From, ServerId To)> _cut = [];
    private readonly SortedDictionary<string, ServerClient> _clients = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Instant> _suspendedAt = [];
    private readonly Action<ServerId, string> _told;
    private readonly Action<string> _clientTold;

    /// <summary>Founds an ensemble: all members are up and linked, and nobody leads yet.</summary>
    public ServerWorld(int voters, int observers, Settings settings, Limits limits, Action<ServerId, string> told, Action<string> clientTold)
    {
        (Settings, Limits, _told, _clientTold) = (settings, limits, told, clientTold);
        var ensemble = Enumerable.Range(1, voters + observers)
            .Select(id => new EnsembleMember(new((byte)id), $"member-{id}:2888", IsObserver: id > voters)).ToArray();
        foreach (var member in ensemble)
            _members.Add(member.Id.Value, new(this, settings with { Id = member.Id, Ensemble = ensemble }));
        foreach (var member in All)
            member.Start();
        foreach (var member in All)
            foreach (var other in All.Where(other => other != member))
                member.Step(InputKind.PeerConnected, other.Id.Value, default);
        for (var turns = 0; All.Any(member => member.Server.Membership.Members.Count == 0); turns++)
        {
            Assert.True(turns < 100, "no ensemble is founded");
            Run(Settings.Heartbeat);
        }
    }

    public Settings Settings { get; }
    public Limits Limits { get; }
    public Instant Now { get; private set; } = Instant.Origin + TimeSpan.FromHours(1);
    public List<Flight> Flights { get; } = [];
    public IEnumerable<ServerMember> All => _members.Values;
    public ServerMember this[int id] => _members[(byte)id];

    public ServerClient Client(string name) => _clients[name];

    /// <summary>A client with a session at a member; one that had a session before has the same.</summary>
    public void Connect(string name, int member)
    {
        var client = new ServerClient(name, this[member], _clientTold, _clients.GetValueOrDefault(name));
        _clients[name] = client;
        Settle();
        Assert.True(client.Session != SessionId.None, $"{name} got no session at member {member}");
    }

    /// <summary>The patience of one member ends, and nobody else's: its clock alone goes on until it leads.</summary>
    public void Hurry(int id)
    {
        for (var turns = 0; !this[id].Server.Leads; turns++)
        {
            Assert.True(turns < 1000, $"{id} is not elected");
            this[id].Ahead += Later(this[id].NextDeadline, Now) - Now;
            this[id].Step(InputKind.Tick, 0, default);
            Settle();
        }
    }

    /// <summary>Lets a member lead, and everybody know.</summary>
    public void Elect(int id)
    {
        Hurry(id);
        Run(2 * Settings.Heartbeat);
    }

    /// <summary>Ends a member, and breaks its links where the others notice: they do if its process ends, not if its computer does.</summary>
    public void End(int id, Func<bool>? keeps)
    {
        var member = this[id];
        member.End(keeps);
        Flights.RemoveAll(flight => flight.To == member.Id || flight.From == member.Id);
        if (keeps is not null)
            return;
        foreach (var other in All)
            other.Step(InputKind.PeerDisconnected, member.Id.Value, default);
    }

    /// <summary>Starts a member again; the others find its old links gone, and new ones there.</summary>
    public void Restart(int id)
    {
        var member = this[id];
        member.Start();
        foreach (var other in All.Where(other => other != member && other.IsUp))
        {
            other.Step(InputKind.PeerDisconnected, member.Id.Value, default);
            other.Step(InputKind.PeerConnected, member.Id.Value, default);
            member.Step(InputKind.PeerConnected, other.Id.Value, default);
        }
    }

    public void Cut(int from, int to)
    {
        _cut.Add((new((byte)from), new((byte)to)));
        Flights.RemoveAll(flight => flight.From.Value == from && flight.To.Value == to);
    }

    public void Isolate(int id)
    {
        foreach (var other in All.Where(other => other.Id.Value != id))
        {
            Cut(id, other.Id.Value);
            Cut(other.Id.Value, id);
        }
    }

    public void Heal() => _cut.Clear();

    /// <summary>A computer is suspended. What is sent to it waits.</summary>
    public void Suspend(int id)
    {
        this[id].IsSuspended = true;
        _suspendedAt[id] = Now;
    }

    /// <summary>It goes on. Its clock has gone on too, or has stood still.</summary>
    public void Resume(int id, bool stoodStill)
    {
        var member = this[id];
        member.IsSuspended = false;
        if (stoodStill)
            member.Ahead -= Now - _suspendedAt[id];
        member.Step(InputKind.Tick, 0, default);
    }

    /// <summary>Time passes, and everybody takes note of it.</summary>
    public void Wait(TimeSpan span)
    {
        Now += span;
        foreach (var member in All.Where(member => !member.IsSuspended))
            member.Step(InputKind.Tick, 0, default);
    }

    /// <summary>Time passes for everybody, deadline by deadline; frames arrive and disks write at once.</summary>
    public void Run(TimeSpan span)
    {
        var end = Now + span;
        Settle();
        while (All.Select(member => member.NextDeadline).Append(end).Min() is var next && next < end)
        {
            Wait(Later(next, Now) - Now);
            Settle();
        }
        Wait(end - Now);
        Settle();
    }

    /// <summary>Delivers frames and ends disk requests until nothing is under way that may move; time stands still.</summary>
    public void Settle()
    {
        for (var turns = 0; ; turns++)
        {
            Assert.True(turns < 100_000, "it does not come to rest");
            if (Flights.Find(flight => !this[flight.To.Value].IsSuspended) is { } flight)
                Deliver(flight);
            else if (All.FirstOrDefault(member => member.Disk.Waiting > 0 && !member.IsDiskSlow && !member.IsSuspended) is { } member)
                member.FinishDisk();
            else
                return;
        }
    }

    public void Deliver(Flight flight)
    {
        Flights.Remove(flight);
        this[flight.To.Value].Step(InputKind.PeerFrame, flight.From.Value, flight.Frame);
    }

    public void Sent(ServerId from, ServerId to, byte[] frame)
    {
        if (!_cut.Contains((from, to)) && _members[to.Value].IsUp)
            Flights.Add(new(from, to, frame));
        Tell(from, $"-> {to} {FrameText.Of(frame, body => CommandText.Of(body, NameOf))}");
    }

    public void Tell(ServerId id, string text) => _told(id, text);

    private string NameOf(SessionId session) =>
        _clients.Values.FirstOrDefault(client => client.Session == session && session != SessionId.None)?.Name ?? "new";

    private static Instant Later(Instant one, Instant other) => Instant.Later(one, other);
}
