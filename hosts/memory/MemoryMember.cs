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
    private readonly Queue<(Effect Request, byte[] Bytes)> _hanging = new();
    private readonly Queue<(InputKind Kind, ulong Subject, byte[] Bytes)> _mail = new();
    private readonly Queue<ConnectionId> _gone = new();
    private readonly Dictionary<ulong, Intake> _intakes = [];
    private readonly MemoryEnsemble _ensemble;
    private readonly MemoryOptions _options;
    private readonly Settings _settings;
    private readonly MemoryDisk _disk;
    private Driver<MemoryPorts> _driver;
    private bool _diskHangs;
    private ulong _lastConnection;
    private ulong _starts;

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
        (_ensemble, _settings, _options, _disk) = (ensemble, settings, options, disk);
        _driver = NewProcess();
    }

    /// <summary>Its id: the first member has 1.</summary>
    public ServerId Id { get; }

    /// <summary>Where the server is in its life.</summary>
    public ServerState State => _driver.Server.State;

    /// <summary>Why the state is <see cref="ServerState.Failed"/>.</summary>
    public string? Failure => _driver.Server.Failure;

    /// <summary>Whether it leads, as far as it knows.</summary>
    public bool Leads => !IsDown && _driver.Server.Leads;

    /// <summary>Whether it was killed and not started again.</summary>
    public bool IsDown { get; private set; }

    /// <summary>Whether it is paused.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Whether a disk that hangs was asked for something.</summary>
    internal bool DiskIsAsked => _ensemble.Settled(() => _hanging.Count > 0);

    internal Server Server => _driver.Server;

    internal Instant NextDeadline => Runs ? _driver.Server.NextDeadline : Instant.Never;

    private bool Runs => !IsDown && !IsPaused;

    /// <summary>Opens a client connection to this member, as if from <paramref name="address"/>.</summary>
    /// <exception cref="InvalidOperationException">The member is down.</exception>
    public MemoryConnection Connect(string address = "127.0.0.1") => _ensemble.Settled(() =>
    {
        if (IsDown)
            throw new InvalidOperationException($"Member {Id} is down; start it again with Restart().");
        var connection = new MemoryConnection(this, new(++_lastConnection));
        _connections.Add(connection.Id.Value, connection);
        _intakes.Add(connection.Id.Value, new(_options.Limits.FrameBytes));
        var origin = new Arena();
        var port = string.Create(CultureInfo.InvariantCulture, $"{address}:{connection.Id.Value}");
        ClientOrigin.Write(new(origin), Encoding.UTF8.GetBytes(port), Encoding.UTF8.GetBytes(address));
        Deliver(InputKind.ClientOpened, connection.Id.Value, origin.Written);
        return connection;
    }) ?? throw new ObjectDisposedException(nameof(MemoryEnsemble));

    /// <summary>Asks the server to stop in order, to write a snapshot, or to hand leadership over.</summary>
    public void Ask(OperatorRequest request) => Ask(request, ReadOnlyMemory<byte>.Empty);

    /// <summary>The process stands still, as under SIGSTOP: what is sent to it waits.</summary>
    public void Pause() => _ensemble.Settled(() => IsPaused = true);

    /// <summary>A paused process goes on, and finds its mail.</summary>
    public void Resume() => _ensemble.Settled(() =>
    {
        IsPaused = false;
        while (!IsDown && _mail.TryDequeue(out var mail))
            _driver.Deliver(new() { Now = _ensemble.Now, Kind = mail.Kind, Subject = mail.Subject, Bytes = mail.Bytes });
        return true;
    });

    /// <summary>The process ends at once, as under <c>kill -9</c>, or with <paramref name="power"/> the whole computer does: then the disk loses
    /// what was not flushed. Connections break; sessions live on.</summary>
    public void Kill(bool power = false) => _ensemble.Settled(() =>
    {
        End();
        if (power)
            _disk.LoseUnflushed();
        _ensemble.Unlink(this);
        return true;
    });

    /// <summary>Starts a member again on its disk that was killed or has stopped.</summary>
    public void Restart() => _ensemble.Settled(() =>
    {
        if (!IsDown)
        {
            End();
            _ensemble.Unlink(this);
        }
        IsDown = false;
        _driver = NewProcess();
        Deliver(InputKind.Tick, 0, default);
        _ensemble.Link(this);
        return true;
    });

    /// <summary>Replaces the disk of a member that is down by an empty one.</summary>
    /// <exception cref="InvalidOperationException">The member is up.</exception>
    public void Wipe()
    {
        if (!IsDown)
            throw new InvalidOperationException($"Member {Id} is up; Kill() it before its disk is replaced.");
        _disk.Wipe();
    }

    /// <summary>From now on the disk takes requests and does none, until <see cref="ReleaseDisk"/>.</summary>
    public void HangDisk() => _ensemble.Settled(() => _diskHangs = true);

    /// <summary>The disk does what it was asked for meanwhile, in order.</summary>
    public void ReleaseDisk() => _ensemble.Settled(() =>
    {
        _diskHangs = false;
        while (_hanging.TryDequeue(out var waiting))
            Disk(waiting.Request, waiting.Bytes);
        return true;
    });

    internal void Ask(OperatorRequest request, ReadOnlyMemory<byte> bytes) => _ensemble.Settled(() =>
    {
        Deliver(InputKind.Operator, (ulong)request, bytes.Span);
        return true;
    });

    internal MemoryConnection? Find(ConnectionId id) => _connections.GetValueOrDefault(id.Value);

    internal void HangUp(ConnectionId id) => _gone.Enqueue(id);

    internal void Disk(in Effect request, ReadOnlySpan<byte> bytes)
    {
        if (_diskHangs)
        {
            _hanging.Enqueue((request, bytes.ToArray()));
            return;
        }
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

    internal void Deliver(InputKind kind, ulong subject, ReadOnlySpan<byte> bytes)
    {
        if (IsPaused && kind != InputKind.Tick)
            _mail.Enqueue((kind, subject, bytes.ToArray()));
        if (Runs)
            _driver.Deliver(new() { Now = _ensemble.Now, Kind = kind, Subject = subject, Bytes = bytes });
    }

    /// <summary>Settles once, with what the disk and the connections had to say.</summary>
    /// <returns>Whether there is more to do at this instant.</returns>
    internal bool Settle()
    {
        if (!Runs)
            return false;
        _driver.Settle();
        while (_completions.TryDequeue(out var done))
            _driver.Deliver(new() { Now = _ensemble.Now, Kind = InputKind.DiskDone, Subject = done.Ticket.Value, Bytes = done.Found, Outcome = done.Outcome });
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
        _intakes.Clear();
        _completions.Clear();
        _hanging.Clear();
        _mail.Clear();
        _gone.Clear();
        (IsDown, IsPaused) = (true, false);
    }

    private Driver<MemoryPorts> NewProcess() =>
        new(new(_settings, _options.Limits, _options.Seed + _settings.Id.Value - 1 + (_starts++ << 8), _options.Trace), new(this));

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
