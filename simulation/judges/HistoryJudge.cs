using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Judges;

/// <summary>A judge of what clients asked and saw. Every method does nothing here; a judge overrides what it needs.</summary>
internal abstract class HistoryJudge : Judge
{
    /// <summary>A client wants something.</summary>
    public virtual void Called(Operation operation) { }

    /// <summary>It was put on a connection.</summary>
    public virtual void Sent(Operation operation) { }

    /// <summary>Its fate is known: see <see cref="Operation.Fate"/>.</summary>
    public virtual void Returned(Operation operation) { }

    /// <summary>A watch event reached a client.</summary>
    public virtual void Saw(WatchSeen seen) { }

    /// <summary>A client learnt something about its session.</summary>
    public virtual void Saw(SessionSeen seen) { }
}
