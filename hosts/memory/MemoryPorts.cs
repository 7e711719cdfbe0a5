using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Hosts.Memory;

/// <summary>The five verbs without a network: replies and frames go to queues, disk requests are done at once and complete as the next inputs.</summary>
internal readonly struct MemoryPorts(MemoryMember member) : IPorts
{
    public void Send(ServerId to, ReadOnlySpan<byte> frame) => member.Send(to, frame);

    public void Reply(ConnectionId to, ReadOnlySpan<byte> frames) => member.Find(to)?.Deliver(frames);

    public void HangUp(ConnectionId connection) => member.HangUp(connection);

    public void Throttle(ConnectionId connection, bool hold) => member.Throttle(connection, hold);

    public void Disk(in Effect request, ReadOnlySpan<byte> bytes) => member.Disk(request, bytes);
}
