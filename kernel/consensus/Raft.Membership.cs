namespace Quorate.Kernel.Consensus;

/// <summary>Who belongs to the ensemble. A membership is in force as soon as it is in the log, and no longer when it is taken back (B9).</summary>
/// <remarks>
/// Joint consensus (thesis §4.3): a change is proposed as a joint membership; when that is applied, <see cref="MustLeave"/> asks whoever leads
/// then to propose what it ends as. One change at a time.
/// <para>
/// A member is an id and a birth. Who has the id alone, because his disk was wiped or the log he reads is of another's days, is not meant: he
/// neither counts his own vote nor stands (A14).
/// </para>
/// </remarks>
internal sealed partial class Raft
{
    /// <summary>What is counted over the voters.</summary>
    private enum Figure : byte
    {
        Match,
        Round,
        Heard,
        Linked,
    }

    private readonly Progress?[] _progress = new Progress?[byte.MaxValue + 1];   // by id, of members
    private readonly List<Progress> _peers = [];                                 // the same, ascending, without this one
    private readonly List<(LogIndex Index, Membership Membership)> _unapplied = [];
    private readonly bool[] _linked = new bool[byte.MaxValue + 1];
    private readonly bool[] _noted = new bool[byte.MaxValue + 1];                // strangers, once for each link
    private bool _isAlone;

    /// <summary>Who takes part, by the newest word in the log.</summary>
    public Membership Membership { get; private set; } = Membership.Empty;

    /// <summary>Who took part as of <see cref="Applied"/>: what a snapshot of the state belongs with.</summary>
    public Membership AppliedMembership { get; private set; } = Membership.Empty;

    /// <summary>The other members, and of a leader its guests; how far each is counts only while this one leads.</summary>
    public IReadOnlyList<Progress> Peers => _peers;

    /// <summary>Whether this member belongs to the ensemble as of what it has applied.</summary>
    public bool IsMember => AppliedMembership.Includes(Self, Identity.Birth);

    /// <summary>Whether this member is all there is.</summary>
    public bool IsAlone => Membership.IsAlone(Self, Identity.Birth);

    /// <summary>Whether this member has a vote, in either half.</summary>
    public bool IsVoter => IsVoterOf(Membership);

    private bool IsSoleVoter => Membership.IsSoleVoter(Self, Identity.Birth);

    /// <summary>Whether a change is under way; the next one has to wait.</summary>
    public bool IsChanging => _unapplied.Count > 0 || Membership.IsJoint;

    /// <summary>Whether this leader has to propose <c>Membership.Left()</c> now.</summary>
    public bool MustLeave => LeadsFirmly && Membership.IsJoint && _unapplied.Count == 0;

    /// <summary>Whether a committed change is not applied yet: until then nobody stands for election.</summary>
    private bool HasMembershipToApply => _unapplied.Count > 0 && _unapplied[0].Index <= Committed;

    /// <summary>
    /// Whether this member has a vote, or had one until a change that may not be committed yet. Its log may be the only one that holds the
    /// change, and then nobody else can be elected; without a vote it does not count itself (thesis §4.2.2).
    /// </summary>
    private bool MayBeNeeded
    {
        get
        {
            var needed = IsVoter || IsVoterOf(AppliedMembership);
            foreach (var (_, membership) in _unapplied)
                needed |= IsVoterOf(membership);
            return needed;
        }
    }

    /// <summary>The entry at an index, the last one appended, puts a membership in force. The leader's owner says so when it has proposed it.</summary>
    public void Adopt(LogIndex index, Membership membership, Moment now)
    {
        Invariant.Holds(index > Applied && index <= Log.Last && (_unapplied.Count == 0 || _unapplied[^1].Index < index));
        _unapplied.Add((index, membership));
        Enforce(membership, now);
        Commit();
    }

    /// <summary>Of a leader: how many others are linked with it, or also hold everything committed.</summary>
    public int Followers(bool isSynced)
    {
        var count = 0;
        foreach (var peer in _peers)
            if (_linked[peer.Id.Value] && Membership.Find(peer.Id) is not null && (!isSynced || peer.Match >= Committed))
                count++;
        return count;
    }

    /// <summary>Of a leader: how many committed entries the linked member that is furthest behind is not known to hold.</summary>
    public ulong FurthestBehind
    {
        get
        {
            var most = 0UL;
            foreach (var peer in _peers)
                if (Role == Role.Leader && _linked[peer.Id.Value] && peer.Match < Committed)
                    most = Math.Max(most, Committed.Value - peer.Match.Value);
            return most;
        }
    }

    private void Found(Membership membership, Moment now)
    {
        AppliedMembership = membership;
        _unapplied.Clear();
        Enforce(membership, now);
    }

    /// <summary>The entries after an index are taken back, and what they said of members with them.</summary>
    private void Revert(LogIndex index, Moment now)
    {
        var kept = _unapplied.Count;
        while (kept > 0 && _unapplied[kept - 1].Index > index)
            kept--;
        if (kept == _unapplied.Count)
            return;
        _unapplied.RemoveRange(kept, _unapplied.Count - kept);
        Enforce(kept == 0 ? AppliedMembership : _unapplied[^1].Membership, now);
    }

    private void ApplyMemberships()
    {
        while (_unapplied.Count > 0 && _unapplied[0].Index <= Applied)
        {
            AppliedMembership = _unapplied[0].Membership;
            _unapplied.RemoveAt(0);
        }
    }

    private void Enforce(Membership membership, Moment now)
    {
        Membership = membership;
        _guests.RemoveAll(guest => membership.Find(guest.Id) is not null);
        _isAlone = IsAlone && _guests.Count == 0;
        foreach (var peer in _peers)
            if ((membership.Find(peer.Id) ?? Guest(peer.Id))?.Birth != peer.Member.Birth)
                _progress[peer.Id.Value] = null;
        _peers.Clear();
        for (var i = 0; i < membership.Members.Count; i++)
            if (membership.Members[i] is { } member && member.Id != Self)
                _peers.Add(ProgressOf(member, now));
        foreach (var guest in _guests)
            _peers.Add(ProgressOf(guest, now));
    }

    private bool IsVoterOf(Membership membership) => membership.IsVoter(Self) && membership.Includes(Self, Identity.Birth);

    /// <summary>Whether a voter is this member itself.</summary>
    private bool IsSelf(Member voter) => voter.Id == Self && voter.Birth == Identity.Birth;

    private Progress ProgressOf(Member member, Moment now)
    {
        ref var progress = ref _progress[member.Id.Value];
        if (progress is null)
        {
            progress = new(member, limits);
            if (Role == Role.Leader)
                progress.Begin(Log.Last, now.Instant);
        }
        progress.Member = member;
        return progress;
    }

    /// <summary>The sender of an answer, if it is who the membership says. A disk that was wiped answers under another birth (A14).</summary>
    private Progress? Known(ServerId from, in PeerMessage message)
    {
        var peer = _progress[from.Value];
        if (peer?.Member.Birth == message.Sender.Birth)
            return peer;
#if MUTANTS
        if (Mutant.Is(Mutants.EmptyDiskVotes))
            return peer;
#endif
        if (!_noted[from.Value])
            trace.Note(NoteLevel.Warning, 0, peer is null
                ? $"Member {from} does not belong to the ensemble: its word does not count."
                : $"Member {from} has come back with another disk than it joined with: its word does not count. Remove it from the ensemble, then add it again.");
        _noted[from.Value] = true;
        return null;
    }

    /// <summary>The highest figure that a majority of the voters has reached, of both halves while two are in force.</summary>
    private ulong Reached(Figure figure, ulong own)
    {
        var voters = Membership.VoterSpan;
        var leaving = Membership.OutgoingSpan;
        Span<ulong> incoming = stackalloc ulong[voters.Length], outgoing = stackalloc ulong[leaving.Length];
        return JointQuorum.Reached(Figures(voters, figure, own, incoming), Figures(leaving, figure, own, outgoing));
    }

    private ReadOnlySpan<ulong> Figures(ReadOnlySpan<Member> voters, Figure figure, ulong own, Span<ulong> figures)
    {
        for (var i = 0; i < voters.Length; i++)
            figures[i] = IsSelf(voters[i]) ? own : _progress[voters[i].Id.Value] is { } peer ? FigureOf(peer, figure) : 0;
#if MUTANTS
        if (Mutant.Is(Mutants.ObserversCount) && figure == Figure.Match && voters.Length > 0)
            foreach (var peer in _peers)
                if (!Membership.IsVoter(peer.Id))
                    figures[0] = Math.Max(figures[0], FigureOf(peer, figure));
#endif
        return figures[..voters.Length];
    }

    private ulong FigureOf(Progress peer, Figure figure) => figure switch
    {
        Figure.Match => peer.CountedMatch.Value,
        Figure.Linked => _linked[peer.Id.Value] ? 1ul : 0,
        _ when peer.IsConvalescent => 0,
        Figure.Round => peer.Round,
        _ => (ulong)peer.HeardAt.Ticks,
    };
}
