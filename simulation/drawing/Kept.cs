using Quorate.Simulation.Times;

namespace Quorate.Simulation.Drawing;

/// <summary>Things of a run in the order in which they happened, and no more of them than a page can show: the newest, or the oldest.</summary>
/// <param name="most">How many at most.</param>
/// <param name="isNewest">Whether the oldest go when there are too many; otherwise the new ones are not taken.</param>
internal sealed class Kept<T>(int most, bool isNewest)
{
    private readonly Queue<(TrueTime At, T Thing)> _things = new();

    /// <summary>From when on nothing is missing.</summary>
    public TrueTime Since { get; private set; } = TrueTime.Start;

    /// <summary>Until when nothing is missing.</summary>
    public TrueTime Until { get; private set; } = TrueTime.Never;

    /// <summary>What there is.</summary>
    public IEnumerable<T> Things => _things.Select(static kept => kept.Thing);

    /// <summary>Takes a thing if there is room or room can be made.</summary>
    public void Add(TrueTime now, T thing)
    {
        if (_things.Count < most)
            _things.Enqueue((now, thing));
        else if (isNewest)
        {
            _things.Dequeue();
            _things.Enqueue((now, thing));
            Since = _things.Peek().At;
        }
        else
            Until = TrueTime.Earlier(Until, now);
    }
}
