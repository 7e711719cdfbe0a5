using System.Buffers.Binary;
using Quorate.Hosts.Memory;
using Quorate.Kernel;

namespace Quorate.Tests.Transcripts;

/// <summary>The kernel in hand: no socket, and time moves only while a transcript waits.</summary>
internal sealed class MemoryTarget : ITranscriptTarget, IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly ManualTime _time = new(DateTimeOffset.UtcNow);
    private readonly MemoryEnsemble _ensemble;

    public MemoryTarget(Settings settings) => _ensemble = MemoryEnsemble.Start(new() { Settings = settings, Time = _time });

    public DateTimeOffset Clock => DateTimeOffset.FromUnixTimeMilliseconds(_time.Now.Wall.Milliseconds);

    public ITranscriptConnection Open() => new Connection(this);

    public void Sleep(TimeSpan time) => _ensemble.Advance(time);

    public void Dispose() => _ensemble.Dispose();

    private sealed class Connection(MemoryTarget target) : ITranscriptConnection
    {
        private readonly MemoryConnection _connection = target._ensemble.Connect();
        private byte[] _pending = [];

        public void Send(ReadOnlySpan<byte> bytes) => _connection.Send(bytes);

        public Arrival ReceiveFrame(TimeSpan patience, out byte[] frame)
        {
            frame = [];
            while (Whole() is not { } length)
                if (More(ref patience) is var arrival and not Arrival.Frame)
                    return arrival;
                else
                    continue;
            var whole = Whole()!.Value;
            (frame, _pending) = (_pending[..whole], _pending[whole..]);
            return Arrival.Frame;
        }

        public Arrival ReceiveUntilClosed(TimeSpan patience, out byte[] bytes)
        {
            Arrival arrival;
            do
                arrival = More(ref patience);
            while (arrival == Arrival.Frame);
            (bytes, _pending) = (_pending, []);
            return arrival;
        }

        public void Dispose() => _connection.Close();

        private int? Whole()
        {
            if (_pending.Length < 4)
                return null;
            var length = 4 + BinaryPrimitives.ReadInt32BigEndian(_pending);
            return _pending.Length >= length ? length : null;
        }

        private Arrival More(ref TimeSpan patience)
        {
            while (true)
            {
                if (_connection.TryReceive(out var frames))
                {
                    _pending = [.. _pending, .. frames];
                    return Arrival.Frame;
                }
                if (_connection.IsClosed)
                    return Arrival.Closed;
                if (patience <= TimeSpan.Zero)
                    return Arrival.Silence;
                target._ensemble.Advance(Step);
                patience -= Step;
            }
        }
    }
}
