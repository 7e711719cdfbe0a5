using System.Globalization;

namespace Quorate.Simulation;

/// <summary>Numbers and spans of time as scenarios write them: 12.5s, 200us, 500ppm, x20, c3.</summary>
internal static class TextOf
{
    private static readonly (string Unit, long Ticks)[] Units =
        [("ms", TimeSpan.TicksPerMillisecond), ("us", TimeSpan.TicksPerMicrosecond), ("s", TimeSpan.TicksPerSecond)];

    /// <summary>Exactly, in the largest unit that needs no more than three digits behind the point.</summary>
    public static string Span(TimeSpan span)
    {
        var (unit, ticks) = Math.Abs(span.Ticks) switch
        {
            var t when t >= TimeSpan.TicksPerSecond && t % TimeSpan.TicksPerMillisecond == 0 => Units[2],
            0 => Units[2],
            var t when t >= TimeSpan.TicksPerMillisecond && t % TimeSpan.TicksPerMicrosecond == 0 => Units[0],
            _ => Units[1],
        };
        return ((decimal)span.Ticks / ticks).ToString("0.###", CultureInfo.InvariantCulture) + unit;
    }

    public static TimeSpan ParseSpan(string text)
    {
        foreach (var (unit, ticks) in Units)
            if (text.EndsWith(unit, StringComparison.Ordinal) && decimal.TryParse(
                text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out var number))
                return new((long)(number * ticks));
        throw new FormatException($"'{text}' is no span of time, as in 12.5s, 200ms or 50us");
    }

    public static long ParseNumber(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"'{text}' is no whole number");

    public static int ParseInt(string text) =>
        ParseNumber(text) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw new FormatException($"'{text}' is too large");

    public static bool ParseYes(string text) => text switch
    {
        "yes" => true,
        "no" => false,
        _ => throw new FormatException($"'{text}' is neither yes nor no"),
    };

    public static string PerMillion(int amount) => string.Create(CultureInfo.InvariantCulture, $"{amount}ppm");

    public static int ParsePerMillion(string text) =>
        text.EndsWith("ppm", StringComparison.Ordinal) ? ParseInt(text[..^3]) : throw new FormatException($"'{text}' is no rate, as in 200ppm");

    /// <summary>A name of an enumeration as the text has it: the first letter small.</summary>
    public static string Name<T>(T value) where T : struct, Enum
    {
        var name = value.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }

    public static T ParseName<T>(string text, string what) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
            if (Name(value) == text)
                return value;
        throw new FormatException($"'{text}' is no {what}; there are {string.Join(", ", Enum.GetValues<T>().Select(Name))}");
    }
}
