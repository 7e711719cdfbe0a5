using Quorate.Kernel.Ground;

namespace Quorate.Simulation.Judges;

/// <summary>
/// A server stops by itself only if its disk has given it reason to: it could not write, or what it had written was changed. A start that would
/// make good what stopped it does not hide it.
/// </summary>
internal sealed class FalseAlarm(World world) : Judge
{
    /// <inheritdoc/>
    public override void Failed(ServerId member, string reason)
    {
        if (!world.Members[world.NodeOf(member)].Disk.HasFailed)
            Accuse($"Member {member} stopped although its disk has done all that it was asked: {reason}");
    }
}
