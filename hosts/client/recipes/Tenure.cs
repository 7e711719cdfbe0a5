namespace Quorate.Client;

/// <summary>Something that is held for as long as the session that won it is known to live: an office, a lock.</summary>
/// <remarks>
/// It ends by itself at <see cref="Deadline"/>, on this computer's own clock, before the service can give it to anybody else, and whether
/// or not anybody can be reached. A lost connection alone does not end it.
/// <para>
/// What no library can exclude is a pause between asking <see cref="MayAct"/> and acting. So whatever is acted upon should be shown
/// <see cref="FencingToken"/>, and should refuse a token lower than the highest that it has seen; for what lies in the service itself,
/// <see cref="Transaction"/> does that.
/// </para>
/// </remarks>
public abstract class Tenure : IAsyncDisposable
{
    private readonly Place _place;

    private protected Tenure(Place place) => _place = place;

    /// <summary>Higher than the token of everybody who held the same before: the zxid that created the znode which stands for it.</summary>
    public Zxid FencingToken => _place.Token;

    /// <summary>The znode that stands for it.</summary>
    public string Path => _place.Path;

    /// <summary>
    /// When it ends unless the service confirms the session before: an instant of <see cref="ZooClient.Now"/>'s clock. It moves ahead while
    /// the client is in touch with the service. Once it has ended: when that was.
    /// </summary>
    public Instant Deadline => _place.Deadline;

    /// <summary>Whether one may act on it now.</summary>
    public bool MayAct => _place.MayAct;

    /// <summary>Why it has ended; <see cref="Ending.None"/> while it has not.</summary>
    public Ending Ending => _place.Ending;

    /// <summary>
    /// Fires when it ends: at <see cref="Deadline"/> at the latest, even if nothing else happens; earlier if it is given up, or the znode
    /// that stands for it is deleted, or the session ends. If the computer is suspended at the deadline, it fires within a second of its
    /// waking; <see cref="MayAct"/> is false at once then.
    /// </summary>
    public CancellationToken Ended => _place.Ended;

    /// <summary>A transaction that fails, and does nothing, if by the time it is carried out this is not held any more.</summary>
    public ZooTransaction Transaction() => _place.Transaction();

    /// <summary>
    /// Gives it up. Waits at most <see cref="ZooClientOptions.CloseTimeout"/> for the service to confirm; beyond, the client goes on
    /// trying, and the next in the queue waits until it has succeeded or the session is over.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _place.Release();
    }
}

/// <summary>An office that was won in a <see cref="LeaderElection"/>.</summary>
public sealed class Leadership : Tenure
{
    internal Leadership(Place place)
        : base(place) { }
}

/// <summary>A lock that is held, or a place of a semaphore's.</summary>
public sealed class LockHold : Tenure
{
    internal LockHold(Place place)
        : base(place) { }
}
