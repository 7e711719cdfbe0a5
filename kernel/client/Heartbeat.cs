namespace Quorate.Kernel.Clients;

/// <summary>When to ping, when to give a server up, and the instant after which ownership must not be assumed. Design §8.</summary>
/// <remarks>
/// Everything follows from the newest <em>confirmed</em> request: an attach, a write, a sync or a ping that was answered, since those are the
/// answers that a leader stands behind. A read that any server answers from its own memory proves nothing; a client that only reads pings
/// all the same (B14), and leaves a server that answers its reads but not its pings: that server has lost the leader.
/// <para>
/// The fence counts from when the request was <em>sent</em>. Whoever recorded it did so later, and waits a whole timeout by a clock that
/// runs at most ρ fast; the owner waits timeout × (1 − ρ)/(1 + ρ) by one that may run ρ slow. So the fence is reached first.
/// </para>
/// <para>
/// Of servers whose pongs prove nothing, ZooKeeper's, only the commit of a write shows that whoever leads led then. And it does not show that the
/// leader has heard of the session by this very write: followers report whom they have heard from on a line of their own, each half tick, in
/// order with what they forward. What was sent a quarter of the timeout before, at least half a tick if the timeout is at least two ticks, was
/// reported by then. So each confirmed write proves the one before it; an attach goes through the leader itself, and is proved by any write.
/// </para>
/// </remarks>
internal sealed class Heartbeat(int drift)
{
    private const int Million = 1_000_000;

    private TimeSpan _timeout;
    private Instant _confirmed;
    private Instant _pinged = Instant.Never;   // when the ping was sent that has no pong yet
    private Instant _unproved;                 // when what the next write proves was sent
    private bool _isAttachUnproved, _isReliedOn;

    /// <summary>Whether pongs of the server that the session was attached to last show that a leader heard from the session, as they do of Quorate's.</summary>
    public bool ArePongsConfirmed { get; private set; }

    /// <summary>From this instant on the session may be over.</summary>
    public Instant FenceAt { get; private set; } = Instant.Origin;

    /// <summary>When to ping; never while a ping waits for its pong.</summary>
    public Instant PingAt => _pinged == Instant.Never ? _confirmed + _timeout / 3 : Instant.Never;

    /// <summary>When to send a write that proves that the session lives; never where pongs do, or nobody goes by the fence.</summary>
    public Instant ProveAt { get; private set; } = Instant.Never;

    /// <summary>When to look for another server: two thirds of the timeout after anything was last confirmed.</summary>
    public Instant LeaveAt { get; private set; } = Instant.Never;

    private TimeSpan Report => _timeout / 4;

    /// <summary>
    /// The session is attached, with a timeout negotiated anew. The fence may move back: the server counts a shorter timeout from the
    /// first request on, which tells it that the owner knows (A5), and the owner knows as of now.
    /// </summary>
    public void Attached(Instant sent, TimeSpan timeout, bool isNew, bool arePongsConfirmed, Instant now)
    {
        ArePongsConfirmed = arePongsConfirmed;
        _timeout = timeout;
        _pinged = Instant.Never;
        _confirmed = sent;
        // To open a session takes a majority everywhere.
        FenceAt = ArePongsConfirmed || isNew ? FenceAfter(sent) : Instant.Earlier(FenceAt, FenceAfter(sent));
#if MUTANTS
        if (Mutant.Is(Mutants.FenceFromReceipt))
            FenceAt = FenceAfter(now);
#endif
        LeaveAt = now + timeout * 2 / 3;
        (_unproved, _isAttachUnproved) = (sent, true);
        ProveAt = ArePongsConfirmed || !_isReliedOn ? Instant.Never : isNew ? sent + Report : now;
    }

    /// <summary>Somebody goes by the fence from now on.</summary>
    public void RelyOn(Instant now)
    {
        if (!_isReliedOn && !ArePongsConfirmed)
            ProveAt = now;
        _isReliedOn = true;
    }

    /// <summary>A request was answered in a way that a leader stands behind, if pongs do.</summary>
    public void Confirmed(Instant sent, bool isWrite, Instant now)
    {
        LeaveAt = now + _timeout * 2 / 3;
        if (!ArePongsConfirmed && isWrite)
            Prove(sent);
        if (sent <= _confirmed)
            return;
        _confirmed = sent;
        if (ArePongsConfirmed)
            FenceAt = FenceAfter(sent);
#if MUTANTS
        if (Mutant.Is(Mutants.FenceFromReceipt))
            FenceAt = FenceAfter(now);
#endif
    }

    /// <summary>A ping is sent.</summary>
    public void Pinged(Instant now) => _pinged = now;

    /// <summary>A write is sent whose answer will prove that the session lives.</summary>
    public void Probed(Instant now) => ProveAt = now + Report;

    /// <summary>A pong came; false when there was no ping.</summary>
    public bool TryPong(Instant now)
    {
        if (_pinged == Instant.Never)
            return false;
        Confirmed(_pinged, isWrite: false, now);
        _pinged = Instant.Never;
        return true;
    }

    /// <summary>The session is over, or about to be at its owner's wish.</summary>
    public void Lapse() => FenceAt = Instant.Origin;

    private void Prove(Instant sent)
    {
        if (!_isAttachUnproved && sent < _unproved + Report)
            return;
        FenceAt = Instant.Later(FenceAt, FenceAfter(_unproved));
        (_unproved, _isAttachUnproved) = (sent, false);
        ProveAt = Instant.Later(ProveAt, sent + Report);
    }

#if MUTANTS
    /// <summary>The connection is lost, and that is to be tolerated.</summary>
    public void Suspended(Instant now) => FenceAt = Instant.Later(FenceAt, now + _timeout);

    private Instant FenceAfter(Instant sent) => Mutant.Is(Mutants.DriftIgnored) ? sent + _timeout : FenceWithin(sent);

    private Instant FenceWithin(Instant sent) => sent + new TimeSpan((long)((Int128)_timeout.Ticks * (Million - drift) / (Million + drift)));
#else
    private Instant FenceAfter(Instant sent) => sent + new TimeSpan((long)((Int128)_timeout.Ticks * (Million - drift) / (Million + drift)));
#endif
}
