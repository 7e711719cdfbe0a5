using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quorate.Kernel.Ground;

/// <summary>Spreads bits: hash functions that are the same in every process, for tables keyed by bytes or numbers.</summary>
internal static class Mix
{
    private const ulong WordSalt = 0xA0761D6478BD642F, TailSalt = 0xE7037ED1A0B428DB;

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
        var state = StateOf(bytes.Length, key);
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            state = Fold(state ^ word, WordSalt ^ key);
        return Bits(Fold(state ^ Tail(bytes), TailSalt ^ key));
    }

    /// <summary>The hashes under two keys, in one pass: each is what <see cref="Bytes"/> says.</summary>
    public static (ulong First, ulong Second) Twice(ReadOnlySpan<byte> bytes, ulong firstKey, ulong secondKey)
    {
        var (first, second) = (StateOf(bytes.Length, firstKey), StateOf(bytes.Length, secondKey));
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            first = Fold(first ^ word, WordSalt ^ firstKey);
            second = Fold(second ^ word, WordSalt ^ secondKey);
        }
        var tail = Tail(bytes);
        return (Bits(Fold(first ^ tail, TailSalt ^ firstKey)), Bits(Fold(second ^ tail, TailSalt ^ secondKey)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong StateOf(int length, ulong key) => key ^ ((ulong)length * 0x9E3779B97F4A7C15);

    /// <summary>The bytes behind the last whole word, the first of them lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Tail(ReadOnlySpan<byte> bytes)
    {
        var count = bytes.Length % sizeof(ulong);
        if (count == 0)
            return 0;
        if (bytes.Length > sizeof(ulong))
            return BinaryPrimitives.ReadUInt64LittleEndian(bytes[^sizeof(ulong)..]) >> (8 * (sizeof(ulong) - count));
        ulong tail = 0;
        for (var i = 0; i < bytes.Length; i++)
            tail |= (ulong)bytes[i] << (8 * i);
        return tail;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
