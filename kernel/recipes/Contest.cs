using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>
/// One place in a queue of ephemeral sequential znodes, from the wish to have it until it is known to be gone: a candidacy and the office
/// that follows, a wait for a lock and the lock held. Which it is says the <see cref="Discipline"/>.
/// </summary>
/// <remarks>
/// What is to be done follows from what is known, after each input anew; no answer or event is expected in any order, and none is trusted
/// to come only once (S-49, S-50).
/// <para>
/// A list that lags behind is safe: once one's own znode is in it, whoever stands ahead can only go. A znode is one's own if this session
/// owns it, whatever its name: who meets one that an earlier session left does not adopt it (S-46, S-47). And the token is what the service
/// says about the very znode whose turn it is: the zxid that created it.
/// </para>
/// </remarks>
public sealed partial class Contest : Recipe
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ContestSettings _settings;
    private readonly Dice _dice;
    private readonly Rivals _rivals;
    private Phase _phase;
    private byte[] _prefix;        // the name, as far as it is one's own choice: finds the znode when the answer to the create is lost
    private byte[]? _own;          // the name; null while there is no znode that one knows of
    private bool _isUnknown;       // a create was sent and not answered
    private bool _isWatched;       // the own znode is there, this session's, and watched
    private bool _isStale = true;  // the queue has changed since it was asked for, or was never asked for
    private bool _isListed;        // the rivals are those of a list that had the own znode in it
    private bool _wasFenced;       // it was one's turn when the fence was reached
    private bool _isOverloaded;    // nothing is asked until the pause is over
    private ErrorCode _parentError;
    private Instant _pausesUntil = Instant.Origin;
    private ulong _lastTicket, _creating, _looking, _verifying, _listing, _deleting, _makingFrom, _makingTo;

    private enum Phase : byte
    {
        Joining,
        Waiting,
        InOffice,
        Leaving,
        Over,
    }

    /// <summary>
    /// A contest that all follows from its settings, <paramref name="seed"/> and what happens to it. The first tick starts it.
    /// </summary>
    public Contest(ContestSettings settings, ulong seed)
    {
        Invariant.Holds(settings.Path.Length > 1);
        _settings = settings;
        _dice = new(seed);
        _rivals = new(settings.Discipline);
        _prefix = NewPrefix();
#if MUTANTS
        _isUnknown = Mutant.Is(Mutants.OldZnodeAdopted);
#endif
    }

    /// <summary>The fencing token, once it is won.</summary>
    public Zxid Token { get; private set; }

    /// <summary>What transactions of the owner's begin with, once it is won.</summary>
    public Guard? Guard { get; private set; }

    /// <summary>The name of the own znode below the queue's path; empty while there is none that one knows of.</summary>
    public ReadOnlySpan<byte> Name => _own;

    /// <inheritdoc/>
    public override bool IsOver => _phase == Phase.Over;

    /// <summary>Whether it is won, not given up, and its fence not reached.</summary>
#if MUTANTS
    public bool MayAct(Instant now, Instant fenceAt) => (_phase == Phase.InOffice || _isQuiet) && !Fence.IsReached(now, fenceAt);

    private bool _isQuiet;   // leaves, and has not told
#else
    public bool MayAct(Instant now, Instant fenceAt) => _phase == Phase.InOffice && !Fence.IsReached(now, fenceAt);
#endif

    /// <inheritdoc/>
    public override Instant DueAt(Instant fenceAt) => _isOverloaded ? Instant.Earlier(_pausesUntil, DueByPhase(fenceAt)) : DueByPhase(fenceAt);

    private Instant DueByPhase(Instant fenceAt) => _phase switch
    {
        Phase.Joining => _settings.WaitUntil,
        Phase.Waiting => _wasFenced ? Instant.Earlier(_settings.WaitUntil, _pausesUntil) : _settings.WaitUntil,
        Phase.InOffice => fenceAt,
        Phase.Leaving when _creating == 0 && _looking == 0 && _deleting == 0 => _pausesUntil,
        _ => Instant.Never,
    };

    /// <inheritdoc/>
    public override void Step(in RecipeInput input, RecipeEffects effects)
    {
        if (_phase == Phase.Over)
            return;
        if (_phase == Phase.InOffice && Fence.IsReached(input.Now, input.FenceAt))
            End(Ending.Fenced, effects);
        if (input.State is SessionState.Expired or SessionState.Closed or SessionState.AuthFailed)
        {
            EndWithSession(effects);
            return;
        }
        _isOverloaded &= input.Now < _pausesUntil;
        Take(input, effects);
        if (_phase is Phase.Joining or Phase.Waiting && input.Now >= _settings.WaitUntil)
            End(Ending.TimedOut, effects);
        Advance(input, effects);
    }

    private void Take(in RecipeInput input, RecipeEffects effects)
    {
        switch (input.Kind)
        {
            case RecipeInputKind.Done when input.Error is ErrorCode.SessionExpired or ErrorCode.AuthFailed:
                EndWithSession(effects);
                break;
            case RecipeInputKind.Done:
                TakeAnswer(input, effects);
                break;
            case RecipeInputKind.Event:
                TakeEvent(input, effects);
                break;
#if MUTANTS
            case RecipeInputKind.State when input.State == SessionState.Connected && _phase == Phase.Joining && Mutant.Is(Mutants.AskedTwice):
                _creating = 0;
                break;
            case RecipeInputKind.Leave when _phase == Phase.InOffice && Mutant.Is(Mutants.GivenUpAfterRelease):
                (_phase, _pausesUntil, _isQuiet) = (Phase.Leaving, Instant.Origin, true);
                break;
#endif
            case RecipeInputKind.Leave when _phase != Phase.Leaving:
                End(Ending.Released, effects);
                break;
        }
    }

    /// <summary>Asks for whatever is missing for the next thing to happen and is not under way.</summary>
    private void Advance(in RecipeInput input, RecipeEffects effects)
    {
        if (_isOverloaded)
            return;
        switch (_phase)
        {
            case Phase.Joining when _creating == 0 && _looking == 0:
                Join(effects);
                break;
            case Phase.Waiting:
                Wait(input, effects);
                break;
            case Phase.InOffice when !_isWatched && _verifying == 0:
                Verify(effects);
                break;
            case Phase.Leaving when _creating == 0 && _looking == 0 && _deleting == 0 && input.Now >= _pausesUntil:
                Withdraw(effects);
                break;
        }
    }

    private void Join(RecipeEffects effects)
    {
        // Whether there is a znode must be known before another is made: two in one queue, and one waits for oneself for ever (S-45).
        if (_isUnknown)
            Look(effects);
        else
            Create(effects);
    }

    private void Wait(in RecipeInput input, RecipeEffects effects)
    {
        if (!_isWatched && _verifying == 0)
            Verify(effects);
        if (_isStale && _listing == 0)
            List(effects);
        if (!_isWatched || !_isListed)
            return;
        if (_rivals.LetPass)
            TakeOffice(input, effects);
        else if (_listing == 0)
            WatchRivals(effects);
    }

    /// <summary>It is one's turn, if the session is not too old by now to say so (S-44).</summary>
    private void TakeOffice(in RecipeInput input, RecipeEffects effects)
    {
#if MUTANTS
        if (Mutant.Is(Mutants.TurnOfTheDead))
        {
            Win(effects);
            return;
        }
#endif
        if (Fence.IsReached(input.Now, input.FenceAt))
        {
            _wasFenced = true;
            _pausesUntil = input.Now + Pause;
            return;
        }
        if (_wasFenced)
        {
            // The session lives after all. Whether the znode does, which anybody may delete, is to be seen once more.
            _wasFenced = false;
            Verify(effects);
            return;
        }
        Win(effects);
    }

    private void Win(RecipeEffects effects)
    {
        (_phase, Guard) = (Phase.InOffice, new(PathOf(_own)));
        effects.Win(Token);
    }

    private void WatchRivals(RecipeEffects effects)
    {
        for (var i = 0; i < _rivals.Count; i++)
        {
            ref var rival = ref _rivals[i];
            if (!rival.IsWatched && rival.Asked == 0)
                rival.Asked = Watch(rival.Name, effects);
        }
    }

    /// <summary>Removes one's own znode; again and again until it is known to be gone (S-52).</summary>
    private void Withdraw(RecipeEffects effects)
    {
        if (_own is not null)
            Delete(effects);
        else if (_isUnknown)
            Look(effects);
        else
            Finish(ErrorCode.Ok, effects);
    }

    /// <summary>What was held, or hoped for, is given up; from here on one leaves. Told before anything is sent (B14).</summary>
    private void End(Ending reason, RecipeEffects effects, ErrorCode error = ErrorCode.Ok)
    {
        _phase = Phase.Leaving;
        _isOverloaded = false;
        _pausesUntil = Instant.Origin;
        effects.End(reason, error);
#if MUTANTS
        if (reason == Ending.TimedOut && Mutant.Is(Mutants.PatienceLeavesZnode))
            (_own, _isUnknown) = (null, false);
#endif
    }

    /// <summary>Nothing is left to be removed: the service does it, or has.</summary>
    private void EndWithSession(RecipeEffects effects)
    {
        if (_phase != Phase.Leaving)
            End(Ending.SessionOver, effects);
        Finish(ErrorCode.Ok, effects);
    }

    private void Finish(ErrorCode error, RecipeEffects effects)
    {
#if MUTANTS
        if (_isQuiet)
            effects.End(Ending.Released, error);
        _isQuiet = false;
#endif
        _phase = Phase.Over;
        effects.Leave(error);
    }

    /// <summary>
    /// The own znode is gone, and nobody of this session deleted it. A place that was held is lost; one in the queue is taken anew.
    /// </summary>
    private void Vanish(RecipeEffects effects)
    {
        _own = null;
        _isWatched = _isListed = _wasFenced = false;
        _isStale = true;
        _verifying = _listing = 0;
        _rivals.Clear();
        if (_phase == Phase.InOffice)
            End(Ending.Deleted, effects);
        else
            (_phase, _prefix) = (Phase.Joining, NewPrefix());
    }
}
