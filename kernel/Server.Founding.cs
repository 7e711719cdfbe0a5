using Quorate.Kernel.Consensus;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>From an empty disk to an ensemble: by the word of everybody who is configured, or by that of a member of one that exists (A14).</summary>
public sealed partial class Server
{
    private Founding? _founding;           // as long as this member belongs to no ensemble
    private ulong _foundingWritten;        // the superblock generation that says to which it belongs
    private Instant _greetAt = Instant.Never;
    private bool _isUnwanted;

    private bool Belongs => _founding is null;

    private void SeekOthers(Effects effects)
    {
        _founding = new(_settings.Ensemble, _settings.Id, _superblock.State.Birth);
        _trace.Note(NoteLevel.Information, 0, $"The data folder is empty: waits for members {_founding.Missing} to say that theirs are empty too, or for an ensemble to take this one in.");
        Greet(effects);
    }

    private void Greet(Effects effects)
    {
        _greetAt = _now.Instant + _settings.ElectionTimeout;
        foreach (var member in _settings.Ensemble)
            if (member.Id != _settings.Id)
                Greet(member.Id, effects);
    }

    /// <summary>Says who this member is; an empty one only once its birth is durable.</summary>
    private void Greet(ServerId to, Effects effects)
    {
        if (Belongs)
            SendPeer(to, PeerKind.Greeting, _raft.Membership.Encode(), effects);
        else if (_superblock.DurableGeneration >= _incarnationWritten)
            effects.Send(to, PeerCodec.Write(effects, PeerKind.Greeting, new(0, _superblock.State.Birth), default, []));
    }

    private void Greeted(ServerId from, in PeerMessage message, Effects effects)
    {
        if (Belongs)
        {
            if (message.Sender.Ensemble == 0)
                Greet(from, effects);
            return;
        }
        if (_foundingWritten != 0)
            return;
        if (message.Sender.Ensemble == 0)
        {
            _founding!.IsEmpty(from, message.Sender.Birth);
            if (_founding.IsUnanimous && _superblock.DurableGeneration >= _incarnationWritten)
                Belong(Founding.IdOf(_founding.Membership), _founding.Membership, "All members are empty: founded an ensemble of", effects);
        }
        else if (Membership.TryDecode(message.Body, out var membership))
        {
            if (membership.Find(_settings.Id)?.Birth == _superblock.State.Birth)
                Belong(message.Sender.Ensemble, membership, $"Member {from} belongs to the ensemble that this one is part of:", effects);
            else
                Decline(from, membership);
        }
    }

    private void Decline(ServerId from, Membership membership)
    {
        if (_isUnwanted)
            return;
        _isUnwanted = true;
        _trace.Note(NoteLevel.Warning, 0, membership.Find(_settings.Id) is null
            ? $"Member {from} belongs to an ensemble of {membership}, which does not know this one. Add it there (reconfig); until then it waits."
            : $"Member {from} belongs to an ensemble that knows member {_settings.Id} with another disk. Remove it there and add it again (reconfig); until then it waits.");
    }

    private void Belong(ulong ensemble, Membership membership, string how, Effects effects)
    {
        _trace.Note(NoteLevel.Information, 0, $"{how} {membership}.");
        _foundingWritten = _superblock.Write(_superblock.State with { Ensemble = ensemble, Membership = membership.Encode() }, effects);
    }

    private void FinishFounding(Effects effects)
    {
        if (Belongs || _foundingWritten == 0 || _superblock.DurableGeneration < _foundingWritten)
            return;
        _founding = null;
        _greetAt = Instant.Never;
        TakePart(_superblock.State, effects);
    }
}
