using Quorate.Kernel;
using Quorate.Kernel.Ground;

namespace Quorate.Hosts.Memory;

/// <summary>The five verbs without a network: replies go to queues, disk requests are done at once and complete as the next inputs.</summary>
internal readonly struct MemoryPorts(MemoryEnsemble ensemble) : IPorts
{
    public void Send(ServerId to, ReadOnlySpan<byte> frame) => Invariant.Broken("an ensemble of one has no peers");

    public void Reply(ConnectionId to, ReadOnlySpan<byte> frames) => ensemble.Find(to)?.Deliver(frames);

    public void HangUp(ConnectionId connection) => ensemble.HangUp(connection);

    public void Throttle(ConnectionId connection, bool hold) => ensemble.Throttle(connection, hold);

    public void Disk(in Effect request, ReadOnlySpan<byte> bytes) => ensemble.Disk(request, bytes);
}
