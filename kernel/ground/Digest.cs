using System.Globalization;

namespace Quorate.Kernel.Ground;

/// <summary>An additive 128-bit digest of a set of contributions: order-free and incremental, by <c>+=</c> and <c>-=</c>.</summary>
/// <remarks>Equal sets have equal digests however they were built up; that is how members compare trees and snapshots check themselves.</remarks>
public readonly record struct Digest(UInt128 Value)
{
    /// <summary>The digest of nothing.</summary>
    public static readonly Digest Empty;

    /// <summary>The contribution of one item, given as bytes.</summary>
    internal static Digest Of(ReadOnlySpan<byte> bytes, ulong salt = 0)
    {
        var (upper, lower) = Mix.Twice(bytes, 0x51AFD7ED558CCD25 ^ salt, 0xC4CEB9FE1A85EC53 ^ salt);
        return new(new UInt128(upper, lower));
    }

    /// <summary>With one contribution more.</summary>
    public static Digest operator +(Digest a, Digest b) => new(unchecked(a.Value + b.Value));

    /// <summary>With one contribution less.</summary>
    public static Digest operator -(Digest a, Digest b) => new(unchecked(a.Value - b.Value));

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
