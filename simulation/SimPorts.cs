using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Simulation;

/// <summary>The five verbs inside the world: everything becomes an event, nothing comes back within the call.</summary>
internal readonly struct SimPorts(MemberComputer member) : IPorts
{
    public void Send(ServerId to, ReadOnlySpan<byte> frame) => member.Send(to, frame);

    public void Reply(ConnectionId to, ReadOnlySpan<byte> frames) => member.Reply(to, frames);

    public void HangUp(ConnectionId connection) => member.HangUp(connection);

    public void Throttle(ConnectionId connection, bool hold) => member.Throttle(connection, hold);

    public void Disk(in Effect request, ReadOnlySpan<byte> bytes) => member.Request(request, bytes);
}
