using System.Buffers.Binary;

namespace Quorate.Simulation.Actors;

/// <summary>Puts the frames of a client's connection together again, however the stream was cut.</summary>
internal sealed class Inlet
{
    private byte[] _bytes = new byte[1 << 10];
    private int _start, _end;

    /// <summary>A new connection: what was left of the former is void.</summary>
    public void Clear() => _start = _end = 0;

    /// <summary>More of the stream.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _end < bytes.Length)
        {
            var larger = _end - _start + bytes.Length > _bytes.Length ? new byte[2 * (_end - _start + bytes.Length)] : _bytes;
            _bytes.AsSpan(_start, _end - _start).CopyTo(larger);
            (_bytes, _start, _end) = (larger, 0, _end - _start);
        }
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The next whole frame, without its length; good until bytes are appended.</summary>
    public bool TryTake(out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (_end - _start < sizeof(int))
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(_start));
        if (_end - _start - sizeof(int) < length)
            return false;
        frame = _bytes.AsSpan(_start + sizeof(int), length);
        _start += sizeof(int) + length;
        return true;
    }
}
