using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// Whom a connected majority follows commits what is in its log, or leads no longer (B12, S-25). One that is heard and answered, and whose
/// entries reach nobody, keeps those from an election who could do better.
/// </summary>
/// <remarks>
/// It is looked once a second, and counts from when it was first seen so: one leader of one term, an entry behind all that anybody knows to
/// be committed, and the same majority, well and joined, of which each but the leader itself follows that one. Whatever is committed, whoever
/// changes sides, and any break in that majority begins it anew.
/// </remarks>
internal sealed class Standstill(World world) : Judge
{
    private LogIndex _committed;
    private TrueTime _since = TrueTime.Never;

    /// <summary>A leader goes after two election timeouts; what it costs to notice, and clocks that run slow, come on top.</summary>
    public static TimeSpan Patience(World world) => 4 * world.Scenario.Settings.ElectionTimeout + TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public override void Became(ServerId member, Role role, Term term, ServerId leader) => _since = TrueTime.Never;

    /// <inheritdoc/>
    public override void Committed(ServerId member, LogIndex index, Term term, ulong chain)
    {
        if (index > _committed)
            (_committed, _since) = (index, TrueTime.Never);
    }

    /// <inheritdoc/>
    public override void Inspect(TrueTime now)
    {
        if (world.Leader is not { } leader || leader.Server!.LogEnd <= _committed || !IsFollowed(leader))
            _since = TrueTime.Never;
        else if (_since == TrueTime.Never || _since < world.Health.Since)
            _since = now;
        else if (now - _since > Patience(world))
            Accuse($"Member {leader.Id} leads term {leader.Term} and is followed by a majority that is well; since {_since} nothing was committed " +
                $"behind entry {_committed}, and its log ends at entry {leader.Server.LogEnd}.");
    }

    private bool IsFollowed(MemberComputer leader)
    {
        if (world.Health.Since == TrueTime.Never)
            return false;
        foreach (var member in world.Members)
            if (world.Health.IsTrusted(member) && (member.Term, member.Follows) != (leader.Term, leader.Id))
                return false;
        return true;
    }
}
