using System.Globalization;
using System.Text;
using Quorate.Kernel.Consensus;
using Quorate.Kernel.Storage;
using Quorate.Simulation.Disks;

namespace Quorate.Simulation;

/// <summary>
/// A fault as a line: <c>at 4s cut 1,2 -> others for 3s</c>. One sender and receiver side are joined by -> (one way) or | (both ways); then
/// come, in any order, a duration, an amount (x20, 500ppm, by -3s), the mode of a crash, the kind of a file or of frames, and the flush
/// that a crash or kill waits for (before superblock, after journal).
/// </summary>
internal static class FaultText
{
    public static string Print(Fault fault)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"at {TextOf.Span(fault.At)} {TextOf.Name(fault.Kind)} {string.Join(',', fault.Whom)}");
        if (fault.IsBetween)
            text.Append(CultureInfo.InvariantCulture, $" {(fault.BothWays ? "|" : "->")} {string.Join(',', fault.To)}");
        if (fault.Lasts)
            text.Append(CultureInfo.InvariantCulture, $" for {TextOf.Span(fault.For)}");
        if (fault.IsOfFrames)
            text.Append(' ').Append(TextOf.Name(fault.Frames));
        text.Append(fault.Kind switch
        {
            FaultKind.Slow => string.Create(CultureInfo.InvariantCulture, $" x{fault.Amount}"),
            FaultKind.Rate or FaultKind.FailWrites or FaultKind.FailFlushes => " " + TextOf.PerMillion(fault.Amount),
            FaultKind.Jump => " by " + TextOf.Span(TimeSpan.FromMilliseconds(fault.Amount)),
            FaultKind.Crash => " " + TextOf.Name(fault.Mode),
            FaultKind.Rot or FaultKind.Misdirect => " " + TextOf.Name(fault.File),
            FaultKind.Reconfig => " " + TextOf.Name(fault.Change),
            _ => "",
        });
        if (fault.Cue != FaultCue.None)
            text.Append(CultureInfo.InvariantCulture, $" {TextOf.Name(fault.Cue)} {TextOf.Name(fault.File)}");
        return text.ToString();
    }

    /// <param name="words">The words of the line, beginning with "at".</param>
    public static Fault Parse(string[] words)
    {
        if (words.Length < 4)
            throw new FormatException("a fault has a time, a kind and whom it befalls, as in: at 4s pause 1 for 2s");
        var fault = new Fault
        {
            At = TextOf.ParseSpan(words[1]),
            Kind = TextOf.ParseName<FaultKind>(words[2], "fault"),
            Whom = Parties(words[3]),
        };
        var at = 4;
        if (fault.IsBetween)
        {
            if (words.Length < 6 || words[4] is not ("->" or "|"))
                throw new FormatException($"a {words[2]} is between two sides, as in: {words[2]} 1,2 -> 3 or {words[2]} 1 | 2,3");
            fault = fault with { BothWays = words[4] == "|", To = Parties(words[5]) };
            at = 6;
        }
        while (at < words.Length)
            fault = Detail(fault, words, ref at);
        if (fault.Lasts && fault.For <= TimeSpan.Zero)
            throw new FormatException($"a {words[2]} lasts, as in: for 2s");
        return fault;
    }

    private static Fault Detail(Fault fault, string[] words, ref int at)
    {
        var word = words[at++];
        switch (word)
        {
            case "for" when fault.Lasts:
                return fault with { For = TextOf.ParseSpan(Next(words, ref at)) };
            case "by" when fault.Kind == FaultKind.Jump:
                return fault with { Amount = (int)TextOf.ParseSpan(Next(words, ref at)).TotalMilliseconds };
            case "before" or "after" when fault.TakesDown:
                return fault with
                {
                    Cue = TextOf.ParseName<FaultCue>(word, "cue"),
                    File = TextOf.ParseName<DiskFileKind>(Next(words, ref at, "a kind of file"), "kind of file"),
                };
        }
        return fault.Kind switch
        {
            FaultKind.Slow when word[0] == 'x' => fault with { Amount = TextOf.ParseInt(word[1..]) },
            FaultKind.Rate or FaultKind.FailWrites or FaultKind.FailFlushes => fault with { Amount = TextOf.ParsePerMillion(word) },
            FaultKind.Crash => fault with { Mode = TextOf.ParseName<CrashMode>(word, "mode of a crash") },
            FaultKind.Reconfig => fault with { Change = TextOf.ParseName<MemberChange>(word, "change of a member") },
            FaultKind.Rot or FaultKind.Misdirect => fault with { File = TextOf.ParseName<DiskFileKind>(word, "kind of file") },
            FaultKind.Drop or FaultKind.Hold => fault with { Frames = TextOf.ParseName<PeerKind>(word, "kind of frame") },
            _ => throw new FormatException($"'{word}' says nothing about a {TextOf.Name(fault.Kind)}"),
        };
    }

    private static string Next(string[] words, ref int at, string what = "a span of time") =>
        at < words.Length ? words[at++] : throw new FormatException($"{what} was expected");

    private static List<Party> Parties(string text) => [.. text.Split(',').Select(static word => word switch
    {
        "leader" => Party.Leader,
        "former" => Party.Former,
        "follower" => Party.Follower,
        "others" => Party.Others,
        "clients" => Party.Clients,
        "holder" => Party.Holder,
        ['c', .. var number] => Party.Client(TextOf.ParseInt(number)),
        _ => Party.Member(new(checked((byte)TextOf.ParseInt(word)))),
    })];
}
