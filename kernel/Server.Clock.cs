namespace Quorate.Kernel;

/// <summary>The wall clock against the monotonic one: nothing that matters depends on it, but an operator should know when it leaps.</summary>
public sealed partial class Server
{
    /// <summary>From here on it is no correction that time services make in the ordinary course of things.</summary>
    private static readonly TimeSpan Leap = TimeSpan.FromMinutes(1);

    /// <summary>Notes that the wall clock was set between the last input and this one; a slow drift never adds up to that.</summary>
    private void WatchClock(Moment next)
    {
        if (!_started)
            return;
        var leap = TimeSpan.FromMilliseconds(next.Wall.Milliseconds - _now.Wall.Milliseconds) - (next.Instant - _now.Instant);
        if (leap >= Leap)
            _trace.Note(NoteLevel.Warning, 0, $"The computer's clock was set forward by {InWords(leap)}. Sessions and elections do not depend on it; while this member leads, the times of znodes follow it, and TTL znodes end by it.");
        else if (leap <= -Leap)
            _trace.Note(NoteLevel.Warning, 0, $"The computer's clock was set back by {InWords(-leap)}. Sessions and elections do not depend on it; while this member leads, the times of znodes stand still until it has caught up, and TTL znodes live on for as long.");
    }

    private static string InWords(TimeSpan span) =>
        span.TotalDays >= 2 ? $"{(int)span.TotalDays} days" : span.TotalHours >= 2 ? $"{(int)span.TotalHours} hours" : $"{(int)span.TotalMinutes} minutes";
}
