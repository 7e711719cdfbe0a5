using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>At most one member leads in a term (P2), and no member goes back to an older term, restarts included.</summary>
public sealed class ElectionSafety : Judge
{
    private readonly Dictionary<Term, ServerId> _leaders = [];
    private readonly Dictionary<ServerId, Term> _terms = [];

    /// <summary>How many terms had a leader.</summary>
    public int Elections => _leaders.Count;

    /// <inheritdoc/>
    public override void Became(ServerId member, Role role, Term term, ServerId leader)
    {
        if (_terms.TryGetValue(member, out var before) && term < before)
            Accuse($"Member {member} is in term {term} after it was in term {before}.");
        _terms[member] = term;
        if (role != Role.Leader)
            return;
        if (!_leaders.TryAdd(term, member) && _leaders[term] != member)
            Accuse($"Members {_leaders[term]} and {member} both lead term {term}.");
    }

    /// <inheritdoc/>
    public override void Wiped(ServerId member) => _terms.Remove(member);
}
