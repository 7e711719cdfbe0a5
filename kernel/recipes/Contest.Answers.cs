using Quorate.Kernel.Clients;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Recipes;

/// <summary>What a contest learns from answers and events. What it does about it is <see cref="Advance"/>'s.</summary>
public sealed partial class Contest
{
    private void TakeAnswer(in RecipeInput input, RecipeEffects effects)
    {
        var ticket = input.Ticket;
        if (ticket == _creating)
            Created(input, effects);
        else if (ticket == _looking)
            Looked(input, effects);
        else if (ticket == _deleting)
            Deleted(input, effects);
        else if (ticket >= _makingFrom && ticket <= _makingTo)
            MadeParent(input);
        else if (_phase is Phase.Leaving)
            return;   // what is in the queue is of no interest any more
        else if (ticket == _verifying)
            Verified(input, effects);
        else if (ticket == _listing)
            Listed(input, effects);
        else if (_rivals.FindAsked(ticket) is var position and >= 0)
            SawRival(ref _rivals[position], input, effects);
    }

    private void TakeEvent(in RecipeInput input, RecipeEffects effects)
    {
        var name = NameIn(input.Bytes);
        if (name.IsEmpty || _phase is Phase.Joining or Phase.Leaving)
            return;
        var isGone = input.Event == WatchEvent.NodeDeleted;
#if MUTANTS
        if (isGone && _phase == Phase.InOffice && _own.AsSpan().SequenceEqual(name) && Mutant.Is(Mutants.DeletionIgnored))
            return;
        if (isGone && Mutant.Is(Mutants.PredecessorBelieved) && _rivals.Find(name) >= 0)
        {
            _rivals.Clear();
            return;
        }
#endif
        if (_own.AsSpan().SequenceEqual(name))
        {
            _isWatched = false;
            if (isGone)
                Vanish(effects);
        }
        else if (_rivals.Find(name) is var position and >= 0)
        {
            _rivals[position].IsWatched = false;
            _isStale |= isGone;
        }
    }

    private void Created(in RecipeInput input, RecipeEffects effects)
    {
        _creating = 0;
#if MUTANTS
        if (input.Fate == Fate.Unknown && Mutant.Is(Mutants.OrphanLeft))
            return;
#endif
        if (input.Fate == Fate.Unknown)
            _isUnknown = true;
        else if (input is { Fate: Fate.Answered, Error: ErrorCode.Ok })
            Own(input.Bytes, effects);
        else if (!IsToBeAskedAgain(input) && _phase == Phase.Joining)
            Refused(input, effects);
    }

    private void Own(ReadOnlySpan<byte> body, RecipeEffects effects)
    {
        var reader = new JuteReader(body);
        var name = NameIn(CreateReply.Read(ref reader, OpCode.Create).Path);
        if (name.StartsWith(_prefix))
            Found(name);
        else if (_phase == Phase.Joining)
            End(Ending.Refused, effects, ErrorCode.MarshallingError);
    }

    private void Found(ReadOnlySpan<byte> name)
    {
        _own = name.ToArray();
        if (_phase == Phase.Joining)
            _phase = Phase.Waiting;
    }

    private void Refused(in RecipeInput input, RecipeEffects effects)
    {
        var isParentMissing = input is { Fate: Fate.Answered, Error: ErrorCode.NoNode };
        if (isParentMissing && _parentError == ErrorCode.Ok)
            MakeParents(effects);
        else
            End(Ending.Refused, effects, isParentMissing ? _parentError : input.Error);
    }

    private void MadeParent(in RecipeInput input)
    {
        // Who may not make an upper znode may well make a lower one; of those that fail behind the first, the first tells why.
        if (input.Error is ErrorCode.Ok or ErrorCode.NodeExists)
            _parentError = ErrorCode.Ok;
        else if (!IsToBeAskedAgain(input) && _parentError == ErrorCode.Ok)
            _parentError = input.Error;
    }

    private void Looked(in RecipeInput input, RecipeEffects effects)
    {
        _looking = 0;
        if (IsToBeAskedAgain(input))
            return;
        if (input.Error is not (ErrorCode.Ok or ErrorCode.NoNode))
        {
            CannotLook(input, effects);
            return;
        }
        _isUnknown = false;
        var reader = new JuteReader(input.Bytes);
        if (input.Error == ErrorCode.Ok)
            foreach (var name in ChildrenReply.Read(ref reader, OpCode.GetChildren).Children)
                if (name.StartsWith(_prefix))
                    Found(name);
    }

    private void Verified(in RecipeInput input, RecipeEffects effects)
    {
        _verifying = 0;
        if (IsToBeAskedAgain(input))
            return;
        if (input.Error is not (ErrorCode.Ok or ErrorCode.NoNode))
        {
            End(Ending.Refused, effects, input.Error);
            return;
        }
        var reader = new JuteReader(input.Bytes);
        var stat = input.Error == ErrorCode.Ok ? DataReply.Read(ref reader).Stat : default;
#if MUTANTS
        if (input.Error == ErrorCode.Ok && Mutant.Is(Mutants.OldZnodeAdopted))
            stat = stat with { EphemeralOwner = input.Session };
#endif
        if (input.Error == ErrorCode.NoNode || stat.EphemeralOwner != input.Session)
        {
            Vanish(effects);
            return;
        }
        _isWatched = true;
        if (_phase == Phase.Waiting)
            Token = stat.Czxid;
#if MUTANTS
        if (_phase == Phase.Waiting && Mutant.Is(Mutants.TokenOfLastWrite))
            Token = stat.Mzxid;
#endif
    }

    private void Listed(in RecipeInput input, RecipeEffects effects)
    {
        _listing = 0;
        if (IsToBeAskedAgain(input))
        {
            _isStale = true;
            return;
        }
        if (input.Error is not (ErrorCode.Ok or ErrorCode.NoNode))
        {
            End(Ending.Refused, effects, input.Error);
            return;
        }
        var reader = new JuteReader(input.Bytes);
        _isListed = input.Error == ErrorCode.Ok && _rivals.Take(ChildrenReply.Read(ref reader, OpCode.GetChildren).Children, _own);
        if (!_isListed)
            Vanish(effects);
    }

    private void SawRival(ref Rivals.Rival rival, in RecipeInput input, RecipeEffects effects)
    {
        rival.Asked = 0;
        if (input.Error == ErrorCode.NoNode)
            _isStale = true;
        else if (input.Error == ErrorCode.Ok)
            rival.IsWatched = true;
        else if (!IsToBeAskedAgain(input))
            End(Ending.Refused, effects, input.Error);
    }

    private void Deleted(in RecipeInput input, RecipeEffects effects)
    {
        _deleting = 0;
#if MUTANTS
        if (IsToBeAskedAgain(input) && Mutant.Is(Mutants.ReleaseForgotten))
        {
            _own = null;
            return;
        }
#endif
        if (input.Fate == Fate.Answered && input.Error is ErrorCode.Ok or ErrorCode.NoNode)
            _own = null;
        else if (!IsToBeAskedAgain(input))
            Finish(input.Error, effects);
    }

    /// <summary>Whether there is a znode cannot be found out. If there is one, it goes with the session at the latest.</summary>
    private void CannotLook(in RecipeInput input, RecipeEffects effects)
    {
        if (_phase == Phase.Joining)
            End(Ending.Refused, effects, input.Error);
        Finish(input.Error, effects);
    }

    /// <summary>
    /// Whether the answer says only that there was none: the connection was lost, or servers or the owner's own client had too much to do. A place is
    /// not given up for that, nor what is held; what is held ends by its fence.
    /// </summary>
    private bool IsToBeAskedAgain(in RecipeInput input)
    {
        if (input.Error != ErrorCode.ThrottledOp)
            return input.Fate != Fate.Answered && input.Error == ErrorCode.ConnectionLoss;
        (_isOverloaded, _pausesUntil) = (true, input.Now + Pause);
        return true;
    }
}
