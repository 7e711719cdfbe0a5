using Quorate.Kernel;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Storage;

namespace Quorate.Bench;

/// <summary>A world in which everything sent is forgotten, and every disk request has ended well as soon as somebody asks.</summary>
internal sealed class Void
{
    private readonly Queue<DiskTicket> _done = new(64);

    public long Replies { get; private set; }
    public long ReplyBytes { get; private set; }

    public void Reply(ReadOnlySpan<byte> frames)
    {
        Replies++;
        ReplyBytes += frames.Length;
    }

    public void Begin(DiskTicket ticket) => _done.Enqueue(ticket);

    public bool TryTakeDone(out DiskTicket ticket) => _done.TryDequeue(out ticket);
}

/// <summary>The ports to that world: a struct, as the driver wants it.</summary>
internal readonly struct VoidPorts(Void world) : IPorts
{
    public void Send(ServerId to, ReadOnlySpan<byte> frame) => Invariant.Broken("an ensemble of one has no peers");

    public void Reply(ConnectionId to, ReadOnlySpan<byte> frames) => world.Reply(frames);

    public void HangUp(ConnectionId connection) => Invariant.Broken("a client of the benchmark was refused");

    public void Throttle(ConnectionId connection, bool hold) => Invariant.Broken("a client of the benchmark was held");

    public void Disk(in Effect request, ReadOnlySpan<byte> bytes) => world.Begin(request.Ticket);
}
