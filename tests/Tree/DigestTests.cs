using CsCheck;
using Quorate.Kernel.Ground;

namespace Quorate.Tests.Trees;

/// <summary>What digests and tables hash with: stored digests depend on it, so it must stay what it is.</summary>
public class DigestTests
{
    [Fact]
    public void A_hash_is_that_of_words_of_eight_bytes_and_of_what_is_left() =>
        Gen.Select(Gen.Byte.Array[0, 100], Gen.ULong).Sample(static (bytes, key) =>
            Assert.Equal(Obvious(bytes, key), Mix.Bytes(bytes, key)));

    [Fact]
    public void Two_hashes_in_one_pass_are_the_two_by_themselves() =>
        Gen.Select(Gen.Byte.Array[0, 100], Gen.ULong, Gen.ULong).Sample(static (bytes, first, second) =>
            Assert.Equal((Mix.Bytes(bytes, first), Mix.Bytes(bytes, second)), Mix.Twice(bytes, first, second)));

    private static ulong Obvious(byte[] bytes, ulong key)
    {
        var state = key ^ unchecked((ulong)bytes.Length * 0x9E3779B97F4A7C15);
        for (var at = 0; at + 8 <= bytes.Length; at += 8)
            state = Fold(state ^ Word(bytes.AsSpan(at, 8)), 0xA0761D6478BD642F ^ key);
        return Mix.Bits(Fold(state ^ Word(bytes.AsSpan(bytes.Length / 8 * 8)), 0xE7037ED1A0B428DB ^ key));
    }

    private static ulong Word(ReadOnlySpan<byte> bytes)
    {
        var word = 0ul;
        for (var i = 0; i < bytes.Length; i++)
            word |= (ulong)bytes[i] << (8 * i);
        return word;
    }

    private static ulong Fold(ulong a, ulong b)
    {
        var product = (UInt128)a * b;
        return (ulong)(product >> 64) ^ (ulong)product;
    }
}
