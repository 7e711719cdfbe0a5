using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Clients;

/// <summary>One request whose completion is outstanding.</summary>
internal struct Request
{
    public ulong Ticket;
    public OpCode Op;
    public int Xid;
    public bool IsSent;
    /// <summary>Whether its answer sets or clears a watch.</summary>
    public bool IsAboutWatch;
    public Instant Sent;
    /// <summary>Where its record is kept, if it is.</summary>
    public long Position;
    public int Length;
}

/// <summary>The requests that are not completed, oldest first: those sent, in the order of their replies, and those that wait for a connection.</summary>
/// <remarks>
/// A server answers in the order in which it was asked, so the next reply is the oldest request's or the stream is broken. A record is kept
/// only while it is needed: until it is sent, and while the reply will say whether the watch in it was set.
/// </remarks>
internal sealed class Requests(ClientSettings settings)
{
    /// <summary>How many requests of the client's own there may be besides: one that ends the session, and writes for the fence.</summary>
    private const int OwnMost = 4;

    private readonly Ring<Request> _queue = new(settings.OutstandingMax + OwnMost);
    private readonly ByteQueue _records = new();
    private int _lastXid;
    private int _watches;
    private int _waitingBytes;

    public int Count => _queue.Count;

    /// <summary>The request whose reply must come next.</summary>
    public ref readonly Request Oldest => ref _queue[0];

    /// <summary>How many of them may set a watch.</summary>
    public int Watches => _watches;

    /// <summary>Whether its owner may ask nothing more for now.</summary>
    public bool IsFull => Count >= settings.OutstandingMax;

    /// <summary>Whether one more write for the fence leaves room for the end of the session.</summary>
    public bool MayProve => Count < settings.OutstandingMax + OwnMost - 1;

    /// <summary>Whether a record may wait for a connection.</summary>
    public bool MayWait(int length) => length <= settings.WaitingBytesMax - _waitingBytes;

    /// <summary>What of a record that is kept.</summary>
    public ReadOnlySpan<byte> RecordOf(in Request request) => _records.Read(request.Position, request.Length);

    /// <summary>Takes a request that waits for a connection.</summary>
    public void Wait(ulong ticket, OpCode op, ReadOnlySpan<byte> record)
    {
        _waitingBytes += record.Length;
        Enqueue(ticket, op, record);
        Keep(ref _queue[Count - 1], record);
    }

    /// <summary>Takes a request and writes its frame.</summary>
    public void Send(ulong ticket, OpCode op, ReadOnlySpan<byte> record, Instant now, JuteWriter writer)
    {
        Enqueue(ticket, op, record);
        ref var request = ref _queue[Count - 1];
        Write(ref request, record, now, writer);
        if (request.IsAboutWatch)
            Keep(ref request, record);
    }

    /// <summary>Writes the frames of those that waited.</summary>
    public void SendWaiting(Instant now, JuteWriter writer)
    {
        for (var i = 0; i < _queue.Count; i++)
            Write(ref _queue[i], RecordOf(_queue[i]), now, writer);
        _waitingBytes = 0;
    }

    /// <summary>The oldest request is completed.</summary>
    public void Remove()
    {
        var oldest = _queue.Dequeue();
        if (oldest.IsAboutWatch)
            _watches--;
        if (!oldest.IsSent)
            _waitingBytes -= oldest.Length;
        if (oldest.Length > 0)
            _records.DropTo(oldest.Position + oldest.Length);
    }

    private void Enqueue(ulong ticket, OpCode op, ReadOnlySpan<byte> record)
    {
        var isAboutWatch = WatchRequests.SetsOrClears(op, record);
        if (isAboutWatch)
            _watches++;
        _queue.Enqueue(new() { Ticket = ticket, Op = op, IsAboutWatch = isAboutWatch });
    }

    private void Keep(ref Request request, ReadOnlySpan<byte> record)
    {
        request.Position = _records.Append(record);
        request.Length = record.Length;
    }

    private void Write(ref Request request, ReadOnlySpan<byte> record, Instant now, JuteWriter writer)
    {
        _lastXid = _lastXid == int.MaxValue ? 1 : _lastXid + 1;
        (request.Xid, request.Sent, request.IsSent) = (_lastXid, now, true);
        var frame = writer.BeginFrame();
        new RequestHeader(request.Xid, request.Op).Write(writer);
        writer.Raw(record);
        writer.EndFrame(frame);
    }
}
