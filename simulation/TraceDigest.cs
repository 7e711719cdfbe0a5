using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quorate.Simulation;

/// <summary>
/// A rolling digest of a whole run: every input that a server got and every effect that it asked for, in order, each with its bytes. Two runs
/// of one seed have the same digest, or something in the kernel or the world is not a function of the seed (P1).
/// </summary>
/// <remarks>Long bytes go through four lanes, which do not wait for each other; each lane begins with what was there before, and ends in it.</remarks>
internal sealed class TraceDigest
{
    private const ulong First = 0xA0761D6478BD642F, Second = 0xE7037ED1A0B428DB, Third = 0x8EBC6AF09C88C6E3, Fourth = 0x589965CC75374CC3;

    private ulong _a = 0x243F6A8885A308D3, _b = 0x13198A2E03707344;

    /// <summary>Adds one event.</summary>
    public void Add(int member, int kind, ulong subject, long place, ReadOnlySpan<byte> bytes)
    {
        var head = ((ulong)(uint)member << 40) | ((ulong)(uint)kind << 32) | (uint)bytes.Length;
        Fold(head ^ (ulong)place * 0x9E3779B97F4A7C15, subject);
        var blocks = MemoryMarshal.Cast<byte, Block>(bytes);
        if (blocks.Length > 0)
            Add(blocks);
        var rest = bytes[(blocks.Length * Unsafe.SizeOf<Block>())..];
        foreach (var pair in MemoryMarshal.Cast<byte, (ulong Low, ulong High)>(rest))
            Fold(pair.Low, pair.High);
        ulong low = 0, high = 0;
        var tail = rest[(rest.Length & ~15)..];
        if (tail.IsEmpty)
            return;
        for (var i = 0; i < tail.Length; i++)
        {
            if (i < 8)
                low |= (ulong)tail[i] << (8 * i);
            else
                high |= (ulong)tail[i] << (8 * (i - 8));
        }
        Fold(low, high);
    }

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_a:x16}{_b:x16}");

    private void Add(ReadOnlySpan<Block> blocks)
    {
        var (a, b, c, d) = (_a, _b, _a ^ Third, _b ^ Fourth);
        foreach (ref readonly var block in blocks)
        {
            a = Product(block.A0 ^ First, block.A1 ^ a);
            b = Product(block.B0 ^ Second, block.B1 ^ b);
            c = Product(block.C0 ^ Third, block.C1 ^ c);
            d = Product(block.D0 ^ Fourth, block.D1 ^ d);
        }
        Fold(a, b);
        Fold(c, d);
    }

    private void Fold(ulong low, ulong high)
    {
        var top = Math.BigMul(_a ^ low, First ^ high, out var bottom);
        (_a, _b) = (_b + (top ^ bottom), ulong.RotateLeft(_a, 23) ^ top + low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Product(ulong x, ulong y)
    {
        var top = Math.BigMul(x, y, out var bottom);
        return top ^ bottom;
    }

    /// <summary>What the lanes take at once.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Block
    {
        public readonly ulong A0, A1, B0, B1, C0, C1, D0, D1;
    }
}
