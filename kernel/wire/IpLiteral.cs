namespace Quorate.Kernel.Wire;

/// <summary>An IP address, always as the 128 bits of IPv6; IPv4 is the mapped range ::ffff:0:0/96.</summary>
/// <remarks>
/// Read from text because that is what ACL entries and identities hold, and by a parser of our own because the kernel knows no sockets.
/// One form for both families makes a mask a mask; <see cref="IsIPv4"/> keeps an IPv6 prefix such as ::/0 from covering IPv4 clients.
/// </remarks>
internal readonly record struct IpAddress(UInt128 Bits)
{
    public const int Width = 128;

    /// <summary>How many leading bits of a mapped address say only that it is one.</summary>
    public const int MappedWidth = 96;

    private const int GroupsMax = 8;

    /// <summary>Whether it is an IPv4 address.</summary>
    public bool IsIPv4 => Bits >> 32 == 0xFFFF;

    /// <summary>Reads a dotted quad, or IPv6 in any of its textual forms, without zone, brackets or prefix length.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out IpAddress address)
    {
        if (text.Contains((byte)':'))
            return TryGroups(text, out address);
        var ok = TryDotted(text, out var quad);
        address = new(ok ? new UInt128(0, 0xFFFF_0000_0000UL | quad) : default);
        return ok;
    }

    private static bool TryDotted(ReadOnlySpan<byte> text, out uint quad)
    {
        quad = 0;
        for (var part = 0; part < 4; part++)
        {
            var end = part < 3 ? text.IndexOf((byte)'.') : text.Length;
            if (end < 0 || !TryNumber(text[..end], 255, out var value))
                return false;
            quad = (quad << 8) | (uint)value;
            text = text[Math.Min(end + 1, text.Length)..];
        }
        return true;
    }

    private static bool TryGroups(ReadOnlySpan<byte> text, out IpAddress address)
    {
        address = default;
        Span<ushort> groups = stackalloc ushort[GroupsMax];
        var (count, gap, at) = text.StartsWith("::"u8) ? (0, 0, 2) : (0, -1, 0);
        while (at < text.Length)
        {
            if (!TryPart(text[at..], groups[count..], out var used, out var length))
                return false;
            count += used;
            at += length;
            if (at == text.Length)
                break;
            if (++at == text.Length)   // past the colon, which something must follow
                return false;
            if (text[at] != ':')
                continue;
            if (gap >= 0)
                return false;
            gap = count;
            at++;
        }
        if (gap < 0 ? count != GroupsMax : count >= GroupsMax)
            return false;
        address = new(Assemble(groups[..count], gap < 0 ? count : gap));
        return true;
    }

    /// <summary>One group of up to four hexadecimal digits, or two groups written as a dotted quad at the very end.</summary>
    private static bool TryPart(ReadOnlySpan<byte> text, Span<ushort> groups, out int used, out int length)
    {
        var end = text.IndexOf((byte)':');
        length = end < 0 ? text.Length : end;
        used = end < 0 && text.Contains((byte)'.') ? 2 : 1;
        if (groups.Length < used)
            return false;
        if (used == 1)
            return TryHexadecimal(text[..length], out groups[0]);
        if (!TryDotted(text, out var quad))
            return false;
        groups[0] = (ushort)(quad >> 16);
        groups[1] = (ushort)quad;
        return true;
    }

    private static UInt128 Assemble(ReadOnlySpan<ushort> groups, int gap)
    {
        UInt128 bits = 0;
        for (var i = 0; i < groups.Length; i++)
        {
            var place = i < gap ? i : GroupsMax - groups.Length + i;
            bits |= (UInt128)groups[i] << (16 * (GroupsMax - 1 - place));
        }
        return bits;
    }

    private static bool TryHexadecimal(ReadOnlySpan<byte> text, out ushort value)
    {
        value = 0;
        foreach (var character in text)
        {
            if (!char.IsAsciiHexDigit((char)character))
                return false;
            value = (ushort)((value << 4) | ((character & 0xF) + (character > '9' ? 9 : 0)));
        }
        return text.Length is >= 1 and <= 4;
    }

    /// <summary>A decimal number; leading zeros do not make it octal.</summary>
    internal static bool TryNumber(ReadOnlySpan<byte> text, int max, out int value)
    {
        value = 0;
        foreach (var character in text)
        {
            if (!char.IsAsciiDigit((char)character))
                return false;
            value = 10 * value + character - '0';
            if (value > max)
                return false;
        }
        return !text.IsEmpty;
    }
}

/// <summary>The addresses that share their leading bits with one: the id of an ACL entry of scheme ip.</summary>
internal readonly record struct IpPrefix(IpAddress Address, int Length)
{
    /// <summary>
    /// Reads an address with an optional prefix length behind a slash: up to 32 behind a dotted quad, up to 128 behind an IPv6 literal.
    /// A mapped literal counts as IPv4, so its length must at least cover the mapping, 96 bits.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out IpPrefix prefix)
    {
        prefix = default;
        var slash = text.IndexOf((byte)'/');
        var literal = slash < 0 ? text : text[..slash];
        if (!IpAddress.TryParse(literal, out var address))
            return false;
        var skipped = literal.Contains((byte)':') ? 0 : IpAddress.MappedWidth;
        var length = IpAddress.Width - skipped;
        if (slash >= 0 && !IpAddress.TryNumber(text[(slash + 1)..], length, out length))
            return false;
        prefix = new(address, skipped + length);
        return !address.IsIPv4 || prefix.Length >= IpAddress.MappedWidth;
    }

    /// <summary>Whether an address is of the same family and has the same leading bits.</summary>
    public bool Contains(IpAddress other) =>
        other.IsIPv4 == Address.IsIPv4 && (Length == 0 || (other.Bits ^ Address.Bits) >> (IpAddress.Width - Length) == 0);
}
