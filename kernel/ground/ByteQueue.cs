namespace Quorate.Kernel.Ground;

/// <summary>Bytes that wait, oldest first: appended at one end, forgotten at the other, and in one piece in between.</summary>
/// <remarks>A position counts all bytes ever appended, so it stays good when the bytes move to the front or to a larger array.</remarks>
/// <param name="kept">An array of up to so many bytes is kept when the queue is empty.</param>
internal sealed class ByteQueue(int kept = 64 << 10)
{
    private byte[] _bytes = [];
    private int _head, _end;
    private long _origin;   // the position of _bytes[0]

    /// <summary>Appends a copy and returns its position.</summary>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _end < bytes.Length)
            MakeRoom(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
        return _origin + _end - bytes.Length;
    }

    /// <summary>The bytes at a position; void after the next <see cref="Append"/>.</summary>
    public ReadOnlySpan<byte> Read(long position, int length) => _bytes.AsSpan((int)(position - _origin), length);

    /// <summary>Forgets everything before a position.</summary>
    public void DropTo(long position)
    {
        _head = (int)(position - _origin);
        Invariant.Holds(_head >= 0 && _head <= _end);
        if (_head < _end)
            return;
        _origin = position;
        _head = _end = 0;
        if (_bytes.Length > kept)
            _bytes = [];
    }

    private void MakeRoom(int length)
    {
        var live = _end - _head;
        var isTight = live + (long)length > _bytes.Length / 2;
        var larger = isTight ? new byte[Math.Max(256, Math.Max(2L * _bytes.Length, live + length))] : _bytes;
        _bytes.AsSpan(_head, live).CopyTo(larger);
        _bytes = larger;
        _origin += _head;
        _head = 0;
        _end = live;
    }
}
