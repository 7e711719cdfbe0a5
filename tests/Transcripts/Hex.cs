using System.Globalization;
using System.Text.RegularExpressions;

namespace Quorate.Tests.Transcripts;

/// <summary>Hex as the transcripts write it: lower case, with {hh*N} for a long run of one byte.</summary>
internal static partial class Hex
{
    public static byte[] Parse(string text)
    {
        var bytes = new List<byte>(text.Length / 2);
        foreach (Match part in Parts().Matches(text))
            if (part.Groups["byte"].Success)
                bytes.AddRange(Enumerable.Repeat(
                    byte.Parse(part.Groups["byte"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    int.Parse(part.Groups["count"].Value, CultureInfo.InvariantCulture)));
            else
                bytes.AddRange(Convert.FromHexString(part.Value));
        return [.. bytes];
    }

    public static string Format(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder();
        for (var at = 0; at < bytes.Length;)
        {
            var run = bytes[at..].IndexOfAnyExcept(bytes[at]) is var end and >= 0 ? end : bytes.Length - at;
            if (run >= 256)
                text.Append(CultureInfo.InvariantCulture, $"{{{bytes[at]:x2}*{run}}}");
            else
                text.Append(Convert.ToHexStringLower(bytes.Slice(at, run)));
            at += run;
        }
        return text.ToString();
    }

    [GeneratedRegex(@"\{(?<byte>[0-9a-f]{2})\*(?<count>\d+)\}|[0-9a-f]+")]
    private static partial Regex Parts();
}
