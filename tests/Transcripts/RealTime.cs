namespace Quorate.Tests.Transcripts;

/// <summary>
/// Transcripts in real time. Some have sessions of one second, which end by themselves when this machine is too slow to go on with the
/// conversation in time; that says nothing about the server. How long each event may take to come is known from virtual time.
/// </summary>
internal static class RealTime
{
    /// <summary>No session ends before somebody is later than this.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(500);

    private const int PlayingsMax = 10;

    /// <summary>The first difference in a playing that was on time; null when there is none.</summary>
    public static string? Replay(ITranscriptTarget target, Level level, Transcript transcript)
    {
        for (var playings = 1; ; playings++)
        {
            var (difference, begun) = new Replayer(target, level).Play(transcript);
            if (difference is null)
                return null;
            var lateness = begun[^1] - Due(level, transcript, begun.Count);
            if (lateness <= Late)
                return difference;
            if (playings == PlayingsMax)
                return $"{PlayingsMax} times too late, at last by {lateness}: {difference}";
        }
    }

    /// <summary>When the last of so many events begins at a server that is never late.</summary>
    private static TimeSpan Due(Level level, Transcript transcript, int events)
    {
        using var kernel = new MemoryTarget(KernelTranscriptTests.Recorded);
        var begun = new Replayer(kernel, level).Play(transcript).Begun;
        return begun[Math.Min(events, begun.Count) - 1];
    }
}
