using System.Globalization;
using System.Runtime.InteropServices;

namespace Quorate.Simulation;

/// <summary>
/// A rolling digest of a whole run: every input that a server got and every effect that it asked for, in order, each with its bytes. Two runs
/// of one seed have the same digest, or something in the kernel or the world is not a function of the seed (P1).
/// </summary>
internal sealed class TraceDigest
{
    private ulong _a = 0x243F6A8885A308D3, _b = 0x13198A2E03707344;

    /// <summary>Adds one event.</summary>
    public void Add(int member, int kind, ulong subject, long place, ReadOnlySpan<byte> bytes)
    {
        Fold(((ulong)(uint)member << 40) | ((ulong)(uint)kind << 32) | (uint)bytes.Length, subject);
        Fold((ulong)place, 0xA4093822299F31D0);
        foreach (var pair in MemoryMarshal.Cast<byte, (ulong Low, ulong High)>(bytes))
            Fold(pair.Low, pair.High);
        ulong low = 0, high = 0;
        var tail = bytes[(bytes.Length & ~15)..];
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

    private void Fold(ulong low, ulong high)
    {
        var top = Math.BigMul(_a ^ low, 0xA0761D6478BD642F ^ high, out var bottom);
        (_a, _b) = (_b + (top ^ bottom), ulong.RotateLeft(_a, 23) ^ top + low);
    }
}
