using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// Never two masters: whoever acts on a resource does so inside of its own fence, and when somebody has acted with a newer token nobody
/// acts with an older one any more, whether the resource would refuse it or not. One for each resource.
/// </summary>
/// <remarks>
/// Acts are compared in true time; those that were on their way for a while are the token's affair. Within the bound on clock drift that
/// clients reckon with this holds whatever is paused or cut off.
/// </remarks>
internal sealed class StaleMaster : Judge
{
    private Act? _newest;

    /// <summary>When it found what it found.</summary>
    public TrueTime FoundAt { get; private set; }

    /// <summary>Somebody acted, or tried to.</summary>
    public void Acted(Act act)
    {
        if (act.IsLate)
            return;
        if (Finding is null)
            FoundAt = act.At;
        if (!act.MayAct)
            Accuse($"{act}, at {act.At}, and knew that it may not.");
        else if (_newest is { } newest && act.Token < newest.Token)
            Accuse($"Two act on {act.Resource}: {act.Who} with token {act.Token} at {act.At}, " +
                $"after {newest.Who} had acted with the newer token {newest.Token} at {newest.At}.");
        else if (_newest is { } same && act.Token == same.Token && act.Who != same.Who)
            Accuse($"Two act on {act.Resource} with the same token {act.Token}: {same.Who} at {same.At}, and {act.Who} at {act.At}.");
        if (_newest is null || act.Token >= _newest.Token)
            _newest = act;
    }
}
