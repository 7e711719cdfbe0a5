using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>Somebody acted on a resource, or tried to.</summary>
/// <param name="Resource">On which.</param>
/// <param name="Who">The computer that did.</param>
/// <param name="Token">The fencing token that it came with.</param>
/// <param name="MayAct">Whether it believed that it may.</param>
/// <param name="Accepted">Whether the resource let it: it had seen no newer token.</param>
/// <param name="What">What it did, in its own words.</param>
/// <param name="At">When, in true time.</param>
public sealed record Act(string Resource, string Who, Zxid Token, bool MayAct, bool Accepted, string What, TrueTime At)
{
    /// <summary>
    /// Whether it was decided a while ago and has been on its way since: then who acts could not know any more whether it may, and only the
    /// token can tell.
    /// </summary>
    public bool IsLate { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Who} acts on {Resource} with token {Token}"
        + $"{(What.Length == 0 ? "" : $" ({What})")}{(IsLate ? ", late" : "")}{(MayAct ? "" : ", outside of its fence")}{(Accepted ? "" : ": refused")}";
}
