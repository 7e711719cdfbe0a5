using System.Text;

namespace Quorate.Kernel.Fronts;

/// <summary>Writes the plain text of four-letter words: UTF-8, "\n" at line ends, numbers as ZooKeeper prints them.</summary>
internal readonly struct AdminText(Arena arena)
{
    private const int NumberMax = 40;
    private const long LastMillisecond = 253402300799999;   // of the year 9999

    /// <summary>Text as it is.</summary>
    public AdminText Add(ReadOnlySpan<byte> utf8)
    {
        arena.Append(utf8);
        return this;
    }

    /// <summary>Text as it is.</summary>
    public AdminText Add(string text)
    {
        Encoding.UTF8.GetBytes(text, arena[arena.Reserve(Encoding.UTF8.GetByteCount(text))]);
        return this;
    }

    /// <summary>A decimal number.</summary>
    public AdminText Add(long value) => Number(value, default);

    /// <inheritdoc cref="Add(long)"/>
    public AdminText Add(UInt128 value) => Number(value, default);

    /// <summary>A hexadecimal number without anything in front.</summary>
    public AdminText Hex(long value) => Number(value, "x");

    /// <summary>A number given in ten-thousandths: one to four decimals.</summary>
    public AdminText Decimal(long tenThousandths)
    {
        Add(tenThousandths / 10_000).Add("."u8);
        var fraction = tenThousandths % 10_000;
        for (var scale = 1000; scale == 1000 || fraction > 0; scale /= 10)
        {
            Add(fraction / scale);
            fraction %= scale;
        }
        return this;
    }

    /// <summary>A time as in Sun Nov 22 16:14:45 UTC 2026.</summary>
    public AdminText Date(WallTime time)
    {
        var date = DateTime.UnixEpoch.AddMilliseconds(Math.Clamp(time.Milliseconds, 0, LastMillisecond));
        Add("SunMonTueWedThuFriSat"u8.Slice(3 * (int)date.DayOfWeek, 3)).Add(" "u8);
        Add("JanFebMarAprMayJunJulAugSepOctNovDec"u8.Slice(3 * (date.Month - 1), 3)).Add(" "u8);
        return TwoDigits(date.Day).Add(" "u8).TwoDigits(date.Hour).Add(":"u8).TwoDigits(date.Minute).Add(":"u8).TwoDigits(date.Second)
            .Add(" UTC "u8).Add(date.Year);
    }

    /// <summary>Ends a line.</summary>
    public AdminText Line() => Add("\n"u8);

    private AdminText TwoDigits(int value) => Add(value / 10).Add(value % 10);

    private AdminText Number<T>(T value, string? format) where T : IUtf8SpanFormattable
    {
        Span<byte> digits = stackalloc byte[NumberMax];
        var fits = value.TryFormat(digits, out var written, format, System.Globalization.CultureInfo.InvariantCulture);
        Invariant.Holds(fits);
        return Add(digits[..written]);
    }
}
