using System.Globalization;
using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;

namespace Quorate.Hosts.Memory;

/// <summary>One server of a <see cref="MemoryEnsemble"/>: the shipped kernel and driver over queues and arrays.</summary>
public sealed class MemoryMember
{
    private readonly SortedDictionary<ulong, MemoryConnection> _connections = [];
    private readonly Queue<(DiskTicket Ticket, DiskOutcome Outcome, byte[] Found)> _completions = new();
    private readonly Queue<ConnectionId> _gone = new();
    private readonly Dictionary<ulong, Intake> _intakes = [];
    private readonly Driver<MemoryPorts> _driver;
    private readonly MemoryEnsemble _ensemble;
    private readonly MemoryDisk _disk;
    private readonly int _frameBytes;
    private ulong _lastConnection;

    /// <summary>What has arrived on a connection and could not be delivered yet.</summary>
    private sealed class Intake(int frameBytes)
    {
        public FrameSplitter Splitter = new(frameBytes);
        public byte[] Bytes = [];
        public bool Held;
    }

    internal MemoryMember(MemoryEnsemble ensemble, Settings settings, MemoryOptions options, MemoryDisk disk)
    {
        Id = settings.Id;
        _ensemble = ensemble;
        _disk = disk;
        _frameBytes = options.Limits.FrameBytes;
        _driver = new(new(settings, options.Limits, options.Seed + settings.Id.Value - 1, options.Trace), new(this));
    }

    /// <summary>Its id: the first member has 1.</summary>
    public ServerId Id { get; }

    /// <summary>Where the server is in its life.</summary>
    public ServerState State => _driver.Server.State;

    /// <summary>Why the state is <see cref="ServerState.Failed"/>.</summary>
    public string? Failure => _driver.Server.Failure;

    internal Instant NextDeadline => _driver.Server.NextDeadline;

    /// <summary>Opens a client connection to this member, as if from <paramref name="address"/>.</summary>
    public MemoryConnection Connect(string address = "127.0.0.1") => _ensemble.Settled(() =>
    {
        var connection = new MemoryConnection(this, new(++_lastConnection));
        _connections.Add(connection.Id.Value, connection);
        _intakes.Add(connection.Id.Value, new(_frameBytes));
        var origin = new Arena();
        var port = string.Create(CultureInfo.InvariantCulture, $"{address}:{connection.Id.Value}");
        ClientOrigin.Write(new(origin), Encoding.UTF8.GetBytes(port), Encoding.UTF8.GetBytes(address));
        Deliver(InputKind.ClientOpened, connection.Id.Value, origin.Written);
        return connection;
    }) ?? throw new ObjectDisposedException(nameof(MemoryEnsemble));

    /// <summary>Asks the server to stop in order, to write a snapshot, or to hand leadership over.</summary>
    public void Ask(OperatorRequest request) => _ensemble.Settled(() =>
    {
        Deliver(InputKind.Operator, (ulong)request, default);
        return true;
    });

    internal MemoryConnection? Find(ConnectionId id) => _connections.GetValueOrDefault(id.Value);

    internal void HangUp(ConnectionId id) => _gone.Enqueue(id);

    internal void Disk(in Effect request, ReadOnlySpan<byte> bytes)
    {
        var (outcome, found) = _disk.Perform(request, bytes);
        _completions.Enqueue((request.Ticket, outcome, found));
    }

    internal void Throttle(ConnectionId id, bool hold)
    {
        if (_intakes.TryGetValue(id.Value, out var intake))
            intake.Held = hold;
    }

    internal void Send(ServerId to, ReadOnlySpan<byte> frame) => _ensemble.Carry(Id, to, frame);

    internal void Receive(MemoryConnection connection, byte[] bytes) => _ensemble.Settled(() =>
    {
        if (connection.IsClosed)
            return false;
        var intake = _intakes[connection.Id.Value];
        intake.Bytes = [.. intake.Bytes, .. bytes];
        Feed(connection, intake);
        return true;
    });

    internal void Close(MemoryConnection connection) => _ensemble.Settled(() =>
    {
        HangUp(connection.Id);
        return true;
    });

    internal void Deliver(InputKind kind, ulong subject, ReadOnlySpan<byte> bytes, DiskOutcome outcome = DiskOutcome.Done) =>
        _driver.Deliver(new() { Now = _ensemble.Now, Kind = kind, Subject = subject, Bytes = bytes, Outcome = outcome });

    /// <summary>Settles once, with what the disk and the connections had to say.</summary>
    /// <returns>Whether there is more to do at this instant.</returns>
    internal bool Settle()
    {
        _driver.Settle();
        while (_completions.TryDequeue(out var done))
            Deliver(InputKind.DiskDone, done.Ticket.Value, done.Found, done.Outcome);
        while (_gone.TryDequeue(out var id))
            Forget(id);
        foreach (var (id, connection) in _connections)
            if (_intakes[id] is { Held: false, Bytes.Length: > 0 } intake)
                Feed(connection, intake);
        _driver.Settle();
        return _completions.Count > 0 || _gone.Count > 0 || IsDue();
    }

    /// <summary>The process is gone: so are its connections.</summary>
    internal void End()
    {
        foreach (var connection in _connections.Values)
            connection.MarkClosed();
        _connections.Clear();
    }

    private void Feed(MemoryConnection connection, Intake intake)
    {
        while (!intake.Held && !connection.IsClosed)
        {
            var kind = intake.Splitter.Next(intake.Bytes, out var start, out var length, out var consumed);
            if (kind == FrameKind.NeedMore)
                return;
            if (kind == FrameKind.Bad)
            {
                HangUp(connection.Id);
                return;
            }
            var frame = intake.Bytes.AsSpan(start, length).ToArray();
            intake.Bytes = intake.Bytes[consumed..];
            Deliver(kind == FrameKind.Word ? InputKind.ClientWord : InputKind.ClientFrame, connection.Id.Value, frame);
        }
    }

    private bool IsDue()
    {
        if (NextDeadline > _ensemble.Now.Instant)
            return false;
        Deliver(InputKind.Tick, 0, default);
        return true;
    }

    private void Forget(ConnectionId id)
    {
        if (!_connections.Remove(id.Value, out var connection))
            return;
        _intakes.Remove(id.Value);
        connection.MarkClosed();
        Deliver(InputKind.ClientClosed, id.Value, default);
    }
}
