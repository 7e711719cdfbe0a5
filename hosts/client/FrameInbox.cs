using System.Buffers.Binary;

namespace Quorate.Client;

/// <summary>Cuts what arrives on a connection into frames.</summary>
internal sealed class FrameInbox(int frameBytesMax)
{
    private byte[] _partial = [];
    private int _length;

    /// <summary>A frame is longer than is accepted, or of negative length.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>
    /// The next whole frame, without its length; false when there is none, and what there is of it was kept. A frame is good until the next call.
    /// </summary>
    public bool TryTake(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (IsTooLong)
            return false;
        if (_length == 0)
        {
            if (TryCut(bytes, out frame))
            {
                bytes = bytes[(sizeof(int) + frame.Length)..];
                return true;
            }
            Keep(ref bytes, bytes.Length);
            return false;
        }
        if (_length < sizeof(int))
            Keep(ref bytes, sizeof(int) - _length);
        if (_length < sizeof(int))
            return false;
        var whole = sizeof(int) + BinaryPrimitives.ReadInt32BigEndian(_partial);
        if (!IsAcceptable(whole - sizeof(int)))
            return false;
        Keep(ref bytes, whole - _length);
        if (_length < whole)
            return false;
        frame = _partial.AsSpan(sizeof(int), whole - sizeof(int));
        _length = 0;
        return true;
    }

    private bool TryCut(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (bytes.Length < sizeof(int))
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (!IsAcceptable(length) || bytes.Length < sizeof(int) + length)
            return false;
        frame = bytes.Slice(sizeof(int), length);
        return true;
    }

    private bool IsAcceptable(int length)
    {
        IsTooLong = length < 0 || length > frameBytesMax;
        return !IsTooLong;
    }

    private void Keep(ref ReadOnlySpan<byte> bytes, int count)
    {
        count = Math.Min(count, bytes.Length);
        if (_partial.Length < _length + count)
            Array.Resize(ref _partial, Math.Max(_length + count, Math.Min(_partial.Length * 2, frameBytesMax + sizeof(int))));
        bytes[..count].CopyTo(_partial.AsSpan(_length));
        _length += count;
        bytes = bytes[count..];
    }
}
