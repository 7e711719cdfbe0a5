namespace Quorate.Tests.Transcripts;

/// <summary>Which differences count in real time.</summary>
public sealed class RealTimeTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(400, false)]
    [InlineData(2000, true)]
    public void A_difference_counts_unless_the_playing_was_late(int lateMilliseconds, bool isPlayedAgain)
    {
        var transcript = TranscriptFiles.Load("create_basic", Level.V38);
        var target = new WrongAtFirst(transcript, TimeSpan.FromMilliseconds(lateMilliseconds));
        Assert.Equal(isPlayedAgain, RealTime.Replay(target, Level.V38, transcript) is null);
    }

    [Fact]
    public void Who_is_always_late_and_wrong_is_not_played_for_ever()
    {
        var transcript = TranscriptFiles.Load("create_basic", Level.V38);
        var target = new WrongAtFirst(transcript, TimeSpan.FromSeconds(2)) { IsWrongForEver = true };
        Assert.Contains("times too late", RealTime.Replay(target, Level.V38, transcript), StringComparison.Ordinal);
    }

    /// <summary>Answers as recorded but for the last reply of the first playing, and each time so long after the connection was opened.</summary>
    private sealed class WrongAtFirst(Transcript transcript, TimeSpan late) : ITranscriptTarget
    {
        /// <summary>The control session, the one of the transcript, and the one that finishes.</summary>
        private const int ConnectionsOfAPlaying = 3;

        private RecordedTarget _target = new(transcript);
        private int _opened;

        public bool IsWrongForEver { get; init; }

        public DateTimeOffset Clock => _target.Clock + (_opened % ConnectionsOfAPlaying == 2 ? late : TimeSpan.Zero);

        public ITranscriptConnection Open()
        {
            if (_opened % ConnectionsOfAPlaying == 0)
                _target = new(IsWrongForEver || _opened == 0 ? Wrong() : transcript);
            _opened++;
            return _target.Open();
        }

        public void Sleep(TimeSpan time)
        {
        }

        private Transcript Wrong()
        {
            var events = transcript.Events.ToArray();
            var at = Array.FindLastIndex(events, static step => step is ReceiveEvent);
            var reply = ((ReceiveEvent)events[at]).Frames[0];
            var bytes = reply.Bytes.ToArray();
            bytes[4] ^= 1;   // its xid
            events[at] = ((ReceiveEvent)events[at]) with { Frames = [reply with { Bytes = bytes }] };
            return transcript with { Events = events };
        }
    }
}
