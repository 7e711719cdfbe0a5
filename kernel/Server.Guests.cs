using System.Buffers.Binary;
using Quorate.Kernel.Consensus;

namespace Quorate.Kernel;

/// <summary>
/// Who is linked and does not belong to the ensemble: not yet, or not any more. A leader that may be asked to reconfigure tells such a server
/// everything, so that it can be taken in without delay, and knows it when it was removed.
/// </summary>
public sealed partial class Server
{
    private readonly ulong[] _births = new ulong[byte.MaxValue + 1];   // of linked servers, as their frames have it; 0 is unknown
    private bool _guestsMayHaveChanged;
    private bool _isOutside, _isLost;

    /// <summary>Whether this server follows an ensemble that it does not belong to, as far as it has applied.</summary>
    private bool IsOutside => _isOutside;

    private void Knows(ServerId from, in PeerIdentity sender)
    {
        if (!Belongs || _births[from.Value] == sender.Birth || (sender.Ensemble != 0 && sender.Ensemble != _raft.Identity.Ensemble))
            return;
        _births[from.Value] = sender.Birth;
        _guestsMayHaveChanged = true;
    }

    /// <summary>Only once it is settled who belongs: an id whose removal might be taken back must not be another's.</summary>
    private void SeatGuests()
    {
        if (!_guestsMayHaveChanged || !_settings.ReconfigEnabled || !_raft.LeadsFirmly || _raft.IsChanging)
            return;
        _guestsMayHaveChanged = false;
        for (var id = 1; id < _births.Length; id++)
            if (_isLinked[id] && _births[id] != 0 && _raft.Membership.Find(new((byte)id)) is null)
                _raft.Welcome(new(new((byte)id), Birth: _births[id]), _now);
    }

    /// <summary>An empty server is told the ensemble that it may follow, and under which birth, so that a later one on that computer is not meant.</summary>
    private void Welcome(ServerId to, ulong birth, Effects effects)
    {
        SeatGuests();
        if (!_raft.LeadsFirmly || _raft.Guest(to)?.Birth != birth)
            return;
        _peerBody.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(_peerBody[_peerBody.Reserve(sizeof(ulong))], birth);
        _peerBody.Append(_raft.AppliedMembership.Encode());
        SendPeer(to, PeerKind.Welcome, _peerBody.Written, effects);
    }

    private void Welcomed(ServerId from, in PeerMessage message, Effects effects)
    {
        if (Belongs || _foundingWritten != 0 || message.Sender.Ensemble == 0 || message.Body.Length < sizeof(ulong))
            return;
        if (BinaryPrimitives.ReadUInt64LittleEndian(message.Body) == _superblock.State.Birth && _superblock.DurableGeneration >= _incarnationWritten
            && Membership.TryDecode(message.Body[sizeof(ulong)..], out var membership) && _founding!.Own == FoundingWord.Empty)
            Belong(message.Sender.Ensemble, membership, $"Member {from} leads an ensemble, which this one follows as a guest until a reconfig adds it:", effects);
    }

    /// <summary>
    /// Who has no leader may have been removed without having heard of it: then it is not sent to, and those whom it asks for votes need not be
    /// those who lead. So it greets everybody it is linked with until it has one: whoever leads has to know that it is here.
    /// </summary>
    private void JudgeGreeting()
    {
        var isLost = Belongs && _raft.Leader == default;
        if (isLost == _isLost)
            return;
        _isLost = isLost;
        _greetAt = isLost ? _now.Instant + _settings.ElectionTimeout : Instant.Never;
    }

    /// <summary>A server that learns that it was removed sends its clients away; one that was added may serve.</summary>
    private void JudgeBelonging(Effects effects)
    {
        JudgeGreeting();
        var isOutside = Belongs && !_raft.IsMember;
        if (isOutside == _isOutside)
            return;
        _isOutside = isOutside;
        if (isOutside)
        {
            _trace.Note(NoteLevel.Warning, 0, $"Does not belong to the ensemble of {_raft.AppliedMembership}: it follows, and serves nobody until a reconfig adds it. If it was removed for good, stop it.");
            _front!.HangUpAll(effects);
        }
        else
            _trace.Note(NoteLevel.Information, 0, $"Belongs to the ensemble of {_raft.AppliedMembership}.");
    }
}
