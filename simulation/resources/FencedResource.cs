using Quorate.Kernel.Ground;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>
/// What a master acts on: a ledger, a file store, the outside world. It remembers the highest fencing token that it has seen and refuses
/// older ones, and it records every act in true time, which no computer in the world can read.
/// </summary>
internal sealed class FencedResource
{
    private readonly List<Act> _acts = [];
    private readonly Func<TrueTime> _now;
    private readonly Action<Act> _acted;

    /// <param name="name">What it is called.</param>
    /// <param name="now">The world's time.</param>
    /// <param name="acted">Is told of every act.</param>
    internal FencedResource(string name, Func<TrueTime> now, Action<Act> acted)
    {
        (Name, _now, _acted) = (name, now, acted);
        StaleMaster = new();
        TokenOrder = new();
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>Whether it looks at tokens at all.</summary>
    public bool ComparesTokens { get; init; } = true;

    /// <summary>The highest token that it has accepted.</summary>
    public Zxid Highest { get; private set; }

    /// <summary>Every act, refused ones too, in the order of true time.</summary>
    public IReadOnlyList<Act> Acts => _acts;

    /// <summary>Judges whether two ever acted at once.</summary>
    internal StaleMaster StaleMaster { get; }

    /// <summary>Judges whether an older token was ever accepted after a newer one.</summary>
    internal TokenOrder TokenOrder { get; }

    /// <summary>
    /// Somebody sends what is to arrive later. That is when it is decided, so here it shows whether two think that they may; the resource has
    /// nothing to say yet.
    /// </summary>
    internal void Sent(string who, Zxid token, bool mayAct, string what) =>
        StaleMaster.Acted(new(Name, who, token, mayAct, Accepted: true, what, _now()));

    /// <summary>Somebody acts. False when the resource refuses, because it has seen a newer token.</summary>
    internal bool Act(string who, Zxid token, bool mayAct, string what, bool isLate = false)
    {
        var accepted = token >= Highest || !ComparesTokens;
#if MUTANTS
        accepted |= Mutant.Is(Mutants.TokensIgnored);
#endif
        if (accepted && token > Highest)
            Highest = token;
        var act = new Act(Name, who, token, mayAct, accepted, what, _now()) { IsLate = isLate };
        _acts.Add(act);
        _acted(act);
        StaleMaster.Acted(act);
        TokenOrder.Acted(act);
        return accepted;
    }
}
