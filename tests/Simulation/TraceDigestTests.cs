using CsCheck;
using Quorate.Simulation;

namespace Quorate.Tests.Simulations;

/// <summary>The digest of a run shows every difference, wherever in an event it lies.</summary>
public class TraceDigestTests
{
    [Fact]
    public void One_bit_of_an_events_bytes_changes_the_digest() =>
        Gen.Select(Gen.Byte.Array[1, 300], Gen.Int[0, 300 * 8 - 1]).Sample(static (bytes, bit) =>
        {
            var other = bytes.ToArray();
            other[bit / 8 % bytes.Length] ^= (byte)(1 << bit % 8);
            Assert.NotEqual(Of(1, 2, 3, 4, bytes), Of(1, 2, 3, 4, other));
            Assert.Equal(Of(1, 2, 3, 4, bytes), Of(1, 2, 3, 4, bytes));
        });

    [Fact]
    public void Where_an_event_ends_and_whose_it_is_changes_the_digest()
    {
        var bytes = new byte[200];
        var digests = new HashSet<string>();
        for (var length = 0; length <= bytes.Length; length++)
            Assert.True(digests.Add(Of(1, 2, 3, 4, bytes.AsSpan(0, length))));
        Assert.True(digests.Add(Of(2, 2, 3, 4, bytes)));
        Assert.True(digests.Add(Of(1, 3, 3, 4, bytes)));
        Assert.True(digests.Add(Of(1, 2, 4, 4, bytes)));
        Assert.True(digests.Add(Of(1, 2, 3, 5, bytes)));
    }

    private static string Of(int member, int kind, ulong subject, long place, ReadOnlySpan<byte> bytes)
    {
        var digest = new TraceDigest();
        digest.Add(member, kind, subject, place, bytes);
        digest.Add(0, 0, 0, 0, default);
        return digest.ToString();
    }
}
