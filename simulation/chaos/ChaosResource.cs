using Quorate.Client;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation;

/// <summary>
/// What the masters of a world act on, seen from their programs: a ledger, a file store, the outside world. It remembers the highest
/// fencing token, refuses older ones, and records every act in true time.
/// </summary>
public sealed class ChaosResource
{
    private readonly ChaosRun _run;

    internal ChaosResource(ChaosRun run, string name)
    {
        _run = run;
        Fenced = new(name, () => run.Now, run.Acted);
        NeverTwoActors = new(Fenced.StaleMaster.Name, () =>
            Fenced.StaleMaster.Finding is { } text ? (text, Fenced.StaleMaster.FoundAt) : null);
        NeverAcceptsOlder = new(Fenced.TokenOrder.Name, () =>
            Fenced.TokenOrder.Finding is { } text ? (text, Fenced.TokenOrder.FoundAt) : null);
        KeepsAdvancing = new(nameof(KeepsAdvancing), () => Stood() is { } text ? (text, run.Now) : null);
    }

    /// <summary>What it is called.</summary>
    public string Name => Fenced.Name;

    /// <summary>Every act, refused ones too, in the order of true time.</summary>
    public IReadOnlyList<Act> Acts => Fenced.Acts;

    /// <summary>
    /// Nobody acts when somebody else has begun to act with a newer token, accepted or not, nor outside of its own fence. The verdict is
    /// called StaleMaster.
    /// </summary>
    public Requirement NeverTwoActors { get; }

    /// <summary>No older token is accepted after a newer one. The verdict is called FencedResource.</summary>
    public Requirement NeverAcceptsOlder { get; }

    /// <summary>Somebody's act was accepted in every calm so far, and in any case once.</summary>
    public Requirement KeepsAdvancing { get; }

    internal FencedResource Fenced { get; }

    /// <summary>
    /// The program that calls acts, now. False when the resource refuses, because it has seen a newer token: then somebody else is in
    /// charge.
    /// </summary>
    /// <param name="token">The fencing token of whoever acts: the czxid of what makes it the master.</param>
    /// <param name="mayAct">Whether it believes that it may.</param>
    /// <param name="what">What it does, for whoever reads about it later.</param>
    public bool Act(Zxid token, bool mayAct = true, string what = "") => Fenced.Act(_run.Who, token, mayAct, what);

    /// <summary>The program that calls acts, now, by virtue of an office or a lock. False when the resource refuses.</summary>
    /// <param name="tenure">What it holds, or believes to hold.</param>
    /// <param name="what">What it does, for whoever reads about it later.</param>
    public bool Act(Tenure tenure, string what = "")
    {
        ArgumentNullException.ThrowIfNull(tenure);
        return Act(tenure.FencingToken, tenure.MayAct, what);
    }

    private string? Stood()
    {
        foreach (var (from, to) in _run.Calms)
            if (!Fenced.Acts.Any(act => act.Accepted && act.At >= from && act.At < to))
                return $"Nobody acted on {Name} in the calm from {from} to {to}.";
        return Fenced.Acts.Any(static act => act.Accepted) ? null : $"Nobody ever acted on {Name}.";
    }
}
