using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>
/// One whole member of an ensemble as a function of (state, input): storage, consensus, machine and front, and the wires between them. What
/// must happen next is appended to <see cref="Effects"/>; nothing is done here, nothing is waited for, and time is what the input says.
/// </summary>
/// <remarks>
/// The contract of a step (design §4): effects on one subject are performed in order; a flush completes after every earlier write to its
/// file; no effect is conditional; a step never calls out; between steps the state is frozen, so that <see cref="Answer"/> may run anywhere;
/// time never goes backwards and is advanced before the input is looked at, so a server that wakes from a pause learns its age first.
/// <para>A batch of steps ends with <see cref="FinishReads"/>, repeated until neither reads nor backlog are left (A1), and
/// <see cref="Submit"/>. <see cref="Driver{TPorts}"/> does it right.</para>
/// </remarks>
public sealed partial class Server
{
    private readonly Settings _settings;
    private readonly Limits _limits;
    private readonly ITrace _trace;
    private readonly Dice _dice;
    private readonly DiskTickets _tickets = new();
    private readonly Raft _raft;
    private readonly Recovery _recovery;
    private Machine _machine;               // replaced only while recovery looks for a snapshot that is intact
    private Front? _front;                  // exists from the end of recovery on, when the incarnation is known
    private Janitor _janitor = null!;       // likewise
    private Moment _now;
    private Instant _published = Instant.Never;
    private bool _started;

    /// <summary>A server that begins by reading its disk at its first tick.</summary>
    /// <param name="settings">Who it is and how it behaves.</param>
    /// <param name="limits">Every bound; checked against each other here.</param>
    /// <param name="seed">Feeds all of its chance. Production hosts take it from the operating system.</param>
    /// <param name="trace">Observes; nothing depends on it.</param>
    /// <exception cref="ArgumentException">Settings or limits contradict each other; the message says which.</exception>
    public Server(Settings settings, Limits limits, ulong seed, ITrace trace)
    {
        _settings = settings.Validated();
        _limits = limits.Validated();
        _trace = trace;
        _dice = new(seed);
        _raft = new(_settings, _limits, _dice, trace, this);
        _machine = new(_dice.Next());
        _forwarding = new(_limits.UncommittedBytes);
        _recovery = new(_tickets, this);
        Contacts = _settings.Ensemble;
    }

    /// <summary>Where the server is in its life.</summary>
    public ServerState State { get; private set; } = ServerState.Recovering;

    /// <summary>Why the state is <see cref="ServerState.Failed"/>: what happened, where, and what to do; else null.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether this member leads, as far as it knows: another may have been elected since.</summary>
    public bool Leads => _raft.LeadsFirmly;

    /// <summary>The term that it is in.</summary>
    public Term Term => _raft.Term;

    /// <summary>The replicated state, for audits.</summary>
    internal Machine Machine => _machine;

    /// <summary>Who takes part, as far as this server's log says, for audits.</summary>
    internal Membership Membership => _raft.Membership;

    /// <summary>The last entry of its log, on the disk or not.</summary>
    internal LogIndex LogEnd => _raft.Log.Last;

    /// <summary>When the server wants a tick if nothing else happens before; good from the end of a batch, <see cref="Submit"/>, on.</summary>
    public Instant NextDeadline => _published;

    /// <summary>Takes one input: time first, then what happened.</summary>
    public void Step(in Input input, Effects effects)
    {
        Invariant.Holds(input.Now.Instant >= _now.Instant);
        var later = input.Now.Instant > _now.Instant;
        WatchClock(input.Now);
        _now = input.Now;
        if (State is ServerState.Failed)
        {
            if (input.Kind == InputKind.ClientOpened)
                effects.HangUp(new(input.Subject));
            return;
        }
        if (!_started)
            Start(effects);
        if (later || input.Kind == InputKind.Tick)   // a deadline may be due at the instant of the step before
            Elapse(effects);
        Take(input, effects);
        Advance(effects);
    }

    private void Start(Effects effects)
    {
        _started = true;
        _startedAt = _now.Instant;
        _recovery.Begin(effects);
    }

    private void Take(in Input input, Effects effects)
    {
        var connection = new ConnectionId(input.Subject);
        switch (input.Kind)
        {
            case InputKind.Tick:
                break;
            case InputKind.ClientOpened when _front is null || State is ServerState.Stopping or ServerState.Stopped:
                effects.HangUp(connection);
                break;
            case InputKind.ClientOpened:
                _front.Opened(connection, input.Bytes, _now, effects);
                break;
            case InputKind.ClientFrame when IsOutside:
                effects.HangUp(connection);
                break;
            case InputKind.ClientFrame when State is ServerState.Looking or ServerState.Serving:
                _front!.Frame(connection, input.Bytes, _now, effects);
                break;
            case InputKind.ClientWord when _front is not null:
                _front.Word(connection, input.Bytes, this, _now, effects);
                break;
            case InputKind.PeerFrame when _front is not null:
                PeerSaid(new((byte)input.Subject), input.Bytes, effects);
                break;
            case InputKind.PeerConnected or InputKind.PeerDisconnected:
                PeerArrived(new((byte)input.Subject), input.Kind == InputKind.PeerConnected, effects);
                break;
            case InputKind.ClientStalled:
                _front?.Stalled(connection);
                break;
            case InputKind.ClientDrained:
                _front?.Drained(connection, _now, effects);
                break;
            case InputKind.ClientClosed:
                _front?.Closed(connection);
                break;
            case InputKind.DiskDone:
                Completed(new(input.Subject), input.Outcome, input.Bytes, effects);
                break;
            case InputKind.Operator:
                Obey((OperatorRequest)input.Subject, input.Bytes, effects);
                break;
        }
    }

    /// <summary>What follows from what is now known: elections, applied entries, confirmed rounds, held proposals.</summary>
    private void Advance(Effects effects)
    {
        if (_front is null || State is ServerState.Failed)
            return;
        OpenTerm();
        CountUnflushed();
        ApplyCommitted(effects);
        JudgeBelonging(effects);
        ServeAsFollower();
        FollowLeader();
        ProposeForwarded();
        ChangeMembership();
        Confirm(effects);
        PumpBackup();
        _front.Pump(effects);
        RollCounterOver();
        KeepHardState(effects);
        TellWhatIsMissing();
        FinishStopping(effects);
        JudgeDivergence(effects);
        if (_raft.Failure is { } failure)
            Fail(failure, effects);
    }

    private void Publish()
    {
        if (_front is null || State is ServerState.Failed)
        {
            _published = Instant.Never;
            return;
        }
        var next = State is ServerState.Stopped ? Instant.Never : _front.NextDeadline;
        if (MayPropose && State is ServerState.Serving)
            next = Instant.Earlier(next, Instant.Earlier(_front.Expiry.NextDeadline, _janitor.NextDeadline));
        if ((_appliedInBatch >= EntriesPerBatch && _raft.Applied < _raft.Committed) || ReadyReads > 0 || HasBacklog || _front.AnyReadWaits)
            next = _now.Instant;
        _appliedInBatch = 0;
        next = Instant.Earlier(Instant.Earlier(next, _raft.NextDeadline), Instant.Earlier(_greetAt, SupplyDeadline));
        next = Instant.Earlier(next, Instant.Earlier(ClaimDeadline, ForwardDeadline));
        if (_reconfig is not null && _reconfigUntil > _now.Instant)
            next = Instant.Earlier(next, _reconfigUntil);
        _published = Instant.Earlier(Instant.Earlier(next, SnapshotDeadline), _journal.Deadline);
    }

    private void Fail(string reason, Effects effects)
    {
        if (State is ServerState.Failed)
            return;
        State = ServerState.Failed;
        Failure = reason;
        HasBacklog = false;   // nothing is applied any more
        _trace.Note(NoteLevel.Error, 0, reason);
        _front?.HangUpAll(effects);
        _published = Instant.Never;
    }
}
