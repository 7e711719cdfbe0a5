namespace Quorate.Kernel.Consensus;

/// <summary>
/// Handing leadership over (thesis §3.10): on an operator's wish, when a term runs out of numbers (B2), when the leader's disk is stuck (S-34),
/// when the leader has left.
/// </summary>
/// <remarks>
/// The leader takes no more proposals, brings the voter that is furthest up to date, and tells it to stand at once. If nobody has taken over
/// within an election timeout it goes on as before; or, when the term has to end, steps down and stands again itself; or, when its disk is
/// still stuck, steps down.
/// </remarks>
internal sealed partial class Raft
{
    private ServerId _transferTo;
    private Instant _transferUntil = Instant.Never;
    private bool _isAsked, _mustEnd, _isForDisk;

    /// <summary>Whether leadership is being handed over; proposals wait meanwhile.</summary>
    public bool IsTransferring => _transferTo != default;

    /// <summary>Begins to hand leadership to the voter that is furthest. False when there is none that could take it.</summary>
    public bool Transfer(Moment now)
    {
        Invariant.Holds(Role == Role.Leader);
        if (IsTransferring)
            return true;
        if (Successor() is not { } successor)
            return false;
        _transferTo = successor.Id;
        _transferUntil = now.Instant + settings.ElectionTimeout;
        _isAsked = false;
        trace.Note(NoteLevel.Information, 0, $"Hands the leadership of term {Term} to member {_transferTo}.");
        return true;
    }

    /// <summary>This term has to end (B2): another member takes over, or this one stands again in a new term.</summary>
    public void EndTerm(Moment now)
    {
        Invariant.Holds(Role == Role.Leader);
        _mustEnd = true;
        if (!Transfer(now))
            StandAgain(now);
    }

    private void StandAgain(Moment now)
    {
        if (!_isAlone)
            StepDown("its term has to end", now);
        ForgetTransfer();
        Campaign(now, forced: true);
    }

    private void GiveTransferUp(Moment now)
    {
        if (_mustEnd)
        {
            StandAgain(now);
            return;
        }
        if (_isForDisk && IsDiskStuck(now))
        {
            StepDown("its disk does not answer", now);
            return;
        }
        trace.Note(NoteLevel.Information, 0, $"Member {_transferTo} did not take over within an election timeout: goes on leading term {Term}.");
        ForgetTransfer();
    }

    private void ForgetTransfer()
    {
        (_transferTo, _transferUntil) = (default, Instant.Never);
        _isAsked = _mustEnd = _isForDisk = false;
    }

    private void CarryTransferOn(Moment now, Effects effects)
    {
        if (!IsTransferring || _isAsked || _progress[_transferTo.Value] is not { } successor || successor.Match < Log.Last)
            return;
        _isAsked = true;
        Send(_transferTo, PeerKind.TimeoutNow, [], effects);
    }

    private void OnTimeoutNow(Moment now)
    {
        if (!MayStand || IsDiskStuck(now))
            return;
        trace.Note(NoteLevel.Information, 0, $"Is asked by member {Leader} to take over.");
        Campaign(now, forced: true);
    }

    /// <summary>A leader without a vote has seen its own removal through, and lets another one go on (thesis §4.2.2).</summary>
    private void LeaveIfRemoved(Moment now, Effects effects)
    {
        if (IsChanging || IsVoter)
            return;
        if (Successor() is { } successor)
            Send(successor.Id, PeerKind.TimeoutNow, [], effects);
        StepDown("it has no vote any more", now);
    }

    /// <summary>The voter that is furthest, and of those the one that was heard last.</summary>
    private Progress? Successor()
    {
        Progress? best = null;
        foreach (var peer in _peers)
            if (Membership.IsVoter(peer.Id) && !peer.IsConvalescent && peer.Match > LogIndex.Zero
                && (best is null || peer.Match > best.Match || (peer.Match == best.Match && peer.HeardAt > best.HeardAt)))
                best = peer;
        return best;
    }
}
