using System.Globalization;

namespace Quorate.Cli;

/// <summary>What a verb reports to a person: a name and a value a line.</summary>
internal static class Rows
{
    public static void Write(string name, string value) => Console.WriteLine($"  {name,-11}{value}");

    public static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    public static string Time(long milliseconds) =>
        milliseconds is >= -62_135_596_800_000 and <= 253_402_300_799_999
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
            : milliseconds.ToString(CultureInfo.InvariantCulture);

    public static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);
}
