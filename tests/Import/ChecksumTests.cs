using CsCheck;
using Quorate.Kernel.Ground;
using Quorate.Kernel.Importing;

namespace Quorate.Tests.Import;

public class ChecksumTests
{
    [Fact]
    public void Adler32_and_Crc32_have_their_published_check_values()
    {
        Assert.Equal(0x11E60398u, Adler32.Of("Wikipedia"u8));
        Assert.Equal(1u, Adler32.Of([]));
        Assert.Equal(0xCBF43926u, Crc32.Of("123456789"u8));
        Assert.Equal(0u, Crc32.Of([]));
    }

    [Fact]
    public void Checksums_in_pieces_are_those_of_the_whole() =>
        Gen.Select(Gen.Byte.Array[0, 20_000], Gen.Int[0, 20_000]).Sample((bytes, at) =>
    {
        at = Math.Min(at, bytes.Length);
        var pieces = new Adler32();
        pieces.Append(bytes.AsSpan(0, at));
        pieces.Append(bytes.AsSpan(at));
        ulong sum = 1, sums = 0;
        foreach (var value in bytes)
            sums = (sums + (sum = (sum + value) % 65521)) % 65521;
        Assert.Equal((uint)(sums << 16 | sum), pieces.Value);
        Assert.Equal(pieces.Value, Adler32.Of(bytes));
        Assert.Equal(Crc32.Of(bytes), Crc32.Of(bytes.AsSpan(at), Crc32.Of(bytes.AsSpan(0, at))));
    });

    [Fact]
    public void Adler32_does_not_overflow_on_the_greatest_bytes() =>
        Assert.Equal(Slow(Enumerable.Repeat((byte)255, 200_000)), Adler32.Of(Enumerable.Repeat((byte)255, 200_000).ToArray()));

    [Fact]
    public void The_password_of_an_observed_session_is_the_observed_one() =>
        Assert.Equal("b7b1dcf8b0075e7e8641aa9eea5bceaa", Convert.ToHexStringLower(ZooKeeperPassword.Of(new SessionId(0x100001d1ec20174))));

    private static uint Slow(IEnumerable<byte> bytes)
    {
        ulong sum = 1, sums = 0;
        foreach (var value in bytes)
            sums = (sums + (sum = (sum + value) % 65521)) % 65521;
        return (uint)(sums << 16 | sum);
    }
}
