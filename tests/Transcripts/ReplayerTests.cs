using System.Buffers.Binary;
using CsCheck;

namespace Quorate.Tests.Transcripts;

/// <summary>The replayer itself, without any server: it must be content with the recording and with nothing else.</summary>
public sealed class ReplayerTests
{
    /// <summary>Where a recorded frame can be changed: which scenario, event, frame of the event, and byte outside the masks.</summary>
    private readonly record struct Place(string Scenario, int Event, int Frame, int Offset);

    private static readonly string[] AllNames = [.. TranscriptFiles.Recorded.Select(row => row.Data)];

    private static readonly Gen<(Place Place, byte Change)> Flips =
        from name in Gen.OneOf(AllNames)
        let events = TranscriptFiles.Load(name, Level.V38).Events
        let receives = Enumerable.Range(0, events.Count).Where(at => events[at] is ReceiveEvent).ToArray()
        where receives.Length > 0
        from at in Gen.OneOf(receives)
        from frame in Gen.Int[0, ((ReceiveEvent)events[at]).Frames.Length - 1]
        let expected = ((ReceiveEvent)events[at]).Frames[frame]
        from offset in Gen.Int[4, expected.Bytes.Length - 1]
        where !expected.Masks.Any(mask => mask.Offset <= offset && offset < mask.Offset + mask.Length)
        from change in Gen.Byte[1, 255]
        select (new Place(name, at, frame, offset), change);

    [Theory]
    [MemberData(nameof(TranscriptFiles.Recorded), MemberType = typeof(TranscriptFiles))]
    public void A_server_that_answers_as_recorded_passes(string scenario)
    {
        var transcript = TranscriptFiles.Load(scenario, Level.V38);
        Assert.Null(new Replayer(new RecordedTarget(transcript), Level.V38).Replay(transcript));
    }

    [Theory]
    [MemberData(nameof(TranscriptFiles.OfLevel39), MemberType = typeof(TranscriptFiles))]
    public void A_transcript_of_level_3_9_agrees_with_itself(string scenario)
    {
        var transcript = TranscriptFiles.Load(scenario, Level.V39);
        Assert.Null(new Replayer(new RecordedTarget(transcript), Level.V39).Replay(transcript));
    }

    [Fact]
    public void Every_flipped_byte_outside_the_masks_is_reported() => Flips.Sample(flip =>
    {
        var transcript = TranscriptFiles.Load(flip.Place.Scenario, Level.V38);
        var mangled = With(transcript, flip.Place, bytes => bytes[flip.Place.Offset] ^= flip.Change);
        return new Replayer(new RecordedTarget(mangled), Level.V38).Replay(transcript) is not null;
    });

    [Theory]
    [InlineData("S0", "create_ephemeral")]
    [InlineData("Z+3", "create_basic")]
    [InlineData("T(Z+3)", "create_basic")]
    public void A_value_that_contradicts_its_symbol_is_reported(string symbol, string scenario)
    {
        var transcript = TranscriptFiles.Load(scenario, Level.V38);
        // The last use: the first one may be what defines the symbol.
        var (at, frame, mask) = Uses(transcript, symbol).Last();
        var mangled = With(transcript, new(scenario, at, frame, mask.Offset), bytes => bytes[mask.Offset + 7] ^= 0x40);
        Assert.Contains(scenario, new Replayer(new RecordedTarget(mangled), Level.V38).Replay(transcript), StringComparison.Ordinal);
    }

    [Fact]
    public void A_notification_with_the_zxid_of_its_change_passes_at_level_3_9_only()
    {
        var transcript = TranscriptFiles.Load("watch_data", Level.V38);
        var newer = transcript;
        for (var at = 0; at < transcript.Events.Count; at++)
            if (transcript.Events[at] is ReceiveEvent { Frames: [{ Kind: "event" }] })
                newer = With(newer, new("", at, 0, 0), bytes => BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), long.MaxValue));
        Assert.Null(new Replayer(new RecordedTarget(newer), Level.V39).Replay(transcript));
        Assert.NotNull(new Replayer(new RecordedTarget(newer), Level.V38).Replay(transcript));
    }

    private static IEnumerable<(int Event, int Frame, Span Mask)> Uses(Transcript transcript, string symbol) =>
        from at in Enumerable.Range(0, transcript.Events.Count)
        where transcript.Events[at] is ReceiveEvent
        from frame in Enumerable.Range(0, ((ReceiveEvent)transcript.Events[at]).Frames.Length)
        from mask in ((ReceiveEvent)transcript.Events[at]).Frames[frame].Masks
        where mask.Symbol == symbol
        select (at, frame, mask);

    private static Transcript With(Transcript transcript, Place place, Action<byte[]> change)
    {
        var events = transcript.Events.ToArray();
        var receive = (ReceiveEvent)events[place.Event];
        var frames = receive.Frames.ToArray();
        var bytes = frames[place.Frame].Bytes.ToArray();
        change(bytes);
        frames[place.Frame] = frames[place.Frame] with { Bytes = bytes };
        events[place.Event] = receive with { Frames = frames };
        return transcript with { Events = events };
    }
}
