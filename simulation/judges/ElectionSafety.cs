using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>
/// At most one member leads in a term (P2), and no member goes back to an older term; a restart included, if it has led the newer one.
/// </summary>
/// <remarks>
/// A member that has entered a term but could not write that down before it died has said and done nothing in it, and may forget it.
/// Whoever leads has written it down.
/// </remarks>
internal sealed class ElectionSafety : Judge
{
    private readonly Dictionary<Term, ServerId> _leaders = [];
    private readonly Dictionary<ServerId, Term> _terms = [];   // of the present life
    private readonly Dictionary<ServerId, Term> _led = [];

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
        _led[member] = term;
        if (!_leaders.TryAdd(term, member) && _leaders[term] != member)
            Accuse($"Members {_leaders[term]} and {member} both lead term {term}.");
    }

    /// <inheritdoc/>
    public override void Ended(ServerId member) => _terms[member] = _led.GetValueOrDefault(member);

    /// <inheritdoc/>
    public override void Wiped(ServerId member)
    {
        _terms.Remove(member);
        _led.Remove(member);
    }
}
