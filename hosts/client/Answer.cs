namespace Quorate.Client;

/// <summary>A server's answer, as the operation that asked reads it. Void when the reading returns.</summary>
internal readonly ref struct Answer
{
    public required ErrorCode Error { get; init; }
    public required Zxid Zxid { get; init; }
    public required ReadOnlySpan<byte> Body { get; init; }
    public required int ChrootBytes { get; init; }
}

/// <summary>Makes of an answer what the caller wants. A reader that cannot decode it lets <paramref name="reader"/> fail.</summary>
internal delegate T AnswerReader<out T>(in Answer answer, ref JuteReader reader);
