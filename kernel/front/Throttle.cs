namespace Quorate.Kernel.Fronts;

/// <summary>
/// Back-pressure: when too much is unanswered, of one connection or of all, the server stops reading from connections and goes on when half
/// of it is answered. Nothing is dropped; what the host had read before it stopped is still taken.
/// </summary>
/// <remarks>
/// The pings of a connection that is not read from lie unread in its stream, so the server touches its session itself (B10). That can only
/// make expiry later, which is safe; it ends after the longest session timeout, so that a dead client is not kept for ever.
/// </remarks>
internal sealed class Throttle(Settings settings, Limits limits, Connections connections, Touches touches)
{
    private readonly List<Connection> _held = [];
    private int _heldForAll;
    private Instant _touchAt = Instant.Never;

    /// <summary>When the sessions of held connections are to be touched.</summary>
    public Instant NextDeadline => _touchAt;

    /// <summary>A request of so many bytes was taken.</summary>
    public void Took(Connection connection, int bytes, Effects effects)
    {
        connections.CountUnanswered(connection, 1, bytes);
        if (connection.Unanswered >= limits.RequestsPerConnection || connection.UnansweredBytes >= limits.RequestBytesPerConnection)
            Hold(connection, HoldReasons.Own, effects);
        if (connections.Unanswered >= limits.RequestsOutstanding)
            Hold(connection, HoldReasons.All, effects);
    }

    /// <summary>A request of so many bytes was answered.</summary>
    public void Answered(Connection connection, int bytes, Effects effects)
    {
        connections.CountUnanswered(connection, -1, -bytes);
        if (connection.Unanswered <= limits.RequestsPerConnection / 2 && connection.UnansweredBytes <= limits.RequestBytesPerConnection / 2)
            Release(connection, HoldReasons.Own, effects);
    }

    /// <summary>Goes on reading where too much was unanswered in all, once half of it is answered or went with its connection.</summary>
    public void Relax(Effects effects)
    {
        if (_heldForAll > 0 && connections.Unanswered <= limits.RequestsOutstanding / 2)
            ReleaseAll(effects);
    }

    /// <summary>Stops reading from a connection, for a reason more.</summary>
    public void Hold(Connection connection, HoldReasons reason, Effects effects)
    {
        if (connection.Held == HoldReasons.None)
            Begin(connection, effects);
        if (reason == HoldReasons.All && (connection.Held & reason) == 0)
            _heldForAll++;
        connection.Held |= reason;
    }

    /// <summary>A reason has passed; without any left the connection is read from again.</summary>
    public void Release(Connection connection, HoldReasons reason, Effects effects)
    {
        if ((connection.Held & reason) == 0)
            return;
        if (reason == HoldReasons.All)
            _heldForAll--;
        connection.Held &= ~reason;
        if (connection.Held == HoldReasons.None && !connection.IsGone)
            effects.Throttle(connection.Id, hold: false);
    }

    /// <summary>Touches the sessions of connections that are held.</summary>
    public void Elapse()
    {
        var now = connections.Now;
        if (now.Instant < _touchAt)
            return;
        ForgetReleased();
        foreach (var connection in _held)
            if (now.Instant - connection.HeldSince <= settings.MaxSessionTimeout)
#if MUTANTS
                if (!Mutant.Is(Mutants.HeldUntouched))
#endif
                touches.Keep(connection, now);
        _touchAt = _held.Count == 0 ? Instant.Never : now.Instant + settings.MinSessionTimeout / 3;
    }

    private void Begin(Connection connection, Effects effects)
    {
        effects.Throttle(connection.Id, hold: true);
        connection.HeldSince = connections.Now.Instant;
        if (connection.IsListedHeld)
            return;
        connection.IsListedHeld = true;
        if (_held.Count == 0)
            _touchAt = connections.Now.Instant + settings.MinSessionTimeout / 3;
        _held.Add(connection);
    }

    private void ReleaseAll(Effects effects)
    {
        foreach (var connection in _held)
            Release(connection, HoldReasons.All, effects);
        ForgetReleased();
    }

    private void ForgetReleased()
    {
        var kept = 0;
        for (var i = 0; i < _held.Count; i++)
        {
            var connection = _held[i];
            if (connection.IsGone)
                Forget(connection);
            connection.IsListedHeld = connection.Held != HoldReasons.None;
            if (connection.IsListedHeld)
                _held[kept++] = connection;
        }
        _held.RemoveRange(kept, _held.Count - kept);
    }

    private void Forget(Connection gone)
    {
        if ((gone.Held & HoldReasons.All) != 0)
            _heldForAll--;
        gone.Held = HoldReasons.None;
    }
}
