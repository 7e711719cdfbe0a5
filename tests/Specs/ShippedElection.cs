using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Recipes;

namespace Quorate.Tests.Specs;

/// <summary>The election of <see cref="ElectionSpec"/> between two contests as they ship.</summary>
internal sealed class ShippedElection
{
    // A second of the model is long, so that all that happens within one takes no time beside it.
    private static readonly TimeSpan Second = TimeSpan.FromHours(1), Moment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Length = Second * ElectionSpec.Length;

    private readonly SmallQueue _queue = new();
    private Contestant? _one, _other;
    private string? _orphan;
    private Instant _now = Instant.Origin;
    private bool _isLinked = true, _isPaused;

    /// <summary>Takes one transition of the model. What differs afterwards, or null.</summary>
    public string? Follow(Transition<ElectionState> transition)
    {
        Take(transition.Action);
        Settle();
        Settle();   // for whoever waits a moment before it looks again
        return Compare(transition.After);
    }

    private void Take(string action)
    {
        switch (action)
        {
            case "Stand":
                _one = new(_queue, Discipline.Election()) { FenceAt = _now + Length };
                break;
            case "OtherStands":
                _other = new(_queue, Discipline.Election()) { FenceAt = Instant.Never };
                break;
            case "OtherLeaves":
                _other!.Leave(_now);
                _other.Run(_now);
                _other = null;
                break;
            case "Ping":
                _one!.FenceAt = _now + Length;
                break;
            case "Cut" or "Heal":
                _isLinked = action == "Heal";
                break;
            case "Pause" or "Resume":
                _isPaused = action == "Pause";
                break;
            case "Second":
                _now += Second;
                break;
            case "Expire":
                _queue.Remove(_one!.Name!);
                _one.IsExpired = true;
                break;
            case "ExpireOrphan":
                _queue.Remove(_orphan!);
                _orphan = null;
                break;
            case "Crash":
                (_orphan, _one, _isPaused) = (_one!.IsExpired ? null : _one.Name, null, false);
                break;
        }
    }

    /// <summary>Everybody who runs takes its turn until nothing more happens.</summary>
    private void Settle()
    {
        _now += Moment;
        if (!_isPaused && _one is not null)
        {
            _one.Run(_now, _isLinked);
            if (_one.IsOver)
                _one = null;
        }
        _other?.Run(_now);
    }

    private string? Compare(in ElectionState model)
    {
        if ((_one?.Number ?? 0) != model.Number)
            return $"the znode of the one is {_one?.Number}";
        if ((_one?.IsInOffice ?? false) != model.IsInOffice)
            return $"the one {(model.IsInOffice ? "is not" : "is")} in office";
        if ((_one?.MayAct(_now) ?? false) != model.MayAct)
            return $"the one {(model.MayAct ? "may not" : "may")} act";
        if (model.IsInOffice && _one!.Token != model.Number)
            return $"the token is {_one.Token}";
        return (_other?.IsInOffice ?? false) == model.OtherIsInOffice
            ? null
            : $"the other {(model.OtherIsInOffice ? "is not" : "is")} in office";
    }
}
