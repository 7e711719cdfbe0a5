namespace Quorate.Kernel.Consensus;

/// <summary>How a leader brings one follower up to date.</summary>
internal enum ProgressState : byte
{
    /// <summary>It looks for the place where the logs agree, one append at a time.</summary>
    Probe,
    /// <summary>It sends whatever there is, as far as the window allows.</summary>
    Replicate,
    /// <summary>What the follower lacks is no longer in memory: the owner reads it from the journal, frame by frame.</summary>
    Journal,
    /// <summary>Nor in the journal: the owner sends a snapshot.</summary>
    Snapshot,
}

/// <summary>What this member believes of another one: its votes in an election, and as a leader how far it is.</summary>
/// <remarks>Always Match &lt; Next.</remarks>
internal sealed class Progress(Member member, Limits limits)
{
    /// <summary>Who it is, as the present membership has it.</summary>
    public Member Member { get; set; } = member;

    public ServerId Id => Member.Id;

    /// <summary>What it said in the present election.</summary>
    public Vote Vote { get; set; }

    public ProgressState State { get; private set; }

    /// <summary>Up to here its log agrees with ours and is on its disk; in the present term it said so.</summary>
    public LogIndex Match { get; private set; }

    /// <summary>The next entry to send.</summary>
    public LogIndex Next { get; set; }

    /// <summary>
    /// No entries are sent before it answers a heartbeat, or, when it is behind the memory, before the owner has read them.
    /// </summary>
    public bool IsPaused { get; set; }

    public Inflights Inflights { get; } = new(limits);

    /// <summary>
    /// Where reading from the journal began. The first frame is a probe: only when the logs agree before it others follow at once.
    /// </summary>
    public LogIndex JournalFrom { get; private set; }

    /// <summary>Whether they do.</summary>
    public bool Agrees { get; set; }

    /// <summary>
    /// The place where the logs may agree, which it is asked about; nothing else that it rejects says anything new. Null while they do.
    /// </summary>
    public LogIndex? Probed => State switch
    {
        ProgressState.Probe => Next.Previous,
        ProgressState.Journal when !Agrees => JournalFrom.Previous,
        _ => null,
    };

    /// <summary>The newest confirmation round it has answered in this term.</summary>
    public ulong Round { get; set; }

    /// <summary>When it was last heard of in this term.</summary>
    public Instant HeardAt { get; set; }

    /// <summary>What it had received when it last answered a heartbeat.</summary>
    public LogIndex ReceivedBefore { get; set; }

    /// <summary>The commit index and the round it was last told.</summary>
    public (LogIndex Commit, ulong Round) Told { get; set; }

    private int _stepsBack;
    private LogIndex _lowestRejected = LogIndex.Max;

    /// <summary>How far to go back when all that is known is that the logs do not agree at a place that is no longer in memory.</summary>
    public ulong StepBack() => 1UL << Math.Min(_stepsBack++, 32);

    /// <summary>Whether it has rejected no place of this leader's that lies before this one: the search gets nearer to its end.</summary>
    public bool IsNews(LogIndex rejected)
    {
        if (rejected >= _lowestRejected)
            return false;
        _lowestRejected = rejected;
        return true;
    }

    /// <summary>It contradicts our log at this index (B4); 0 if it does not.</summary>
    public LogIndex ContradictsAt { get; set; }

    /// <summary>Its plea: it may have lost what it acknowledged, and neither its log nor its answers count. 0 if it is whole.</summary>
    public ulong Plea { get; private set; }

    /// <summary>
    /// What it said that it holds, in the life in which it made this plea. It may have acknowledged more in an earlier one.
    /// </summary>
    public LogIndex HeldNow { get; set; }

    public bool IsConvalescent => Plea != 0;

    /// <summary>A convalescent that holds everything up to here, once this round is confirmed, holds what it ever acknowledged.</summary>
    public (LogIndex Index, ulong Round) WholeAt { get; private set; }

    /// <summary>What counts towards a quorum.</summary>
    public LogIndex CountedMatch => IsConvalescent ? LogIndex.Zero : Match;

    /// <summary>A new leader knows nothing yet but its own log.</summary>
    public void Begin(LogIndex last, Instant now)
    {
        Match = LogIndex.Zero;
        Next = last.Next;
        (Round, HeardAt, Told, ReceivedBefore, ContradictsAt) = (0, now, default, default, default);
        (_stepsBack, _lowestRejected) = (0, LogIndex.Max);
        Recover();
        Probe(Next);
    }

    /// <summary>Looks for the place where the logs agree, beginning with the entry before <paramref name="next"/>.</summary>
    public void Probe(LogIndex next)
    {
        State = ProgressState.Probe;
        Next = next > Match ? next : Match.Next;
        IsPaused = false;
        Inflights.Clear();
    }

    /// <summary>What it acknowledged is not there any more.</summary>
    public void Forget() => Match = LogIndex.Zero;

    /// <summary>
    /// What was on the way is lost: begins again behind what it is known to hold, or, if nothing is known, where it was tried last. While
    /// it is asked about a place, that is this place and not what was read behind it: otherwise each beat would undo the steps back before
    /// it.
    /// </summary>
    public void ProbeAgain() => Probe(Match != LogIndex.Zero ? Match.Next : Probed is { } place ? place.Next : Next);

    /// <summary>The logs agree, and it goes on from what is in memory.</summary>
    public void Replicate()
    {
        State = ProgressState.Replicate;
        IsPaused = false;
        Inflights.Clear();
        if (Next <= Match)
            Next = Match.Next;
    }

    /// <summary>The owner has been asked to read from the journal; what is on the way stays so.</summary>
    public void LeaveToJournal()
    {
        if (State != ProgressState.Journal)
            (Agrees, JournalFrom) = (State == ProgressState.Replicate, Next);
        State = ProgressState.Journal;
        IsPaused = true;
    }

    /// <summary>What follows the journal is in memory.</summary>
    public void LeaveJournal()
    {
        Invariant.Holds(State == ProgressState.Journal && Agrees && !IsPaused);
        State = ProgressState.Replicate;
    }

    /// <summary>The owner has been asked for a snapshot.</summary>
    public void LeaveToSnapshot()
    {
        State = ProgressState.Snapshot;
        IsPaused = true;
        Inflights.Clear();
    }

    /// <summary>It holds the log up to an index; false if that is not news.</summary>
    public bool Matched(LogIndex index)
    {
        if (index <= Match)
            return false;
        Match = index;
        _stepsBack = 0;
        Inflights.FreeThrough(index);
        if (Next <= Match)
            Next = Match.Next;
        return true;
    }

    /// <summary>
    /// It said that it may have lost something, and that was news: it is whole at this index, once this round is confirmed.
    /// </summary>
    public void Convalesce(ulong plea, LogIndex last, ulong round) => (Plea, HeldNow, WholeAt) = (plea, default, (last, round));

    /// <summary>It is to be counted.</summary>
    public void Recover() => (Plea, HeldNow, WholeAt) = (0, default, default);
}
