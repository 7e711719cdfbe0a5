using System.Text.Json.Nodes;

namespace Quorate.Tests.Transcripts;

/// <summary>
/// One scenario of the wire protocol: what was sent to a server and what came back, in order, with the spans marked that differ from run
/// to run.
/// </summary>
internal sealed record Transcript(string Name, string About, IReadOnlyList<TranscriptEvent> Events)
{
    public static Transcript Load(string file) => Parse(File.ReadAllLines(file));

    public static Transcript Parse(IReadOnlyList<string> lines)
    {
        var head = JsonNode.Parse(lines[0])!;
        if ((int)head["format"]! != 1)
            throw new InvalidDataException($"format {head["format"]} of {head["scenario"]} is not known");
        // People count lines from one, and the head is the first.
        var events = lines.Skip(1).Select((line, index) => ParseEvent(index + 2, JsonNode.Parse(line)!.AsObject()));
        return new((string)head["scenario"]!, (string)head["about"]!, [.. events]);
    }

    private static TranscriptEvent ParseEvent(int line, JsonObject json)
    {
        if (json["sleep_ms"] is { } sleep)
            return new SleepEvent(line, TimeSpan.FromMilliseconds((int)sleep));
        var connection = (int)json["conn"]!;
        if (json["open"] is not null)
            return new OpenEvent(line, connection);
        if (json["close"] is not null)
            return new CloseEvent(line, connection);
        if (json["closed"] is not null)
            return new ClosedEvent(line, connection);
        if (json["send"] is { } send)
            return new SendEvent(line, connection, Hex.Parse((string)send!), (string)json["note"]!, Spans(json["subst"]));
        if (json["recv_raw"] is { } raw)
            return new ReceiveRawEvent(line, connection, Hex.Parse((string)raw!));
        if (json["recv_group"] is JsonArray group)
            return new ReceiveEvent(line, connection, [.. group.Select(one => ParseFrame(one!.AsObject()))]);
        return new ReceiveEvent(line, connection, [ParseFrame(json)]);
    }

    private static ExpectedFrame ParseFrame(JsonObject json) =>
        new(Hex.Parse((string)json["recv"]!), (string)json["as"]!, json["norm"]!.AsObject(), Spans(json["mask"]));

    private static Span[] Spans(JsonNode? spans) =>
        spans is null ? [] : [.. spans.AsArray().Select(span => new Span((int)span![0]!, (int)span[1]!, (string)span[2]!))];
}

/// <summary>Bytes of a frame, its length prefix included, whose value is known only at run time.</summary>
internal readonly record struct Span(int Offset, int Length, string Symbol);

/// <summary>A frame that must arrive: its bytes, how to decode them, what they mean once normalised, and what not to compare.</summary>
internal sealed record ExpectedFrame(byte[] Bytes, string Kind, JsonObject Meaning, Span[] Masks);

internal abstract record TranscriptEvent(int Line);

internal sealed record SleepEvent(int Line, TimeSpan Time) : TranscriptEvent(Line);

internal sealed record OpenEvent(int Line, int Connection) : TranscriptEvent(Line);

internal sealed record CloseEvent(int Line, int Connection) : TranscriptEvent(Line);

internal sealed record ClosedEvent(int Line, int Connection) : TranscriptEvent(Line);

internal sealed record SendEvent(int Line, int Connection, byte[] Bytes, string Note, Span[] Substitutes) : TranscriptEvent(Line);

/// <summary>The next frames of a connection are these, in any order if there are several.</summary>
internal sealed record ReceiveEvent(int Line, int Connection, ExpectedFrame[] Frames) : TranscriptEvent(Line);

internal sealed record ReceiveRawEvent(int Line, int Connection, byte[] Bytes) : TranscriptEvent(Line);
