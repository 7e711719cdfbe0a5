using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Quorate.Tests.Transcripts;

/// <summary>A server behind a port of this machine, in real time.</summary>
internal sealed class TcpTarget(int port) : ITranscriptTarget
{
    public DateTimeOffset Clock => DateTimeOffset.UtcNow;

    public ITranscriptConnection Open() => new Connection(port);

    public void Sleep(TimeSpan time) => Thread.Sleep(time);

    private sealed class Connection : ITranscriptConnection
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _chunk = new byte[64 * 1024];
        private byte[] _pending = [];
        private bool _ended;

        public Connection(int port) => _socket.Connect(IPAddress.Loopback, port);

        public void Send(ReadOnlySpan<byte> bytes)
        {
            try
            {
                while (!bytes.IsEmpty)
                    bytes = bytes[_socket.Send(bytes)..];
            }
            catch (SocketException)
            {
                // The server may close while a client still writes; what it has answered before stays readable.
            }
        }

        public Arrival ReceiveFrame(TimeSpan patience, out byte[] frame)
        {
            var deadline = DateTimeOffset.UtcNow + patience;
            frame = [];
            while (FrameLength() is not { } length || _pending.Length < length)
                if (More(deadline) is var arrival and not Arrival.Frame)
                    return arrival;
            var whole = FrameLength()!.Value;
            (frame, _pending) = (_pending[..whole], _pending[whole..]);
            return Arrival.Frame;
        }

        public Arrival ReceiveUntilClosed(TimeSpan patience, out byte[] bytes)
        {
            var deadline = DateTimeOffset.UtcNow + patience;
            Arrival arrival;
            do
                arrival = More(deadline);
            while (arrival == Arrival.Frame);
            (bytes, _pending) = (_pending, []);
            return arrival;
        }

        public void Dispose() => _socket.Dispose();

        private int? FrameLength()
        {
            if (_pending.Length < 4)
                return null;
            var length = BinaryPrimitives.ReadInt32BigEndian(_pending);
            return length >= 0 ? 4 + length : throw new InvalidDataException($"the server sent a frame of length {length}");
        }

        private Arrival More(DateTimeOffset deadline)
        {
            if (_ended)
                return Arrival.Closed;
            var left = deadline - DateTimeOffset.UtcNow;
            if (left <= TimeSpan.Zero || !_socket.Poll(left, SelectMode.SelectRead))
                return Arrival.Silence;
            int count;
            try
            {
                count = _socket.Receive(_chunk);
            }
            catch (SocketException)
            {
                // A reset says the same as an orderly end: nothing more comes.
                count = 0;
            }
            _ended = count == 0;
            _pending = [.. _pending, .. _chunk.AsSpan(0, count)];
            return _ended ? Arrival.Closed : Arrival.Frame;
        }
    }
}
