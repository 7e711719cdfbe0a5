using System.Text;
using Quorate.Simulation.Judges;
using Quorate.Simulation.Times;

namespace Quorate.Simulation.Drawing;

/// <summary>
/// Draws a run as one page of HTML that needs nothing else: time runs downward, everybody has a lane, and what was said between them are
/// lines from lane to lane. The page explains itself.
/// </summary>
/// <remarks>
/// The run happens once more, with a <see cref="Recording"/>. When something was found broken, messages are drawn up to there; else from
/// the first fault on, or from a time that the caller names.
/// </remarks>
public static class SpaceTime
{
    /// <summary>So long before the first fault a page begins.</summary>
    private static readonly TimeSpan LeadIn = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs a scenario and draws it.</summary>
    /// <param name="scenario">What to run.</param>
    /// <param name="violation">What a run of it has found before; null when nothing.</param>
    /// <param name="command">The line that repeats the run, for the page's head.</param>
    /// <param name="from">From when on messages are to be drawn; null leaves it to the run.</param>
    /// <returns>The page, and how the run ended: as without the drawing, digest and all.</returns>
    public static (string Page, Outcome Outcome) Draw(Scenario scenario, Violation? violation, string command, TimeSpan? from = null)
        => Draw(scenario, violation, command, recording => new World(scenario, recording: recording).Run(), from);

    /// <summary>Draws a scenario that somebody else runs.</summary>
    internal static (string Page, Outcome Outcome) Draw(
        Scenario scenario, Violation? violation, string command, Func<Recording, Outcome> run, TimeSpan? from = null)
    {
        var recording = new Recording(Begin(scenario, violation, from), isNewest: violation is not null && from is null);
        var outcome = run(recording);
        var page = Text("page.html")
            .Replace("{{style}}", Text("page.css"), StringComparison.Ordinal)
            .Replace("{{run}}", new RunText(recording, outcome, command).Json(), StringComparison.Ordinal)
            .Replace("{{script}}", Text("page.model.js") + Text("page.picture.js") + Text("page.controls.js"), StringComparison.Ordinal);
        return (page, outcome);
    }

    private static TrueTime Begin(Scenario scenario, Violation? violation, TimeSpan? from)
    {
        if (from is { } wanted)
            return TrueTime.Start + wanted;
        if (violation is not null || scenario.Faults.Count == 0)
            return TrueTime.Start;
        var first = scenario.Faults.Min(static fault => fault.At);
        return first <= LeadIn ? TrueTime.Start : TrueTime.Start + (first - LeadIn);
    }

    private static string Text(string name)
    {
        using var stream = typeof(SpaceTime).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
