using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// No two hold what only one may hold: offices, locks, writers beside readers, places of a semaphore. What counts is who would act if it
/// looked at its clock, in true time and whatever anybody has been told. And turns come in the order in which their znodes were made, where
/// only one can have it.
/// </summary>
/// <remarks>
/// It holds while no clock differs from true time by more than clients reckon with (design §8). Beyond that overlaps are counted, and the
/// token is the law. Two turns can only begin to overlap when one of them begins, or when a fence that had been reached moves: then it
/// looks.
/// <para>Who was dispossessed, by somebody who deleted its znode, may act until it is told: see <see cref="Dispossession"/>.</para>
/// </remarks>
/// <param name="now">The world's time.</param>
/// <param name="isWithinBound">Whether clocks are as good as clients believe.</param>
internal sealed class LockExclusion(Func<TrueTime> now, bool isWithinBound) : Judge
{
    private readonly List<Hold> _holds = [];
    private readonly SortedDictionary<string, Hold> _newest = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _dispossessed = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _overlapping = new(StringComparer.Ordinal);

    /// <summary>How many pairs held at once what only one may hold.</summary>
    public int Overlaps => _overlapping.Count;

    /// <summary>Who was told that it is its turn and has not been told of its end.</summary>
    public IReadOnlyList<Hold> Holds => _holds;

    /// <summary>Somebody was told that it is its turn.</summary>
    public void Won(Hold hold)
    {
        if (!hold.MayAct(now()))
            Accuse($"{hold} was told that it is its turn at {now()}, with its fence reached.");
        _holds.Add(hold);
        if (_dispossessed.Contains(hold.Znode))
            return;
        if (hold.Grip == Grip.Sole && _newest.TryGetValue(hold.Queue, out var newest) && hold.Token <= newest.Token && isWithinBound)
            Accuse($"At {now()} it is the turn of {hold}, after that of {newest}, who came later.");
        if (hold.Grip == Grip.Sole)
            _newest[hold.Queue] = hold;
        Look();
    }

    /// <summary>Somebody knows that its turn is over, or is no more.</summary>
    public void Ended(Hold hold) => _holds.Remove(hold);

    /// <summary>Somebody else is about to delete a znode that stands in a queue.</summary>
    public void Evicted(string znode) => _dispossessed.Add(znode);

    /// <summary>Compares all who may act now.</summary>
    public void Look()
    {
        for (var i = 0; i < _holds.Count; i++)
            for (var j = i + 1; j < _holds.Count; j++)
                if (AreAtOnce(_holds[i], _holds[j]))
                    Overlap(_holds[i], _holds[j]);
        foreach (var hold in _holds)
            if (hold.Grip == Grip.Counted && _holds.Count(other => Counts(hold, other)) is var count && count > hold.Places)
                Overlap(hold, $"{count} hold {hold.Queue} at {now()}, {hold.Who} among them, and there are {hold.Places} places.");
    }

    private bool AreAtOnce(Hold one, Hold other) =>
        one.Queue == other.Queue && (one.Grip == Grip.Sole || other.Grip == Grip.Sole) && Acts(one) && Acts(other);

    private bool Counts(Hold hold, Hold other) => other.Queue == hold.Queue && Acts(other);

    private bool Acts(Hold hold) => hold.MayAct(now()) && !_dispossessed.Contains(hold.Znode);

    private void Overlap(Hold one, Hold other) => Overlap(one, $"Two may act at {now()}: {one}, and {other}.", other.Znode);

    private void Overlap(Hold one, string text, string other = "")
    {
        _overlapping.Add(one.Znode + other);
        if (isWithinBound)
            Accuse(text);
    }
}
