using System.Globalization;
using System.Text.Json.Nodes;

namespace Quorate.Tests.Transcripts;

/// <summary>Whose behaviour is expected where versions of ZooKeeper differ.</summary>
internal enum Level
{
    /// <summary>What the transcripts were recorded from: notifications carry −1 as zxid.</summary>
    V38,
    /// <summary>Notifications carry the zxid of the change, catch-up events −1.</summary>
    V39,
}

/// <summary>One playing of a transcript.</summary>
/// <param name="Difference">The first difference, with its line; null when there is none.</param>
/// <param name="Begun">When each event was begun, counted from the first; of those behind a difference none was.</param>
internal sealed record Playing(string? Difference, IReadOnlyList<TimeSpan> Begun);

/// <summary>Plays a transcript at a server and says where the answers differ.</summary>
internal sealed class Replayer(ITranscriptTarget target, Level level)
{
    /// <summary>How long an expected frame or close may take. Expiry scenarios stay well below.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <summary>The first difference, with its line; null when there is none.</summary>
    public string? Replay(Transcript transcript) => Play(transcript).Difference;

    /// <summary>Plays it to its end, or to the first difference.</summary>
    public Playing Play(Transcript transcript)
    {
        var symbols = new RunSymbols(ControlSession.Prepare(target));
        var run = new Run(target, level, symbols);
        try
        {
            return run.Play(transcript);
        }
        finally
        {
            run.CloseAll();
            ControlSession.Finish(target, symbols);
        }
    }

    /// <summary>One playing of one transcript.</summary>
    private sealed class Run(ITranscriptTarget target, Level level, RunSymbols symbols)
    {
        private readonly SortedDictionary<int, ITranscriptConnection> _connections = [];

        public Playing Play(Transcript transcript)
        {
            var (note, start, begun) = ("", target.Clock, new List<TimeSpan>());
            foreach (var step in transcript.Events)
            {
                begun.Add(target.Clock - start);
                if (Difference(step) is { } difference)
                {
                    var where = string.Create(CultureInfo.InvariantCulture, $"{transcript.Name} line {step.Line} (after: {note})");
                    return new($"{where}: {difference}", begun);
                }
                if (step is SendEvent send)
                    note = send.Note;
            }
            return new(null, begun);
        }

        public void CloseAll()
        {
            foreach (var connection in _connections.Values)
                connection.Dispose();
        }

        private string? Difference(TranscriptEvent step)
        {
            switch (step)
            {
                case SleepEvent sleep:
                    target.Sleep(sleep.Time);
                    return null;
                case OpenEvent open:
                    _connections[open.Connection] = target.Open();
                    return null;
                case CloseEvent close:
                    _connections[close.Connection].Dispose();
                    return null;
                case SendEvent send:
                    _connections[send.Connection].Send(Substituted(send));
                    return null;
                case ReceiveEvent receive:
                    return Receive(_connections[receive.Connection], receive.Frames);
                case ReceiveRawEvent raw:
                    return ReceiveRaw(_connections[raw.Connection], raw.Bytes);
                case ClosedEvent closed:
                    return ExpectClosed(_connections[closed.Connection]);
                default:
                    throw new InvalidDataException($"unknown event {step}");
            }
        }

        private byte[] Substituted(SendEvent send)
        {
            var bytes = send.Bytes.ToArray();
            foreach (var (offset, length, symbol) in send.Substitutes)
            {
                var value = symbols.Value(symbol);
                if (value.Length != length)
                    throw new InvalidDataException($"{symbol} is {value.Length} bytes long, not {length}");
                value.CopyTo(bytes, offset);
            }
            return bytes;
        }

        /// <summary>As many frames as expected, each matching one that has not been matched before.</summary>
        private string? Receive(ITranscriptConnection connection, ExpectedFrame[] expected)
        {
            var left = expected.ToList();
            while (left.Count > 0)
            {
                var arrival = connection.ReceiveFrame(Patience, out var frame);
                if (arrival != Arrival.Frame)
                    return $"{(arrival == Arrival.Closed ? "closed by the server" : "nothing received")}; expected {Texts(left)}";
                if (left.Count == 1)
                {
                    if (Mismatch(left[0], frame) is { } mismatch)
                        return mismatch;
                    return null;
                }
                if (left.Find(one => Mismatch(one, frame) is null) is not { } match)
                    return $"frame {Hex.Format(frame)} is none of {Texts(left)}";
                left.Remove(match);
            }
            return null;
        }

        private static string Texts(List<ExpectedFrame> frames) => string.Join("; ", frames.Select(frame => PlainJson.Text(frame.Meaning)));

        private string? Mismatch(ExpectedFrame expected, byte[] frame)
        {
            JsonObject meaning;
            try
            {
                meaning = FrameMeaning.Of(frame, expected.Kind, symbols, target.Clock);
            }
            catch (InvalidDataException problem)
            {
                return $"undecodable frame ({problem.Message}): {Hex.Format(frame)}; expected {PlainJson.Text(expected.Meaning)}";
            }
            var wanted = expected.Meaning;
            // A recorded event has the -1 of its version; one written for 3.9 says itself which zxid it must have.
            var newerEvent = level == Level.V39 && IsEvent(wanted) && IsEvent(meaning) && wanted["zxid"]!.ToString() == "-1";
            if (newerEvent)
            {
                if (meaning["zxid"]!.ToString() is var zxid && zxid != "-1" && !zxid.StartsWith("Z+", StringComparison.Ordinal))
                    return $"an event with zxid {zxid}";
                (meaning, wanted) = (WithoutZxid(meaning), WithoutZxid(wanted));
            }
            if (PlainJson.Text(meaning) is var got && PlainJson.Text(wanted) is var want && got != want)
                return $"\n  expected {want}\n  got      {got}";
            return MaskedMismatch(expected, frame, newerEvent);
        }

        /// <summary>What the meaning does not show, such as a length that the decoder let pass, must agree byte for byte.</summary>
        private static string? MaskedMismatch(ExpectedFrame expected, byte[] frame, bool newerEvent)
        {
            var (want, got) = (expected.Bytes.ToArray(), frame.ToArray());
            if (want.Length == got.Length)
            {
                foreach (var mask in newerEvent ? [.. expected.Masks, new(8, 8, "*")] : expected.Masks)
                {
                    want.AsSpan(mask.Offset, mask.Length).Clear();
                    got.AsSpan(mask.Offset, mask.Length).Clear();
                }
                if (want.AsSpan().SequenceEqual(got))
                    return null;
            }
            return $"bytes differ outside the masks:\n  expected {Hex.Format(want)}\n  got      {Hex.Format(got)}";
        }

        private static bool IsEvent(JsonObject meaning) => meaning["xid"] is { } xid && (int)xid == -1;

        private static JsonObject WithoutZxid(JsonObject meaning)
        {
            var copy = meaning.DeepClone().AsObject();
            copy.Remove("zxid");
            return copy;
        }

        private static string? ReceiveRaw(ITranscriptConnection connection, byte[] expected)
        {
            if (connection.ReceiveUntilClosed(Patience, out var bytes) != Arrival.Closed)
                return "connection still open";
            return bytes.AsSpan().SequenceEqual(expected) ? null : $"\n  expected {Hex.Format(expected)}\n  got      {Hex.Format(bytes)}";
        }

        private static string? ExpectClosed(ITranscriptConnection connection)
        {
            if (connection.ReceiveUntilClosed(Patience, out var bytes) != Arrival.Closed)
                return "connection still open, expected it to be closed";
            if (bytes.Length > 0)
                return $"data before the close: {Hex.Format(bytes)}";
            connection.Dispose();
            return null;
        }
    }
}
