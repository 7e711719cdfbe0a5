using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>
/// There is one sequence of committed entries, and every member walks it: at each index the same term and the same chained checksum, hence
/// the same past; terms never go back along it (P2).
/// </summary>
internal sealed class LogAgreement : Judge
{
    private readonly Dictionary<ServerId, LogIndex> _walked = [];
    private readonly List<(Term Term, ulong Chain, ServerId First)> _canon = [default];   // by index; nothing at 0

    /// <summary>The last index known to be committed by anybody.</summary>
    public LogIndex Last => new((ulong)(_canon.Count - 1));

    /// <inheritdoc/>
    public override void Committed(ServerId member, LogIndex index, Term term, ulong chain)
    {
        Walk(member, index);
        // What a snapshot has covered for everybody was never seen being committed: the sequence has a gap there.
        while ((ulong)_canon.Count < index.Value)
            _canon.Add(default);
        if ((ulong)_canon.Count == index.Value)
        {
            if (_canon[^1].Term > term)
                Accuse($"Entry {index} of term {term} follows one of term {_canon[^1].Term} on member {member}.");
            _canon.Add((term, chain, member));
            return;
        }
        ref var canon = ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_canon)[(int)index.Value];
        if (canon.First == default)
            canon = (term, chain, member);
        else if (canon.Term != term || canon.Chain != chain)
            Accuse($"Entry {index} is of term {canon.Term} with chain {canon.Chain:x16} on member {canon.First}, " +
                $"and of term {term} with chain {chain:x16} on member {member}.");
    }

    /// <inheritdoc/>
    public override void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest)
    {
        if (_walked.TryGetValue(member, out var before) && index < before)
            Accuse($"Member {member} installed a snapshot up to entry {index} after it had committed entry {before}.");
        _walked[member] = index;
    }

    /// <summary>
    /// What is in memory only goes with the process: the next may walk again what the last has walked, from what it has recovered on.
    /// </summary>
    public override void Started(ServerId member) => _walked.Remove(member);

    private void Walk(ServerId member, LogIndex index)
    {
        if (_walked.TryGetValue(member, out var before) && index != before.Next)
            Accuse($"Member {member} committed entry {index} after entry {before}.");
        _walked[member] = index;
    }
}
