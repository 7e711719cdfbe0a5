using System.Globalization;
using Quorate.Client;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation;

/// <summary>
/// What the masters of a world act on, seen from their programs: a ledger, a file store, the outside world. It remembers the highest fencing
/// token, refuses older ones unless it is one that cannot compare them, and records every act in true time.
/// </summary>
public sealed class ChaosResource
{
    private static readonly TimeSpan UsualDelay = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly ChaosRun _run;
    private readonly SortedDictionary<string, int> _sent = new(StringComparer.Ordinal);

    internal ChaosResource(ChaosRun run, string name, bool comparesTokens)
    {
        _run = run;
        Fenced = new(name, () => run.Now, run.Acted) { ComparesTokens = comparesTokens };
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
    /// Nobody acts when somebody else has begun to act with a newer token, accepted or not, nor outside of its own fence; of what is sent
    /// counts when it was sent. The verdict is called StaleMaster.
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

    /// <summary>
    /// The program that calls sends what acts when it arrives, whatever has become of the program by then: paused, cut off, crashed, deposed.
    /// Whether two think that they may is judged now, whether the resource takes an older token then.
    /// </summary>
    /// <param name="token">The fencing token of whoever sends.</param>
    /// <param name="mayAct">Whether it believes that it may.</param>
    /// <param name="what">What it does, for whoever reads about it later.</param>
    /// <param name="delay">
    /// How long it is on its way. Unless it is said it is drawn by chance: milliseconds mostly, and now and then up to half a minute, longer than
    /// an ordinary session.
    /// </param>
    /// <returns>What the resource says when it has arrived: false when it refuses.</returns>
    public Task<bool> Send(Zxid token, bool mayAct = true, string what = "", TimeSpan? delay = null)
    {
        if (delay is { } given)
            ArgumentOutOfRangeException.ThrowIfLessThan(given, TimeSpan.Zero, nameof(delay));
        var who = _run.Who;
        Fenced.Sent(who, token, mayAct, what);
        var answer = new TaskCompletionSource<bool>();
        _run.Deliver(delay ?? DrawDelay(who), () => answer.SetResult(Fenced.Act(who, token, mayAct, what, isLate: true)));
        return answer.Task;
    }

    /// <summary>The same, by virtue of an office or a lock.</summary>
    /// <param name="tenure">What it holds, or believes to hold.</param>
    /// <param name="what">What it does, for whoever reads about it later.</param>
    /// <param name="delay">How long it is on its way; drawn by chance unless it is said.</param>
    /// <returns>What the resource says when it has arrived: false when it refuses.</returns>
    public Task<bool> Send(Tenure tenure, string what = "", TimeSpan? delay = null)
    {
        ArgumentNullException.ThrowIfNull(tenure);
        return Send(tenure.FencingToken, tenure.MayAct, what, delay);
    }

    private TimeSpan DrawDelay(string who)
    {
        var number = _sent[who] = _sent.GetValueOrDefault(who) + 1;
        var chance = new Chance(_run.Seed, string.Create(CultureInfo.InvariantCulture, $"{who} to {Name}, {number}"));
        return chance.Below(8) == 0 ? chance.Between(TimeSpan.Zero, LongestDelay) : chance.Exponential(UsualDelay);
    }

    private string? Stood()
    {
        foreach (var (from, to) in _run.Calms)
            if (!Fenced.Acts.Any(act => act.Accepted && act.At >= from && act.At < to))
                return $"Nobody acted on {Name} in the calm from {from} to {to}.";
        return Fenced.Acts.Any(static act => act.Accepted) ? null : $"Nobody ever acted on {Name}.";
    }
}
