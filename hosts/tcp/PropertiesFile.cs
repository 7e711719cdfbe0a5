using System.Globalization;
using System.Text;

namespace Quorate.Hosts.Tcp;

/// <summary>Reads the syntax of Java's properties files, in which every zoo.cfg is written.</summary>
/// <remarks>
/// A line is a key and a value, separated by =, : or white space; # and ! begin comments; a line that ends in an odd number of
/// backslashes goes on in the next; backslash escapes t, n, r, f, uXXXX and anything else that would have a meaning.
/// </remarks>
internal static class PropertiesFile
{
    /// <summary>The pairs in order, each with the number of the line it begins on.</summary>
    /// <exception cref="FormatException">A uXXXX escape is not four hexadecimal digits; the message names the line.</exception>
    public static List<(string Key, string Value, int Line)> Read(TextReader text)
    {
        var pairs = new List<(string, string, int)>();
        var number = 0;
        while (text.ReadLine() is { } line)
        {
            var begun = ++number;
            line = line.TrimStart(' ', '\t', '\f');
            if (line.Length == 0 || line[0] is '#' or '!')
                continue;
            while (Continues(line))
            {
                line = line[..^1];
                if (text.ReadLine() is not { } next)
                    break;
                number++;
                line += next.TrimStart(' ', '\t', '\f');
            }
            var end = KeyEnd(line);
            pairs.Add((Unescape(line[..end], begun), Unescape(line[ValueStart(line, end)..], begun).Trim(), begun));
        }
        return pairs;
    }

    private static bool Continues(string line)
    {
        var backslashes = line.Length - line.TrimEnd('\\').Length;
        return backslashes % 2 == 1;
    }

    private static int KeyEnd(string line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\')
                i++;
            else if (line[i] is '=' or ':' or ' ' or '\t' or '\f')
                return i;
        }
        return line.Length;
    }

    private static int ValueStart(string line, int keyEnd)
    {
        var start = SkipSpace(line, keyEnd);
        if (start < line.Length && line[start] is '=' or ':')
            start = SkipSpace(line, start + 1);
        return start;
    }

    private static int SkipSpace(string line, int at)
    {
        while (at < line.Length && line[at] is ' ' or '\t' or '\f')
            at++;
        return at;
    }

    private static string Unescape(string text, int line)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || ++i == text.Length)
            {
                if (i < text.Length)
                    plain.Append(text[i]);
                continue;
            }
            if (text[i] == 'u')
            {
                if (i + 4 >= text.Length
                    || !ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
                    throw new FormatException($"line {line}: \\u must be followed by four hexadecimal digits");
                plain.Append((char)unit);
                i += 4;
                continue;
            }
            plain.Append(text[i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', var other => other });
        }
        return plain.ToString();
    }
}
