using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Tests.Storage;

namespace Quorate.Tests.Scripts;

/// <summary>A whole member of a script: the shipped server and driver, and a disk that outlives them and does nothing unasked.</summary>
internal sealed class ServerMember : ITrace
{
    private readonly ServerWorld _world;
    private readonly Settings _settings;
    private readonly SortedDictionary<ulong, ServerClient> _clients = [];
    private readonly Queue<ServerClient> _gone = new();
    private Driver<Ports>? _driver;
    private ulong _starts;
    private ulong _lastConnection;

    private readonly struct Ports(ServerMember member) : IPorts
    {
        public void Send(ServerId to, ReadOnlySpan<byte> frame) => member._world.Sent(member.Id, to, frame.ToArray());
        public void Reply(ConnectionId to, ReadOnlySpan<byte> frames) => member._clients.GetValueOrDefault(to.Value)?.Receive(frames);
        public void HangUp(ConnectionId connection) => member.HungUp(connection);
        public void Throttle(ConnectionId connection, bool hold) => Assert.Fail("no script asks for so much");
        public void Disk(in Effect request, ReadOnlySpan<byte> bytes) => member.Disk.Take(request, bytes);
    }

    public ServerMember(ServerWorld world, Settings settings) => (_world, _settings) = (world, settings);

    public ServerId Id => _settings.Id;
    public MemoryDisk Disk { get; } = new();
    public bool IsUp => _driver is not null;
    public Server Server => _driver?.Server ?? throw new InvalidOperationException($"member {Id} is down");
    public Role Role { get; private set; }
    public ServerId Leader { get; private set; }

    /// <summary>The disk ends nothing before it is told to.</summary>
    public bool IsDiskSlow { get; set; }

    /// <summary>How far this member's clock is before the others'.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>Its computer is suspended: nothing reaches it, and it does not notice that time passes.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>When its server wants to be told the time, by the world's clock.</summary>
    public Instant NextDeadline => !IsSuspended && _driver is { } driver && driver.Server.NextDeadline is var next && next != Instant.Never ? next + -Ahead : Instant.Never;

    bool ITrace.SeesEntries => false;
    bool ITrace.SeesCommits => true;

    private Moment Now => new(_world.Now + Ahead, new((_world.Now + Ahead - Instant.Origin).Ticks / TimeSpan.TicksPerMillisecond));

    public void Start()
    {
        Assert.False(IsUp, $"member {Id} is up");
        (Role, Leader) = (Role.Follower, default);
        _driver = new(new(_settings, _world.Limits, Id.Value + 1000 * ++_starts, this), new(this));
        Step(InputKind.Tick, 0, default);
    }

    /// <summary>The process is killed, or with <paramref name="keeps"/> power fails, and of what was not flushed sectors stay or go as it says.</summary>
    public void End(Func<bool>? keeps)
    {
        _driver = null;
        _clients.Clear();
        if (keeps is null)
            Disk.Kill();
        else
            Disk.Crash(keeps);
    }

    /// <summary>A batch of one input, and of whatever is due at once.</summary>
    public void Step(InputKind kind, ulong subject, ReadOnlySpan<byte> bytes, DiskOutcome outcome = DiskOutcome.Done)
    {
        if (_driver is not { } driver)
            return;
        driver.Deliver(new() { Now = Now, Kind = kind, Subject = subject, Bytes = bytes, Outcome = outcome });
        driver.Settle();
        for (var turns = 0; _gone.Count > 0 || driver.Server.NextDeadline == Now.Instant; turns++)
        {
            Assert.True(turns < 1000, "the server has never done");
            if (_gone.TryDequeue(out var client))
                driver.Deliver(new() { Now = Now, Kind = InputKind.ClientClosed, Subject = client.Id.Value });
            else
                driver.Deliver(new() { Now = Now, Kind = InputKind.Tick });
            driver.Settle();
        }
    }

    /// <summary>The oldest disk request ends.</summary>
    public Effect FinishDisk()
    {
        var request = Disk.Next;
        var (ticket, outcome, bytes) = Disk.Perform();
        Step(InputKind.DiskDone, ticket.Value, bytes, outcome);
        return request;
    }

    /// <summary>Takes a client's connection.</summary>
    public ConnectionId Open(ServerClient client)
    {
        var id = new ConnectionId(++_lastConnection);
        _clients.Add(id.Value, client);
        return id;
    }

    void ITrace.Note(NoteLevel level, ulong subject, string text) => _world.Tell(Id, "notes: " + text);

    void ITrace.Became(Role role, Term term, ServerId leader)
    {
        (Role, Leader) = (role, leader);
        _world.Tell(Id, $"{role.ToString().ToLowerInvariant()} of term {term}{(leader == default ? "" : $", leader {leader}")}");
    }

    void ITrace.Committed(LogIndex index, Term term, ulong chain) => _world.Tell(Id, $"committed {term}/{index}");

    void ITrace.Truncated(LogIndex keep) => _world.Tell(Id, $"cuts its log after {keep}");

    void ITrace.Installed(LogIndex index, Zxid zxid, Digest digest) { }

    void ITrace.Applied(in AppliedEntry entry) { }

    private void HungUp(ConnectionId connection)
    {
        if (!_clients.Remove(connection.Value, out var client))
            return;
        client.HungUp();
        _gone.Enqueue(client);
    }
}
