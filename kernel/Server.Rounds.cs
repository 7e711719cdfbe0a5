using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;

namespace Quorate.Kernel;

/// <summary>
/// Confirmation: pongs and syncs wait until a quorum has shown that the leader who recorded their touch still led afterwards (design §7.4).
/// A leader asks by itself; any other member claims with the leader, for all its clients together.
/// </summary>
public sealed partial class Server
{
    /// <summary>A round that clients of this member wait for: what consensus calls it, and what has to be applied besides.</summary>
    private readonly record struct BoundRound(ulong Local, ulong Round, LogIndex Index);

    /// <summary>A claim of another member that waits for its round.</summary>
    private readonly record struct WaitingClaim(ServerId From, ulong Number, ulong Round, LogIndex Index, SessionId[] Refused);

    /// <summary>What the leader has confirmed to this member, once so much is applied here.</summary>
    private readonly record struct AwaitedRound(ulong Local, LogIndex Index);

    private readonly Ring<BoundRound> _rounds = new(int.MaxValue);
    private readonly Ring<WaitingClaim> _claimAnswers = new(int.MaxValue);
    private readonly Ring<AwaitedRound> _awaited = new(int.MaxValue);
    private readonly List<Claim> _claims = [];
    private readonly List<SessionId> _refused = [];
    private ulong _registered, _bound, _claimedRound, _confirmed;
    private LogIndex _touchedThrough;      // the last entry that ended a session's silence: touches count when it is applied
    private Instant _claimAt = Instant.Origin;

    ulong IReplication.Confirm() => ++_registered;

    /// <summary>What a confirmation has to wait for besides its round: a sync must see what was committed when it began.</summary>
    private LogIndex ReadIndex => _touchedThrough > _raft.Committed ? _touchedThrough : _raft.Committed;

    /// <summary>When a claim is due or has to be given up.</summary>
    private Instant ClaimDeadline
    {
        get
        {
            if (_followed.Leader == default || _followed.Leader == _settings.Id)
                return Instant.Never;
            if (_front!.Claims.Number != 0)
                return _front.Claims.SentAt + _settings.ElectionTimeout;
            return _front.Claims.HasHeard ? _claimAt : Instant.Never;
        }
    }

    private void Confirm(Effects effects)
    {
        if (_raft.LeadsFirmly)
            ConfirmAsLeader(effects);
        while (_awaited.Count > 0 && _awaited[0].Index <= _raft.Applied)
            Confirm(_awaited.Dequeue().Local, effects);
    }

    private void ConfirmAsLeader(Effects effects)
    {
        if (_registered > _bound)
        {
            _bound = _registered;
            _rounds.Enqueue(new(_registered, _raft.Confirm(), ReadIndex));
        }
        var confirmed = _raft.ConfirmedRound;
        while (_rounds.Count > 0 && _rounds[0].Round <= confirmed && _rounds[0].Index <= _raft.Applied)
            Confirm(_rounds.Dequeue().Local, effects);
        while (_claimAnswers.Count > 0 && _claimAnswers[0].Round <= confirmed && _claimAnswers[0].Index <= _raft.Applied)
            AnswerClaim(_claimAnswers.Dequeue(), effects);
    }

    private void Confirm(ulong round, Effects effects)
    {
        _confirmed = Math.Max(_confirmed, round);
        _front!.Confirmed(round, effects);
    }

    /// <summary>Another member says whom it heard from; this one answers when it knows that it still led.</summary>
    private void Claimed(ServerId from, ReadOnlySpan<byte> body)
    {
        if (!_raft.LeadsFirmly || !Claims.TryRead(body, out var number, _claims))
            return;
        _refused.Clear();
        foreach (var claim in _claims)
            switch (_front!.Claimed(claim, _now))
            {
                case ClaimVerdict.Refused:
                    _refused.Add(claim.Session);
                    break;
                case ClaimVerdict.NotYet:
                    return;   // it will claim again
            }
        _claimAnswers.Enqueue(new(from, number, _raft.Confirm(), ReadIndex, _refused.Count == 0 ? [] : _refused.ToArray()));
    }

    private void AnswerClaim(in WaitingClaim claim, Effects effects)
    {
        _peerBody.Clear();
        Claims.WriteAnswer(_peerBody, claim.Number, claim.Index, claim.Refused);
        SendPeer(claim.From, PeerKind.Confirmed, _peerBody.Written, effects);
    }

    private void ClaimAnswered(ReadOnlySpan<byte> body, Effects effects)
    {
        var claims = _front!.Claims;
        if (!Claims.TryReadAnswer(body, out var number, out var index, _refused) || number == 0 || number != claims.Number)
            return;   // not the one under way (B1)
#if MUTANTS
        if (Mutant.Is(Mutants.SyncsBeforeApplied))
            index = LogIndex.Zero;
#endif
        foreach (var session in _refused)
            _front.Refused(session, effects);
        if (claims.Round != 0)
            _awaited.Enqueue(new(claims.Round, index));
        claims.Answered();
    }

    /// <summary>Sends the next claim, if there is something to claim and the last one is answered.</summary>
    private void SendClaim(Effects effects)
    {
        var claims = _front!.Claims;
        if (_followed.Leader == default || _followed.Leader == _settings.Id)
            return;
        if (claims.Number != 0 && _now.Instant - claims.SentAt >= _settings.ElectionTimeout)
        {
            claims.GiveUp();
            _claimedRound = _confirmed;
        }
        if (claims.Number != 0 || !(_registered > _claimedRound || (claims.HasHeard && _now.Instant >= _claimAt)))
            return;
        _claimAt = _now.Instant + _settings.Heartbeat;
        _peerBody.Clear();
        claims.Write(_peerBody, _registered, (_limits.PeerFrameBytes - Claims.HeaderLength - PeerCodec.HeaderBytes) / Claims.ClaimLength, _now.Instant);
        if (claims.Round != 0)
            _claimedRound = claims.Round;
        SendPeer(_followed.Leader, PeerKind.Claim, _peerBody.Written, effects);
    }
}
