using System.Buffers.Binary;
using System.Globalization;
using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Hosts.Memory;

/// <summary>
/// A server, or several members of an ensemble, in this process. It needs no port and no folder, so any number of tests run side by side, and
/// with <see cref="ManualTime"/> they need no waiting either.
/// </summary>
/// <remarks>
/// Calls from any thread are served one after the other. What members send each other arrives at once and in order, except across a
/// <see cref="Partition"/>; single members can be paused, killed and started again. Disks outlive the ensemble: start another on them to restart.
/// </remarks>
public sealed class MemoryEnsemble : IDisposable
{
    private static readonly TimeSpan ElectionPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ElectionStep = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan TakingInPatience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new(), _advancing = new();
    private readonly List<MemoryTransport> _transports = [];
    private readonly Queue<(ServerId From, ServerId To, byte[] Frame)> _frames = new();
    private readonly List<MemoryMember> _members = [];
    private readonly SortedSet<(byte From, byte To)> _cut = [];
    private readonly MemoryOptions _options;
    private readonly MemoryTime _time;
    private readonly Timer? _timer;
    private bool _disposed;

    private MemoryEnsemble(MemoryOptions options, int members)
    {
        (_options, _time) = (options, options.Time);
        for (byte id = 1; id <= members; id++)
            _members.Add(new(this, Named(options.Settings, id, members), options, DiskOf(options, id)));
        _timer = _time.RunsByItself ? new(_ => Tick()) : null;
    }

    /// <summary>Starts a server, or several that make one ensemble; they serve when the call returns.</summary>
    /// <exception cref="InvalidOperationException">A disk cannot be served, or no leader was found; the message says why.</exception>
    public static MemoryEnsemble Start(MemoryOptions? options = null, int members = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(members, 9);
        var ensemble = new MemoryEnsemble(options ?? new(), members);
        ensemble.Tick();
        if (members > 1)
            ensemble.Gather();
        foreach (var member in ensemble._members)
            if (member.State != ServerState.Serving)
                throw new InvalidOperationException(member.Failure ?? "The server did not come up.");
        return ensemble;
    }

    /// <summary>The members, by id.</summary>
    public IReadOnlyList<MemoryMember> Members => _members;

    /// <summary>The member that leads, as far as it knows; while two believe so, the one of the later term.</summary>
    public MemoryMember? Leader
    {
        get
        {
            lock (_gate)
                return _members.FindAll(static member => member.Leads).MaxBy(static member => member.Server.Term);
        }
    }

    /// <summary>Where the server, or the first member, is in its life.</summary>
    public ServerState State => _members[0].State;

    /// <summary>The time that its members and clients live in.</summary>
    public MemoryTime Time => _time;

    internal Moment Now => _time.Now;

    /// <summary>Opens a client connection to the server, or to the first member, as if from <paramref name="address"/>.</summary>
    public MemoryConnection Connect(string address = "127.0.0.1") => _members[0].Connect(address);

    /// <summary>Asks the server, or the first member, to stop in order or to write a snapshot.</summary>
    public void Ask(OperatorRequest request) => _members[0].Ask(request);

    /// <summary>
    /// Starts one more server, with an empty disk unless one was given for its id. It knows the members, and follows them as a guest if
    /// <see cref="Settings.ReconfigEnabled"/>; a reconfig takes it in.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is one member only, which listens for no others.</exception>
    public MemoryMember Join()
    {
        if (_members.Count == 1)
            throw new InvalidOperationException("An ensemble of one member listens for no others; start it with several.");
        return Settled(() =>
        {
            var id = (byte)(_members.Count + 1);
            var joiner = new MemoryMember(this, Named(_options.Settings, id, id), _options, DiskOf(_options, id));
            _members.Add(joiner);
            joiner.Deliver(InputKind.Tick, 0, default);
            Link(joiner);
            return joiner;
        }) ?? throw new ObjectDisposedException(nameof(MemoryEnsemble));
    }

    /// <summary>Cuts the network between these members and all others: what is sent across is lost, and neither side is told.</summary>
    public void Partition(params ReadOnlySpan<int> side)
    {
        var inside = side.ToArray();
        Settled(() =>
        {
            foreach (var one in _members)
                foreach (var other in _members)
                    if (inside.Contains(one.Id.Value) != inside.Contains(other.Id.Value))
                        _cut.Add((one.Id.Value, other.Id.Value));
            return true;
        });
    }

    /// <summary>The network is whole again: links that were cut are made anew.</summary>
    public void Heal() => Settled(() =>
    {
        foreach (var (from, to) in _cut)
            if (!Member(from).IsDown)
            {
                Member(to).Deliver(InputKind.PeerDisconnected, from, default);
                Member(to).Deliver(InputKind.PeerConnected, from, default);
            }
        _cut.Clear();
        return true;
    });

    /// <summary>
    /// Closes a session, as if its timeout had passed in silence. Its owner learns of it when it next speaks to a server; until when it
    /// may rely on the session, by its own reckoning, this does not respect. On real time, a leader that is just being elected is waited for.
    /// </summary>
    /// <exception cref="InvalidOperationException">No member leads.</exception>
    public void ExpireSession(long session)
    {
        var id = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(id, session);
        if (_time.RunsByItself)
            SpinWait.SpinUntil(() => Leader is not null, ElectionPatience);
        (Leader ?? throw new InvalidOperationException("No member leads; only a leader closes sessions.")).Ask(OperatorRequest.ExpireSession, id);
    }

    /// <summary>
    /// Moves time by hand, through every deadline and every timer of <see cref="MemoryTime.Provider"/> on the way. Before each step it waits until the
    /// clients have taken in what servers have sent them. Timers fire on the calling thread; what your own code does on other threads is not waited for.
    /// </summary>
    /// <exception cref="InvalidOperationException">The ensemble runs on real time.</exception>
    /// <exception cref="TimeoutException">A client has not taken in what it was sent for half a minute of real time.</exception>
    public void Advance(TimeSpan span)
    {
        if (_time is not ManualTime manual)
            throw new InvalidOperationException("Advance needs a ManualTime; this ensemble runs on real time.");
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero);
        lock (_advancing)
        {
            var end = manual.Now.Instant + span;
            do
            {
                AwaitClients();
                lock (_gate)
                {
                    var next = Instant.Earlier(NextDeadline(), manual.Clock.NextDue);
                    manual.MoveTo(Instant.Later(manual.Now.Instant, Instant.Earlier(next, end)));
                    TickOnce();
                }
                manual.Clock.Fire();
            }
            while (manual.Now.Instant < end);
            AwaitClients();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
            foreach (var member in _members)
                member.End();
        }
    }

    /// <summary>Does something to a member and lets everything follow that follows at this instant.</summary>
    internal T? Settled<T>(Func<T> change)
    {
        lock (_gate)
        {
            if (_disposed)
                return default;
            var result = change();
            Settle();
            return result;
        }
    }

    /// <summary>Clients reach the members through this, from now on.</summary>
    internal void Add(MemoryTransport transport)
    {
        lock (_gate)
            _transports.Add(transport);
    }

    /// <summary>A member sends a frame to another.</summary>
    internal void Carry(ServerId from, ServerId to, ReadOnlySpan<byte> frame)
    {
        if (!_cut.Contains((from.Value, to.Value)))
            _frames.Enqueue((from, to, frame.ToArray()));
    }

    /// <summary>A member has started: it and those that it can reach are linked.</summary>
    internal void Link(MemoryMember member)
    {
        foreach (var other in _members)
            if (other != member && !other.IsDown && !_cut.Contains((member.Id.Value, other.Id.Value)))
            {
                member.Deliver(InputKind.PeerConnected, other.Id.Value, default);
                other.Deliver(InputKind.PeerConnected, member.Id.Value, default);
            }
    }

    /// <summary>A member has ended: those that could reach it notice, and what was on the way is lost.</summary>
    internal void Unlink(MemoryMember member)
    {
        foreach (var other in _members)
            if (other != member && !_cut.Contains((member.Id.Value, other.Id.Value)))
                other.Deliver(InputKind.PeerDisconnected, member.Id.Value, default);
        for (var waiting = _frames.Count; waiting > 0; waiting--)
            if (_frames.Dequeue() is var frame && frame.From != member.Id && frame.To != member.Id)
                _frames.Enqueue(frame);
    }

    /// <summary>Links all members with each other, and waits for a leader.</summary>
    private void Gather()
    {
        Settled(() =>
        {
            foreach (var member in _members)
                foreach (var other in _members)
                    if (other != member)
                        member.Deliver(InputKind.PeerConnected, other.Id.Value, default);
            return true;
        });
        if (_time.RunsByItself)
            SpinWait.SpinUntil(IsGathered, ElectionPatience);
        else
            for (var waited = TimeSpan.Zero; !IsGathered() && waited < ElectionPatience; waited += ElectionStep)
                Advance(ElectionStep);
    }

    /// <summary>Clients take in what they are sent on threads of their own: time must not run ahead of them.</summary>
    private void AwaitClients()
    {
        MemoryTransport[] transports;
        lock (_gate)
            transports = [.. _transports];
        foreach (var transport in transports)
            if (!SpinWait.SpinUntil(() => transport.IsIdle, TakingInPatience))
                throw new TimeoutException($"A client has not taken in what it was sent for {TakingInPatience.TotalSeconds:0} s; time is not moved on.");
    }

    private MemoryMember Member(byte id) => _members[id - 1];

    private bool IsGathered()
    {
        lock (_gate)
            return _members.TrueForAll(static member => member.State is ServerState.Serving or ServerState.Failed);
    }

    private void Tick()
    {
        lock (_gate)
            if (!_disposed)
                TickOnce();
    }

    private void TickOnce()
    {
        foreach (var member in _members)
            member.Deliver(InputKind.Tick, 0, default);
        Settle();
    }

    /// <summary>Settles all members until nothing is left to do at this instant, on no disk and between none of them.</summary>
    private void Settle()
    {
        bool more;
        do
        {
            more = false;
            foreach (var member in _members)
                more |= member.Settle();
            more |= _frames.Count > 0;
            for (var waiting = _frames.Count; waiting > 0; waiting--)
            {
                var (from, to, frame) = _frames.Dequeue();
                Member(to.Value).Deliver(InputKind.PeerFrame, from.Value, frame);
            }
        }
        while (more);
        var next = NextDeadline();
        if (next != Instant.Never)
            _timer?.Change(Math.Max(0, (long)Math.Ceiling((next - Now.Instant).TotalMilliseconds)), Timeout.Infinite);
    }

    private Instant NextDeadline()
    {
        var next = Instant.Never;
        foreach (var member in _members)
            next = Instant.Earlier(next, member.NextDeadline);
        return next;
    }

    private static Settings Named(Settings settings, byte id, int members)
    {
        if (members == 1)
            return settings;
        var all = new EnsembleMember[members];
        for (byte other = 1; other <= members; other++)
            all[other - 1] = new(new(other), string.Create(CultureInfo.InvariantCulture, $"member-{other}:2888:3888"));
        return settings with { Id = new(id), Ensemble = all };
    }

    private static MemoryDisk DiskOf(MemoryOptions options, byte id) =>
        id <= options.Disks.Count ? options.Disks[id - 1] : id == 1 ? options.Disk : new();
}
