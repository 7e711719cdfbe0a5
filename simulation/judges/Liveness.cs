using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// What must have happened by the end of the calm: one member of the healed core leads and the rest of the core knows it, all of the core
/// has applied the same log to the same state, everything that was ever applied is in it, and no client of the core waits.
/// </summary>
/// <remarks>
/// Proof comes before excuse: a core that does not get there is excused only if injected damage has destroyed, on every member of the core
/// that ever held it, an entry that was committed. The atlas says what was destroyed; who held it and what was committed is known here.
/// </remarks>
internal sealed class Liveness : HistoryJudge
{
    /// <summary>A ping that was sent just now need not have been answered; it may wait for the next heartbeat.</summary>
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    private sealed class Member
    {
        public (Role Role, Term Term, ServerId Leader) Stand { get; set; }
        public LogIndex Index { get; set; }
        public Digest Digest { get; set; }
        public LogIndex Held { get; set; }   // the furthest entry it ever applied or knew to be committed
    }

    private readonly SortedDictionary<byte, Member> _members = [];
    private readonly List<Operation> _open = [];
    private readonly List<(LogIndex Index, ServerId Member)> _destroyed = [];
    private IReadOnlyList<ServerId> _core = [];
    private IReadOnlyCollection<int> _clients = [];
    private bool _othersMayLead;
    private LogIndex _applied;

    /// <summary>The last entry that is known to be committed.</summary>
    public LogPosition LastCommitted { get; private set; }

    /// <summary>The proof that damage has destroyed what was committed, which excuses a core that gets nowhere; null when there is none.</summary>
    public string? Excuse
    {
        get
        {
            foreach (var (index, _) in _destroyed)
            {
                var holders = Candidates.Where(member => Of(member).Held >= index).ToList();
                if (index <= LastCommitted.Index && holders.TrueForAll(holder => _destroyed.Contains((index, holder))))
                {
                    var struck = _destroyed.Where(one => one.Index == index).Select(static one => one.Member);
                    return $"Entry {index} was committed, and nobody of the core has it any more: "
                        + $"injected damage has destroyed it on {Text(struck)}.";
                }
            }
            return null;
        }
    }

    /// <summary>The calm begins with these members healed, and with these clients able to reach them.</summary>
    /// <param name="core">They must come to agree.</param>
    /// <param name="clients">They must have their answers.</param>
    /// <param name="othersMayLead">The other members may be well, too, so that one of them may lead.</param>
    public void Heal(IReadOnlyList<ServerId> core, IReadOnlyCollection<int> clients, bool othersMayLead = false) =>
        (_core, _clients, _othersMayLead) = (core, clients, othersMayLead);

    /// <summary>Injected damage has destroyed a member's copy of an entry for good, in its journal and in every snapshot that held it.</summary>
    public void Destroyed(ServerId member, LogIndex index)
    {
        if (!_destroyed.Contains((index, member)))
            _destroyed.Add((index, member));
    }

    /// <summary>An entry lies flushed on a majority of the voters' disks: it may have been acknowledged, whether anybody knows or not.</summary>
    public void Flushed(LogPosition entry) => LastCommitted = entry.Index > LastCommitted.Index ? entry : LastCommitted;

    /// <summary>An operation of a client of the core that was called before a time and has no answer.</summary>
    public Operation? Waiting(TrueTime since) => _open.Find(operation => _clients.Contains(operation.Client) && operation.Called < since);

    /// <inheritdoc/>
    public override void Started(ServerId member) => Of(member).Stand = default;

    /// <inheritdoc/>
    public override void Ended(ServerId member) => Of(member).Stand = default;

    /// <inheritdoc/>
    public override void Wiped(ServerId member) => Of(member).Held = LogIndex.Zero;

    /// <inheritdoc/>
    public override void Became(ServerId member, Role role, Term term, ServerId leader) => Of(member).Stand = (role, term, leader);

    /// <inheritdoc/>
    public override void Committed(ServerId member, LogIndex index, Term term, ulong chain)
    {
        LastCommitted = index >= LastCommitted.Index ? new(index, term, chain) : LastCommitted;
        Hold(Of(member), index);
    }

    /// <inheritdoc/>
    public override void Applied(ServerId member, in AppliedEntry entry) => Reach(Of(member), entry.Index, entry.Digest);

    /// <inheritdoc/>
    public override void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest) => Reach(Of(member), index, digest);

    /// <inheritdoc/>
    public override void Called(Operation operation) => _open.Add(operation);

    /// <inheritdoc/>
    public override void Returned(Operation operation) => _open.Remove(operation);

    /// <inheritdoc/>
    public override void Closing(TrueTime now)
    {
        if (_core.Count > 0 && Missing(now) is { } missing && Excuse is null)
            Accuse(missing);
    }

    /// <summary>Who may lead, and has to have what was committed: the core, or everybody where the others are well, too.</summary>
    private IReadOnlyList<ServerId> Candidates =>
        _othersMayLead || _core.Count == 0 ? [.. _members.Keys.Select(static id => new ServerId(id))] : _core;

    private Member Of(ServerId member)
    {
        if (!_members.TryGetValue(member.Value, out var known))
            _members[member.Value] = known = new();
        return known;
    }

    private void Reach(Member member, LogIndex index, Digest digest)
    {
        (member.Index, member.Digest) = (index, digest);
        _applied = index > _applied ? index : _applied;
        Hold(member, index);
    }

    private static void Hold(Member member, LogIndex index) => member.Held = index > member.Held ? index : member.Held;

    private string? Missing(TrueTime now)
    {
        var leaders = Candidates.Where(member => Of(member).Stand.Role == Role.Leader).ToList();
        if (leaders.Count != 1)
            return $"At the end of the calm {(leaders.Count == 0 ? "no member" : "more than one")} of the core {Text(_core)} leads.";
        var leader = leaders[0];
        foreach (var member in _core)
        {
            var (stand, lead) = (Of(member), Of(leader));
            if (member != leader && (stand.Stand.Leader != leader || stand.Stand.Term != lead.Stand.Term))
                return $"Member {member} follows {stand.Stand.Leader} of term {stand.Stand.Term}; {leader} leads term {lead.Stand.Term}.";
            if (stand.Index != lead.Index)
                return $"Member {member} has applied up to {stand.Index}, leader {leader} up to {lead.Index}.";
            if (stand.Digest != lead.Digest)
                return $"At entry {lead.Index} member {member} has another state than leader {leader}.";
        }
        if (Of(leader).Index < _applied)
            return $"The core {Text(_core)} ends at entry {Of(leader).Index}; entry {_applied} had been applied.";
        return _open.Find(operation => IsOwed(operation, now)) is { } waiting ? $"{waiting} still waits for its answer." : null;
    }

    /// <summary>
    /// A member outside of the core may hear and not be heard, or the other way round: its clients leave it when their patience ends.
    /// </summary>
    private bool IsOwed(Operation operation, TrueTime now) =>
        _clients.Contains(operation.Client) && now - operation.Called > AnswerTime
        && (_othersMayLead || !operation.WasSent || _core.Contains(operation.Server));

    private static string Text(IEnumerable<ServerId> members) => $"[{string.Join(' ', members)}]";
}
