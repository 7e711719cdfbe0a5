using Quorate.Kernel;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>A property that was broken: which, how, and when in the world's time.</summary>
public sealed record Violation(string Judge, string Text, TrueTime At);

/// <summary>
/// Watches a run for one property. It is told what members do as they do it, and says <see cref="Accuse"/> when the property is broken;
/// the world then stops before the next event.
/// </summary>
/// <remarks>
/// Every method but <see cref="Accuse"/> does nothing here; a judge overrides what it needs. A judge of histories listens to the history of
/// its own accord and uses <see cref="Accuse"/> all the same.
/// </remarks>
internal abstract class Judge
{
    /// <summary>What it judges, as verdicts name it.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>What it has found first, without a time; null while all is well.</summary>
    public string? Finding { get; private set; }

    /// <summary>A member's server starts on what its disk holds.</summary>
    public virtual void Started(ServerId member) { }

    /// <summary>A member's server is gone: crashed, killed, stopped or failed.</summary>
    public virtual void Ended(ServerId member) { }

    /// <summary>A member's server has stopped by itself, and says why; <see cref="Ended"/> follows.</summary>
    public virtual void Failed(ServerId member, string reason) { }

    /// <summary>A member's disk was emptied on purpose: it may forget everything.</summary>
    public virtual void Wiped(ServerId member) { }

    /// <summary>See <see cref="ITrace.Became"/>.</summary>
    public virtual void Became(ServerId member, Role role, Term term, ServerId leader) { }

    /// <summary>See <see cref="ITrace.Committed"/>.</summary>
    public virtual void Committed(ServerId member, LogIndex index, Term term, ulong chain) { }

    /// <summary>See <see cref="ITrace.Applied"/>.</summary>
    public virtual void Applied(ServerId member, in AppliedEntry entry) { }

    /// <summary>See <see cref="ITrace.Installed"/>.</summary>
    public virtual void Installed(ServerId member, LogIndex index, Zxid zxid, Digest digest) { }

    /// <summary>See <see cref="ITrace.Truncated"/>.</summary>
    public virtual void Truncated(ServerId member, LogIndex keep) { }

    /// <summary>See <see cref="ITrace.Note"/>.</summary>
    public virtual void Noted(ServerId member, NoteLevel level, string text) { }

    /// <summary>The run enters another part.</summary>
    public virtual void Entered(Phase phase, TrueTime now) { }

    /// <summary>A second of the world's time has passed: an occasion to look at what is not told.</summary>
    public virtual void Inspect(TrueTime now) { }

    /// <summary>The run is over: the last occasion to accuse.</summary>
    public virtual void Closing(TrueTime now) { }

    /// <summary>The court.</summary>
    internal Action<Judge>? Accused { get; set; }

    /// <summary>The property is broken. Only the first finding counts.</summary>
    protected void Accuse(string text)
    {
        if (Finding is not null)
            return;
        Finding = text;
        Accused?.Invoke(this);
    }
}
