using System.Globalization;

namespace Quorate.Hosts.Tcp;

/// <summary>What one source says about one key. Its readers refuse, in one line, what the key does not allow.</summary>
/// <param name="Key">The key as ZooKeeper spells it, without the prefix zookeeper.</param>
/// <param name="Value">The text given.</param>
/// <param name="Origin">Where it was given: a file with its line, an environment variable, an option.</param>
internal sealed record ConfigValue(string Key, string Value, string Origin)
{
    /// <summary>A whole number between two bounds; <paramref name="what"/> says of what.</summary>
    public int Number(int min, int max, string what) =>
        int.TryParse(Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Refused(string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}, {what}"));

    /// <summary>A whole number of bytes, also in hexadecimal after 0x, as Java reads system properties.</summary>
    public int Bytes(int min, int max)
    {
        var text = Value.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? Value.AsSpan(2) : default;
        var parsed = text.IsEmpty
            ? int.TryParse(Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            : int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        return parsed && number >= min && number <= max
            ? number
            : throw Refused(string.Create(CultureInfo.InvariantCulture, $"a number of bytes from {min} to {max}, also hexadecimal as 0x…"));
    }

    /// <summary>true or false.</summary>
    public bool Truth() => OneOf("true", "false") == 0;

    /// <summary>yes or no.</summary>
    public bool Consent() => OneOf("yes", "no") == 0;

    /// <summary>The position of the value among words, whatever their case.</summary>
    public int OneOf(params ReadOnlySpan<string> words)
    {
        for (var i = 0; i < words.Length; i++)
            if (Value.Equals(words[i], StringComparison.OrdinalIgnoreCase))
                return i;
        throw Refused(string.Join(" or ", words.ToArray()));
    }

    /// <summary>Text that is not empty.</summary>
    public string Text(string what) => Value.Length > 0 ? Value : throw Refused(what);

    /// <summary>The text of the file that is named, without the line ends behind it.</summary>
    public string FileText()
    {
        try
        {
            return File.ReadAllText(Text("a file")).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refused($"a file that this user can read ({e.Message.TrimEnd('.')})");
        }
    }

    /// <summary>The parts of a list, without the white space around them; empty parts are left out.</summary>
    public string[] List() => Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The refusal of this value.</summary>
    /// <param name="allowed">What would be allowed.</param>
    public StartRefusedException Refused(string allowed) => new($"{Origin}: {Key}={Shown} is not allowed: {allowed}.");

    /// <summary>The value, unless it is a secret.</summary>
    public string Shown =>
        Key.Contains("password", StringComparison.OrdinalIgnoreCase) || Key.Contains("superDigest", StringComparison.Ordinal)
            || Key.EndsWith("Secret", StringComparison.OrdinalIgnoreCase) ? "…" : Value;
}
