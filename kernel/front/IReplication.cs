using Quorate.Kernel.Machines;

namespace Quorate.Kernel.Fronts;

/// <summary>What the front needs of consensus: to propose, and to know that it is still the leader's truth it speaks.</summary>
internal interface IReplication
{
    /// <summary>Whether a proposal would be taken now: there is a leader, and its bounds leave room.</summary>
    bool MayPropose { get; }

    /// <summary>Proposes. Comes back through the front's Applied, in log order, unless the member stops.</summary>
    void Propose(in Command command);

    /// <summary>Registers for a confirmation round that begins no earlier than now; its number comes back through Confirmed.</summary>
    ulong Confirm();

    /// <summary>Whether this member leads and speaks for the ensemble.</summary>
    bool Leads { get; }

    /// <summary>Of a leader: proposes that a session which the log calls silent no longer is. False when the log has no room even for that.</summary>
    bool TryEndSilence(SessionId session);
}
