using System.Security.Cryptography;
using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Tests.Front;
using Quorate.Tests.Storage;

namespace Quorate.Tests.Servers;

/// <summary>
/// The real server and driver in a world of their own: time stands still until it is moved, the disk does what the test says, and what one
/// batch holds is for the test to choose. A world outlives its server: it can be stopped, cut off from power, and started again.
/// </summary>
internal sealed class World : ITrace
{
    private readonly Queue<ConnectionId> _gone = new();
    private readonly IncrementalHash? _tape;
    private Dictionary<ulong, WorldClient> _clients = [];
    private Driver<Ports> _driver = null!;
    private ulong _nextConnection;
    private ulong _starts;
    private bool _batching;

    private readonly struct Ports(World world) : IPorts
    {
        public void Send(ServerId to, ReadOnlySpan<byte> frame) => Assert.Fail("an ensemble of one has no peers");
        public void Reply(ConnectionId to, ReadOnlySpan<byte> frames) => world.Reply(to, frames);
        public void HangUp(ConnectionId connection) => world.HangUp(connection);
        public void Throttle(ConnectionId connection, bool hold) => world.Throttle(connection, hold);
        public void Disk(in Effect request, ReadOnlySpan<byte> bytes) => world.Take(request, bytes);
    }

    public World(Settings? settings = null, Limits? limits = null, ulong seed = 1, MemoryDisk? disk = null, bool taped = false)
    {
        Settings = settings ?? new();
        Limits = limits ?? new() { LogRingBytes = 8 << 20, LogRingEntries = 1 << 12 };
        Seed = seed;
        Disk = disk ?? new();
        _tape = taped ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    }

    public Settings Settings { get; set; }
    public Limits Limits { get; set; }
    public ulong Seed { get; }
    public MemoryDisk Disk { get; }
    public Moment Now { get; private set; } = new(Instant.Origin + TimeSpan.FromHours(1), new(1_700_000_000_000));
    public Kernel.Server Server => _driver.Server;
    public List<string> Notes { get; } = [];

    /// <summary>The state's digest after each applied entry, since the last start.</summary>
    public List<(LogIndex Index, Zxid Zxid, Digest Digest)> Applied { get; } = [];

    /// <summary>While the disk is slow nothing on it ends before <see cref="Finish"/> says so.</summary>
    public bool SlowDisk { get; set; }

    /// <summary>Is told of every disk request when it is made.</summary>
    public Action<Effect>? DiskRequested { get; set; }

    /// <summary>Is told of every reply before it arrives.</summary>
    public Action<ConnectionId>? Replied { get; set; }

    /// <summary>How many holds there were in all.</summary>
    public int Holds { get; private set; }

    /// <summary>A hash of every effect so far, in order.</summary>
    public string Tape => Convert.ToHexString(_tape!.GetCurrentHash());

    bool ITrace.SeesEntries => true;

    void ITrace.Note(NoteLevel level, ulong subject, string text) => Notes.Add($"{level}: {text}");

    bool ITrace.SeesCommits => false;

    void ITrace.Became(Role role, Term term, ServerId leader) { }

    void ITrace.Committed(LogIndex index, Term term, ulong chain) { }

    void ITrace.Installed(LogIndex index, Zxid zxid, Digest digest) { }

    void ITrace.Applied(in AppliedEntry entry) => Applied.Add((entry.Index, entry.Zxid, entry.Digest));

    /// <summary>A world whose server serves.</summary>
    public static World Serving(Settings? settings = null, Limits? limits = null, ulong seed = 1)
    {
        var world = new World(settings, limits, seed);
        world.Start();
        Assert.Equal(ServerState.Serving, world.Server.State);
        return world;
    }

    /// <summary>Starts a server on the disk as it is.</summary>
    public World Start()
    {
        Applied.Clear();
        _gone.Clear();
        _clients = [];
        _driver = new(new(Settings, Limits, Seed + 1000 * _starts++, this), new(this));
        Tick();
        return this;
    }

    /// <summary>The process is killed and started anew: what was written stays, requests not performed are gone.</summary>
    public World KillAndRestart()
    {
        Disk.Kill();
        return AfterEnd();
    }

    /// <summary>Power is lost and comes back: of what was not flushed each sector stays or goes, as told.</summary>
    public World CrashAndRestart(Func<bool> keeps)
    {
        Disk.Crash(keeps);
        return AfterEnd();
    }

    /// <summary>A connection, as the host accepts it.</summary>
    public WorldClient Open(string address = "10.0.0.1", Action<Kernel.Wire.JuteWriter>? vouched = null)
    {
        var client = new WorldClient(this, new(++_nextConnection));
        _clients.Add(client.Id.Value, client);
        var origin = Ask.Bytes(w =>
        {
            ClientOrigin.Write(w, System.Text.Encoding.UTF8.GetBytes(address + ":4711"), System.Text.Encoding.UTF8.GetBytes(address));
            vouched?.Invoke(w);
        });
        Deliver(InputKind.ClientOpened, client.Id.Value, origin);
        Settle();
        return client;
    }

    /// <summary>A client whose session is up; the disk is fast meanwhile.</summary>
    public WorldClient Client(int timeout = 8000)
    {
        var slow = SlowDisk;
        SlowDisk = false;
        var client = Open().Connect(timeout);
        SlowDisk = slow;
        return client;
    }

    /// <summary>Everything done inside is one batch: one clock, no effect before its end.</summary>
    public void Batch(Action inputs)
    {
        Assert.False(_batching);
        _batching = true;
        inputs();
        _batching = false;
        Settle();
    }

    /// <summary>Delivers one input; outside of a batch nothing settles before <see cref="Settle"/>.</summary>
    public void Deliver(InputKind kind, ulong subject, ReadOnlySpan<byte> bytes, DiskOutcome outcome = DiskOutcome.Done) =>
        _driver.Deliver(new() { Now = Now, Kind = kind, Subject = subject, Bytes = bytes, Outcome = outcome });

    /// <summary>Ends the batch, and goes on until the disk and the connections have nothing more to say.</summary>
    public void Settle()
    {
        if (_batching)
            return;
        do
        {
            _driver.Settle();
            while (_gone.TryDequeue(out var id))
                Leave(id);
            foreach (var client in _clients.Values.ToArray())
                client.Feed();
            while (!SlowDisk && Disk.Waiting > 0)
                Complete();
            _driver.Settle();
        }
        while (_gone.Count > 0 || (!SlowDisk && Disk.Waiting > 0) || _clients.Values.Any(client => client.CanFeed) || IsDue());
    }

    /// <summary>A deadline that lies at the end of the batch says that the server has left work for the next one.</summary>
    private bool IsDue()
    {
        if (Server.NextDeadline != Now.Instant)
            return false;
        Deliver(InputKind.Tick, 0, default);
        return true;
    }

    /// <summary>The slow disk ends its oldest requests, in one batch.</summary>
    public void Finish(int requests = int.MaxValue)
    {
        for (; requests > 0 && Disk.Waiting > 0; requests--)
            Complete();
        Settle();
    }

    /// <summary>Lets time pass for a host that is never late: it ticks at every deadline.</summary>
    public void Wait(TimeSpan span)
    {
        var end = Now.Instant + span;
        for (var ticks = 0; Server.NextDeadline <= end; ticks++)
        {
            Assert.True(ticks < 1_000_000, "the server asks for ticks without end");
            MoveTo(Instant.Later(Now.Instant, Server.NextDeadline));
            Tick();
        }
        MoveTo(end);
        Tick();
    }

    public void Wait(double seconds) => Wait(TimeSpan.FromSeconds(seconds));

    /// <summary>Time passes and the host does not notice.</summary>
    public void Sleep(double seconds) => MoveTo(Now.Instant + TimeSpan.FromSeconds(seconds));

    /// <summary>The computer's clock is set forward, or back; the monotonic one does not notice.</summary>
    public void SetWallClock(TimeSpan by) => Now = Now with { Wall = new(Now.Wall.Milliseconds + (long)by.TotalMilliseconds) };

    public void Tick()
    {
        Deliver(InputKind.Tick, 0, default);
        Settle();
    }

    public void Obey(OperatorRequest request)
    {
        Deliver(InputKind.Operator, (ulong)request, default);
        Settle();
    }

    /// <summary>The client closes its connection, or the host finds it gone.</summary>
    public void Close(WorldClient client)
    {
        _gone.Enqueue(client.Id);
        Settle();
    }

    /// <summary>Audits the state, and compares the digest with a full recomputation.</summary>
    public void CheckInvariants() => Server.Machine.Tree.CheckInvariants();

    private World AfterEnd()
    {
        foreach (var client in _clients.Values)
            client.IsGone = true;
        return Start();
    }

    private void MoveTo(Instant instant)
    {
        var passed = (instant - Now.Instant).Ticks / TimeSpan.TicksPerMillisecond;
        Now = new(instant, new(Now.Wall.Milliseconds + passed));
    }

    private void Complete()
    {
        var (ticket, outcome, bytes) = Disk.Perform();
        Deliver(InputKind.DiskDone, ticket.Value, bytes, outcome);
    }

    private void Leave(ConnectionId id)
    {
        if (!_clients.Remove(id.Value, out var client))
            return;
        client.IsGone = true;
        Deliver(InputKind.ClientClosed, id.Value, default);
    }

    private void Reply(ConnectionId to, ReadOnlySpan<byte> frames)
    {
        Record('R', to.Value, frames);
        Replied?.Invoke(to);
        if (_clients.TryGetValue(to.Value, out var client))
            client.Receive(frames);
    }

    private void HangUp(ConnectionId id)
    {
        Record('H', id.Value, default);
        if (_clients.TryGetValue(id.Value, out var client))
            client.IsHungUp = true;
        _gone.Enqueue(id);
    }

    private void Throttle(ConnectionId id, bool hold)
    {
        Record(hold ? 'h' : 'r', id.Value, default);
        Holds += hold ? 1 : 0;
        if (!_clients.TryGetValue(id.Value, out var client))
            return;
        Assert.NotEqual(hold, client.IsHeld);
        client.IsHeld = hold;
    }

    private void Take(in Effect request, ReadOnlySpan<byte> bytes)
    {
        Record((char)('0' + (int)request.Kind), request.Ticket.Value, bytes);
        DiskRequested?.Invoke(request);
        Disk.Take(request, bytes);
    }

    private void Record(char kind, ulong subject, ReadOnlySpan<byte> bytes)
    {
        if (_tape is null)
            return;
        Span<byte> head = stackalloc byte[13];
        head[0] = (byte)kind;
        BitConverter.TryWriteBytes(head[1..], subject);
        BitConverter.TryWriteBytes(head[9..], bytes.Length);
        _tape.AppendData(head);
        _tape.AppendData(bytes);
    }
}
