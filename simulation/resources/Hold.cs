using Quorate.Kernel.Ground;
using Quorate.Simulation.Times;

namespace Quorate.Simulation;

/// <summary>Who may hold the same thing at once.</summary>
internal enum Grip
{
    /// <summary>Nobody else: a leader, the owner of a lock, a writer.</summary>
    Sole,
    /// <summary>Other readers, and no writer.</summary>
    Shared,
    /// <summary>So many at once and no more.</summary>
    Counted,
}

/// <summary>Somebody's turn in a queue: an office, a lock, a place of a semaphore.</summary>
/// <param name="Queue">Which queue.</param>
/// <param name="Who">Whose turn.</param>
/// <param name="Znode">The znode that stands for it.</param>
/// <param name="Token">Its fencing token.</param>
/// <param name="Grip">Who else may hold it.</param>
/// <param name="Places">For how many there is room.</param>
internal sealed record Hold(string Queue, string Who, string Znode, Zxid Token, Grip Grip, int Places)
{
    /// <summary>Whether the holder would act if it looked at its clock at a time of the world.</summary>
    public required Func<TrueTime, bool> MayAct { get; init; }

    /// <summary>When its holder's clock will say that the fence is reached, as far as is known by now; for who draws it.</summary>
    public Func<TrueTime> Fence { get; init; } = static () => TrueTime.Never;

    /// <inheritdoc/>
    public override string ToString() => $"{Who} with token {Token} of {Queue}";
}
