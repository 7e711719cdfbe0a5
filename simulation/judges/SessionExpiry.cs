using Quorate.Kernel.Ground;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// A session is closed for silence never early, and never much too late. Early is before its owner's fence: the sending of the newest
/// request that was confirmed to it, plus its timeout less what clocks may drift. Late is more than three timeouts after a member last
/// heard of it, while a majority was connected all that time.
/// </summary>
/// <remarks>
/// Silence is measured by leaders. A dead session is closed in bounded time as long as each of them stays for most of its timeout, and not
/// if they go before they can have noticed anything (S-73): the bound of a session counts from the last leader that came too soon for it.
/// <para>
/// Confirmed are replies to writes, syncs, pings and attaches (design §8). An attach that changes the timeout moves the fence when its
/// owner learns of it, not before (A5). A server that does not read from a connection keeps its session alive (B10): whoever asks for much and
/// reads slowly cannot be heard. Whether a majority is connected, who leads, and what reaches members, the world has to say.
/// </para>
/// </remarks>
/// <param name="canon">The sequence.</param>
/// <param name="rules">The world's time, how much clocks may gain or lose, and what things may take.</param>
internal sealed class SessionExpiry(Canon canon, JuryRules rules) : CanonJudge(canon)
{
    private const int TimeoutsMost = 3;

    /// <summary>
    /// A leader that stays for so many hundredths of a timeout must have noticed. Elections take now longer, now shorter: leaders that change
    /// every 0.8 timeouts, which are to be enough, may each be there for a little less.
    /// </summary>
    private const int TenureLeast = 75;

    private const long Million = 1_000_000;

    private sealed class Watched(SessionId id)
    {
        public SessionId Id => id;
        public TimeSpan Timeout { get; set; }       // the longest that was ever negotiated
        public TrueTime Heard { get; set; }
        public TrueTime CountsFrom { get; set; }    // the last leader that came too soon after the one before
        public TrueTime Fence { get; set; }
        public TrueTime Expired { get; set; } = TrueTime.Never;
        public bool IsOpen { get; set; } = true;
    }

    private readonly Dictionary<SessionId, Watched> _sessions = [];
    private readonly List<Watched> _open = [];
    private readonly Dictionary<(int Client, int Connection), TimeSpan> _timeouts = [];
    private TrueTime _quorumSince = TrueTime.Never;

    /// <summary>A majority of the voters can reach each other and runs, from now on; or that is no longer so.</summary>
    public void Quorum(bool isConnected)
    {
        Inspect(rules.Now());
        if (!isConnected)
            _quorumSince = TrueTime.Never;
        else if (_quorumSince == TrueTime.Never)
            _quorumSince = rules.Now();
    }

    /// <summary>A leader takes over from another that has stayed for so long.</summary>
    public void Succeeded(TimeSpan tenure)
    {
        Inspect(rules.Now());
        foreach (var watched in _open)
            if (100 * tenure.Ticks < TenureLeast * watched.Timeout.Ticks)
                watched.CountsFrom = rules.Now();
    }

    /// <summary>A member has received something of a session, or holds back the connection that carries it.</summary>
    public void Heard(SessionId session)
    {
        if (_sessions.TryGetValue(session, out var watched))
            watched.Heard = rules.Now();
    }

    /// <summary>Whether a session is open that nobody has heard of for longer than its timeout: it should be closed soon.</summary>
    public bool AnyIsDead(TrueTime now) => _open.Exists(watched => watched.IsOpen && now - watched.Heard > watched.Timeout);

    /// <inheritdoc/>
    public override void Saw(SessionSeen seen)
    {
        if (seen.What != SessionChange.Connected)
            return;
        _timeouts[(seen.Client, seen.Connection)] = seen.Timeout;
        if (_sessions.TryGetValue(seen.Session, out var watched))
            watched.Fence = seen.Asked + Fenced(seen.Timeout);
    }

    /// <inheritdoc/>
    public override void Returned(Operation operation)
    {
        var confirms = operation.Request.IsWrite || operation.Request.Op is OpCode.Sync or OpCode.Ping;
        if (!confirms || operation.Answer is null || !_sessions.TryGetValue(operation.Session, out var watched)
            || !_timeouts.TryGetValue((operation.Client, operation.Connection), out var timeout))
            return;
        var fence = operation.Sent + Fenced(timeout);
        if (watched.Expired < fence)
            Accuse($"{operation}, sent at {operation.Sent}, was confirmed, and session {operation.Session} was closed for silence at " +
                $"{watched.Expired}, before {fence}.");
        watched.Fence = TrueTime.Later(watched.Fence, fence);
    }

    /// <inheritdoc/>
    public override void Inspect(TrueTime now)
    {
        _open.RemoveAll(watched => !watched.IsOpen);
        foreach (var watched in _open)
            JudgeLateness(watched, now);
    }

    /// <inheritdoc/>
    public override void Closing(TrueTime now) => Inspect(now);

    internal override void Happened(CanonEntry entry)
    {
        switch (entry.Kind)
        {
            case CommandKind.CreateSession when entry.Answer == ErrorCode.Ok:
                var opened = new Watched(entry.Session) { Timeout = entry.Timeout, Heard = rules.Now() };
                _sessions[entry.Session] = opened;
                _open.Add(opened);
                break;
            case CommandKind.Attach when entry.Answer == ErrorCode.Ok && _sessions.TryGetValue(entry.Session, out var attached):
                attached.Timeout = TimeSpan.FromTicks(Math.Max(attached.Timeout.Ticks, entry.Timeout.Ticks));
                attached.Heard = rules.Now();
                break;
            case CommandKind.CloseSession or CommandKind.ExpireSession
                when entry.Answer == ErrorCode.Ok && _sessions.TryGetValue(entry.Session, out var closed):
                closed.IsOpen = false;
                if (entry.Kind == CommandKind.CloseSession)
                    break;
                closed.Expired = rules.Now();
                if (closed.Expired < closed.Fence)
                    Accuse($"Session {entry.Session} was closed for silence at {closed.Expired}; its owner was safe until {closed.Fence}.");
                if (rules.KeptSince(entry.Session) is { } kept && closed.Expired - kept > rules.TouchTime)
                    Accuse($"Session {entry.Session} was closed for silence at {closed.Expired}; since {kept} a server has not read from its " +
                        "connection, and was to touch it meanwhile.");
                JudgeLateness(closed, closed.Expired);
                break;
        }
    }

    private void JudgeLateness(Watched watched, TrueTime now)
    {
        var since = TrueTime.Later(TrueTime.Later(watched.Heard, watched.CountsFrom), _quorumSince);
        if (since == TrueTime.Never)
            return;
        var most = TimeSpan.FromTicks(TimeoutsMost * watched.Timeout.Ticks / Million * (Million + rules.DriftPartsPerMillion)) + rules.ExpirySlack;
        if (now - since > most)
            Accuse($"Session {watched.Id} was last heard of at {watched.Heard}, a majority is connected since {_quorumSince}, and at {now} " +
                $"it was not closed; its timeout is {watched.Timeout}.");
    }

    /// <summary>How much true time a timeout lasts at least, whatever the clock that measures it does within the bound.</summary>
    private TimeSpan Fenced(TimeSpan timeout) => TimeSpan.FromTicks(timeout.Ticks * Million / (Million + rules.DriftPartsPerMillion));
}
