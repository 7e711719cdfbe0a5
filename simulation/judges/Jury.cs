using Quorate.Kernel.Ground;
using Quorate.Simulation.Histories;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>What the judges of histories must know of the ensemble that they judge.</summary>
/// <param name="Now">The world's time.</param>
/// <param name="ReadsAreLinearizable">Whether every read is answered as if behind a sync.</param>
/// <param name="SkipAcl">Whether access control lists are not looked at.</param>
/// <param name="DriftPartsPerMillion">How much clocks may gain or lose.</param>
/// <param name="ExpirySlack">What may come on top of three timeouts before a dead session is closed.</param>
internal sealed record JuryRules(
    Func<TrueTime> Now, bool ReadsAreLinearizable, bool SkipAcl, int DriftPartsPerMillion, TimeSpan ExpirySlack)
{
    /// <summary>
    /// Since when a server that can touch a session has held back the connection that carries it; null where none does. Then it lives (B10).
    /// </summary>
    public Func<SessionId, TrueTime?> KeptSince { get; init; } = static _ => null;

    /// <summary>What a server may take to touch it.</summary>
    public TimeSpan TouchTime { get; init; }
}

/// <summary>All judges of what clients asked and saw, seated together: one sequence, one history, one world.</summary>
internal sealed class Jury
{
    /// <summary>Seats them.</summary>
    public Jury(JuryRules rules)
    {
        Canon = new();
        Expiry = new(Canon, rules);
        Liveness = new();
        Registry = new(Canon);
        Guarded = new(Canon);
        HistoryJudge[] judges =
        [
            new Durability(Canon), new ZxidReplay(Canon, rules.ReadsAreLinearizable, rules.SkipAcl), new SeenOrder(),
            new SessionOrder(Canon),
            new WatchOrder(Canon, rules.SkipAcl), new EphemeralOwnership(Canon), Expiry,
            new WingGong(readsAreLinearizable: rules.ReadsAreLinearizable), Liveness, Registry, Guarded,
        ];
        History = new(judges);
        All = [Canon, .. judges];
    }

    /// <summary>The canonical sequence.</summary>
    public Canon Canon { get; }

    /// <summary>Where clients' programs report.</summary>
    public History History { get; }

    /// <summary>Wants to know who is connected and heard of.</summary>
    public SessionExpiry Expiry { get; }

    /// <summary>Wants to know who is healed and what was destroyed.</summary>
    public Liveness Liveness { get; }

    /// <summary>Wants to know who wants to be found.</summary>
    public RegistryTruth Registry { get; }

    /// <summary>Wants to know what holders write into, and counts what they do.</summary>
    public GuardedWrites Guarded { get; }

    /// <summary>All of them, in the order in which they must be told what members do.</summary>
    public IReadOnlyList<Judge> All { get; }
}
