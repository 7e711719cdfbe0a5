using System.Buffers.Binary;
using Quorate.Hosts.Tcp;

namespace Quorate.Tests.Hosts;

public class PeerFramesTests
{
    [Fact]
    public void Of_a_stream_that_is_cut_anywhere_the_whole_frames_are_found()
    {
        byte[] stream = [.. Frame(1), .. Frame(0), .. Frame(70_000), .. Frame(3)];
        int[] ends = [0, 5, 9, 70_013, 70_020];
        for (var cut = 0; cut <= stream.Length; cut += cut is < 20 or > 70_000 ? 1 : 997)
        {
            var whole = PeerFrames.Whole(stream.AsSpan(0, cut), 70_000, out var empty, out var tooLong);
            Assert.Equal(ends.Last(end => end <= cut), whole);
            Assert.Equal((cut >= 9 ? 1 : 0, 0L), (empty, tooLong));
        }
    }

    [Fact]
    public void Empty_frames_are_counted_and_not_delivered()
    {
        var lengths = new List<int>();
        byte[] stream = [.. Frame(0), .. Frame(2), .. Frame(0), .. Frame(0), .. Frame(1), .. Frame(0)];
        foreach (var frame in new PeerFrames(stream))
            lengths.Add(frame.Length);
        Assert.Equal([2, 1], lengths);
    }

    [Theory]
    [InlineData(101)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_length_beyond_the_bound_ends_the_search_behind_what_came_before_it(int length)
    {
        byte[] stream = [.. Frame(100), 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(stream.AsSpan(104), length);
        Assert.Equal(104, PeerFrames.Whole(stream, 100, out _, out var tooLong));
        Assert.Equal((uint)length, tooLong);
    }

    private static byte[] Frame(int length)
    {
        var frame = new byte[PeerFrames.HeadLength + length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        return frame;
    }
}
