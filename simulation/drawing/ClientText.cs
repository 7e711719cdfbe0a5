using System.Buffers.Binary;
using System.Globalization;
using Quorate.Kernel.Wire;
using Quorate.Simulation.Histories;

namespace Quorate.Simulation.Drawing;

/// <summary>
/// What goes over clients' connections in words: fed with the messages in the order in which they were sent, it knows what a reply answers.
/// </summary>
internal sealed class ClientText
{
    private const int FramesMost = 6;

    private readonly Dictionary<(ulong Connection, int Xid), Request> _asked = [];

    /// <summary>What a message says, and in which layer of the picture it belongs.</summary>
    /// <param name="flight">The message.</param>
    /// <param name="isFromClient">Whether a client sent it.</param>
    public (Layer Layer, string Text) Of(Flight flight, bool isFromClient)
    {
        if (flight.Frames.Length == 0)
            return (Layer.Connections, flight.Word ?? "");
        var layer = Layer.Heartbeats;
        var texts = new List<string>();
        var rest = flight.Frames.AsSpan();
        var isFirst = flight.Word is not null;
        while (rest.Length >= sizeof(int) && BinaryPrimitives.ReadInt32BigEndian(rest) is var length && length >= 0 && length <= rest.Length - sizeof(int))
        {
            var frame = rest.Slice(sizeof(int), length);
            rest = rest[(sizeof(int) + length)..];
            var (kind, text) = (isFirst, isFromClient) switch
            {
                (true, true) => Attach(frame),
                (true, false) => Attached(frame),
                (false, true) => Asked(flight.Connection, frame),
                _ => Answered(flight.Connection, frame),
            };
            isFirst = false;
            if (layer == Layer.Heartbeats || kind is Layer.Clients)
                layer = kind;
            texts.Add(text);
        }
        if (texts.Count > FramesMost)
            texts = [.. texts.Take(FramesMost), string.Create(CultureInfo.InvariantCulture, $"and {texts.Count - FramesMost} more")];
        return (layer, string.Join('\n', texts));
    }

    private static (Layer, string) Attach(ReadOnlySpan<byte> frame) => (Layer.Connections, !ConnectRequest.TryRead(frame, out var request)
        ? "a ConnectRequest that cannot be read"
        : request.Session.Value == 0
            ? $"a new session of {request.TimeoutMilliseconds} ms, please"
            : $"session {request.Session} comes back, has seen {request.LastZxidSeen}");

    private static (Layer, string) Attached(ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        reader.Int();
        var timeout = reader.Int();
        return (Layer.Connections, timeout == 0 ? "this session is no more" : $"session 0x{reader.Long():x}, {timeout} ms");
    }

    private (Layer, string) Asked(ulong connection, ReadOnlySpan<byte> frame)
    {
        if (!RequestHeader.TryRead(frame, out var header, out var record))
            return (Layer.Clients, "a request that cannot be read");
        var request = RequestReader.Read(header.Op, record);
        _asked[(connection, header.Xid)] = request;
        return header.Op == OpCode.Ping ? (Layer.Heartbeats, "ping") : (Layer.Clients, $"{request} (xid {header.Xid})");
    }

    private (Layer, string) Answered(ulong connection, ReadOnlySpan<byte> frame)
    {
        var reader = new JuteReader(frame);
        var (xid, zxid, error) = (reader.Int(), new Kernel.Ground.Zxid(reader.Long()), (ErrorCode)reader.Int());
        if (xid == Notification.Xid)
        {
            var what = (WatchEvent)reader.Int();
            reader.Int();
            return (Layer.Watches, $"{what} {RequestReader.Text(reader.NonNull())} at {zxid}");
        }
        if (!_asked.Remove((connection, xid), out var request))
            return (Layer.Clients, $"{error} at {zxid} (xid {xid})");
        if (request.Op == OpCode.Ping)
            return (Layer.Heartbeats, "pong");
        return (Layer.Clients, AnswerReader.TryRead(request, zxid, error, reader.Rest, out var answer)
            ? $"{error} · {request} (xid {xid})\n{answer}"
            : $"{error} · {request} (xid {xid}), at {zxid}");
    }
}
