using System.Numerics;

namespace Quorate.Kernel.Ground;

/// <summary>Seeded integer randomness (xoshiro256**, seeded through splitmix64). The same seed throws the same dice everywhere.</summary>
/// <remarks>The only source of chance in the kernel. The TCP host seeds it from the operating system's generator.</remarks>
public sealed class Dice
{
    private ulong _a, _b, _c, _d;

    /// <summary>Dice that follow from <paramref name="seed"/> alone.</summary>
    public Dice(ulong seed)
    {
        _a = Scramble(ref seed);
        _b = Scramble(ref seed);
        _c = Scramble(ref seed);
        _d = Scramble(ref seed);
    }

    /// <summary>The next 64 random bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>A number in [0, <paramref name="bound"/>), each equally likely.</summary>
    public ulong Below(ulong bound)
    {
        Invariant.Holds(bound > 0);
        return Math.BigMul(Next(), bound, out _);   // bias below 2^-32 for every bound used here
    }

    /// <summary>A span of time in [<paramref name="least"/>, <paramref name="bound"/>).</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan bound) => least + new TimeSpan((long)Below((ulong)(bound - least).Ticks));

    /// <summary>Fills <paramref name="bytes"/> with random bits.</summary>
    public void Fill(Span<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next());
            bytes = bytes[sizeof(ulong)..];
        }
        if (bytes.IsEmpty)
            return;
        var last = Next();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(last >> (8 * i));
    }

    private static ulong Scramble(ref ulong seed)
    {
        seed += 0x9E3779B97F4A7C15;
        return Mix.Bits(seed);
    }
}
