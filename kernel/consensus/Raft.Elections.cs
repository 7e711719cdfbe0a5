namespace Quorate.Kernel.Consensus;

/// <summary>Standing for election and leading.</summary>
internal sealed partial class Raft
{
    private Term _durableTerm;

    /// <summary>The index of the opening entry of this leader's term; nothing is confirmed before it is applied.</summary>
    public LogIndex OpeningIndex { get; private set; } = LogIndex.Max;

    /// <summary>Whether this member leads and has applied its opening entry: from then on it speaks for the ensemble.</summary>
    public bool LeadsFirmly => Role == Role.Leader && Applied >= OpeningIndex;

    /// <summary>Whether term or vote have changed since <see cref="HardStateSubmitted"/>.</summary>
    public bool HardStateChanged { get; private set; }

    /// <summary>Lets time pass: a member that could win and has no leader stands for election.</summary>
    /// <remarks>Alone there is nobody to wait for, so the election timeout does not apply.</remarks>
    public void Elapse()
    {
        if (Role == Role.Follower && Membership.IsSoleVoter(self))
            Campaign();
    }

    /// <summary>A superblock with the present term and vote is on its way to the disk.</summary>
    public void HardStateSubmitted() => HardStateChanged = false;

    /// <summary>The superblock with this term is durable in both slots (A3, C4): the vote in it counts from now on.</summary>
    public void HardStateDurable(Term term)
    {
        if (term <= _durableTerm)
            return;
        _durableTerm = term;
        if (Role == Role.Candidate && term == Term && JointQuorum.Outcome(incoming: [Vote.Granted], outgoing: []) == VoteOutcome.Won)
            Lead();
    }

    /// <summary>Gives up leadership; the next <see cref="Elapse"/> may begin a new term.</summary>
    public void StepDown()
    {
        Invariant.Holds(Role == Role.Leader);
        Role = Role.Follower;
        OpeningIndex = LogIndex.Max;
    }

    private void Campaign()
    {
        Role = Role.Candidate;
        Term = Term.Next;
        VotedFor = self;
        HardStateChanged = true;
    }

    private void Lead()
    {
        Role = Role.Leader;
        OpeningIndex = Log.Last.Next;
    }
}
