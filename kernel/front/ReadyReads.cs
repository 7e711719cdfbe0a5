using Quorate.Kernel.Machines;
using Quorate.Kernel.Wire;

namespace Quorate.Kernel.Fronts;

/// <summary>
/// The reads whose turn has come, in the order in which it came: answered by any threads while the state is frozen, then joined in order.
/// </summary>
/// <remarks>
/// Answers are a function of the frozen state, so it does not matter who computes them or in which order; joining them in read order on the
/// one thread that steps makes the output, and the watches armed, the same every time (design §7.3).
/// </remarks>
internal sealed class ReadyReads(Reads reads)
{
    private ReadyRead[] _reads = new ReadyRead[64];
    private int _first, _end;
    private readonly ByteQueue _records = new(4 << 20);

    /// <summary>How many reads are ready.</summary>
    public int Count => _end - _first;

    /// <summary>Keeps the record of a read that is ready at once, until it is joined.</summary>
    public long Keep(ReadOnlySpan<byte> record) => _records.Append(record);

    /// <summary>A read's turn has come.</summary>
    public void Add(Connection connection, in Request request)
    {
        if (_end == _reads.Length)
            MakeRoom();
        _reads[_end++] = new() { Connection = connection, Request = request };
    }

    /// <summary>Computes the answer of one read. Touches nothing but that read's slot and the caller's writer.</summary>
    public void Answer(int read, ReplyWriter reply)
    {
        ref var ready = ref _reads[_first + read];
        if (ready.Connection.IsGone || WatchRequests.Covers(ready.Request.Op))
            return;
        var start = reply.Arena.Length;
        ready.Arming = reads.Answer(ready.Connection, ready.Request.Xid, ready.Request.Op, Record(ready), reply.Writer);
        ready.Answer = new(start, reply.Arena.Length - start);
        ready.Writer = reply;
    }

    /// <summary>Takes the first reads out for joining; the others, and reads that become ready meanwhile, form the next batch.</summary>
    public Span<ReadyRead> Take(int count)
    {
        _first += count;
        return _reads.AsSpan(_first - count, count);
    }

    /// <summary>The batch is joined: forgets it and its records.</summary>
    public void Joined(Span<ReadyRead> taken)
    {
        for (var i = taken.Length - 1; i >= 0; i--)
        {
            if (!taken[i].Request.InBatch)
                continue;
            _records.DropTo(taken[i].Request.Position + taken[i].Request.Length);   // records are kept in the order of their reads
            break;
        }
        taken.Clear();
        if (Count == 0)
            _first = _end = 0;
    }

    /// <summary>The record of a read.</summary>
    public ReadOnlySpan<byte> Record(in ReadyRead read) => read.Request.InBatch
        ? _records.Read(read.Request.Position, read.Request.Length)
        : read.Connection.Records.Read(read.Request.Position, read.Request.Length);

    /// <summary>Forgets everything: all connections have been hung up.</summary>
    public void Clear() => Joined(Take(Count));

    /// <summary>Into another array: those that were taken may still be looked at where they are.</summary>
    private void MakeRoom()
    {
        var live = _reads.AsSpan(_first, Count);
        var larger = new ReadyRead[Math.Max(_reads.Length, live.Length * 2)];
        live.CopyTo(larger);
        live.Clear();
        (_reads, _first, _end) = (larger, 0, live.Length);
    }
}

/// <summary>A read whose turn has come, and its answer once there is one.</summary>
internal struct ReadyRead
{
    public Connection Connection;
    public Request Request;
    public ReplyWriter? Writer;
    public Slice Answer;
    public Arming Arming;
}
