using System.Globalization;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// In the calm a healthy connected majority comes to rest, whatever the others do: it has a leader, its clients get their answers, and all of
/// it has applied the same (P11); unless it is proven that damage has destroyed what was committed.
/// </summary>
internal sealed class Rest(World world) : Judge
{
    /// <inheritdoc/>
    public override void Closing(TrueTime now)
    {
        if (world.Court.Violation is not null || world.IsAtRest || world.Phase != Phase.Calm || world.Jury.Liveness.Excuse is not null)
            return;
        var core = world.Scenario.Core.Select(id => world.Members[world.NodeOf(id)]).Select(static member => string.Create(
            CultureInfo.InvariantCulture,
            $"member {member.Id} is {(member.IsUp ? member.Server!.State.ToString() : "down")}, {member.Role} of term {member.Term}, has applied {member.AppliedIndex}"
            + $"{(member.Failure is { } failure ? $" and failed once: {failure}" : "")}"));
        var waiting = world.Actors.Where(static actor => !actor.IsFinished).Select(static actor =>
            $"{actor.Name} ({(actor.Server is { } server ? $"connected to member {server.Id}" : "without a connection")})");
        Accuse($"The core did not come to rest: {string.Join("; ", core)}. Not finished: {string.Join(", ", waiting)}."
            + $"{(world.Jury.Liveness.Waiting(now) is { } operation ? $" {operation} waits since {operation.Called}." : "")}");
    }
}
