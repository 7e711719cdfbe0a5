using System.Numerics;

namespace Quorate.Simulation;

/// <summary>
/// Chance keyed by (seed, name, ordinal): the n-th draw of a named stream is the same whatever else happens in the world, so that taking a
/// fault out of a scenario does not reshuffle the rest (design §12.4).
/// </summary>
internal struct Chance
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state;

    public Chance(ulong seed, string name)
    {
        var key = 0xCBF29CE484222325;
        foreach (var letter in name)
            key = (key ^ letter) * 0x100000001B3;
        _state = Scramble(seed + Golden) ^ Scramble(key);
    }

    /// <summary>64 random bits.</summary>
    public ulong Next() => Scramble(_state += Golden);

    /// <summary>A number in [0, <paramref name="bound"/>).</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>True in one of so many cases per million.</summary>
    public bool Happens(int perMillion) => perMillion > 0 && Below(1_000_000) < perMillion;

    /// <summary>A span of time in [<paramref name="least"/>, <paramref name="bound"/>).</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan bound) =>
        bound <= least ? least : least + new TimeSpan((long)Math.BigMul(Next(), (ulong)(bound - least).Ticks, out _));

    /// <summary>A span of time with the given mean and an exponential tail. Integers only: the same on every machine.</summary>
    public TimeSpan Exponential(TimeSpan mean)
    {
        if (mean <= TimeSpan.Zero)
            return TimeSpan.Zero;
        // −log2 of a uniform number: whole part from the leading zeros, the rest linear in the bits behind the leading one.
        var bits = Next() | 1;
        var zeros = BitOperations.LeadingZeroCount(bits);
        var behind = (bits << zeros << 1) >> 48;
        var log2 = ((ulong)zeros << 16) + (0x10000 - behind);
        return new((long)((UInt128)log2 * (ulong)mean.Ticks * 45426 >> 32));   // 45426 = ln 2 in 16.16
    }

    private static ulong Scramble(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
