using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Coyote;

/// <summary>A connection that takes and gives a few bytes at a time, whenever the schedule says.</summary>
internal sealed class SlowSocket(int atOnce, byte[] incoming) : Transport
{
    private readonly object _gate = new();
    private readonly List<byte> _sent = [];
    private int _received;
    private bool _over;

    public byte[] Sent
    {
        get
        {
            lock (_gate)
                return [.. _sent];
        }
    }

    public bool IsShut { get; private set; }

    public override async ValueTask<int> Receive(Memory<byte> buffer)
    {
        await Task.Yield();
        lock (_gate)
        {
            var count = _over ? 0 : Math.Min(atOnce, Math.Min(buffer.Length, incoming.Length - _received));
            incoming.AsMemory(_received, count).CopyTo(buffer);
            _received += count;
            return count;
        }
    }

    public override int TrySend(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var count = Math.Min(atOnce, bytes.Length);
            _sent.AddRange(bytes[..count]);
            return count;
        }
    }

    public override async ValueTask<int> Send(ReadOnlyMemory<byte> bytes)
    {
        await Task.Yield();
        return TrySend(bytes.Span);
    }

    public override ValueTask Shutdown()
    {
        lock (_gate)
            IsShut = _over = true;
        return ValueTask.CompletedTask;
    }

    public override void Dispose()
    {
        lock (_gate)
            _over = true;
    }
}
