using Quorate.Simulation.Times;

namespace Quorate.Simulation.Judges;

/// <summary>
/// Nothing that waits for a member grows without bound: its inbox, what peers owe each other, what its host has not delivered (P12).
/// </summary>
internal sealed class BoundedMemory(World world) : Judge
{
    /// <summary>
    /// Disk requests that one server may have under way: a few of each kind of file, the chunks of a snapshot, and where a segment of the
    /// journal is full with one record, three for each record that the ring may hold.
    /// </summary>
    private readonly int _diskRequests = 1024 + 3 * (int)Math.Min(
        world.Scenario.Limits.LogRingEntries,
        world.Scenario.Limits.LogRingBytes / Math.Max(128, world.Scenario.Settings.SegmentBytes - 4096));

    /// <inheritdoc/>
    public override void Inspect(TrueTime now)
    {
        var limits = world.Scenario.Limits;
        // A member that stands still is sent what all its peers may owe, and what each client may have unanswered.
        var inbox = (long)world.Scenario.Network.Capacity * world.Members.Length
            + world.Actors.Count * (long)(limits.RequestBytesPerConnection + limits.FrameBytes) + limits.SnapshotBytesInFlight;
        foreach (var member in world.Members)
        {
            if (member.InboxBytes > inbox)
                Accuse($"{member.InboxBytes} bytes wait at member {member.Id}.");
            if (member.Disk.Waiting > _diskRequests)
                Accuse($"{member.Disk.Waiting} disk requests of member {member.Id} are under way.");
        }
        foreach (var link in world.Network.Clients)
            if (link.Unread > limits.RequestBytesPerConnection + limits.FrameBytes)
                Accuse($"{link.Unread} bytes of {link.Client.Name} wait undelivered at member {link.Member.Id}.");
    }
}
