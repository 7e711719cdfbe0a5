using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>
/// A leader commits by counting only entries of its own term; those before are then committed with it (thesis §3.6.2). An older entry that
/// a majority holds may still be replaced, by a leader whose own entry is newer and on one member alone (figure 3.7 there).
/// </summary>
/// <remarks>
/// What that costs takes three leaders that fail at the right moments to show. So the rule is judged and not only what comes of it.
/// </remarks>
internal sealed class CommitRule : Judge
{
    private readonly Dictionary<ServerId, Term> _leads = [];
    private readonly Dictionary<ServerId, (LogIndex Index, Term Term)> _committed = [];   // of leaders, since they lead

    /// <inheritdoc/>
    public override void Became(ServerId member, Role role, Term term, ServerId leader)
    {
        _committed.Remove(member);
        if (role == Role.Leader)
            _leads[member] = term;
        else
            _leads.Remove(member);
    }

    /// <inheritdoc/>
    public override void Ended(ServerId member)
    {
        _leads.Remove(member);
        _committed.Remove(member);
    }

    /// <inheritdoc/>
    public override void Committed(ServerId member, LogIndex index, Term term, ulong chain)
    {
        if (_leads.ContainsKey(member))
            _committed[member] = (index, term);
    }

    /// <summary>Entries are committed several at once; by the time the first of them is applied, all are known that were.</summary>
    public override void Applied(ServerId member, in AppliedEntry entry)
    {
        if (_committed.TryGetValue(member, out var last) && last.Term < _leads[member])
            Accuse($"Member {member}, which leads term {_leads[member]}, has committed up to entry {last.Index}, which is of term {last.Term}.");
    }
}
