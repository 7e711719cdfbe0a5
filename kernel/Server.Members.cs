using System.Buffers.Binary;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Fronts;
using Quorate.Kernel.Machines;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>The other members: what comes from them, and what consensus asks of this one.</summary>
public sealed partial class Server : IReplica
{
    private readonly bool[] _isLinked = new bool[byte.MaxValue + 1];
    private readonly Arena _peerBody = new(4096, 4 << 20);
    private readonly DigestRing _stateDigests = new();
    private (ServerId Leader, Term Term) _followed;

    (LogIndex Applied, Digest Digest) IReplica.State => _stateDigests.Newest;

    void IReplica.Truncating(in LogPosition keep)
    {
        // What this member proposed while it led would be lost with the entries: it goes to the new leader like everything else (A11).
        for (var index = keep.Index.Next; index <= _raft.Log.Last; index = index.Next)
            if (CommandCodec.Read(_raft.Log[index].Body) is var command && IsOwn(command))
                _forwarding.TakeBack(_raft.Log[index].Body, _now.Instant);
        _forwarding.Resend(_now.Instant);
        _trace.Truncated(keep.Index);
        if (_journaled <= keep.Index)
            return;   // what is cut came in this same batch, and the journal has not been given it
        _journal.TruncateAfter(keep);
        _journaled = keep.Index;
    }

    Membership? IReplica.MembershipIn(ReadOnlySpan<byte> body)
    {
        var ruling = CommandCodec.Read(body).Ruling;
        return !ruling.IsEmpty && Ruling.Read(ruling).Membership is { IsEmpty: false } membership ? Membership.Decode(membership) : null;
    }

    void IReplica.PeerState(ServerId peer, LogIndex applied, Digest digest)
    {
        if (!_stateDigests.TryFind(applied, out var own))
            return;
        _divergence.Compared(peer, _raft.Term, applied, own == digest);
        if (own != digest)
            _diverged.Add((peer, applied));
    }

    private readonly Divergence _divergence = new();
    private readonly List<(ServerId Peer, LogIndex Index)> _diverged = [];

    private void PeerArrived(ServerId peer, bool up, Effects effects)
    {
        _isLinked[peer.Value] = up;
        _births[peer.Value] = 0;
        if (_front is null)
            return;   // told again when recovery has ended
        if (Belongs)
            _raft.Linked(peer, up, _now);
        if (up)
            Greet(peer, effects);
        if (peer != _raft.Leader)
            return;
        _forwarding.Resend(_now.Instant);
        _front.Claims.GiveUp();
    }

    private void PeerSaid(ServerId from, ReadOnlySpan<byte> frame, Effects effects)
    {
        if (!PeerCodec.TryRead(frame, out var message))
        {
            if (!_garbled[from.Value])
                _trace.Note(NoteLevel.Warning, 0, $"Member {from} sent a frame that this version cannot read: it is dropped. Run the same version on all members.");
            _garbled[from.Value] = true;
            return;
        }
        Knows(from, message.Sender);
        if (message.Kind == PeerKind.Greeting)
            Greeted(from, message, effects);
        else if (message.Kind == PeerKind.Welcome)
            Welcomed(from, message, effects);
        else if (!Belongs || message.Sender.Ensemble == 0)
            return;   // one of the two has not been told yet to which ensemble it belongs
        else if (message.Kind == PeerKind.Append && _installWritten != 0)
            return;   // its entries come again behind the snapshot
        else if (message.Kind < PeerKind.SnapshotChunk)
            _raft.Receive(from, message, _now, effects);
        else if (_raft.Admits(from, message))
            Serve(from, message, effects);
    }

    private readonly bool[] _garbled = new bool[byte.MaxValue + 1];

    private void Serve(ServerId from, in PeerMessage message, Effects effects)
    {
        switch (message.Kind)
        {
            case PeerKind.Forward:
                Forwarded(from, message, effects);
                break;
            case PeerKind.Refused when from == _raft.Leader:
                _forwarding.Resend(_now.Instant);
                _forwardAt = _now.Instant + _settings.Heartbeat;
                break;
            case PeerKind.Claim:
                Claimed(from, message.Body);
                break;
            case PeerKind.Confirmed when from == _raft.Leader && message.Term == _raft.Term:
                ClaimAnswered(message.Body, effects);
                break;
            case PeerKind.SnapshotChunk:
                SnapshotPortionCame(from, message, effects);
                break;
            case PeerKind.SnapshotAnswer:
                SnapshotPortionAnswered(from, message.Body);
                break;
        }
    }

    /// <summary>Another leader, or another term of the same: what may have been lost on the way goes again (A11), and claims begin anew.</summary>
    private void FollowLeader()
    {
        // A leader takes nothing before its opening entry is applied; whoever has applied that knows that it has.
        var leader = _raft.LeadsFirmly ? _settings.Id : FollowsFirmly ? _raft.Leader : default;
        if (_followed == (leader, _raft.Term))
            return;
        _followed = (leader, _raft.Term);
        _rounds.Clear();
        _claimAnswers.Clear();
        _awaited.Clear();
        _bound = _confirmed;
        _front!.Claims.GiveUp();
        _forwarding.Resend(_now.Instant);
        _forwardAt = _now.Instant;
        _guestsMayHaveChanged = true;
        if (leader != default)
            _front.LeaderChanged(_now);
    }

    /// <summary>Whether this member follows a leader that speaks for the ensemble, and is at or past everything answered before its election.</summary>
    private bool FollowsFirmly => _raft.Role == Role.Follower && _raft.Leader != default && _machine.AppliedTerm == _raft.Term;

    private bool IsOwn(in Command command) =>
        command.Ticket != 0 && command.Origin == _settings.Id && command.Incarnation == _incarnation;

    private void SendPeer(ServerId to, PeerKind kind, ReadOnlySpan<byte> body, Effects effects) =>
        effects.Send(to, PeerCodec.Write(effects, kind, _raft.Identity, _raft.Term, body));

    /// <summary>Whom the leader contradicts, and a majority with it, stops; so does a leader that a majority contradicts (B4).</summary>
    private void JudgeDivergence(Effects effects)
    {
        if (_diverged.Count == 0)
            return;
        Span<byte> body = stackalloc byte[sizeof(ulong)];
        foreach (var (peer, index) in _diverged)
        {
            _trace.Note(NoteLevel.Error, 0, $"Member {peer} has another state than this leader after the same entry, {index}. A majority decides which of the two stops.");
            switch (_divergence.Judge(peer, _settings.Id, _raft.Membership))
            {
                case Deviant.Member:
                    BinaryPrimitives.WriteUInt64LittleEndian(body, index.Value);
                    SendPeer(peer, PeerKind.Verdict, body, effects);
                    break;
                case Deviant.Leader:
                    Fail($"A majority of the members contradicts the state that this one has after entry {index}: its disk or its memory is damaged. Wipe its data folder and let it join anew.", effects);
                    break;
            }
        }
        _diverged.Clear();
    }
}
