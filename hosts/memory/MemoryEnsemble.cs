using System.Globalization;
using System.Text;
using Quorate.Kernel;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Kernel.Wire;

namespace Quorate.Hosts.Memory;

/// <summary>
/// A server of one member in this process: the shipped kernel and driver over queues and arrays. It needs no port and no folder, so any number
/// of tests run side by side, and with <see cref="ManualTime"/> they need no waiting either.
/// </summary>
/// <remarks>Calls from any thread are served one after the other. The disk outlives the ensemble: start another on it to restart.</remarks>
public sealed class MemoryEnsemble : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<ulong, MemoryConnection> _connections = [];
    private readonly Queue<(DiskTicket Ticket, DiskOutcome Outcome, byte[] Found)> _completions = new();
    private readonly Queue<ConnectionId> _gone = new();
    private readonly Dictionary<ulong, Intake> _intakes = [];
    private readonly Driver<MemoryPorts> _driver;
    private readonly MemoryTime _time;
    private readonly MemoryDisk _disk;
    private readonly Limits _limits;
    private readonly Timer? _timer;
    private ulong _lastConnection;
    private bool _disposed;

    /// <summary>What has arrived on a connection and could not be delivered yet.</summary>
    private sealed class Intake(int frameBytes)
    {
        public FrameSplitter Splitter = new(frameBytes);
        public byte[] Bytes = [];
        public bool Held;
    }

    private MemoryEnsemble(MemoryOptions options)
    {
        _time = options.Time;
        _disk = options.Disk;
        _limits = options.Limits;
        _driver = new(new(options.Settings, options.Limits, options.Seed, options.Trace), new(this));
        _timer = _time.RunsByItself ? new(_ => Tick()) : null;
    }

    /// <summary>Starts a server and serves when the call returns.</summary>
    /// <exception cref="InvalidOperationException">The disk cannot be served; the message says why.</exception>
    public static MemoryEnsemble Start(MemoryOptions? options = null)
    {
        var ensemble = new MemoryEnsemble(options ?? new());
        ensemble.Tick();
        if (ensemble._driver.Server.State != ServerState.Serving)
            throw new InvalidOperationException(ensemble._driver.Server.Failure ?? "The server did not come up.");
        return ensemble;
    }

    /// <summary>Where the server is in its life.</summary>
    public ServerState State => _driver.Server.State;

    /// <summary>Opens a client connection, as if from <paramref name="address"/>.</summary>
    public MemoryConnection Connect(string address = "127.0.0.1")
    {
        lock (_gate)
        {
            var connection = new MemoryConnection(this, new(++_lastConnection));
            _connections.Add(connection.Id.Value, connection);
            _intakes.Add(connection.Id.Value, new(_limits.FrameBytes));
            var origin = new Arena();
            var port = string.Create(CultureInfo.InvariantCulture, $"{address}:{connection.Id.Value}");
            ClientOrigin.Write(new(origin), Encoding.UTF8.GetBytes(port), Encoding.UTF8.GetBytes(address));
            Deliver(InputKind.ClientOpened, connection.Id.Value, origin.Written);
            Settle();
            return connection;
        }
    }

    /// <summary>Moves time by hand, through every deadline on the way.</summary>
    public void Advance(TimeSpan span)
    {
        if (_time is not ManualTime manual)
            throw new InvalidOperationException("Advance needs a ManualTime; this ensemble runs on real time.");
        lock (_gate)
        {
            var end = manual.Now.Instant + span;
            while (_driver.Server.NextDeadline < end)
            {
                manual.MoveTo(Instant.Later(manual.Now.Instant, _driver.Server.NextDeadline));
                TickOnce();
            }
            manual.MoveTo(end);
            TickOnce();
        }
    }

    /// <summary>Asks the server to stop in order or to write a snapshot.</summary>
    public void Ask(OperatorRequest request)
    {
        lock (_gate)
        {
            Deliver(InputKind.Operator, (ulong)request, default);
            Settle();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
            foreach (var connection in _connections.Values)
                connection.MarkClosed();
        }
    }

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

    internal void Receive(MemoryConnection connection, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (connection.IsClosed || _disposed)
                return;
            var intake = _intakes[connection.Id.Value];
            intake.Bytes = [.. intake.Bytes, .. bytes];
            Feed(connection, intake);
            Settle();
        }
    }

    internal void Close(MemoryConnection connection)
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            HangUp(connection.Id);
            Settle();
        }
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

    private void Tick()
    {
        lock (_gate)
            if (!_disposed)
                TickOnce();
    }

    private void TickOnce()
    {
        Deliver(InputKind.Tick, 0, default);
        Settle();
    }

    private void Deliver(InputKind kind, ulong subject, ReadOnlySpan<byte> bytes, DiskOutcome outcome = DiskOutcome.Done) =>
        _driver.Deliver(new() { Now = _time.Now, Kind = kind, Subject = subject, Bytes = bytes, Outcome = outcome });

    /// <summary>Settles until the disk has nothing more to say, every connection that was hung up is gone, and no deadline has come.</summary>
    private void Settle()
    {
        do
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
        }
        while (_completions.Count > 0 || _gone.Count > 0 || IsDue());
        var next = _driver.Server.NextDeadline;
        if (next != Instant.Never)
            _timer?.Change(Math.Max(0, (long)Math.Ceiling((next - _time.Now.Instant).TotalMilliseconds)), Timeout.Infinite);
    }

    private bool IsDue()
    {
        if (_driver.Server.NextDeadline > _time.Now.Instant)
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
