using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Quorate.Kernel.Wire;

namespace Quorate.Tests.Wire;

public class FrameSplitterTests
{
    private const int Max = 1000;

    [Fact]
    public void Frames_come_out_whole_however_the_stream_is_cut() => Gen.Select(
        Gen.Byte.Array[1, Max].Array[1, 8], Gen.Int[1, 400].Array[1, 50]).Sample((frames, cuts) =>
        {
            byte[] stream = [.. frames.SelectMany(Framed)];
            var splitter = new FrameSplitter(Max);
            var (found, received, consumed) = (new List<byte[]>(), 0, 0);
            for (var i = 0; received < stream.Length; i++)
            {
                received = Math.Min(stream.Length, received + cuts[i % cuts.Length]);
                while (splitter.Next(stream.AsSpan(consumed..received), out var start, out var length, out var used) == FrameKind.Frame)
                {
                    found.Add(stream[(consumed + start)..(consumed + start + length)]);
                    consumed += used;
                }
                Assert.Null(splitter.Fault);
            }
            Assert.Equal(frames, found);
        });

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(0)]
    [InlineData(Max + 1)]
    [InlineData(int.MaxValue)]
    public void A_length_that_cannot_be_is_bad_before_any_payload(int length)
    {
        var splitter = new FrameSplitter(Max);
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        Assert.Equal(FrameKind.Bad, splitter.Next(bytes, out _, out _, out var consumed));
        Assert.Equal(0, consumed);
        Assert.NotNull(splitter.Fault);
    }

    [Fact]
    public void A_frame_of_exactly_the_limit_is_good()
    {
        var splitter = new FrameSplitter(Max);
        Assert.Equal(FrameKind.Frame, splitter.Next(Framed(new byte[Max]), out _, out var length, out var consumed));
        Assert.Equal((Max, Max + 4, Max + 4), (length, consumed, splitter.BufferBytesMax));
    }

    [Theory]
    [InlineData("ruok", 4)]
    [InlineData("mntr", 4)]
    [InlineData("hash", 4)]
    [InlineData("stmk12345678", 12)]
    public void A_word_stands_in_place_of_the_first_frame(string text, int length)
    {
        var splitter = new FrameSplitter(Max);
        Assert.Equal(FrameKind.Word, splitter.Next(Encoding.ASCII.GetBytes(text + "rest"), out var start, out var found, out var consumed));
        Assert.Equal((0, length, length), (start, found, consumed));
    }

    [Theory]
    [InlineData("ruo")]
    [InlineData("stmk1234567")]
    public void An_incomplete_word_needs_more(string text) =>
        Assert.Equal(FrameKind.NeedMore, new FrameSplitter(Max).Next(Encoding.ASCII.GetBytes(text), out _, out _, out _));

    [Fact]
    public void An_unknown_word_is_a_length_and_so_is_a_known_one_later()
    {
        var splitter = new FrameSplitter(Max);
        Assert.Equal(FrameKind.Bad, splitter.Next("quit"u8, out _, out _, out _));
        splitter = new(Max);
        Assert.Equal(FrameKind.Frame, splitter.Next(Framed([1]), out _, out _, out _));
        Assert.Equal(FrameKind.Bad, splitter.Next("ruok"u8, out _, out _, out _));
    }

    private static byte[] Framed(byte[] frame)
    {
        var framed = new byte[frame.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(framed, frame.Length);
        frame.CopyTo(framed, 4);
        return framed;
    }
}
