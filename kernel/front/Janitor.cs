using Quorate.Kernel.Trees;

namespace Quorate.Kernel.Fronts;

/// <summary>Leader only: looks for containers and TTL znodes that have outlived their use. Semantics reference §7.</summary>
/// <remarks>
/// One round walks all such znodes in slot order, a portion at a time, so that a step stays short however many there are: whoever drives
/// it takes until nothing more comes and asks again at <see cref="NextDeadline"/>, which lies at once behind an unfinished round. The
/// number of deletions per minute is bounded; a round that reaches the bound waits for the minute to end. A znode may be proposed again
/// by a later round while its deletion is on its way: applying looks again, so the second one finds nothing to do.
/// </remarks>
internal sealed class Janitor(Settings settings, Tree tree)
{
    /// <summary>How many znodes are looked at before other work gets its turn.</summary>
    public const int Portion = 256;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private int _cursor = Tree.None;
    private int _looked, _taken;
    private Instant _minuteEnds, _roundBegan;

    /// <summary>When <see cref="TryTake"/> must be asked next.</summary>
    public Instant NextDeadline { get; private set; } = Instant.Never;

    /// <summary>Starts at an election: the first round is one interval away.</summary>
    public void Begin(Moment now)
    {
        _cursor = Tree.None;
        _looked = _taken = 0;
        _minuteEnds = now.Instant + Minute;
        NextDeadline = now.Instant + settings.ContainerCheckInterval;
    }

    /// <summary>Takes the next znode whose deletion should be proposed; false when there is none for now.</summary>
    public bool TryTake(Moment now, out int slot)
    {
        slot = Tree.None;
        if (now.Instant < NextDeadline || !MayTake(now))
            return false;
        if (_cursor == Tree.None)
            _roundBegan = now.Instant;
        for (; _looked < Portion; _looked++)
        {
            _cursor = tree.NextUpkeep(_cursor);
            if (_cursor == Tree.None)
                return Pause(_roundBegan + settings.ContainerCheckInterval);
            if (!Upkeep.IsDue(tree, _cursor, now.Wall, settings.ContainerNeverUsed))
                continue;
            _looked++;
            _taken++;
            slot = _cursor;
            return true;
        }
        return Pause(now.Instant);
    }

    private bool MayTake(Moment now)
    {
        if (now.Instant >= _minuteEnds)
        {
            _minuteEnds = now.Instant + Minute;
            _taken = 0;
        }
        return _taken < settings.ContainerDeletesPerMinute || Pause(_minuteEnds);
    }

    private bool Pause(Instant until)
    {
        _looked = 0;
        NextDeadline = until;
        return false;
    }
}
