namespace Quorate.Kernel.Consensus;

/// <summary>
/// Confirmation rounds: proof that this member still led at a moment after something was registered. Syncs and session touches share them
/// (design §5). A round is confirmed by a quorum that answers it, and never before the opening entry is applied.
/// </summary>
internal sealed partial class Raft
{
    private ulong _registered, _answered;

    /// <summary>Registers for the next round; returns its number.</summary>
    public ulong Confirm() => ++_registered;

    /// <summary>The newest round that a quorum has answered. A member's own answer needs no message; alone, it is the quorum.</summary>
    public ulong ConfirmedRound
    {
        get
        {
            if (LeadsFirmly && Quorum.Majority(Membership.Voters.Count) == 1)
                _answered = _registered;
            return _answered;
        }
    }
}
