using System.Buffers.Binary;

namespace Quorate.Tests.Transcripts;

/// <summary>
/// A server that answers exactly as recorded, whatever it is asked. The replayer must be content with it, and must notice every
/// byte of it that is changed.
/// </summary>
internal sealed class RecordedTarget : ITranscriptTarget
{
    private readonly Transcript _transcript;
    private readonly long _base;
    private int _opened;

    public RecordedTarget(Transcript transcript)
    {
        _transcript = transcript;
        var frames = transcript.Events.OfType<ReceiveEvent>().SelectMany(receive => receive.Frames).ToList();
        _base = Masked(frames, "Z") is var (zxid, symbol) ? zxid - long.Parse(symbol.AsSpan(1), provider: null) : 1;
        Clock = DateTimeOffset.FromUnixTimeMilliseconds(Masked(frames, "T")?.Value ?? 0);
    }

    public DateTimeOffset Clock { get; }

    /// <summary>The control session comes first, then those of the scenario by their numbers, then the one that finishes.</summary>
    public ITranscriptConnection Open()
    {
        var number = _opened++ - 1;
        var mine = _transcript.Events.Where(step => step switch
        {
            ReceiveEvent receive => receive.Connection == number,
            ReceiveRawEvent raw => raw.Connection == number,
            _ => false,
        });
        var known = _transcript.Events.OfType<OpenEvent>().Any(open => open.Connection == number);
        return known ? new Recorded(new(mine)) : new Control(_base);
    }

    public void Sleep(TimeSpan time)
    {
    }

    private static (long Value, string Symbol)? Masked(List<ExpectedFrame> frames, string kind)
    {
        foreach (var frame in frames)
            foreach (var mask in frame.Masks)
                if (mask.Symbol.StartsWith(kind, StringComparison.Ordinal))
                    return (BinaryPrimitives.ReadInt64BigEndian(frame.Bytes.AsSpan(mask.Offset)), mask.Symbol);
        return null;
    }

    private sealed class Recorded(Queue<TranscriptEvent> events) : ITranscriptConnection
    {
        private readonly Queue<byte[]> _group = new();

        public void Send(ReadOnlySpan<byte> bytes)
        {
        }

        public Arrival ReceiveFrame(TimeSpan patience, out byte[] frame)
        {
            // A replay that stopped early finishes on a connection that the scenario would have opened later: there it finds no frame.
            if (_group.Count == 0 && events.TryDequeue(out var next) && next is ReceiveEvent receive)
                foreach (var one in receive.Frames.Reverse())
                    _group.Enqueue(one.Bytes);
            return _group.TryDequeue(out frame!) ? Arrival.Frame : Arrival.Closed;
        }

        public Arrival ReceiveUntilClosed(TimeSpan patience, out byte[] bytes)
        {
            bytes = events.TryDequeue(out var next) ? ((ReceiveRawEvent)next).Bytes : [];
            return Arrival.Closed;
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Grants every session, finds every tree empty, and says yes to everything with the base as zxid.</summary>
    private sealed class Control(long zxid) : ITranscriptConnection
    {
        private byte[] _answer = [];

        public void Send(ReadOnlySpan<byte> bytes)
        {
            var (xid, operation) = (BinaryPrimitives.ReadInt32BigEndian(bytes[4..]), BinaryPrimitives.ReadInt32BigEndian(bytes[8..]));
            var connects = _answer.Length == 0;
            _answer = connects
                ? new JuteBytes().Int(0).Int(10_000).Long(1).Buffer(new byte[16]).Bool(false).ToFrame()
                : new JuteBytes().Int(xid).Long(zxid).Int(0).Raw(operation == 8 ? new byte[4] : []).ToFrame();
        }

        public Arrival ReceiveFrame(TimeSpan patience, out byte[] frame)
        {
            frame = _answer;
            return Arrival.Frame;
        }

        public Arrival ReceiveUntilClosed(TimeSpan patience, out byte[] bytes)
        {
            bytes = [];
            return Arrival.Closed;
        }

        public void Dispose()
        {
        }
    }
}
