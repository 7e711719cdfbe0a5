using Quorate.Kernel;

namespace Quorate.Simulation;

/// <summary>
/// A simulated world with an ensemble, computers that run your code, and weather. First say who is in it; the first <see cref="Storm"/> or
/// <see cref="Calm"/> lets time begin, a few quiet seconds ahead of it.
/// </summary>
public sealed class ChaosWorld
{
    private readonly ChaosRun _run;

    internal ChaosWorld(ChaosRun run) => _run = run;

    /// <summary>What all chance in this world comes from.</summary>
    public ulong Seed => _run.Seed;

    /// <summary>The ensemble; there is one in a world.</summary>
    /// <param name="members">How many members vote, 1 to 9.</param>
    /// <param name="settings">How they are set; null for the defaults.</param>
    /// <exception cref="InvalidOperationException">There is one already, or time has begun to pass.</exception>
    public ChaosEnsemble Ensemble(int members = 3, Settings? settings = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(members, 9);
        return _run.NewEnsemble(members, settings ?? new());
    }

    /// <summary>The computer of that name; a new one when there was none.</summary>
    /// <param name="name">Letters, digits, dashes, dots and underscores.</param>
    public ChaosComputer Computer(string name) => _run.ComputerOf(name);

    /// <summary>The resource of that name, which masters act on; a new one when there was none.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="comparesTokens">
    /// Whether it refuses tokens that are older than the newest it has seen. Much of what there is to act on does not; then
    /// <see cref="ChaosResource.NeverAcceptsOlder"/> tells what that leads to. It is said when the resource is new, and stays.
    /// </param>
    public ChaosResource Resource(string name, bool comparesTokens = true)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return _run.ResourceOf(name, comparesTokens);
    }

    /// <summary>
    /// Code of this type is not read for calls of the real world's time and chance, such as DateTime.UtcNow or Guid.NewGuid: none of them is made in
    /// this world, as with a clock of production's that your test replaces. If one is all the same, two runs that differ tell.
    /// </summary>
    /// <param name="type">The type; types and lambdas within it count as it.</param>
    /// <exception cref="InvalidOperationException">Time has begun to pass in the world.</exception>
    public void Trust(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        _run.Trust(type);
    }

    /// <summary>Lets time pass while faults come, and all be well again at the end.</summary>
    /// <param name="faults">Which classes of faults may come. Which do, when, how often and how long follows from the seed.</param>
    /// <param name="duration">How long, in the world's time.</param>
    public Task Storm(Faults faults, TimeSpan duration) => _run.Let(faults, duration);

    /// <summary>Lets time pass while nothing goes wrong.</summary>
    /// <param name="duration">How long, in the world's time.</param>
    public Task Calm(TimeSpan duration) => _run.Let(Faults.None, duration);

    /// <summary>Fails the run when one of these does not hold.</summary>
    public void Require(params IReadOnlyList<Requirement> requirements)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        _run.Require(requirements);
    }
}
