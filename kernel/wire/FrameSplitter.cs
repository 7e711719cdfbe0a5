using System.Buffers.Binary;

namespace Quorate.Kernel.Wire;

/// <summary>What stands at the front of a client's byte stream.</summary>
public enum FrameKind : byte
{
    /// <summary>Not enough to tell: receive more behind what there is.</summary>
    NeedMore,
    /// <summary>A whole frame.</summary>
    Frame,
    /// <summary>A four-letter word in place of the first frame, with what belongs to it.</summary>
    Word,
    /// <summary>Nothing that can be read: close the connection; <see cref="FrameSplitter.Fault"/> says why.</summary>
    Bad,
}

/// <summary>
/// Splits the bytes of one client connection into frames, in place: a host feeds whatever lies in its receive buffer and drops what was
/// consumed. Protocol reference §1 and semantics reference §16.
/// </summary>
/// <remarks>
/// A length is judged as soon as its four bytes are there, so that a frame that is too long closes the connection before its payload is
/// received. Only the very first four bytes of a connection can be a word; any other text there is a length, and far too large a one.
/// </remarks>
public struct FrameSplitter(int frameBytesMax)
{
    private const int LengthBytes = sizeof(int);
    private const int TraceMaskBytes = sizeof(long);

    private readonly int _max = frameBytesMax;
    private bool _begun;

    /// <summary>Why the last step was <see cref="FrameKind.Bad"/>; else null.</summary>
    public string? Fault { get; private set; }

    /// <summary>The most bytes that must fit into a receive buffer: one frame with its length in front.</summary>
    public readonly int BufferBytesMax => _max + LengthBytes;

    /// <summary>Finds what stands at the beginning of the bytes received and not yet consumed.</summary>
    /// <param name="buffered">What has been received and not consumed, oldest first.</param>
    /// <param name="start">Where the frame's payload, or the word, begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="consumed">How many bytes to drop from the front afterwards; 0 unless a frame or a word was found.</param>
    public FrameKind Next(ReadOnlySpan<byte> buffered, out int start, out int length, out int consumed)
    {
        start = length = consumed = 0;
        if (buffered.Length < LengthBytes)
            return FrameKind.NeedMore;
        if (!_begun && IsWord(buffered))
            return Word(buffered, out length, out consumed);

        var announced = BinaryPrimitives.ReadInt32BigEndian(buffered);
        if (announced <= 0 || announced > _max)
        {
            Fault = announced < 0 ? "negative frame length" : announced == 0 ? "empty frame" : "frame longer than the limit";
            return FrameKind.Bad;
        }
        if (buffered.Length - LengthBytes < announced)
            return FrameKind.NeedMore;
        _begun = true;
        start = LengthBytes;
        length = announced;
        consumed = LengthBytes + announced;
        return FrameKind.Frame;
    }

    private FrameKind Word(ReadOnlySpan<byte> buffered, out int length, out int consumed)
    {
        var whole = buffered.StartsWith("stmk"u8) ? LengthBytes + TraceMaskBytes : LengthBytes;
        var complete = buffered.Length >= whole;
        length = consumed = complete ? whole : 0;
        _begun = complete;
        return complete ? FrameKind.Word : FrameKind.NeedMore;
    }

    private static bool IsWord(ReadOnlySpan<byte> buffered)
    {
        var word = buffered[..LengthBytes];
        for (var known = Words; !known.IsEmpty; known = known[LengthBytes..])
            if (known[..LengthBytes].SequenceEqual(word))
                return true;
        return false;
    }

    private static ReadOnlySpan<byte> Words => "ruokisrosrvrstatconscrstsrstconfenvidirsdumpwchswchcwchpmntrgtmkstmkhash"u8;
}
