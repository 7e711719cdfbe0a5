namespace Quorate.Kernel.Consensus;

/// <summary>
/// Finding an ensemble together: members whose disks are empty found one when every member that is configured has said that it is empty too
/// (A14). A single one that has anything, or is silent, is enough to wait: what it holds may be all that is left.
/// </summary>
/// <remarks>
/// The birth is durable before it is spoken of, so a member that says "empty" and starts again is still the one that said so. All compute
/// the same ensemble id from the same births. Who missed somebody's word adopts the ensemble from the first member of it that knows this
/// birth; who comes with another birth was wiped, and has to be taken in by a change of membership.
/// </remarks>
internal sealed class Founding(IReadOnlyList<EnsembleMember> configured, ServerId self, ulong birth)
{
    private readonly ulong[] _births = new ulong[byte.MaxValue + 1];

    /// <summary>A configured member says under which birth it stands empty.</summary>
    public void IsEmpty(ServerId member, ulong itsBirth) => _births[member.Value] = itsBirth;

    /// <summary>Whether everybody has spoken.</summary>
    public bool IsUnanimous
    {
        get
        {
            foreach (var member in configured)
                if (BirthOf(member.Id) == 0)
                    return false;
            return true;
        }
    }

    /// <summary>The ids of those who have not spoken yet.</summary>
    public string Missing
    {
        get
        {
            var ids = "";
            foreach (var member in configured)
                if (BirthOf(member.Id) == 0)
                    ids += (ids.Length > 0 ? ", " : "") + member.Id;
            return ids;
        }
    }

    /// <summary>The membership that is founded.</summary>
    public Membership Membership
    {
        get
        {
            Invariant.Holds(IsUnanimous);
            var (voters, observers) = (new List<Member>(), new List<Member>());
            foreach (var member in configured)
                (member.IsObserver ? observers : voters).Add(new(member.Id, member.PeerAddress, member.ClientAddress, BirthOf(member.Id)));
            return new(voters.ToArray(), observers.ToArray());
        }
    }

    /// <summary>The id of the ensemble that is founded: the same wherever it is computed, and of no other ensemble.</summary>
    public static ulong IdOf(Membership membership)
    {
        var id = 0UL;
        foreach (var member in membership.Members)
            id = Mix.Bits(id ^ Mix.Bits(member.Birth + member.Id.Value));
        return id == 0 ? 1 : id;
    }

    private ulong BirthOf(ServerId member) => member == self ? birth : _births[member.Value];
}
