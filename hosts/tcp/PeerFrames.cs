using System.Buffers.Binary;

namespace Quorate.Hosts.Tcp;

/// <summary>Frames between members, one behind the other: each has its length in front, 4 bytes, little-endian.</summary>
/// <remarks>A frame of no bytes is the link's own: a question whether anyone is there, or the answer. It is not delivered.</remarks>
internal ref struct PeerFrames(ReadOnlySpan<byte> bytes)
{
    public const int HeadLength = sizeof(int);

    private ReadOnlySpan<byte> _rest = bytes;

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly PeerFrames GetEnumerator() => this;

    /// <summary>The next frame that is to be delivered.</summary>
    public bool MoveNext()
    {
        do
        {
            if (_rest.IsEmpty)
                return false;
            var length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
            Current = _rest.Slice(HeadLength, length);
            _rest = _rest[(HeadLength + length)..];
        }
        while (Current.IsEmpty);
        return true;
    }

    /// <summary>How many bytes of <paramref name="buffered"/> are whole frames.</summary>
    /// <param name="buffered">What was received, beginning with a frame.</param>
    /// <param name="max">The largest frame that is accepted.</param>
    /// <param name="empty">How many of them are empty.</param>
    /// <param name="tooLong">The length that ended the search because it is none; 0 if there is no such thing.</param>
    public static int Whole(ReadOnlySpan<byte> buffered, int max, out int empty, out long tooLong)
    {
        (empty, tooLong) = (0, 0);
        var whole = 0;
        while (buffered.Length - whole >= HeadLength)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(buffered[whole..]);
            if (length > max)
            {
                tooLong = length;
                return whole;
            }
            if (buffered.Length - whole - HeadLength < length)
                return whole;
            whole += HeadLength + (int)length;
            empty += length == 0 ? 1 : 0;
        }
        return whole;
    }
}
