using CsCheck;
using Quorate.Client;
using Quorate.Tests.Transcripts;

namespace Quorate.Tests.ZooClients;

public class FrameInboxTests
{
    [Fact]
    public void Frames_come_out_whole_however_they_were_cut() => Gen.Select(Gen.Byte.Array[0, 40].Array[1, 8], Gen.Int[1, 30]).Sample((frames, cut) =>
    {
        var stream = frames.SelectMany(frame => new JuteBytes().Raw(frame).ToFrame()).ToArray();
        var inbox = new FrameInbox(1000);
        var found = new List<byte[]>();
        for (var at = 0; at < stream.Length; at += cut)
        {
            ReadOnlySpan<byte> piece = stream.AsSpan(at, Math.Min(cut, stream.Length - at));
            while (inbox.TryTake(ref piece, out var frame))
                found.Add(frame.ToArray());
        }
        Assert.Equal(frames, found);
    });

    [Theory]
    [InlineData(101)]
    [InlineData(-1)]
    public void A_frame_that_is_too_long_or_of_no_length_is_noticed(int length)
    {
        var inbox = new FrameInbox(100);
        ReadOnlySpan<byte> bytes = new JuteBytes().Int(length).ToArray();
        Assert.False(inbox.TryTake(ref bytes, out _));
        Assert.True(inbox.IsTooLong);
    }
}
