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
    private ReadyRead[] _taken = new ReadyRead[64];
    private readonly Arena _records = new(64 << 10, 4 << 20);

    /// <summary>How many reads are ready.</summary>
    public int Count { get; private set; }

    /// <summary>Keeps the record of a read that is ready at once, until the batch is joined.</summary>
    public long Keep(ReadOnlySpan<byte> record) => _records.Append(record).Offset;

    /// <summary>A read's turn has come.</summary>
    public void Add(Connection connection, in Request request)
    {
        if (Count == _reads.Length)
            Array.Resize(ref _reads, Count * 2);
        _reads[Count++] = new() { Connection = connection, Request = request };
    }

    /// <summary>Computes the answer of one read. Touches nothing but that read's slot and the caller's writer.</summary>
    public void Answer(int read, ReplyWriter reply)
    {
        ref var ready = ref _reads[read];
        if (ready.Connection.IsGone || WatchRequests.Covers(ready.Request.Op))
            return;
        var start = reply.Arena.Length;
        ready.Arming = reads.Answer(ready.Connection, ready.Request.Xid, ready.Request.Op, Record(ready), reply.Writer);
        ready.Answer = new(start, reply.Arena.Length - start);
        ready.Writer = reply;
    }

    /// <summary>Takes the first reads over for joining; the others, and reads that become ready meanwhile, form the next batch.</summary>
    public Span<ReadyRead> Take(int count)
    {
        var others = _reads.AsSpan(count, Count - count);
        if (_taken.Length < others.Length)
            _taken = new ReadyRead[_reads.Length];
        others.CopyTo(_taken);
        others.Clear();
        (_reads, _taken) = (_taken, _reads);
        Count -= count;
        return _taken.AsSpan(0, count);
    }

    /// <summary>The batch is joined: forgets it, and the records when no read is left that may need one.</summary>
    public void Joined(Span<ReadyRead> taken)
    {
        taken.Clear();
        if (Count == 0)
            _records.Clear();
    }

    /// <summary>The record of a read.</summary>
    public ReadOnlySpan<byte> Record(in ReadyRead read) => read.Request.InBatch
        ? _records[new Slice((int)read.Request.Position, read.Request.Length)]
        : read.Connection.Records.Read(read.Request.Position, read.Request.Length);

    /// <summary>Forgets everything: all connections have been hung up.</summary>
    public void Clear() => Joined(Take(Count));
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
