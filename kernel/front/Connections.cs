using System.Text;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>The client connections of this server: found by id, by slot, and by the session they carry.</summary>
internal sealed class Connections(Settings settings, Limits limits, WatchTable watches, ServerStatistics statistics, ITrace trace)
{
    private readonly Dictionary<ConnectionId, Connection> _byId = [];
    private readonly Dictionary<SessionId, Connection> _bySession = [];
    private readonly Deadlines _handshakes = new();
    private Connection?[] _slots = [];
    private int[] _freeSlots = [];
    private int _freeCount, _usedSlots;

    /// <summary>The time of the step under way.</summary>
    public Moment Now { get; set; }

    /// <summary>How many connections there are that were not hung up.</summary>
    public int Count => _usedSlots - _freeCount;

    /// <summary>Unanswered requests of all connections whose clients read.</summary>
    public int Unanswered { get; private set; }

    /// <summary>One more than the highest slot ever used.</summary>
    public int Slots => _usedSlots;

    /// <summary>The connection in a slot; null when it is free.</summary>
    public Connection? this[int slot] => _slots[slot];

    /// <summary>When the first connection has taken too long to say what it wants.</summary>
    public Instant NextHandshake => _handshakes.Earliest;

    /// <summary>The connection with an id; null when it was refused or is gone.</summary>
    public Connection? Find(ConnectionId id) => _byId.GetValueOrDefault(id);

    /// <summary>The connection that carries a session here; null when none does.</summary>
    public Connection? Carrying(SessionId session) => _bySession.GetValueOrDefault(session);

    /// <summary>Takes a new connection; null when there are too many.</summary>
    public Connection? Open(ConnectionId id, ReadOnlySpan<byte> endpoint, Instant handshakeDeadline)
    {
        if (Count == limits.Connections)
        {
            statistics.ConnectionsRejected++;
            return null;
        }
        var slot = _freeCount > 0 ? _freeSlots[--_freeCount] : AppendSlot();
        var connection = new Connection(id, slot, endpoint.ToArray(), Now.Wall);
        _slots[slot] = connection;
        _byId.Add(id, connection);
        _handshakes.Set(slot, handshakeDeadline);
        connection.HandshakeDeadline = handshakeDeadline;
        return connection;
    }

    /// <summary>The connection said what it wants: it has no deadline any more.</summary>
    public void Spoke(Connection connection) => _handshakes.Clear(connection.Slot);

    /// <summary>Hangs up the connections that have not said in time what they want.</summary>
    public void Elapse(Effects effects)
    {
        while (_handshakes.TryTake(Now.Instant, out var slot))
        {
            statistics.HandshakesExpired++;
            Refuse(_slots[slot]!, $"it has not asked for a session within {settings.HandshakeTimeout.TotalSeconds} s", effects);
        }
    }

    /// <summary>Notes which session a connection carries.</summary>
    public void Bind(Connection connection) => _bySession[connection.Session] = connection;

    /// <summary>Closes a connection after its output; nothing further is done for it.</summary>
    public void HangUp(Connection connection, Effects effects)
    {
        if (connection.IsGone)
            return;
        effects.HangUp(connection.Id);
        Retire(connection);
    }

    /// <summary>Closes a connection for something it did, and says what in the log.</summary>
    public void Refuse(Connection connection, string fault, Effects effects)
    {
        if (connection.IsGone)
            return;
        trace.Note(NoteLevel.Information, connection.Id.Value, $"Closed the connection of {Encoding.UTF8.GetString(connection.Endpoint)}: {fault}.");
        HangUp(connection, effects);
    }

    /// <summary>The connection is gone, whoever closed it.</summary>
    public void Closed(ConnectionId id)
    {
        if (_byId.Remove(id, out var connection) && !connection.IsGone)
            Retire(connection);
    }

    /// <summary>Hangs up every connection, in slot order.</summary>
    public void HangUpAll(Effects effects)
    {
        for (var slot = 0; slot < _usedSlots; slot++)
            if (_slots[slot] is { } connection)
                HangUp(connection, effects);
    }

    /// <summary>Counts requests that were taken, or with negative numbers answered.</summary>
    public void CountUnanswered(Connection connection, int requests, int bytes)
    {
        connection.Unanswered += requests;
        connection.UnansweredBytes += bytes;
        if (!connection.IsStalled)
            Unanswered += requests;
    }

    /// <summary>
    /// A client does not read what it is owed, or does again. What it asks for stays unanswered for as long as it likes, so it does not count
    /// against the others.
    /// </summary>
    public void Stall(Connection connection, bool stalled)
    {
        if (connection.IsStalled == stalled || connection.IsGone)
            return;
        connection.IsStalled = stalled;
        Unanswered += stalled ? -connection.Unanswered : connection.Unanswered;
    }

    /// <summary>Appends frames to a connection's output.</summary>
    public void Reply(Connection connection, Slice frame, Effects effects)
    {
        effects.Reply(connection.Id, frame);
        connection.Statistics.Sent++;
        statistics.PacketsSent++;
        statistics.BytesSent += frame.Length;
    }

    /// <summary>Appends the frame written since the arena's end was at <paramref name="start"/> to a connection's output.</summary>
    public void Reply(Connection connection, int start, Effects effects) =>
        Reply(connection, new Slice(start, effects.Arena.Length - start), effects);

    /// <summary>A frame was received.</summary>
    public void CountReceived(Connection connection, int bytes)
    {
        connection.Statistics.Received++;
        statistics.PacketsReceived++;
        statistics.BytesReceived += bytes;
    }

    /// <summary>A request was answered.</summary>
    public void CountServed(Connection connection, OpCode op, int xid, Zxid zxid, Instant received)
    {
        var latency = Now.Instant - received;
        connection.Statistics.Count(op, xid, zxid, Now.Instant, latency.Ticks / TimeSpan.TicksPerMillisecond);
        statistics.Requests.Add(latency);
    }

    private void Retire(Connection connection)
    {
        connection.State = ConnectionState.Gone;
        if (!connection.IsStalled)
            Unanswered -= connection.Unanswered;
#if MUTANTS
        if (!Mutant.Is(Mutants.WatchesOfTheGone))
#endif
        watches.Forget(connection.Slot);
        _handshakes.Clear(connection.Slot);
        if (Carrying(connection.Session) == connection)
            _bySession.Remove(connection.Session);
        _slots[connection.Slot] = null;
        if (_freeCount == _freeSlots.Length)
            Array.Resize(ref _freeSlots, Math.Max(16, _freeSlots.Length * 2));
        _freeSlots[_freeCount++] = connection.Slot;
    }

    private int AppendSlot()
    {
        if (_usedSlots == _slots.Length)
            Array.Resize(ref _slots, Math.Max(16, _slots.Length * 2));
        return _usedSlots++;
    }
}
