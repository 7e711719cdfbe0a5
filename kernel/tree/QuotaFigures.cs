using System.Buffers.Text;

namespace Quorate.Kernel.Trees;

/// <summary>What the text of a quota's limits or stats says; −1 where it says nothing. Semantics reference §12.</summary>
/// <param name="Count">Znodes: the soft limit, or how many there are.</param>
/// <param name="Bytes">Bytes of data: the soft limit, or how many there are.</param>
/// <param name="CountHardLimit">The limit of znodes that refuses.</param>
/// <param name="ByteHardLimit">The limit of bytes that refuses.</param>
internal readonly record struct QuotaFigures(long Count, long Bytes, long CountHardLimit, long ByteHardLimit)
{
    /// <summary>Room for any text that <see cref="WriteStats"/> makes.</summary>
    public const int StatsLengthMax = 2 * 20 + 13;

    /// <summary>Reads <c>key=value</c> pairs between commas and semicolons. A second "=" ends a value; no number is −1.</summary>
    public static QuotaFigures Parse(ReadOnlySpan<byte> text)
    {
        var figures = new QuotaFigures(-1, -1, -1, -1);
        while (!text.IsEmpty)
        {
            var end = text.IndexOfAny(",;"u8);
            var pair = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            var equals = pair.IndexOf((byte)'=');
            if (equals < 0)
                continue;
            var key = pair[..equals];
            var value = ValueOf(pair[(equals + 1)..]);
            if (key.SequenceEqual("count"u8))
                figures = figures with { Count = value };
            else if (key.SequenceEqual("bytes"u8))
                figures = figures with { Bytes = value };
            else if (key.SequenceEqual("countHardLimit"u8))
                figures = figures with { CountHardLimit = value };
            else if (key.SequenceEqual("byteHardLimit"u8))
                figures = figures with { ByteHardLimit = value };
        }
        return figures;
    }

    /// <summary>Writes stats as text.</summary>
    /// <returns>Its length.</returns>
    public static int WriteStats(Span<byte> text, long count, long bytes)
    {
        "count="u8.CopyTo(text);
        var length = 6;
        Invariant.Holds(Utf8Formatter.TryFormat(count, text[length..], out var digits));
        length += digits;
        ",bytes="u8.CopyTo(text[length..]);
        length += 7;
        Invariant.Holds(Utf8Formatter.TryFormat(bytes, text[length..], out digits));
        return length + digits;
    }

    private static long ValueOf(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'=');
        if (end >= 0)
            text = text[..end];
        return Utf8Parser.TryParse(text, out long value, out var length) && length == text.Length ? value : -1;
    }
}
