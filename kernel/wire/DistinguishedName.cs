namespace Quorate.Kernel.Wire;

/// <summary>The textual form of an x509 subject, as RFC 2253 has it: CN=client,O="Example, Inc",C=US.</summary>
/// <remarks>Only the form is judged. Names are compared byte by byte, so an ACL must spell a subject as the host does.</remarks>
internal static class DistinguishedName
{
    /// <summary>Whether the text is one or more assignments to an attribute, separated by commas, semicolons or plus signs.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var equals = text.IndexOf((byte)'=');
            if (equals < 0 || !IsAttribute(text[..equals].Trim((byte)' ')) || !TryValue(text[(equals + 1)..], out var length))
                return false;
            text = text[(equals + 1 + length)..];
            if (text.IsEmpty)
                return true;
            text = text[1..];
        }
    }

    /// <summary>A keyword such as CN, or the dotted digits of an object identifier.</summary>
    private static bool IsAttribute(ReadOnlySpan<byte> name)
    {
        foreach (var character in name)
            if (!char.IsAsciiLetterOrDigit((char)character) && character is not ((byte)'.' or (byte)'-'))
                return false;
        return !name.IsEmpty && char.IsAsciiLetterOrDigit((char)name[0]);
    }

    /// <summary>Finds the end of a value: a separator that is neither quoted nor escaped.</summary>
    private static bool TryValue(ReadOnlySpan<byte> text, out int length)
    {
        var quoted = false;
        for (length = 0; length < text.Length; length++)
        {
            var character = text[length];
            if (character == '\\' && ++length == text.Length)
                return false;
            if (character == '"')
                quoted = !quoted;
            if (!quoted && character is (byte)',' or (byte)';' or (byte)'+')
                return true;
        }
        return !quoted;
    }
}
