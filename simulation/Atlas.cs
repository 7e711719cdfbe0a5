using Quorate.Kernel.Storage;
using Quorate.Simulation.Disks;

namespace Quorate.Simulation;

/// <summary>
/// Decides whom damage may befall, so that every entry stays whole on a majority of the voters: a core that does not come to rest is then
/// the ensemble's fault. Where that cannot be known beforehand it finds the proof afterwards that something was lost for good.
/// </summary>
/// <remarks>
/// As long as the core has suffered nothing it is that majority, and what befalls the others needs no look. Otherwise each sector that is to
/// rot is looked up on the disks: what it holds must be flushed and whole on a majority without this member. Two conditions come from what
/// servers promise. The last batch must have its witness, or nobody could notice (A9). And one voter of the core stays without any damage,
/// since a damaged server keeps only what lies before its damage, though more of it may be whole (A8).
/// <para>
/// That is the state of the moment. A member with rot that it has not met yet goes on acknowledging, and when it starts it gives up all that
/// it has written behind the rot. Should the undamaged voter have missed that, nobody has it any more: which only the disks can prove.
/// </para>
/// </remarks>
internal sealed class Atlas(World world)
{
    /// <summary>Whether the core is whole, and has been all the time.</summary>
    private bool IsCoreSound => !Core.Any(static member => member.Disk.Damage.HasHappened);

    private IEnumerable<MemberComputer> Core => world.Members.Where(IsOfCore);

    private IEnumerable<MemberComputer> Voters => world.Members.Take(world.Scenario.Members);

    /// <summary>Whether a fault that destroys may befall a member at all.</summary>
    public bool MayBefall(Fault fault, MemberComputer member) => fault.IsJudged || (IsCoreSound && !IsOfCore(member));

    /// <summary>Whether a sector of a member's journal or of one of its snapshots may rot.</summary>
    public bool MayRot(MemberComputer member, SimFile file, int sector)
    {
        if (IsCoreSound && !IsOfCore(member))
            return true;
        var others = Voters.Where(other => other != member).ToList();
        var oneStaysWhole = others.Exists(other => IsOfCore(other) && !other.Disk.Damage.HasHappened);
        if (!oneStaysWhole || member.Disk.Damage.IsUnwitnessed(file, sector))
            return false;
        var held = Holdings.Of(member.Disk);
        if (file.Name.Kind == DiskFileKind.Snapshot)
            return held.EndOf(file.Name.Number) is not { } end || IsMajority(others.Count(other => Holdings.Of(other.Disk).HasAllUpTo(end)));
        var elsewhere = others.ConvertAll(Finds);
        // The beginning of a segment says what all of its records are worth.
        return sector * SimFile.SectorBytes >= SegmentHeader.RecordsAt
            && held.In(file.Name.Number, sector).All(entry => IsMajority(elsewhere.Count(has => has(entry))));
    }

    /// <summary>
    /// A server starts, and will give up what lies behind its damage. The last that a majority had flushed by then may have been acknowledged,
    /// even if nobody was left to say that it is committed.
    /// </summary>
    public void Starting(MemberComputer member)
    {
        if (!IsCoreSound && member.Disk.Damage.HasHappened)
            CountFlushed(member);
        member.Disk.Damage.Met();
    }

    private void CountFlushed(MemberComputer member)
    {
        var last = Holdings.Of(member.Disk).Last;
        if (IsMajority(Voters.Count(voter => Holdings.Of(voter.Disk).Has(last))))
            world.Jury.Liveness.Flushed(last);
    }

    /// <summary>
    /// Looks for the last entry that was committed on the disks of all who can still be expected to come to rest, and says so if damage has
    /// left it to none of them.
    /// </summary>
    public void Testify()
    {
        if (IsCoreSound)
            return;
        var witness = world.Jury.Liveness;
        var holders = (world.Phase != Phase.Calm || world.Scenario.Others == OthersFate.Well ? world.Members : Core).ToList();
        if (holders.Exists(member => Finds(member)(witness.LastCommitted)))
            return;
        foreach (var member in holders.Where(static member => member.Disk.Damage.HasHappened))
            witness.Destroyed(member.Id, witness.LastCommitted.Index);
    }

    /// <summary>Which entries a member has in its log, or finds when it starts: then none behind its damage, whole or not.</summary>
    private static Predicate<LogPosition> Finds(MemberComputer member)
    {
        var held = Holdings.Of(member.Disk);
        return member.IsUp && member.Disk.Damage.IsUnmet ? held.Has : held.HasAllUpTo;
    }

    private bool IsOfCore(MemberComputer member) => world.Scenario.Core.Contains(member.Id);

    private bool IsMajority(int voters) => voters > world.Scenario.Members / 2;
}
