using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quorate.Kernel.Ground;

/// <summary>Spreads bits: hash functions that are the same in every process, for tables keyed by bytes or numbers.</summary>
internal static class Mix
{
    /// <summary>A bijection of 64 bits that depends on every bit (the finaliser of splitmix64).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Bits(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A keyed 64-bit hash of <paramref name="bytes"/>; the key keeps clients from choosing collisions.</summary>
    public static ulong Bytes(ReadOnlySpan<byte> bytes, ulong key)
    {
        var state = key ^ ((ulong)bytes.Length * 0x9E3779B97F4A7C15);
        while (bytes.Length >= sizeof(ulong))
        {
            state = Fold(state ^ MemoryMarshal.Read<ulong>(bytes), 0xA0761D6478BD642F ^ key);
            bytes = bytes[sizeof(ulong)..];
        }
        ulong tail = 0;
        for (var i = 0; i < bytes.Length; i++)
            tail |= (ulong)bytes[i] << (8 * i);
        return Bits(Fold(state ^ tail, 0xE7037ED1A0B428DB ^ key));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
