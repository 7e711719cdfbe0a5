using System.Text;

namespace Quorate.Kernel.Wire;

/// <summary>Strings that a server sends back as it got them, in the form in which ZooKeeper does. Protocol reference §2.</summary>
/// <remarks>
/// ZooKeeper decodes a string and encodes each UTF-16 unit of it by itself: what is beyond the basic plane leaves as two sequences of three
/// bytes, and what was malformed as U+FFFD. Paths of znodes contain neither, so only strings that nobody validated come through here.
/// </remarks>
internal static class EchoedText
{
    private const byte FirstOfFour = 0xF0;

    /// <summary>Appends the string with its length in front; null stays null.</summary>
    public static void Write(JuteWriter writer, ReadOnlySpan<byte> text, bool isNull)
    {
        if (isNull || IsPlain(text))
        {
            writer.Buffer(text, isNull);
            return;
        }
        var length = writer.Gap();
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out var rune, out var consumed);   // yields U+FFFD for what is malformed
            WriteRune(writer, rune);
            text = text[consumed..];
        }
        writer.Patch(length, writer.Position - length - sizeof(int));
    }

    private static bool IsPlain(ReadOnlySpan<byte> text) =>
        text.IndexOfAnyInRange(FirstOfFour, byte.MaxValue) < 0 && System.Text.Unicode.Utf8.IsValid(text);

    private static void WriteRune(JuteWriter writer, Rune rune)
    {
        Span<char> units = stackalloc char[2];
        Span<byte> bytes = stackalloc byte[4];
        if (rune.IsBmp)
        {
            writer.Raw(bytes[..rune.EncodeToUtf8(bytes)]);
            return;
        }
        foreach (var unit in units[..rune.EncodeToUtf16(units)])
        {
            writer.Byte((byte)(0xE0 | (unit >> 12)));
            writer.Byte((byte)(0x80 | ((unit >> 6) & 0x3F)));
            writer.Byte((byte)(0x80 | (unit & 0x3F)));
        }
    }
}
