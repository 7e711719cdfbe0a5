using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// A resource never accepts an older token after a newer one, however long anybody was paused: the token is the law. One for each resource.
/// </summary>
internal sealed class TokenOrder : Judge
{
    private Zxid _highest;

    /// <inheritdoc/>
    public override string Name => nameof(FencedResource);

    /// <summary>When it found what it found.</summary>
    public TrueTime FoundAt { get; private set; }

    /// <summary>Somebody acted, or tried to.</summary>
    public void Acted(Act act)
    {
        if (!act.Accepted)
            return;
        if (Finding is null)
            FoundAt = act.At;
        if (act.Token < _highest)
            Accuse($"{act}, at {act.At}, and was accepted, although {_highest} had been.");
        _highest = act.Token > _highest ? act.Token : _highest;
    }
}
