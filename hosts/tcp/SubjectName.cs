using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Quorate.Hosts.Tcp;

/// <summary>
/// A certificate's subject in the form that ZooKeeper's x509 identities have: RFC 2253, the most specific part first, as Java's
/// X500Principal.getName() writes it. An ACL made with one server must match on the other, character by character.
/// </summary>
internal static class SubjectName
{
    private const string Escaped = ",=+<>#;\"\\";

    /// <summary>The attributes RFC 2253 has words for; all others are written as their number, with the value's bytes.</summary>
    private static readonly Dictionary<string, string> Words = new()
    {
        ["2.5.4.3"] = "CN",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "ST",
        ["2.5.4.9"] = "STREET",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
        ["0.9.2342.19200300.100.1.1"] = "UID",
        ["0.9.2342.19200300.100.1.25"] = "DC",
    };

    /// <summary>The text of a name.</summary>
    /// <exception cref="AsnContentException">The name is not well-formed.</exception>
    public static string Text(X500DistinguishedName name)
    {
        var parts = new List<string>();
        var sequence = new AsnReader(name.RawData, AsnEncodingRules.BER).ReadSequence();
        while (sequence.HasData)
            parts.Add(Part(sequence.ReadSetOf(skipSortOrderValidation: true)));
        parts.Reverse();
        return string.Join(',', parts);
    }

    private static string Part(AsnReader set)
    {
        var attributes = new List<string>();
        while (set.HasData)
        {
            var attribute = set.ReadSequence();
            var type = attribute.ReadObjectIdentifier();
            var encoded = attribute.ReadEncodedValue();
            attributes.Add(Words.TryGetValue(type, out var word) && Value(encoded.Span) is { } value
                ? $"{word}={Escape(value)}"
                : $"{type}=#{Convert.ToHexStringLower(encoded.Span)}");
        }
        return string.Join('+', attributes);
    }

    /// <summary>
    /// The characters of a value; null if it is not of a string type. As Java does it, the bytes of every string type are read as UTF-8, and
    /// nothing is refused: authorities do write a * or an @ where the type has none.
    /// </summary>
    private static string? Value(ReadOnlySpan<byte> encoded)
    {
        var tag = AsnDecoder.ReadEncodedValue(encoded, AsnEncodingRules.BER, out var start, out var length, out _);
        var isString = tag.TagClass == TagClass.Universal && (UniversalTagNumber)tag.TagValue is
            UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.T61String or
            UniversalTagNumber.IA5String or UniversalTagNumber.GeneralString or UniversalTagNumber.BMPString;
        return isString ? Encoding.UTF8.GetString(encoded.Slice(start, length)) : null;
    }

    private static string Escape(string value)
    {
        var text = new StringBuilder();
        var lead = value.Length - value.TrimStart(' ', '\r').Length;
        var trail = value.TrimEnd(' ', '\r').Length;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\0')
            {
                text.Append(CultureInfo.InvariantCulture, $"\\00");
                continue;
            }
            if (i < lead || i >= trail || Escaped.Contains(value[i], StringComparison.Ordinal))
                text.Append('\\');
            text.Append(value[i]);
        }
        return text.ToString();
    }
}
