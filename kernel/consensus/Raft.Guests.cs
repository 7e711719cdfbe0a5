namespace Quorate.Kernel.Consensus;

/// <summary>
/// Guests: who is linked with the leader and does not belong to the ensemble is told everything, and counted nowhere. So one that is to join
/// holds the log before it matters, and one that was removed learns of it.
/// </summary>
/// <remarks>
/// A guest is the leader's alone: no log says who is one, and the next leader finds its own. A guest never has the id of a member, lest its word
/// be taken for the member's.
/// </remarks>
internal sealed partial class Raft
{
    private readonly List<Member> _guests = [];

    /// <summary>A server that is linked and no member is told from now on what members are told. Says nothing new if it is a guest already.</summary>
    public void Welcome(Member guest, Moment now)
    {
        Invariant.Holds(Role == Role.Leader && guest.Id != Self && Membership.Find(guest.Id) is null);
        if (Guest(guest.Id) == guest)
            return;
        Dismiss(guest.Id, now);
        _guests.Add(guest);
        Enforce(Membership, now);
    }

    /// <summary>A server is no guest any more: its link is gone.</summary>
    public void Dismiss(ServerId id, Moment now)
    {
        if (_guests.RemoveAll(guest => guest.Id == id) > 0)
            Enforce(Membership, now);
    }

    /// <summary>The guest with an id, or null.</summary>
    public Member? Guest(ServerId id)
    {
        foreach (var guest in _guests)
            if (guest.Id == id)
                return guest;
        return null;
    }

    /// <summary>Whether a server under a birth, member or guest, is linked, whole, and takes entries from this leader's memory as they come.</summary>
    public bool IsSynced(ServerId id, ulong birth) =>
        id == Self || (_linked[id.Value] && _progress[id.Value] is { State: ProgressState.Replicate, IsConvalescent: false } peer && peer.Member.Birth == birth
            && peer.Match > LogIndex.Zero);

    /// <summary>How far a server is, as far as this leader knows.</summary>
    public LogIndex MatchOf(ServerId id) => _progress[id.Value]?.Match ?? LogIndex.Zero;

    private void ForgetGuests(Moment now)
    {
        if (_guests.Count == 0)
            return;
        _guests.Clear();
        Enforce(Membership, now);
    }
}
