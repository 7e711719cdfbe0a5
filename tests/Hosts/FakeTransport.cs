using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

/// <summary>A connection whose other side the test plays: it says how much the socket takes, and when.</summary>
internal sealed class FakeTransport : Transport
{
    private readonly MemoryStream _sent = new();
    private TaskCompletionSource<int>? _room;

    /// <summary>How many bytes the socket takes at once.</summary>
    public int Room { get; set; } = int.MaxValue;

    public bool Broken { get; set; }

    public int Shutdowns { get; private set; }

    public byte[] Sent => _sent.ToArray();

    public bool IsWaiting => _room is not null;

    public override ValueTask<int> Receive(Memory<byte> buffer) => throw new NotSupportedException();

    public override int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (Broken)
            throw new IOException("broken");
        var taken = Math.Min(bytes.Length, Room);
        _sent.Write(bytes[..taken]);
        Room -= taken;
        return taken;
    }

    public override async ValueTask<int> Send(ReadOnlyMemory<byte> bytes)
    {
        _room = new();
        Room = await _room.Task;
        return TrySend(bytes.Span);
    }

    public override ValueTask Shutdown()
    {
        Shutdowns++;
        return ValueTask.CompletedTask;
    }

    public override void Dispose()
    {
    }

    /// <summary>The other side has read: the socket takes so many bytes more.</summary>
    public void MakeRoom(int bytes)
    {
        var room = _room!;
        _room = null;
        room.SetResult(bytes);
    }
}
