using Quorate.Kernel.Machines;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// Which sessions were heard from, and what must wait until the leader has said so with authority: pongs and syncs.
/// </summary>
/// <remarks>
/// A pong promises its client that the session will live for a timeout from when the ping was sent. So the touch is recorded first, and the
/// pong leaves only when a confirmation round that began after it has shown that this was still the leader's record (design §7.4, §8). Once
/// the leader has proposed to close a session it promises that session nothing any more (A6).
/// <para>
/// Where the touch cannot be recorded, because the log has no room for the entry that it takes or because the session is being closed, whoever
/// waits for it is kept and tried again: there will be room, or the session will be gone, or another leader will judge.
/// </para>
/// </remarks>
internal sealed class Touches(IReplication replication, Machine machine, Expiry expiry, Claims claims)
{
    /// <summary>The round of what has none yet: the touch that would have to come before it is not recorded.</summary>
    private const ulong Unrecorded = ulong.MaxValue;

    private readonly Ring<Waiter> _waiters = new(int.MaxValue);      // by round
    private readonly Ring<Waiter> _unrecorded = new(int.MaxValue);
    private ulong _confirmed;
    private int _notedRow = Sessions.None, _notedTimeout;

    /// <summary>Something was received on a connection whose session is up.</summary>
    public void Heard(Connection connection, Moment now)
    {
        if (!replication.Leads)
            claims.Heard(connection);
        else if (Touch(connection.Row, connection.Session, connection.AwaitsFirstRequest, now))
            connection.AwaitsFirstRequest = false;
    }

    /// <summary>The server touches the session of a connection from which it does not read at present.</summary>
    public void Keep(Connection connection, Moment now)
    {
        if (connection.Row == Sessions.None)
            return;
        if (replication.Leads)
            Touch(connection.Row, connection.Session, first: false, now);
        else
            claims.Kept(connection);
    }

    /// <summary>Something was appended to the log for a session: that touches it in the same step, before any expiry check can see it (A6).</summary>
#if MUTANTS
    public void Appended(SessionId session, Moment now) =>
        _ = !Mutant.Is(Mutants.AppendedUntouched) && Touch(machine.Sessions.Find(session), session, first: false, now);
#else
    public void Appended(SessionId session, Moment now) => Touch(machine.Sessions.Find(session), session, first: false, now);
#endif

    /// <summary>Another member has heard from a session that is attached to it.</summary>
    public ClaimVerdict Claimed(in Claim claim, Moment now)
    {
        var row = machine.Sessions.Find(claim.Session);
        if (row == Sessions.None)   // an id is the zxid it was opened with: a later one has not been applied here yet
            return claim.Session.Value <= machine.Zxid.Value ? ClaimVerdict.Refused : ClaimVerdict.NotYet;
        if (claim.Attachment != machine.Sessions[row].Attachment)
            return claim.Attachment < machine.Sessions[row].Attachment ? ClaimVerdict.Refused : ClaimVerdict.NotYet;
        if (expiry.IsClosing(row))
            return ClaimVerdict.Refused;
        return Touch(row, claim.Session, claim.IsFirst, now) ? ClaimVerdict.Touched : ClaimVerdict.NotYet;
    }

    /// <summary>Another leader judges from now on, or this member does: whoever waits for a round has to be claimed or touched again.</summary>
    public void LeaderChanged(Moment now)
    {
        for (var left = _waiters.Count; left > 0; left--)
        {
            var waiter = _waiters.Dequeue();
            if (waiter.Connection.IsGone)
                continue;
            Heard(waiter.Connection, now);
            if (IsRecorded(waiter.Connection))
                _waiters.Enqueue(waiter);
            else
                Postpone(waiter);
        }
        RecordRest(now);
    }

    /// <summary>Tries again to record touches for which there was no room, or whose sessions were being closed.</summary>
    public void RecordRest(Moment now)
    {
        for (var left = _unrecorded.Count; left > 0; left--)
        {
            var waiter = _unrecorded.Dequeue();
            if (waiter.Connection.IsGone)
                continue;
            Heard(waiter.Connection, now);
            if (Await(waiter) is var round && !waiter.IsPong)
                Renumber(waiter.Connection, Unrecorded, round);
        }
    }

    /// <summary>A session's owner asks for it on a new connection: that counts in the step in which the attach is appended (A6).</summary>
    public void Claimed(SessionId session, UInt128 password, Moment now)
    {
        var row = machine.Sessions.Find(session);
        if (replication.Leads && row != Sessions.None && machine.Sessions[row].Password == password)
            Touch(row, session, first: false, now);
    }

    /// <summary>A session was opened by an applied entry: its time begins.</summary>
    public void Opened(SessionId session, Moment now)
    {
        if (replication.Leads)
            expiry.Opened(machine.Sessions.Find(session), session, now);
    }

    /// <summary>An entry that attaches or ends a session is about to be applied: what the timer must be told is gone afterwards.</summary>
    public void Note(SessionId session)
    {
        _notedRow = machine.Sessions.Find(session);
        _notedTimeout = _notedRow == Sessions.None ? 0 : machine.Sessions[_notedRow].TimeoutMilliseconds;
    }

    /// <summary>The session noted was attached anew.</summary>
    public void Attached(Moment now)
    {
        ref readonly var session = ref machine.Sessions[_notedRow];
        if (replication.Leads)
            expiry.Attached(_notedRow, session.Id, _notedTimeout, session.TimeoutMilliseconds, now);
    }

    /// <summary>The session noted was ended.</summary>
    public void Ended()
    {
        if (_notedRow != Sessions.None)
            expiry.Closed(_notedRow);
    }

    /// <summary>A ping was received.</summary>
    public void Pinged(Connection connection, int bytes, Instant received)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.PongsUnconfirmed))
            _waiters.Enqueue(new(connection, 0, bytes, received));
        else
#endif
        Await(new(connection, Unrecorded, bytes, received));
    }

    /// <summary>A sync was received; its round. It may get another one while it waits, in <see cref="Request.Number"/>.</summary>
    public ulong Synced(Connection connection) => Await(new(connection, Unrecorded, Waiter.Sync, default));

    /// <summary>Whether a round is confirmed.</summary>
    public bool IsConfirmed(ulong round) => round <= _confirmed;

    /// <summary>Everything registered for rounds up to this one may go.</summary>
    public void Confirm(ulong round) => _confirmed = Math.Max(_confirmed, round);

    /// <summary>Takes the oldest waiter whose round is confirmed.</summary>
    public bool TryTake(out Waiter waiter)
    {
        var ready = _waiters.Count > 0 && IsConfirmed(_waiters[0].Round);
        waiter = ready ? _waiters.Dequeue() : default;
        return ready;
    }

    /// <summary>
    /// When a connection's handshake must be done, or its silence would end its session; never where this member does not judge that.
    /// </summary>
    public Instant DeadlineOf(Connection connection)
    {
        if (connection.Row == Sessions.None)
            return connection.HandshakeDeadline;
        return replication.Leads ? expiry.DeadlineOf(connection.Row) : Instant.Never;
    }

    /// <summary>Lists the sessions of which this member judges the silence.</summary>
    public void List(IAdminListing to)
    {
        for (var row = 0; replication.Leads && row < machine.Sessions.Rows; row++)
            if (machine.Sessions[row].Id is var id && id != SessionId.None)
                to.Session(id, expiry.DeadlineOf(row));
    }

    /// <summary>Forgets everyone who waits: all connections have been hung up.</summary>
    public void Clear()
    {
        _waiters.Clear();
        _unrecorded.Clear();
    }

    /// <summary>A session that the log calls silent is touched only together with an entry that takes that back (§6.2).</summary>
    private bool Touch(int row, SessionId session, bool first, Moment now)
    {
        if (expiry.IsLogged(row) && !expiry.IsClosing(row))
        {
            if (!replication.TryEndSilence(session))
                return false;
            expiry.SilenceEnded(row);
        }
        return first ? expiry.FirstRequest(row, session, now) : expiry.Touch(row, session, now);
    }

    /// <summary>Whether what was just heard of a connection counts, or will with the next claim.</summary>
    private bool IsRecorded(Connection connection) =>
        !replication.Leads || !(expiry.IsClosing(connection.Row) || expiry.IsLogged(connection.Row));

    /// <summary>Registers for a round what was just heard; what was not recorded has to wait for that first.</summary>
    private ulong Await(in Waiter waiter)
    {
        if (!IsRecorded(waiter.Connection))
        {
            _unrecorded.Enqueue(waiter);
            return Unrecorded;
        }
        var round = replication.Confirm();
        _waiters.Enqueue(waiter with { Round = round });
        return round;
    }

    /// <summary>What was registered for a round of which the touch has to be recorded anew, and cannot be yet.</summary>
    private void Postpone(in Waiter waiter)
    {
        if (!waiter.IsPong)
            Renumber(waiter.Connection, waiter.Round, Unrecorded);
        _unrecorded.Enqueue(waiter with { Round = Unrecorded });
    }

    private static void Renumber(Connection connection, ulong from, ulong to)
    {
        for (var i = 0; i < connection.Requests.Count; i++)
        {
            ref var request = ref connection.Requests[i];
            if (request.Kind != RequestKind.Write && request.Number == from)
                request.Number = to;
        }
    }
}

/// <summary>What a leader makes of a claim.</summary>
internal enum ClaimVerdict : byte
{
    /// <summary>The touch is recorded; it counts once a round that begins now is confirmed.</summary>
    Touched,
    /// <summary>The session is gone, is being closed, or has moved: it is promised nothing any more.</summary>
    Refused,
    /// <summary>This leader cannot judge it yet; it is to be claimed again.</summary>
    NotYet,
}

/// <summary>Who waits for a confirmation round: a pong to be written, or a connection whose sync can then be answered.</summary>
internal readonly record struct Waiter(Connection Connection, ulong Round, int Bytes, Instant Received)
{
    public const int Sync = -1;

    public bool IsPong => Bytes != Sync;
}
