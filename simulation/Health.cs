using System.Numerics;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>
/// Knows whether some majority of the voters has been well and connected without a break, and tells the judge of expiry, who may ask
/// progress of the ensemble only then. It errs on the safe side: one and the same majority, every two of it joined both ways, every disk at
/// its speed. Where members change, nobody may be missing: whoever votes then is among them.
/// </summary>
internal sealed class Health(World world, SessionExpiry expiry)
{
    /// <summary>A network that loses more than so many of a million frames owes nobody anything.</summary>
    private const int LossMost = 1000;

    private uint _trusted;   // the majority, a bit for each voter by node; 0 for none

    /// <summary>Since when there has been one and the same majority; never while there is none.</summary>
    public TrueTime Since { get; private set; } = TrueTime.Never;

    /// <summary>When a member was elected for the last time.</summary>
    public TrueTime ElectedAt { get; private set; }

    /// <summary>Whether a member belongs to that majority.</summary>
    public bool IsTrusted(MemberComputer member) => (_trusted >> member.Node & 1) != 0;

    /// <summary>Something may have changed.</summary>
    public void Review()
    {
        var present = Friends();
        if (_trusted != 0 && IsWell(_trusted, present))
            return;
        if (_trusted != 0)
            expiry.Quorum(isConnected: false);
        _trusted = Find(present);
        Since = _trusted != 0 ? world.Now : TrueTime.Never;
        if (_trusted != 0)
            expiry.Quorum(isConnected: true);
    }

    /// <summary>A member leads.</summary>
    public void Elected()
    {
        expiry.Succeeded(world.Now - ElectedAt);
        ElectedAt = world.Now;
    }

    /// <summary>For each voter that is well, the voters that are joined to it; nobody for one that is not.</summary>
    private uint[] Friends()
    {
        var voters = world.Scenario.ChangesMembers ? world.Scenario.Servers : world.Scenario.Members;
        var friends = new uint[voters];
        if ((world.Scenario.Network.Loss > LossMost && world.Phase != Phase.Calm) || world.Jury.Liveness.Excuse is not null)
            return friends;
        for (var a = 0; a < voters; a++)
            for (var b = 0; b < voters && IsFit(world.Members[a]); b++)
                if (a == b || (IsFit(world.Members[b]) && world.Network.IsClear(a, b)))
                    friends[a] |= 1u << b;
        return friends;
    }

    /// <summary>With the help of who is being brought up nothing is committed for as long as its disk and its links take.</summary>
    private static bool IsFit(MemberComputer member) => member.IsWell && !member.IsFarBehind;

    private static bool IsWell(uint group, uint[] friends)
    {
        for (var rest = group; rest != 0; rest &= rest - 1)
            if ((friends[BitOperations.TrailingZeroCount(rest)] & group) != group)
                return false;
        return true;
    }

    /// <summary>
    /// Leaves out whoever is joined to the fewest until all that are left are joined to each other; enough may be left or not.
    /// </summary>
    private uint Find(uint[] friends)
    {
        var group = 0u;
        for (var voter = 0; voter < friends.Length; voter++)
            group |= friends[voter] == 0 ? 0 : 1u << voter;
        while (BitOperations.PopCount(group) > (world.Scenario.ChangesMembers ? friends.Length - 1 : friends.Length / 2))
        {
            if (IsWell(group, friends))
                return group;
            var worst = -1;
            for (var voter = 0; voter < friends.Length; voter++)
                if ((group >> voter & 1) != 0
                    && (worst < 0 || BitOperations.PopCount(friends[voter] & group) < BitOperations.PopCount(friends[worst] & group)))
                    worst = voter;
            group &= ~(1u << worst);
        }
        return 0;
    }
}
