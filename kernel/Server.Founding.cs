using Quorate.Kernel.Consensus;
using Quorate.Kernel.Storage;

namespace Quorate.Kernel;

/// <summary>
/// From an empty disk, or one with nothing but a state to begin with, to an ensemble: by the word of everybody who is configured, or by that of
/// a member of one that exists (A14).
/// </summary>
public sealed partial class Server
{
    private Founding? _founding;           // as long as this member belongs to no ensemble
    private ulong _foundingWritten;        // the superblock generation that says to which it belongs
    private ulong _promiseWritten;         // the one that says for which image it waits
    private Instant _greetAt = Instant.Never;
    private bool _isUnwanted, _isTorn, _isContradicted;

    private bool Belongs => _founding is null;

    private void SeekOthers(Effects effects)
    {
        var (image, promised) = (_superblock.State.Snapshot.Position, _superblock.State.Convalescence.Mark);
        _founding = new(_settings.Ensemble, _settings.Id, _superblock.State.Birth)
        {
            Own = image != LogPosition.Start ? new(image, HoldsIt: true) : new(promised, HoldsIt: false),
        };
        var what = _founding.Own.HoldsIt ? "The data folder holds a state to begin with"
            : promised != LogPosition.Start ? "The data folder is empty and waits for the state that another member holds" : "The data folder is empty";
        _trace.Note(NoteLevel.Information, 0, $"{what}: waits for members {_founding.Missing} to say that theirs are empty{(_founding.Own.HoldsIt ? "" : " too")}, or for an ensemble to take this one in.");
        Greet(effects);
    }

    private void Greet(Effects effects)
    {
        _greetAt = _now.Instant + _settings.ElectionTimeout;
        for (var id = 1; id < _isLinked.Length; id++)
            if (_isLinked[id])
                Greet(new((byte)id), effects);
    }

    /// <summary>Says who this member is; one without an ensemble only once its birth is durable.</summary>
    private void Greet(ServerId to, Effects effects)
    {
        Span<byte> words = stackalloc byte[Founding.GreetingBytesMost];
        if (Belongs)
            SendPeer(to, PeerKind.Greeting, _raft.Membership.Encode(), effects);
        else if (_superblock.DurableGeneration >= _incarnationWritten)
            effects.Send(to, PeerCodec.Write(effects, PeerKind.Greeting, new(0, _superblock.State.Birth), default, _founding!.Greeting(words)));
    }

    private void Greeted(ServerId from, in PeerMessage message, Effects effects)
    {
        if (Belongs)
        {
            if (message.Sender.Ensemble == 0)
            {
                Greet(from, effects);
                Welcome(from, message.Sender.Birth, effects);
            }
            return;
        }
        if (_foundingWritten != 0)
            return;
        if (message.Sender.Ensemble == 0)
        {
            if (Founding.TryRead(message.Body, out var roster, out var word))
                Hear(from, message.Sender.Birth, roster, word, effects);
        }
        else if (Membership.TryDecode(message.Body, out var membership))
        {
#if MUTANTS
            if (Mutant.Is(Mutants.EmptyDiskVotes))
                Belong(message.Sender.Ensemble, membership, "", effects);
            else
#endif
            if (membership.Find(_settings.Id)?.Birth == _superblock.State.Birth && MayJoin(message.Sender.Ensemble, membership))
                Belong(message.Sender.Ensemble, membership, $"Member {from} belongs to the ensemble that this one is part of:", effects);
            else
                Decline(from, membership);
        }
    }

    /// <summary>
    /// Whoever has a state to begin with, or waits for one, joins only what was founded upon it: in any other ensemble its log would be a stranger,
    /// of a term that disturbs everybody there.
    /// </summary>
    private bool MayJoin(ulong ensemble, Membership membership) =>
        _founding!.Own == FoundingWord.Empty || Founding.IdOf(membership) == ensemble;

    private void Hear(ServerId from, ulong birth, ReadOnlySpan<byte> roster, in FoundingWord word, Effects effects)
    {
        if (!_founding!.Agrees(roster))
        {
            Contradict(from);
            return;
        }
        _founding.Says(from, birth, word);
        if (word.Image != LogPosition.Start && _founding.Own == FoundingWord.Empty)
            Promise(from, word.Image, effects);
        else if (word.Image != LogPosition.Start && word.Image != _founding.Own.Image)
            RefuseTwoImages(from);
        TryToFound(effects);
    }

    private void TryToFound(Effects effects)
    {
        if (_foundingWritten == 0 && _founding!.IsUnanimous && _superblock.DurableGeneration >= _incarnationWritten)
            Belong(
                Founding.IdOf(_founding.Membership), _founding.Membership,
                _founding.Own.Image == LogPosition.Start ? "All members are empty: founded an ensemble of"
                    : $"All members are empty or hold the same state to begin with, that of term {_founding.Own.Image.Term}: founded an ensemble of", effects);
    }

    /// <summary>Another member holds a state to begin with. This one, empty, is to wait for it; it says so when that is durable.</summary>
    private void Promise(ServerId from, in LogPosition image, Effects effects)
    {
        if (_promiseWritten != 0)
            return;
        _trace.Note(NoteLevel.Information, 0, $"Member {from} holds, or waits for, a state to begin with: this one waits for it too.");
        _promiseWritten = _superblock.Write(_superblock.State with { Convalescence = Convalescence.Until(image) }, effects);
    }

    private void FinishPromise(Effects effects)
    {
        if (Belongs || _foundingWritten != 0 || _founding!.Own != FoundingWord.Empty)
            return;
        if (_promiseWritten == 0 || _superblock.DurableGeneration < _promiseWritten)
            return;
        _founding.Own = new(_superblock.State.Convalescence.Mark, HoldsIt: false);
        Greet(effects);
        TryToFound(effects);
    }

    /// <summary>Founders agree about who they are: a server that is to join later, for one, is started with a list on which it stands itself.</summary>
    private void Contradict(ServerId from)
    {
        if (_isContradicted)
            return;
        _isContradicted = true;
        _trace.Note(NoteLevel.Warning, 0,
            $"Member {from} belongs to no ensemble, either, and is configured with other members than this one: founders need the same server lines.");
    }

    private void RefuseTwoImages(ServerId from)
    {
        if (_isTorn)
            return;
        _isTorn = true;
        _trace.Note(NoteLevel.Error, 0,
            $"Member {from} and this one were given different states to begin with, or promised to wait for different ones: no ensemble is founded. "
            + "Keep the one that is to count: stop the others, empty their data folders, and start them again.");
    }

    private void Decline(ServerId from, Membership membership)
    {
        LookFor(membership);
        if (_isUnwanted)
            return;
        _isUnwanted = true;
        _trace.Note(NoteLevel.Warning, 0, _founding!.Own.HoldsIt
            ? $"Member {from} belongs to an ensemble of {membership} already, and this one holds a state to found another with. If that is to replace it: stop member {from}, empty its data folder, and start it again."
            : membership.Find(_settings.Id) is null
            ? $"Member {from} belongs to an ensemble of {membership}, which does not know this one. Add it there (reconfig); until then it waits."
            : $"Member {from} belongs to an ensemble that knows member {_settings.Id} with another disk. Remove it there and add it again (reconfig); until then it waits.");
    }

    private void Belong(ulong ensemble, Membership membership, string how, Effects effects)
    {
        _trace.Note(NoteLevel.Information, 0, $"{how} {membership}.");
        // A promise that has not been spoken binds nobody.
        var waitsFor = _founding!.Own == FoundingWord.Empty ? Convalescence.None : _superblock.State.Convalescence;
        _foundingWritten = _superblock.Write(
            _superblock.State with { Ensemble = ensemble, Membership = membership.Encode(), Convalescence = waitsFor }, effects);
    }

    private void FinishFounding(Effects effects)
    {
        FinishPromise(effects);
        if (Belongs || _foundingWritten == 0 || _superblock.DurableGeneration < _foundingWritten)
            return;
        _founding = null;
        _greetAt = Instant.Never;
        TakePart(_superblock.State, effects);
    }
}
