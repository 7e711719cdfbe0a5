using Quorate.Hosts.Memory;

namespace Quorate.Tests.Import;

/// <summary>A connection to an in-memory server as a stream, for clients that know nothing else.</summary>
internal sealed class ConnectionStream(MemoryConnection connection) : Stream
{
    private byte[] _received = [];

    public override bool CanRead => true;
    public override bool CanWrite => true;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count)
    {
        while (_received.Length == 0)
            if (!connection.TryReceive(out _received))
                return 0;
        var read = Math.Min(count, _received.Length);
        _received.AsSpan(0, read).CopyTo(buffer.AsSpan(offset));
        _received = _received[read..];
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count) => connection.Send(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        connection.Close();
        base.Dispose(disposing);
    }
}
