namespace Quorate.Kernel.Consensus;

/// <summary>
/// Confirmation rounds: proof that this member still led at a moment after something was registered. Syncs and session touches share them
/// (design §5). A round is confirmed by a quorum that answers it, and never before the opening entry is applied.
/// </summary>
/// <remarks>
/// A round is known by the number that was registered last when it began; it travels on whatever goes to followers then, and one is under way
/// at a time. Answers of another term are not looked at, so a number means one round of one leader (S-35).
/// </remarks>
internal sealed partial class Raft
{
    private ulong _registered, _round, _answered;

    /// <summary>Registers for the next round; returns its number.</summary>
    public ulong Confirm() => ++_registered;

    /// <summary>The newest round that a quorum has answered. A member's own answer needs no message; alone, it is the quorum.</summary>
    public ulong ConfirmedRound
    {
        get
        {
            if (LeadsFirmly)
                _confirmed = _isAlone ? _registered : Math.Max(_confirmed, _answered);
            return _confirmed;
        }
    }

    private ulong _confirmed;

    /// <summary>The next round begins when the one under way is answered; with a heartbeat in any case, in place of one that got lost.</summary>
    private void BeginRound(bool beats)
    {
        if (_registered == _round || (_answered < _round && !beats))
            return;
        _round = _registered;
        CountRound();
    }

    private void CountRound() => _answered = Math.Max(_answered, Reached(Figure.Round, own: _round));
}
